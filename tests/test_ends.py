"""How the app ends while something is unsaved, with a database that is well, slow, or silent."""

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from lib.guide.port import Proposal, Request
from lib.server import app as server_app
from lib.server.endpoints import READY
from lib.settings import Settings
from lib.store import open_store
from lib.store.port import Store
from lib.team import process
from lib.ui.navigation import OUTBOX
from lib.workshop.ids import new_id
from lib.workshop.records import Team
from lib.workshop.transcript import Message, MessageStatus, Role
from tests import proxy
from tests.app_server import AppServer
from tests.fakes import PATIENCE, FakeGuide, eventually, new_step, question
from tests.postgres import PostgresServer
from tests.proxy import Proxy
from tests.quick_server import QuickServer
from tests.scene import new_team

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(120)]

End = Callable[[AppServer], int]
both_ends = pytest.mark.parametrize(
    "end", [AppServer.stop, AppServer.interrupt], ids=["SIGTERM", "SIGINT"]
)


@pytest.fixture
def line(postgres: PostgresServer) -> Iterator[Proxy]:
    with proxy.before(postgres) as made:
        yield made


@pytest.fixture
def store(postgres_url: str) -> Iterator[Store]:
    """Return a look into the database past the line."""
    with closing(open_store(postgres_url)) as store:
        yield store


@pytest.fixture
def team(postgres_url: str) -> Team:
    return new_team(postgres_url)


@pytest.fixture
def app(line: Proxy, postgres_url: str, tmp_path: Path) -> Iterator[AppServer]:
    """Return a running app whose guide takes half a minute for a reply."""
    server = QuickServer(proxy.through(line, postgres_url), tmp_path / "app.log", pace=1)
    server.start()
    yield server
    server.kill()


def messages(store: Store, team: Team) -> list[Message]:
    return store.messages(team.step_key("challenge"))


def ask(app: AppServer, store: Store, team: Team, text: str) -> None:
    """Ask the guide something, as a box does; wait until some of the reply is saved."""
    said = {
        "link": team.link,
        "step": "challenge",
        "member": "Ada",
        "outbox": [{"id": new_id(), "text": text}],
    }
    body = json.dumps(said).encode()
    with urllib.request.urlopen(f"{app.url}{OUTBOX}", data=body, timeout=30) as answer:
        assert answer.status == 204
    assert eventually(lambda: bool(messages(store, team)[-1].text))


@both_ends
def test_a_reply_in_the_middle_is_saved_and_marked_before_the_app_ends(
    app: AppServer, store: Store, team: Team, end: End
) -> None:
    ask(app, store, team, "They leave.")

    assert end(app) == 0

    question, reply = messages(store, team)

    assert question.text == "They leave."
    assert reply.role is Role.ASSISTANT
    assert reply.status is MessageStatus.INTERRUPTED
    assert reply.text
    assert "Traceback" not in app.log


@both_ends
def test_it_is_saved_also_where_the_database_is_slow(
    app: AppServer, store: Store, team: Team, line: Proxy, end: End
) -> None:
    ask(app, store, team, "They leave.")
    # A second there and a second back: 2 s a query.
    line.delay(1.0)
    code = end(app)
    line.forward()

    assert code == 0
    assert messages(store, team)[-1].status is MessageStatus.INTERRUPTED
    assert messages(store, team)[-1].text


def test_a_database_that_comes_back_in_time_gets_everything(
    app: AppServer, store: Store, team: Team, line: Proxy
) -> None:
    ask(app, store, team, "They leave.")
    line.refuse()
    threading.Timer(3.0, line.forward).start()

    assert app.stop() == 0
    assert messages(store, team)[-1].status is MessageStatus.INTERRUPTED


@pytest.mark.parametrize("trouble", [Proxy.swallow, Proxy.refuse], ids=["silent", "gone"])
def test_an_app_that_cannot_save_ends_in_time_and_says_so_by_its_exit_code(
    app: AppServer, store: Store, team: Team, line: Proxy, trouble: Callable[[Proxy], None]
) -> None:
    ask(app, store, team, "They leave.")
    trouble(line)
    code = app.stop()
    line.forward()

    assert code == 1
    assert "Ended with unsaved changes in 1 steps." in app.log
    assert messages(store, team)[0].text == "They leave."


class StuckServer(QuickServer):
    """A server whose last save never ends."""

    program = "tests.stuck_server"


@both_ends
def test_a_last_save_that_never_ends_does_not_keep_the_app(tmp_path: Path, end: End) -> None:
    server = StuckServer(f"sqlite:///{tmp_path / 'app.db'}", tmp_path / "app.log")
    server.start()

    assert end(server) == 1
    assert "Ended by force" in server.log


def test_the_parts_of_an_end_fit_into_ten_seconds() -> None:
    assert server_app.GRACE + process.LAST_FLUSH < server_app.END_WITHIN < 10


def test_an_end_waits_for_no_guide_that_is_still_reading(tmp_path: Path) -> None:
    """Neither before its first word nor after it."""
    reading = threading.Event()

    class Reader(FakeGuide):
        def reply(self, request: Request) -> Iterator[str | Proposal]:
            reading.set()
            self.gate.wait()
            yield from super().reply(request)

    guide = Reader()
    guide.hold()
    store = open_store(f"sqlite:///{tmp_path / 'app.db'}")
    house = process.assemble(Settings(), store, guide)
    key = new_step(store)
    house.replies.ask(key, [question("They leave.")])
    assert reading.wait(PATIENCE)

    assert house.close()
    assert not guide.gate.is_set()
    with closing(open_store(f"sqlite:///{tmp_path / 'app.db'}")) as store:
        assert store.messages(key)[-1].status is MessageStatus.INTERRUPTED
    guide.go_on()


# Health, while it lives


def test_a_server_whose_database_is_silent_says_so_in_time_and_again_when_it_is_back(
    app: AppServer, line: Proxy
) -> None:
    line.swallow()
    silent = readiness(app)
    line.forward()

    assert silent == (503, False, "The database cannot be reached.")
    assert readiness(app) == (200, True, "answers")


def readiness(app: AppServer) -> tuple[int, bool, str]:
    try:
        with urllib.request.urlopen(f"{app.url}{READY}", timeout=30) as answer:
            status, told = answer.status, json.load(answer)
    except urllib.error.HTTPError as exc:
        status, told = exc.code, json.load(exc)
    return status, told["ready"], told["database"]
