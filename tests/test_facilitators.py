"""Who runs workshops here: whoever gave the passcode, or whoever sits at the machine."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from lib.access import facilitators
from lib.access.facilitators import ATTEMPTS, WRONG
from lib.access.rate_limit import WINDOW
from lib.guide.scripted import ScriptedGuide
from lib.server import exposure
from lib.settings import Settings, SettingsError
from lib.store import backdating, open_store
from lib.store.port import Store
from lib.team.process import Process
from lib.ui import gate
from lib.workshop.ids import new_id, new_link
from lib.workshop.records import Team, Workshop
from lib.workshop.roles import NOBODY, REFUSED, AccessRefused, Action, Actor, TooManyAttempts
from tests.memory_store.store import MemoryStore
from tests.pages import ROOT, WatchedStore, running

NOW = datetime.now(UTC)
GUARDED = Settings(passcode="open sesame")
HOUSE = Actor(is_house=True)


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    made: Store = (
        MemoryStore()
        if request.param == "memory"
        else open_store(f"sqlite:///{tmp_path / 'house.db'}")
    )
    yield made
    made.close()


# Whether the house may open at all


@pytest.mark.parametrize("address", ["localhost", "127.0.0.1", "::1"])
def test_without_a_passcode_the_house_opens_at_its_own_machine(address: str) -> None:
    exposure.check(Settings(), address)


@pytest.mark.parametrize("address", ["0.0.0.0", "192.168.1.5", "::", "example.org", "", None])
def test_without_a_passcode_it_does_not_open_to_anybody_else(address: str | None) -> None:
    with pytest.raises(SettingsError, match="Set FACILITATOR_PASSCODE"):
        exposure.check(Settings(), address)

    exposure.check(GUARDED, address)


def test_a_passcode_that_is_soon_guessed_is_refused() -> None:
    with pytest.raises(SettingsError, match="at least 8 characters"):
        exposure.check(Settings(passcode="1234567"), "localhost")


# Who asks


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, HOUSE),
        ({"Host": "localhost:8501"}, HOUSE),
        ({"host": "127.0.0.1"}, HOUSE),
        ({"Host": "[::1]:8501"}, HOUSE),
        ({"Host": "[::1]"}, HOUSE),
        ({"Host": "workshops.example.org"}, NOBODY),
        ({"Host": "localhost.example.org:8501"}, NOBODY),
        ({"Host": "localhost:8501", "X-Forwarded-For": "192.0.2.7"}, NOBODY),
        ({"Host": "localhost", "forwarded": "for=192.0.2.7"}, NOBODY),
    ],
)
def test_without_a_passcode_only_who_sits_at_the_machine_is_the_facilitator(
    store: Store, headers: dict[str, str], expected: Actor
) -> None:
    assert facilitators.actor(store, Settings(), "", headers) == expected


def test_who_gave_the_passcode_is_the_facilitator_until_they_sign_out(store: Store) -> None:
    token = facilitators.enter(store, GUARDED, " open sesame ", "192.0.2.7", NOW)
    other = facilitators.enter(store, GUARDED, "open sesame", "192.0.2.7", NOW)

    assert facilitators.actor(store, GUARDED, token) == HOUSE
    facilitators.leave(store, GUARDED, token)
    assert facilitators.actor(store, GUARDED, token) == NOBODY
    assert facilitators.actor(store, GUARDED, other) == HOUSE


@pytest.mark.parametrize("token", ["", "x", "open sesame", "\x00", "A" * 43])
def test_any_other_token_is_nobodys(store: Store, token: str) -> None:
    facilitators.enter(store, GUARDED, "open sesame", "192.0.2.7", NOW)

    assert facilitators.actor(store, GUARDED, token, {"Host": "localhost"}) == NOBODY


def test_a_pass_runs_out(store: Store) -> None:
    long_ago = NOW - facilitators.PASS_LASTS - timedelta(minutes=1)
    token = facilitators.enter(store, GUARDED, "open sesame", "192.0.2.7", long_ago)

    assert facilitators.actor(store, GUARDED, token) == NOBODY


@pytest.mark.parametrize(
    "changed",
    [
        Settings(passcode="another one"),
        Settings(signs_in=True),
        Settings(passcode="another one", signs_in=True),
    ],
    ids=["another passcode", "none, but sign-in", "another, and sign-in"],
)
def test_with_another_passcode_or_none_a_pass_opens_nothing(
    store: Store, changed: Settings
) -> None:
    token = facilitators.enter(store, GUARDED, "open sesame", "192.0.2.7", NOW)

    assert facilitators.actor(store, changed, token, {"Host": "localhost"}) == NOBODY
    assert facilitators.actor(store, GUARDED, token) == HOUSE


def test_a_pass_made_with_no_passcode_opens_nothing_either(store: Store) -> None:
    """A pass whose digest is stored, however it came there, is none where there is no passcode."""
    open_ = Settings(signs_in=True)
    store.keep_pass(facilitators.digest(open_, "token"), NOW + timedelta(days=1))

    assert facilitators.actor(store, open_, "token", {"Host": "localhost"}) == NOBODY


def test_the_database_keeps_no_token(tmp_path: Path) -> None:
    file = tmp_path / "house.db"
    store = open_store(f"sqlite:///{file}")
    token = facilitators.enter(store, GUARDED, "open sesame", "192.0.2.7", NOW)
    store.close()

    kept = b"".join(each.read_bytes() for each in tmp_path.glob("house.db*"))
    assert token.encode() not in kept
    assert b"sesame" not in kept


# Guessing


@pytest.mark.parametrize("wrong", ["", "open sesam", "OPEN SESAME", "open sesame!", "ö" * 500])
def test_every_wrong_passcode_gets_the_same_answer(store: Store, wrong: str) -> None:
    with pytest.raises(AccessRefused) as refused:
        facilitators.enter(store, GUARDED, wrong, "192.0.2.7", NOW)

    assert str(refused.value) == WRONG


def guess(store: Store, times: int, who: str) -> None:
    for _ in range(times):
        with pytest.raises(AccessRefused):
            facilitators.enter(store, GUARDED, "a wrong one", who, NOW)


def test_after_ten_wrong_ones_not_even_the_right_one_is_looked_at_from_there(store: Store) -> None:
    guess(store, ATTEMPTS, "192.0.2.7")

    with pytest.raises(TooManyAttempts):
        facilitators.enter(store, GUARDED, "open sesame", "192.0.2.7", NOW)
    assert facilitators.enter(store, GUARDED, "open sesame", "192.0.2.8", NOW)


def test_wrong_ones_from_elsewhere_keep_nobody_out(store: Store) -> None:
    guess(store, 50, "203.0.113.9")
    for place in range(1, 250):
        guess(store, 1, f"192.0.2.{place}")

    assert facilitators.enter(store, GUARDED, "open sesame", "198.51.100.1", NOW)


def test_an_address_may_try_again_after_the_window(store: Store) -> None:
    with backdating.dated(NOW):
        guess(store, 3 * ATTEMPTS, "192.0.2.7")
    with backdating.dated(NOW + timedelta(seconds=WINDOW)):
        assert facilitators.enter(store, GUARDED, "open sesame", "192.0.2.7", NOW)


def test_the_addresses_of_one_network_are_counted_together(store: Store) -> None:
    for place in range(ATTEMPTS):
        guess(store, 1, f"2001:db8:1:2::{place + 1}")

    with pytest.raises(TooManyAttempts):
        facilitators.enter(store, GUARDED, "open sesame", "2001:db8:1:2:3::", NOW)
    assert facilitators.enter(store, GUARDED, "open sesame", "2001:db8:1:3::1", NOW)


def test_who_gives_the_right_one_often_is_not_kept_out(store: Store) -> None:
    for _ in range(3 * ATTEMPTS):
        assert facilitators.enter(store, GUARDED, "open sesame", "192.0.2.7", NOW)


# Pages


@pytest.fixture
def house() -> Iterator[Process]:
    """Return a process with a passcode and a workshop in it."""
    watched = WatchedStore()
    with running(watched, ScriptedGuide(pace=0), settings=GUARDED) as process:
        workshop = Workshop("w-1", "Newcomers", "Half of them leave.", NOW)
        process.store.create_workshop(workshop, [Team("w-1", new_id(), "Crew", new_link(), 1)])
        yield process


def page(file: str, **query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / file), default_timeout=120)
    for name, value in query.items():
        app.query_params[name] = value
    return app.run()


def shown(app: AppTest) -> str:
    texts = [*app.title, *app.markdown, *app.caption, *app.error, *app.subheader]
    return " ".join(str(each.value) for each in texts)


@pytest.mark.parametrize(
    ("file", "query"),
    [
        ("streamlit_app.py", {}),
        ("pages/review.py", {}),
        ("pages/review.py", {"workshop": "w-1"}),
        ("pages/review.py", {"workshop": "w-2"}),
        ("pages/review.py", {"workshop": "w-1", "at": "x", "step": "challenge"}),
    ],
)
def test_who_gave_no_passcode_sees_the_way_in_and_nothing_of_any_workshop(
    house: Process, file: str, query: dict[str, str]
) -> None:
    app = page(file, **query)

    assert not app.exception
    assert "For facilitators" in shown(app)
    assert "Newcomers" not in shown(app)
    assert {each.key for each in app.button} <= {"join-by-code"}
    assert {each.key for each in app.text_input} <= {"team-code"}


def test_a_team_needs_its_link_alone(house: Process) -> None:
    (team,) = house.store.teams("w-1")
    app = page("streamlit_app.py", team=team.link)

    assert [each.value for each in app.title] == ["Welcome, Crew"]


def test_a_house_without_a_passcode_says_to_strangers_where_its_workshops_are_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(facilitators, "_is_here", lambda headers: False)
    with running(WatchedStore(), ScriptedGuide(pace=0)):
        app = page("streamlit_app.py")

    assert "only on the server itself" in shown(app)
    assert [each.key for each in app.text_input] == ["team-code"]
    assert REFUSED not in shown(app)


def test_a_file_that_was_offered_is_refused_to_who_has_signed_out_since(
    house: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = facilitators.enter(house.store, house.settings, GUARDED.passcode, "192.0.2.7", NOW)
    shown = gate.Credentials(token, {}, {}, "")
    monkeypatch.setattr(gate, "_credentials", lambda _: shown)
    ask = gate.later(house, Action.DOWNLOAD, "w-1")
    ask()
    facilitators.leave(house.store, GUARDED, token)

    with pytest.raises(AccessRefused):
        ask()
