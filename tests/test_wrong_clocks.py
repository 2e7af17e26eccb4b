"""Real servers whose clocks are wrong, or set back while they run: people see the same."""

import json
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from faults.history import Bubble
from faults.tab import Tab
from lib.store import open_store
from lib.store.port import Store
from lib.ui.navigation import CLOCK, OUTBOX
from lib.workshop import agenda
from lib.workshop.ids import new_id
from lib.workshop.records import Team
from lib.workshop.transcript import Message, MessageStatus
from tests.app_server import AppServer
from tests.fakes import eventually
from tests.quick_server import QuickServer
from tests.scene import new_team

pytestmark = pytest.mark.timeout(120)

TEN_MINUTES = 600

#: Seconds that two readings of clocks that agree may differ by on a busy machine.
NEAR = 30


class WrongServer(QuickServer):
    """A server whose computer's clock can be set."""

    def __init__(self, url: str, folder: Path, name: str, ahead: int = 0, pace: float = 0.1):
        super().__init__(url, folder / f"{name}.log")
        self._seconds = folder / f"{name}.seconds"
        self.set_clock(ahead)
        self.program = "tests.wrong_clock"
        self._arguments = [str(self._seconds), str(pace)]

    def set_clock(self, ahead: int) -> None:
        """Have the clock be so many seconds ahead from now on."""
        self._seconds.write_text(str(ahead), encoding="utf-8")

    def now(self) -> datetime:
        """Return what the server tells its pages the time is."""
        with urllib.request.urlopen(f"{self.url}{CLOCK}", timeout=30) as answer:
            return datetime.fromtimestamp(json.load(answer)["now"] / 1000, UTC)


@contextmanager
def running(*servers: WrongServer) -> Iterator[None]:
    try:
        for server in servers:
            server.start()
        yield
    finally:
        for server in servers:
            server.kill()


def messages(store: Store, team: Team) -> list[Message]:
    return store.messages(team.step_key("challenge"))


def say(server: AppServer, team: Team, text: str) -> None:
    said = {
        "link": team.link,
        "step": "challenge",
        "member": "Ada",
        "outbox": [{"id": new_id(), "text": text}],
    }
    body = json.dumps(said).encode()
    with urllib.request.urlopen(f"{server.url}{OUTBOX}", data=body, timeout=30) as answer:
        assert answer.status == 204


def is_answered(store: Store, team: Team, texts: int) -> bool:
    """Whether so many messages are there, and the last is a whole reply."""
    found = messages(store, team)
    return len(found) == texts and found[-1].status is MessageStatus.COMPLETE


def nothing_is_reordered(found: list[Message], texts: list[str]) -> bool:
    """Whether the questions are answered in turn, and no time is shown before an earlier one."""
    times = [each.created_at for each in found]
    return [each.text for each in found[1::2]] == texts and times == sorted(times)


@pytest.mark.postgres
def test_two_servers_ten_minutes_apart_show_one_conversation(
    postgres_url: str, tmp_path: Path
) -> None:
    fast = WrongServer(postgres_url, tmp_path, "fast", TEN_MINUTES)
    slow = WrongServer(postgres_url, tmp_path, "slow")
    team = new_team(postgres_url, greeted=True)
    screens: list[list[Bubble]] = []
    with running(fast, slow), closing(open_store(postgres_url)) as store:
        tab = Tab(
            team.link, "Ben", drawn=lambda _, shown: screens.append(shown), confirmed=lambda _: None
        )
        tab.open(slow.port, "challenge")
        say(fast, team, "They leave.")

        # The page of the slow server takes the fast one's reply for one that is being written.
        assert tab.watch(NEAR, until=lambda: "stop" in tab.page.buttons)
        say(slow, team, "Nobody calls them.")
        assert tab.watch(2 * NEAR, until=lambda: is_answered(store, team, 5))
        assert "retry" not in tab.page.buttons
        assert nothing_is_reordered(messages(store, team), ["They leave.", "Nobody calls them."])
        assert abs(fast.now() - slow.now()) < timedelta(seconds=NEAR)
        tab.close()


def test_a_clock_set_back_while_a_reply_is_written_delays_nothing(tmp_path: Path) -> None:
    """On SQLite, where the server's clock is the only one; also after the server was restarted."""
    url = f"sqlite:///{tmp_path / 'app.db'}"
    server = WrongServer(url, tmp_path, "app")
    team = new_team(url, greeted=True)
    with running(server), closing(open_store(url)) as store:
        say(server, team, "They leave.")
        assert eventually(lambda: bool(messages(store, team)[-1].text), within=NEAR)
        before = server.now()
        timer = agenda.started(store.agenda(team.workshop_id), "challenge", before)
        server.set_clock(-TEN_MINUTES)

        assert server.now() >= before
        assert eventually(lambda: is_answered(store, team, 3), within=NEAR)
        say(server, team, "Nobody calls them.")
        assert eventually(lambda: is_answered(store, team, 5), within=NEAR)
        server.restart()

        assert nothing_is_reordered(messages(store, team), ["They leave.", "Nobody calls them."])
        assert server.now() >= before
        assert timer.timer
        assert timer.timer.remaining(server.now()) <= 20 * 60
