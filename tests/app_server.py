"""The real app in a process of its own, as `streamlit run` starts it; it may be killed."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

ROOT = Path(__file__).resolve().parent.parent

#: Seconds the app may take until it answers.
PATIENCE = 60


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Process(Protocol):
    """What a server runs in."""

    pid: int

    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def send_signal(self, number: signal.Signals, /) -> None: ...


class AppServer:
    """One server on one port and one database."""

    #: The module that is run.
    program = "streamlit"

    def __init__(
        self,
        database_url: str,
        log: Path,
        *,
        root: Path = ROOT,
        pace: float | None = None,
        **settings: str,
    ) -> None:
        """*pace* is the time between two chunks of the scripted guide's replies, in seconds."""
        self.port = free_port()
        folder = settings.get("STREAMLIT_SERVER_BASE_URL_PATH", "")
        self.url = f"http://localhost:{self.port}/{folder}".rstrip("/")
        self.database_url = database_url
        self._log = log
        self._root = root
        self._arguments: list[str] = []
        if pace is not None:
            self.program, self._arguments = "tests.paced_server", [str(pace)]
        self._environment = {**os.environ, "DATABASE_URL": database_url, **settings}
        self._process: Process | None = None

    def start(self) -> None:
        """Start the app and wait until it answers."""
        options = [f"--server.port={self.port}", "--server.headless=true"]
        self._process = self._launch([*self._arguments, "run", "streamlit_app.py", *options])
        end = time.monotonic() + PATIENCE
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"The app did not start: {self.log[-2000:]}")
            time.sleep(0.1)

    def ready(self, **settings: str) -> None:
        """Have the app running with these settings, whatever a test before has done to it."""
        is_running = self._process is not None and self._process.poll() is None
        if is_running and settings.items() <= self._environment.items():
            return
        if is_running:
            self.kill()
        self._environment |= settings
        self.start()

    def restart(self, **settings: str) -> None:
        """End the app in good order and start it again with other settings."""
        self.stop()
        self._environment |= settings
        self.start()

    @property
    def log(self) -> str:
        """What the app has printed."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def memory(self) -> int:
        """Return the bytes of memory the app holds, on a system that tells."""
        assert self._process is not None
        status = Path(f"/proc/{self._process.pid}/status").read_text(encoding="utf-8")
        return int(status.partition("VmRSS:")[2].split()[0]) * 1024

    def processor_time(self) -> float:
        """Return the seconds of processor time the app has used, on a system that tells."""
        assert self._process is not None
        stat = Path(f"/proc/{self._process.pid}/stat").read_text(encoding="utf-8")
        in_user, in_system = stat.rpartition(")")[2].split()[11:13]
        return (int(in_user) + int(in_system)) / os.sysconf("SC_CLK_TCK")

    @contextmanager
    def silent(self) -> Iterator[None]:
        """Have the server take what it is sent, and do nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """End the app with SIGKILL."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """End the app with SIGTERM; return its exit code."""
        return self._end(signal.SIGTERM)

    def interrupt(self) -> int:
        """End the app as Ctrl+C does; return its exit code."""
        return self._end(signal.SIGINT)

    def _launch(self, arguments: list[str]) -> Process:
        """Start Streamlit with these arguments."""
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", self.program, *arguments],
                cwd=self._root,
                env=self._environment,
                stdout=log,
                stderr=log,
            )

    def _end(self, how: signal.Signals) -> int:
        assert self._process is not None
        self._process.send_signal(how)
        return self._process.wait(timeout=PATIENCE)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=1) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False
