"""What the server refuses or holds back before Streamlit sees it: origins, uploads, floods."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send
from streamlit import config, net_util
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.web.server.starlette import starlette_websocket

from lib.access.addresses import network
from lib.access.token_bucket import Buckets, Rate
from lib.server import guard
from lib.server.guard import Guard, Limits
from lib.workshop.ids import new_link
from tests.coroutines import run
from tests.fakes import FakeGuide, new_step
from tests.pages import WatchedStore, running
from tests.test_debouncer import FakeClock

HOST = b"throughline.example"


class App:
    """An app behind the guard: remembers what reaches it."""

    def __init__(self) -> None:
        self.scopes: list[Scope] = []
        self.received: list[Message] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scopes.append(scope)
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            return
        while True:
            self.received.append(await receive())
            if self.received[-1]["type"] == "websocket.disconnect":
                return


class Browser:
    """Speaks to an app as uvicorn does; what it sends is all there at once."""

    def __init__(self, app: Any, address: str = "192.0.2.1") -> None:
        self.app = app
        self.address = address

    def get(self, path: str, *, method: str = "GET", accept: str = "*/*") -> tuple[int, bytes]:
        answers: list[Message] = []
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "client": (self.address, 1),
            "headers": [(b"host", HOST), (b"accept", accept.encode())],
            "query_string": b"",
        }
        run(self.app(scope, self._sends([{"type": "http.request"}]), self._into(answers)))
        return answers[0]["status"], answers[1]["body"]

    async def talk(self, *data: bytes, origin: bytes | None = None) -> list[Message]:
        """Open a tab, send *data*, close it; return what was answered."""
        answers: list[Message] = []
        headers = [(b"host", HOST), *([(b"origin", origin)] if origin is not None else [])]
        scope = {"type": "websocket", "path": "/_stcore/stream", "headers": headers}
        scope |= {"client": (self.address, 1)}
        messages: list[Message] = [{"type": "websocket.connect"}]
        messages += [{"type": "websocket.receive", "bytes": each} for each in data]
        messages += [{"type": "websocket.disconnect", "code": 1000}]
        await self.app(scope, self._sends(messages), self._into(answers))
        return answers

    def _sends(self, messages: list[Message]) -> Receive:
        waiting = iter(messages)

        async def receive() -> Message:
            return next(waiting)

        return receive

    def _into(self, answers: list[Message]) -> Send:
        async def send(message: Message) -> None:
            answers.append(message)

        return send


@pytest.fixture
def app() -> App:
    return App()


@pytest.fixture
def store() -> Iterator[WatchedStore]:
    """The store of the process that runs here."""
    store = WatchedStore()
    with running(store, FakeGuide()):
        yield store


@pytest.fixture
def link(store: WatchedStore) -> str:
    """A team's link."""
    key = new_step(store)  # type: ignore[arg-type]
    return store.teams(key.workshop_id)[0].link


@pytest.fixture
def no_look_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def asked() -> str:
        raise AssertionError("the network was asked for this machine's address")

    for name in ("get_external_ip", "get_internal_ip"):
        monkeypatch.setattr(net_util, name, asked)


@pytest.fixture
def options() -> Iterator[dict[str, Any]]:
    """Options of Streamlit's that a test sets."""
    before = {
        name: config.get_option(name) for name in ("server.corsAllowedOrigins", "server.enableCORS")
    }
    yield before
    for name, value in before.items():
        config.set_option(name, value)


# Origins


@pytest.mark.parametrize(
    ("origin", "is_taken"),
    [
        (None, True),
        (b"https://throughline.example", True),
        (b"HTTPS://Throughline.Example", True),
        (b"https://evil.example", False),
        (b"https://throughline.example.evil.example", False),
        (b"https://throughline.example:8443", False),
        (b"https://localhost:3000", False),
        (b"null", False),
        (b"", False),
        (b"https://[broken", False),
        (b"\xff\xfe", False),
    ],
)
def test_a_foreign_origin_is_refused_without_asking_the_network(
    app: App, no_look_up: None, origin: bytes | None, is_taken: bool
) -> None:
    answers = run(Browser(Guard(app)).talk(b"x", origin=origin))

    assert [each["type"] for each in answers] == ([] if is_taken else ["websocket.close"])
    assert bool(app.scopes) is is_taken


def test_an_origin_the_settings_allow_is_taken_without_asking_the_network(
    app: App, no_look_up: None, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    config.set_option("server.corsAllowedOrigins", ["https://partner.example"])
    monkeypatch.setattr(starlette_websocket, "is_url_from_allowed_origins", guard.is_allowed_origin)

    assert run(Browser(Guard(app)).talk(origin=b"https://partner.example")) == []
    assert starlette_websocket._is_origin_allowed("https://partner.example", HOST.decode())
    assert not starlette_websocket._is_origin_allowed("https://evil.example", HOST.decode())


def test_where_cors_is_off_every_origin_is_taken(
    app: App, no_look_up: None, options: dict[str, Any]
) -> None:
    config.set_option("server.enableCORS", False)

    assert run(Browser(Guard(app)).talk(origin=b"https://evil.example")) == []


# Uploads


@pytest.mark.parametrize("folder", ["", "/shops"])
@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "OPTIONS"])
def test_no_upload_reaches_streamlit(app: App, folder: str, method: str) -> None:
    browser = Browser(Guard(app))

    assert browser.get(f"{folder}/_stcore/upload_file/session/file", method=method)[0] == 403
    assert app.scopes == []


# How much may come from a network


def limited(app: App, clock: FakeClock | None = None, **changes: Any) -> Guard:
    return Guard(app, Limits()._replace(**changes), clock or FakeClock())


def test_a_network_that_asks_too_often_is_held_up_and_others_are_not(app: App) -> None:
    clock = FakeClock()
    guarded = limited(app, clock, requests=Rate(burst=2, per_second=1))
    one, other = Browser(guarded), Browser(guarded, "198.51.100.7")
    asked = [one.get("/throughline/outbox", method="POST") for _ in range(3)]

    assert [status for status, _ in asked] == [200, 200, 429]
    assert b"Your text is kept" in asked[-1][1]
    assert other.get("/throughline/outbox", method="POST")[0] == 200
    clock.move(1)
    assert one.get("/throughline/outbox", method="POST")[0] == 200


def test_a_page_that_is_held_up_says_what_to_do(app: App) -> None:
    browser = Browser(limited(app, requests=Rate(burst=1, per_second=1)))
    browser.get("/", accept="text/html")
    status, body = browser.get("/", accept="text/html")

    assert status == 429
    assert b"Wait a minute, then reload this page." in body


def test_the_health_check_and_files_of_a_page_are_never_held_up(app: App) -> None:
    browser = Browser(limited(app, requests=Rate(burst=1, per_second=0.001)))

    for path in ("/_stcore/health", "/static/js/index.js") * 3:
        assert browser.get(path)[0] == 200


def test_a_network_has_so_many_tabs_and_another_when_one_is_closed(app: App) -> None:
    guarded = limited(app, tabs=1)
    browser = Browser(guarded)

    async def two_at_once() -> list[Message]:
        still_open = asyncio.Event()

        async def waits() -> Message:
            await still_open.wait()
            return {"type": "websocket.disconnect", "code": 1000}

        scope = {"type": "websocket", "path": "/_stcore/stream", "headers": [(b"host", HOST)]}
        scope |= {"client": (browser.address, 1)}
        first = asyncio.create_task(guarded(scope, waits, browser._into([])))
        await asyncio.sleep(0)
        refused = await browser.talk()
        still_open.set()
        await first
        return refused

    refused = run(two_at_once())
    assert [each["type"] for each in refused] == ["websocket.close"]
    assert run(browser.talk()) == []
    assert not guarded._use.tabs
    assert not guarded._use.held


def test_tabs_that_are_opened_too_fast_are_refused(app: App) -> None:
    browser = Browser(limited(app, openings=Rate(burst=2, per_second=0.1)))
    answers = [run(browser.talk()) for _ in range(3)]

    assert [bool(each) for each in answers] == [False, False, True]


def test_reruns_are_held_back_and_none_is_lost(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = FakeClock()
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)
        clock.move(seconds)

    monkeypatch.setattr(guard.asyncio, "sleep", sleep)
    browser = Browser(limited(app, clock, reruns=Rate(burst=2, per_second=1)))
    run(browser.talk(*(b"%d" % number for number in range(5))))

    assert [each.get("bytes") for each in app.received][1:-1] == [b"0", b"1", b"2", b"3", b"4"]
    assert sum(waited) == pytest.approx(3)


def said_by(link: str, length: int) -> bytes:
    """Return a rerun of a team's page that carries *length* bytes."""
    message = BackMsg()
    message.rerun_script.query_string = f"team={link}&member=Ada"
    state = message.rerun_script.widget_states.widgets.add()
    state.id, state.string_value = "box", "x" * length
    return message.SerializeToString()


@pytest.mark.parametrize(
    ("length", "of", "is_taken"),
    [
        (100, "", True),
        (300_000, "", False),
        (300_000, "known", True),
        (300_000, "unknown", False),
    ],
)
def test_only_who_has_a_teams_link_may_send_much(
    app: App, link: str, length: int, of: str, is_taken: bool
) -> None:
    data = said_by({"": "", "known": link, "unknown": new_link()}[of], length)
    answers = run(Browser(limited(app)).talk(data))

    assert ([each["code"] for each in answers] == []) is is_taken
    assert any(each.get("bytes") == data for each in app.received) is is_taken


def test_what_is_no_message_of_a_page_is_refused_when_it_is_long(
    app: App, store: WatchedStore
) -> None:
    answers = run(Browser(limited(app)).talk(b"\xff" * 300_000))

    assert [each["code"] for each in answers] == [1009]


def test_while_the_database_is_away_a_long_text_is_taken_by_a_link(
    app: App, store: WatchedStore, link: str
) -> None:
    store.away = True
    data = said_by(link, 300_000)

    assert run(Browser(limited(app)).talk(data)) == []


def test_all_tabs_of_a_network_hold_so_much_together(app: App, link: str) -> None:
    guarded = limited(app, held=500_000)
    browser = Browser(guarded)

    assert run(browser.talk(said_by(link, 400_000))) == []
    assert run(browser.talk(said_by(link, 400_000))) == []
    assert len(run(browser.talk(said_by(link, 600_000)))) == 1


# Buckets


def test_buckets_are_filled_again_and_never_over_the_brim() -> None:
    clock = FakeClock()
    buckets = Buckets(Rate(burst=2, per_second=1), clock)
    taken = [buckets.take("a"), buckets.take("a"), buckets.take("a")]
    clock.move(1_000)

    assert taken == [0.0, 0.0, 1.0]
    assert [buckets.take("a") for _ in range(3)] == [0.0, 0.0, 1.0]


def test_what_costs_more_than_a_bucket_holds_takes_a_full_one() -> None:
    clock = FakeClock()
    buckets = Buckets(Rate(burst=2, per_second=1), clock)

    assert buckets.take("a", 100) == 0.0
    assert buckets.take("a", 100) == 2.0


def test_many_places_do_not_fill_the_memory() -> None:
    buckets = Buckets(Rate(burst=1, per_second=1), FakeClock(), remembered=10)
    for number in range(1_000):
        buckets.take(number)

    assert len(buckets) == 10
    assert buckets.take(999) > 0


def test_one_place_is_an_ipv4_address_or_an_ipv6_network() -> None:
    assert network("2001:db8::1") == network("2001:db8::ffff:1")
    assert network("2001:db8::1") != network("2001:db8:0:1::1")
    assert network("::ffff:192.0.2.1") == "192.0.2.1"
    assert network("unknown") == "unknown"
