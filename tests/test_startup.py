"""The server as `streamlit run` starts it: how it begins, ends, and answers."""

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from lib.server import endpoints, middleware
from lib.store import open_store
from lib.store.port import Store
from lib.ui import navigation
from lib.workshop.ids import new_id
from lib.workshop.records import StepKey, Team
from lib.workshop.transcript import Role
from tests.app_server import ROOT, AppServer, free_port
from tests.fakes import eventually
from tests.quick_server import serving
from tests.scene import new_team

#: One worker runs all of it: the server is started once.
pytestmark = pytest.mark.xdist_group("startup")

# A start that fails


def started(**environment: str) -> subprocess.CompletedProcess[str]:
    """Start the app where it cannot start; return what it printed, and its exit code."""
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py"]
    return subprocess.run(
        [*command, f"--server.port={free_port()}", "--server.headless=true"],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("environment", "line"),
    [
        (
            {"DATABASE_URL": "postgresql://ada:secret@127.0.0.1:9/x"},
            "The database cannot be reached.",
        ),
        ({"DATABASE_URL": "postgresql//ada:secret"}, "DATABASE_URL is not a database address."),
        (
            {"DATABASE_URL": "mysql://ada:secret@127.0.0.1/x"},
            "DATABASE_URL must begin with postgresql:// or sqlite:///.",
        ),
        (
            {"AUTOSAVE_WAIT": "secret"},
            "AUTOSAVE_WAIT must be a number of seconds from 0 to 3600.",
        ),
        (
            {"GUIDE_BASE_URL": "http://ada:secret@127.0.0.1:9/v1", "DATABASE_URL": ""},
            "GUIDE_MODEL must be set where GUIDE_BASE_URL is.",
        ),
    ],
    ids=["unreachable", "malformed", "another engine", "another setting", "half a model"],
)
def test_an_app_that_cannot_start_says_why_in_one_line_without_a_secret(
    environment: dict[str, str], line: str
) -> None:
    ended = started(**environment)

    assert ended.returncode == 1
    assert ended.stderr.splitlines() == [f"Throughline cannot start: {line}"]
    for word in ("Traceback", "secret", "ada", "Throughline"):
        assert word not in ended.stdout


@pytest.mark.parametrize(
    ("passcode", "line"),
    [
        (
            "",
            "The server would listen on 0.0.0.0 and anybody there could run workshops. "
            "Set FACILITATOR_PASSCODE or [auth], or let it listen on localhost.",
        ),
        ("secret", "FACILITATOR_PASSCODE must have at least 8 characters."),
    ],
    ids=["nothing guards it", "soon guessed"],
)
def test_a_server_for_a_network_does_not_start_unguarded(passcode: str, line: str) -> None:
    ended = started(STREAMLIT_SERVER_ADDRESS="0.0.0.0", FACILITATOR_PASSCODE=passcode)

    assert ended.returncode == 1
    # Streamlit's own words about addresses come first.
    assert ended.stderr.splitlines()[-1] == f"Throughline cannot start: {line}"
    assert "secret" not in ended.stderr + ended.stdout


def test_a_sqlite_file_that_cannot_be_opened_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    ended = started(DATABASE_URL=f"sqlite:///{tmp_path}/file/app.db")

    assert ended.returncode == 1
    assert len(ended.stderr.splitlines()) == 1
    assert ended.stderr.startswith("Throughline cannot start: ")
    assert str(tmp_path) not in ended.stderr


# A start that succeeds, and its end


@pytest.mark.parametrize("end", [AppServer.stop, AppServer.interrupt], ids=["SIGTERM", "SIGINT"])
def test_an_app_that_is_told_to_end_ends_in_good_order(tmp_path: Path, end: object) -> None:
    app = AppServer(f"sqlite:///{tmp_path / 'app.db'}", tmp_path / "app.log")
    app.start()

    assert callable(end)
    assert end(app) == 0
    assert "Traceback" not in app.log


# Answers


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"sqlite:///{tmp_path_factory.mktemp('app') / 'app.db'}"


@pytest.fixture(scope="module")
def app(address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    app = AppServer(address, tmp_path_factory.mktemp("log") / "app.log", pace=0)
    app.start()
    yield app
    assert app.stop() == 0
    # Nothing that was asked of it made it stumble.
    assert "Traceback" not in app.log


@pytest.fixture
def store(app: AppServer, address: str) -> Iterator[Store]:
    with closing(open_store(address)) as store:
        yield store


@pytest.fixture
def team(app: AppServer) -> Team:
    return new_team(app.database_url)


def answer(app: AppServer, path: str, body: bytes | None = None) -> tuple[int, dict[str, str]]:
    """Ask the app; return the status of its answer and the headers."""
    try:
        with urllib.request.urlopen(f"{app.url}{path}", data=body, timeout=30) as got:
            return got.status, {name.lower(): value for name, value in got.headers.items()}
    except urllib.error.HTTPError as exc:
        return exc.code, {name.lower(): value for name, value in exc.headers.items()}


@pytest.mark.parametrize("path", ["/", "/challenge", "/no-such-page", "/_stcore/health", "/%00"])
def test_every_answer_says_where_what_it_needs_may_come_from(app: AppServer, path: str) -> None:
    _, headers = answer(app, path)

    assert headers.items() >= middleware.HEADERS.items()
    for each in ("default-src 'self'", "img-src 'self' data: blob:", "object-src 'none'"):
        assert each in headers["content-security-policy"]
    assert " 'unsafe-eval'" not in headers["content-security-policy"]


def test_the_headers_are_these() -> None:
    """In their own words: a directive that is left out of the code is missed here."""
    assert middleware.HEADERS == {
        "content-security-policy": "default-src 'self'; "
        "script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval' blob:; "
        "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
        "connect-src 'self'; worker-src 'self' blob:; object-src 'none'; base-uri 'self'; "
        "form-action 'self'; frame-ancestors 'self'",
        "cross-origin-opener-policy": "same-origin",
        "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "x-frame-options": "SAMEORIGIN",
    }


@pytest.mark.parametrize("path", ["/", "/challenge", "/no-such-page", "/index.html"])
def test_every_page_brings_its_style_along_and_is_never_a_stored_one(
    app: AppServer, path: str
) -> None:
    asked = {
        "accept": "text/html,application/xhtml+xml",
        "accept-encoding": "gzip",
        "if-modified-since": "Thu, 01 Jan 2099 00:00:00 GMT",
    }
    request = urllib.request.Request(f"{app.url}{path}", headers=asked)
    with urllib.request.urlopen(request, timeout=30) as got:
        body, headers = got.read(), {name.lower() for name in got.headers}

    assert body.count(b"</style></body>") == 1
    assert b".st-key-away-line" in body
    assert not headers & {"etag", "last-modified", "content-encoding"}
    assert (b'class="at-step"' in body) is (path == "/challenge")


def test_what_is_no_page_is_left_as_it_is(app: AppServer) -> None:
    asked = {"accept": "*/*", "accept-encoding": "gzip"}
    request = urllib.request.Request(f"{app.url}/favicon.png", headers=asked)
    with urllib.request.urlopen(request, timeout=30) as got:
        assert got.read().startswith(b"\x89PNG")
        assert got.headers["etag"]


@pytest.mark.parametrize(("origin", "is_taken"), [("{own}", True), ("https://evil.example", False)])
def test_a_page_of_another_site_cannot_speak_to_the_server(
    app: AppServer, origin: str, is_taken: bool
) -> None:
    address = f"{app.url}/_stcore/stream".replace("http", "ws", 1)
    told = origin.format(own=app.url)

    def speak() -> None:
        with connect(address, origin=told, subprotocols=["streamlit"]):  # type: ignore[list-item, arg-type]
            pass

    if is_taken:
        speak()
    else:
        with pytest.raises(InvalidStatus, match="403"):
            speak()


# What a box delivers by itself


def deliver(app: AppServer, link: object, step: object, *entries: object) -> int:
    said = {"link": link, "step": step, "member": "Ada", "outbox": entries}
    return answer(app, navigation.OUTBOX, json.dumps(said).encode())[0]


def said(store: Store, key: StepKey) -> list[tuple[str, str]]:
    return [(m.author, m.text) for m in store.messages(key) if m.role is Role.USER]


def test_what_a_box_delivers_is_stored_once_however_often_and_answered(
    app: AppServer, store: Store, team: Team
) -> None:
    key = team.step_key("challenge")
    sent = {"id": new_id(), "text": "They\x00 leave \ud83d."}
    answers = [deliver(app, team.link, "challenge", sent) for _ in range(3)]

    assert answers == [204] * 3
    assert said(store, key) == [("Ada", "They leave .")]
    assert eventually(lambda: store.messages(key)[-1].role is Role.ASSISTANT)


@pytest.mark.parametrize("step", ["persona", "no-such-step"])
def test_nothing_is_delivered_to_a_step_that_is_not_open(
    app: AppServer, store: Store, team: Team, step: str
) -> None:
    deliver(app, team.link, step, {"id": new_id(), "text": "Too early"})

    assert all(said(store, team.step_key(slug)) == [] for slug in ("challenge", "persona"))


@pytest.mark.parametrize("entry", [{"id": "1", "text": "x"}, {"text": "x"}, None, "text", [1, 2]])
def test_what_no_box_of_ours_would_deliver_is_passed_over(
    app: AppServer, store: Store, team: Team, entry: object
) -> None:
    deliver(app, team.link, "challenge", entry)

    assert said(store, team.step_key("challenge")) == []


@pytest.mark.parametrize("link", ["A" * 32, "", "\x00", 7, None])
def test_a_delivery_without_a_teams_link_is_refused(app: AppServer, link: object) -> None:
    assert deliver(app, link, "challenge", {"id": new_id(), "text": "x"}) == 404


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"7", b"null", b"{}", b"\xff\xfe", b"[" * 99_999]
)
def test_a_delivery_that_is_none_is_refused(app: AppServer, body: bytes) -> None:
    assert answer(app, navigation.OUTBOX, body)[0] == 404


@pytest.mark.parametrize("step", [None, 7, [], {}])
def test_a_step_that_is_no_word_is_refused_or_passed_over(
    app: AppServer, team: Team, step: object
) -> None:
    assert deliver(app, team.link, step, {"id": new_id(), "text": "x"}) in (204, 404)


@pytest.mark.parametrize(
    ("path", "most"),
    [
        (navigation.OUTBOX, endpoints.MAX_DELIVERY),
        (navigation.ENTER, endpoints.MAX_ENTERING),
    ],
)
def test_what_is_over_the_limit_is_refused(app: AppServer, path: str, most: int) -> None:
    assert answer(app, path, b" " * (most + 1))[0] == 413


# Health


def test_a_server_that_can_work_says_it_is_ready(app: AppServer) -> None:
    with urllib.request.urlopen(f"{app.url}{endpoints.READY}", timeout=30) as got:
        told = json.load(got)

    assert got.status == 200
    assert told["ready"] is True
    assert told["database"] == "answers"


# Who asks, and from where


def guess(app: AppServer, passcode: str, **headers: str) -> tuple[int, str, list[str]]:
    """Give a passcode; return the status, the sentence and the cookies that are set."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    body = json.dumps({"passcode": passcode}).encode()
    request = urllib.request.Request(f"{app.url}{navigation.ENTER}", data=body, headers=named)
    try:
        with urllib.request.urlopen(request, timeout=30) as got:
            return got.status, "", got.headers.get_all("set-cookie", [])
    except urllib.error.HTTPError as exc:
        return exc.code, exc.read().decode(), []


def test_a_made_up_address_does_not_start_the_count_again(app: AppServer) -> None:
    said = [guess(app, "wrong", x_forwarded_for=f"203.0.113.{n}")[1] for n in range(11)]

    assert ["Too many" in each for each in said] == [False] * 10 + [True]


def test_a_proxy_that_is_named_says_where_a_request_came_from_and_that_it_was_over_tls(
    tmp_path: Path,
) -> None:
    settings = {"TRUSTED_PROXIES": "127.0.0.1, ::1", "FACILITATOR_PASSCODE": "open sesame"}
    with serving(tmp_path, **settings) as app:
        for number in range(12):
            # What a client has made up stands left of what the proxy adds.
            made_up = f"198.51.100.{number}, 203.0.113.9"
            told = guess(app, "wrong", x_forwarded_for=made_up)[1]
        over_tls = {"x_forwarded_for": "203.0.113.10", "x_forwarded_proto": "https"}
        status, _, cookies = guess(app, "open sesame", **over_tls)
        request = urllib.request.Request(f"{app.url}/_stcore/health")
        request.add_header("x-forwarded-proto", "https")
        with urllib.request.urlopen(request, timeout=30) as got:
            cookies += got.headers.get_all("set-cookie", [])

    assert "Too many" in told
    assert status == 204
    assert {each.partition("=")[0] for each in cookies} >= {"throughline_pass", "_streamlit_xsrf"}
    assert all("; secure" in each.lower() for each in cookies)
