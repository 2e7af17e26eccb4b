"""
What a rerun of the step page with 5,000 messages costs on the server, against a blank page.

Two real servers with the same settings, one of them with a page that only says "blank". A client
speaks Streamlit's own protocol to both, taking turns within one run; a rerun is timed from the
request to the server's word that the script has finished.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from urllib.parse import urlencode

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from bench import table
from lib.store import open_store
from lib.workshop.ids import new_id, new_link
from lib.workshop.records import Team, Workshop
from lib.workshop.transcript import Message, Role
from tests.app_server import AppServer, free_port
from tests.wire import Wire

ROOT = Path(__file__).resolve().parent.parent
MESSAGES = 5_000
TURNS = 100

#: Seconds between two reruns. One that comes upon another's heels waits until the thread that drew the
#: last gives way, up to 5 ms: as long as two blank pages take, and nothing a person would ever see.
REST = 0.02

_BLANK = "import streamlit as st\n\nst.write('blank')\n"


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url = f"sqlite:///{folder / 'bench.db'}"
        link = _filled(url)
        ours = AppServer(url, folder / "ours.log")
        ours.start()
        try:
            with Blank(folder) as blank:
                _measure(ours.port, blank, link)
        finally:
            ours.stop()


def _measure(port: int, blank_port: int, link: str) -> None:
    blank = PageTab(blank_port, "", "")
    step = PageTab(port, "challenge", urlencode({"team": link}))
    times: dict[PageTab, list[float]] = {blank: [], step: []}
    for tab in (blank, step) * (TURNS + 3):
        times[tab].append(tab.rerun())
    blank_ms, step_ms = (statistics.median(each[3:]) * 1000 for each in times.values())
    table.show(
        f"A rerun of the step page, {MESSAGES:,} messages stored (median of {TURNS}, taking turns)",
        ["blank ms", "step page ms", "step page/blank"],
        [[f"{blank_ms:.1f}", f"{step_ms:.1f}", f"{step_ms / blank_ms:.2f}"]],
    )


class PageTab:
    """A browser tab without a browser: one connection to a server, one page of it."""

    def __init__(self, port: int, page: str, query: str) -> None:
        self._page, self._query = page, query
        self._wire = Wire(port)
        #: The last fragment the page has drawn; empty where it has none.
        self.fragment = ""

    def rerun(self) -> float:
        """Ask for a rerun and return the seconds until the script had finished."""
        return self._run("", ForwardMsg.FINISHED_SUCCESSFULLY)

    def rerun_fragment(self) -> float:
        """Ask for a rerun of the last fragment alone and return the seconds it took."""
        return self._run(self.fragment, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)

    def _run(self, fragment: str, ending: int) -> float:
        time.sleep(REST)
        message = BackMsg()
        message.rerun_script.query_string = self._query
        message.rerun_script.page_name = self._page
        message.rerun_script.fragment_id = fragment
        start = time.perf_counter()
        self._wire.send(message)
        while True:
            answer = self._wire.receive(timeout=60)
            if answer is None:
                raise TimeoutError("The page has not answered for a minute.")
            self.fragment = answer.delta.fragment_id or self.fragment
            if answer.WhichOneof("type") == "script_finished":
                assert answer.script_finished == ending
                return time.perf_counter() - start


class Blank:
    """A server with one page that does nothing, or what *script* says, and our settings."""

    def __init__(self, folder: Path, script: str = _BLANK) -> None:
        self._script = folder / "blank.py"
        self._script.write_text(script, encoding="utf-8")
        self._port = free_port()

    def __enter__(self) -> int:
        options = ["--server.headless=true", "--runner.postScriptGC=false"]
        options += ["--server.fileWatcherType=none", "--browser.gatherUsageStats=false"]
        command = [sys.executable, "-m", "streamlit", "run", str(self._script), *options]
        self._process = subprocess.Popen(
            [*command, f"--server.port={self._port}"],
            cwd=self._script.parent,
            env={**os.environ},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while not self._answers():
            time.sleep(0.1)
        return self._port

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.terminate()
        self._process.wait()

    def _answers(self) -> bool:
        try:
            health = f"http://localhost:{self._port}/_stcore/health"
            with urllib.request.urlopen(health, timeout=1) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


def _filled(url: str) -> str:
    store = open_store(url)
    workshop = Workshop(new_id(), "Bench", "How fast is it?", datetime.now(UTC))
    team = Team(workshop.id, new_id(), "Team", new_link(), 1)
    store.create_workshop(workshop, [team])
    text = "We talked to five people and nobody knew exactly where to go. " * 4
    for _ in range(MESSAGES // 500):
        turns = [
            Message(new_id(), role, "Ada", text, datetime.now(UTC))
            for _ in range(250)
            for role in (Role.USER, Role.ASSISTANT)
        ]
        store.append(team.step_key("challenge"), turns)
    store.close()
    return team.link
