"""
The time of a rerun on one server process while 50, 100 and 200 tabs are busy.

Each tab follows a team's step as a browser does, polls every three seconds, and about every EVERY
seconds reruns its page or sends a message, which the scripted guide answers. The review page is open
beside them. The time is compared with two blank pages: one on the same server under the same load, and
one on a server that serves as many blank tabs and nothing else.
"""

import multiprocessing
import random
import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

from bench import table
from bench.rerun import Blank, PageTab
from faults.history import Bubble
from faults.tab import Tab
from lib.store import open_store
from lib.workshop.ids import new_id, new_link
from lib.workshop.records import Team, Workshop
from lib.workshop.transcript import Message, Role
from tests.app_server import ROOT, AppServer
from tests.postgres import PostgresServer

TABS = (50, 100, 200)

#: Seconds of a measured round, after the tabs have opened.
SECONDS = 60.0

#: Mean seconds between two actions of one tab.
EVERY = 5.0

#: The share of actions that are messages.
SAYS = 0.2

#: Teams of a workshop, and tabs of a team.
TEAMS, TABS_OF_TEAM = 5, 2

#: Client processes, so that the GIL of a single client does not limit the result.
CLIENTS = 4

#: Seconds a rerun may take until it counts as an error.
PATIENCE = 30.0

_BLANK_PAGE = "import streamlit as st\n\nst.write('blank')\n"


@dataclass
class Seen:
    """What the tabs of one client saw: seconds of each rerun, and what went wrong."""

    reruns: list[float] = field(default_factory=list)
    messages: int = 0
    errors: list[str] = field(default_factory=list)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        postgres = PostgresServer(folder / "postgres")
        postgres.start()
        try:
            rows = [_round(folder / str(number), postgres, number) for number in TABS]
        finally:
            postgres.remove()
    table.show(
        f"Reruns with many tabs on one server process, PostgreSQL ({SECONDS:.0f} s each)",
        [
            "tabs",
            "reruns",
            "messages",
            "errors",
            "p50 ms",
            "p95 ms",
            "blank there p95",
            "p95/blank there",
            "all blank p95",
            "p95/all blank",
            "review p95 ms",
            "MiB a tab",
            "cores busy",
        ],
        rows,
    )


def _round(folder: Path, postgres: PostgresServer, tabs: int) -> list[object]:
    folder.mkdir()
    url = postgres.new_database()
    workshop, links = _filled(url, tabs)
    server = AppServer(url, folder / "app.log", root=_with_blank_page(folder / "app"))
    server.start()
    try:
        at_first = server.memory()
        review = urlencode({"workshop": workshop})
        beside = [(server.port, "blank", ""), (server.port, "review", review)]
        used, start = server.processor_time(), time.monotonic()
        seen, (blank, reviewed) = _watched(server.port, links, beside, every=EVERY / 5)
        busy = (server.processor_time() - used) / (time.monotonic() - start)
        each = (server.memory() - at_first) / tabs / 2**20
    finally:
        server.stop()
    with Blank(folder) as port:
        _, all_blank = _watched(port, [], [(port, "", "")] * tabs, every=EVERY)
    alone = [took for took_by_one in all_blank for took in took_by_one]
    for error in seen.errors[:5]:
        print(f"  {error}")
    p50, p95 = statistics.median(seen.reruns), _p95(seen.reruns)
    return [
        tabs,
        len(seen.reruns),
        seen.messages,
        len(seen.errors),
        f"{p50 * 1000:.1f}",
        f"{p95 * 1000:.1f}",
        f"{_p95(blank) * 1000:.1f}",
        f"{p95 / _p95(blank):.2f}",
        f"{_p95(alone) * 1000:.1f}",
        f"{p95 / _p95(alone):.2f}",
        f"{_p95(reviewed) * 1000:.1f}",
        f"{each:.2f}",
        f"{busy:.2f}",
    ]


def _p95(times: Sequence[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]


def _watched(
    port: int, links: list[str], beside: list[tuple[int, str, str]], *, every: float
) -> tuple[Seen, list[list[float]]]:
    """
    Let all tabs of *links* work, and rerun the pages *beside* them each *every* seconds.

    Returns what both saw, the pages in order.
    """
    spawn = multiprocessing.get_context("spawn")
    # One more each, so that the watchers do not wait for the workers.
    with spawn.Pool(2 * CLIENTS) as clients:
        size = -(-len(beside) // CLIENTS)
        begin = time.time() + 5 + len(links) / 10
        shares = [links[number::CLIENTS] for number in range(CLIENTS)]
        working = clients.starmap_async(_work, [(port, share, begin) for share in shares if share])
        shares = [beside[place : place + size] for place in range(0, len(beside), size)]
        watching = clients.starmap_async(_rerun_all, [(each, begin, every) for each in shares])
        seen = Seen()
        for each in working.get():
            seen.reruns += each.reruns
            seen.messages += each.messages
            seen.errors += each.errors
        return seen, [times for share in watching.get() for times in share]


# In a client's process


def _work(port: int, links: list[str], begin: float) -> Seen:
    seen = Seen()
    people = [
        threading.Thread(target=_person, args=(port, link, f"Member {place}", begin, seen))
        for place, link in enumerate(links)
    ]
    for person in people:
        person.start()
    for person in people:
        person.join()
    return seen


def _person(port: int, link: str, name: str, begin: float, seen: Seen) -> None:
    chance = random.Random(f"{link}/{name}")
    page: list[Bubble] = []

    def drawn(_step: str, bubbles: list[Bubble]) -> None:
        page[:] = bubbles

    tab = Tab(link, name, drawn=drawn, confirmed=lambda _: None)
    # Not all at once: a room of people opens its links within some seconds.
    time.sleep(chance.uniform(0, max(0.0, begin - time.time() - 2)))
    tab.open(port, "challenge")
    if not tab.watch(PATIENCE, lambda: tab.page.finished_runs > 0):
        seen.errors.append("A page did not open.")
    tab.watch(max(0.0, begin - time.time()) + chance.uniform(0, EVERY))
    while time.time() < begin + SECONDS:
        if chance.random() < SAYS:
            tab.say(new_id(), "They wait in the hall and nobody tells them why.")
            seen.messages += 1
        elif not any(bubble.growing for bubble in page):
            # A page that follows a reply is finished when the reply is: that is no rerun's time.
            _timed(tab, page, seen)
        seen.errors += tab.page.complaints
        tab.page.complaints = []
        tab.watch(chance.uniform(0.8, 1.2) * EVERY)
    tab.close()


def _timed(tab: Tab, page: list[Bubble], seen: Seen) -> None:
    before, messages = tab.page.finished_runs, len(page)
    start = time.perf_counter()
    tab.rerun()
    if not tab.watch(PATIENCE, lambda: tab.page.finished_runs > before):
        seen.errors.append("A rerun did not end.")
    elif len(page) == messages:
        seen.reruns.append(time.perf_counter() - start)


def _rerun_all(pages: list[tuple[int, str, str]], begin: float, every: float) -> list[list[float]]:
    times: list[list[float]] = [[] for _ in pages]
    watchers = [
        threading.Thread(target=_rerun, args=(page, begin, every, each))
        for page, each in zip(pages, times, strict=True)
    ]
    for watcher in watchers:
        watcher.start()
    for watcher in watchers:
        watcher.join()
    return times


def _rerun(page: tuple[int, str, str], begin: float, every: float, times: list[float]) -> None:
    tab = PageTab(*page)
    chance = random.Random()
    tab.rerun()
    while True:
        time.sleep(chance.uniform(0.8, 1.2) * every)
        # Nobody waits for the end to rerun once more: all tabs would do so in the same moment.
        if time.time() > begin + SECONDS:
            return
        if time.time() > begin:
            try:
                times.append(tab.rerun())
            except TimeoutError:
                # The server is overloaded: count a minute and stop asking.
                times.append(60.0)
                return


# What is served


def _filled(url: str, tabs: int) -> tuple[str, list[str]]:
    """Return a workshop's id, and the links to *tabs* tabs: two a team, five teams a workshop."""
    store = open_store(url)
    links: list[str] = []
    workshop = ""
    for number in range(tabs // TABS_OF_TEAM // TEAMS):
        workshop = new_id()
        teams = [
            Team(workshop, new_id(), f"Team {place}", new_link(), place)
            for place in range(1, TEAMS + 1)
        ]
        at = datetime.now(UTC)
        store.create_workshop(Workshop(workshop, f"Room {number}", "How fast is it?", at), teams)
        for team in teams:
            roles = (Role.ASSISTANT, Role.USER) * 20
            history = [Message(new_id(), role, "Ada", "They wait. " * 20, at) for role in roles]
            greeting = Message(new_id(), Role.ASSISTANT, "Guide", "Who has it?", at)
            store.append(team.step_key("challenge"), [*history, greeting])
            links += [team.link] * TABS_OF_TEAM
    store.close()
    return workshop, links


def _with_blank_page(folder: Path) -> Path:
    """Return a copy of the app that has one page more: a blank one."""
    left_out = shutil.ignore_patterns("__pycache__", "secrets.toml")
    for name in ("lib", "pages", ".streamlit"):
        shutil.copytree(ROOT / name, folder / name, ignore=left_out)
    shutil.copy(ROOT / "streamlit_app.py", folder)
    (folder / "pages/blank.py").write_text(_BLANK_PAGE, encoding="utf-8")
    return folder
