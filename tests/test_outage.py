"""A database that misbehaves: real PostgreSQL behind a proxy, SQLite that cannot be written."""

import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event, text
from streamlit.testing.v1 import AppTest

from lib.autosave.autosave import Autosave
from lib.autosave.unsaved import Unsaved
from lib.settings import Settings
from lib.store.errors import StoreError, StoreUnavailable
from lib.store.port import PATIENCE, Decision, Store
from lib.store.sql import deadline
from lib.store.sql.store import SqlStore
from lib.team import process as process_
from lib.team.process import Process
from lib.team.working_copy import WorkingCopy
from lib.ui import navigation
from lib.workshop.agenda import Agenda
from lib.workshop.records import Draft, StepKey, Team
from lib.workshop.status import Event, Phase, decide
from lib.workshop.transcript import MessageStatus, Role
from tests import pages, proxy
from tests.conftest import TEMPLATE
from tests.fakes import FakeGuide, eventually, new_step, placed, question
from tests.memory_store.store import MemoryStore
from tests.postgres import PostgresServer
from tests.proxy import Proxy
from tests.test_debouncer import FakeClock
from tests.test_store_sql import (
    AT,
    MESSAGES,
    PLACED,
    RECOLLECTION,
    TEAMS,
    WORKS,
    WORKSHOP,
    connected,
    engine_of,
    everything,
    opened,
    texts,
)


@pytest.fixture
def line(postgres: PostgresServer) -> Iterator[Proxy]:
    """Return the line to the shared PostgreSQL server, which may be disturbed."""
    with proxy.before(postgres) as made:
        yield made


@pytest.fixture
def far_store(line: Proxy, postgres_url: str) -> Iterator[SqlStore]:
    """Return a store at the other end of that line."""
    with opened(proxy.through(line, postgres_url)) as store:
        yield store


def with_half_a_reply(store: Store) -> StepKey:
    """Start a workshop whose first step has an interrupted reply called half."""
    key = new_step(store)
    half = replace(question("half"), id="half", status=MessageStatus.INTERRUPTED)
    store.append(key, [half])
    return key


def confirming(store: Store, key: StepKey) -> Callable[[], None]:
    """Return the confirming of a step, decided now and carried out later."""
    now = {slug: state.status for slug, state in store.steps(key.team).items()}
    changes = decide(now, key.step, Event.CONFIRM)
    return lambda: store.apply(key.team, Decision(changes, "Ada", AT, {"a": 1}))


def writes(store: Store, key: StepKey) -> dict[str, Callable[[], Any]]:
    draft = Draft({"a": 1}, Phase.GATHER, 1)
    return {
        "create": lambda: store.create_workshop(WORKSHOP, TEAMS),
        "apply": confirming(store, key),
        "append": lambda: store.append(key, MESSAGES),
        "save": lambda: store.save(key, PLACED, draft),
        "save one": lambda: store.save(key, PLACED[:1]),
        "save draft": lambda: store.save(key, (), draft),
        "take over": lambda: store.take_over(key, "half"),
        "interrupt": lambda: store.interrupt(key, "half"),
        "remember": lambda: store.remember(key, 0, RECOLLECTION),
    }


def reads(store: Store, key: StepKey) -> dict[str, Callable[[], Any]]:
    return {
        "workshops": store.workshops,
        "workshop": lambda: store.workshop(key.workshop_id),
        "teams": lambda: store.teams(key.workshop_id),
        "team_by_link": lambda: store.team_by_link("link"),
        "steps": lambda: store.steps(key.team),
        "draft": lambda: store.draft(key),
        "artifacts": lambda: store.artifacts(key.team),
        "events": lambda: store.events(key.workshop_id),
        "messages": lambda: store.messages(key),
        "overview": lambda: store.overview(key.workshop_id),
        "usage": lambda: store.usage(key.workshop_id),
        "discarded": lambda: store.discarded(key),
        "recollection": lambda: store.recollection(key, 0),
    }


def at_once(calls: dict[str, Callable[[], Any]]) -> dict[str, Exception | None]:
    """Make all calls at the same time; return what each raised."""
    ended: dict[str, Exception | None] = {}
    begin = threading.Barrier(len(calls))

    def make(name: str) -> None:
        begin.wait()
        try:
            calls[name]()
        except Exception as exc:
            ended[name] = exc
        else:
            ended[name] = None

    threads = [
        threading.Thread(target=make, args=(name,), name=name, daemon=True) for name in calls
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ended


def waited_too_long(in_vain: Counter[threading.Thread]) -> list[str]:
    """Return the names of the calls that waited for more than one PATIENCE in vain."""
    return [thread.name for thread, seconds in in_vain.items() if seconds > PATIENCE]


def counted(url: str) -> dict[str, int]:
    """Return how many rows each table has."""
    return {name: len(rows) for name, rows in everything(url).items()}


@pytest.mark.postgres
def test_every_call_gives_up_on_a_database_that_never_answers(
    line: Proxy, far_store: SqlStore, in_vain: Counter[threading.Thread]
) -> None:
    key = with_half_a_reply(far_store)
    # Some find an open connection that has fallen silent, the others try to make one.
    calls = writes(far_store, key) | reads(far_store, key)
    line.swallow()
    ended = at_once(calls)

    assert waited_too_long(in_vain) == []
    assert {type(raised) for raised in ended.values()} == {StoreUnavailable}

    line.forward()

    assert texts(far_store, key) == ["half"]


@pytest.mark.postgres
def test_every_call_is_told_at_once_that_nobody_is_there(
    line: Proxy, far_store: SqlStore, in_vain: Counter[threading.Thread]
) -> None:
    key = with_half_a_reply(far_store)
    calls = writes(far_store, key) | reads(far_store, key)
    line.refuse()
    ended = at_once(calls)

    assert not in_vain
    assert {str(raised) for raised in ended.values()} == {"The database cannot be reached."}


@pytest.mark.postgres
def test_a_name_with_two_addresses_leads_to_the_one_that_answers(
    line: Proxy, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def both(host: str, *_: object, **__: object) -> list[tuple[object, ...]]:
        assert host == "db.invalid"
        return [(0, 0, 0, "", (address, 0)) for address in ("::1", "127.0.0.1")]

    monkeypatch.setattr("socket.getaddrinfo", both)
    url = proxy.through(line, postgres_url).replace("127.0.0.1", "db.invalid")
    with opened(url) as store:
        key = with_half_a_reply(store)

        assert texts(store, key) == ["half"]


@pytest.mark.postgres
def test_a_slow_database_is_used_or_given_up_in_time_and_nothing_is_doubled(
    line: Proxy,
    far_store: SqlStore,
    postgres_url: str,
    in_vain: Counter[threading.Thread],
) -> None:
    keys = {name: with_half_a_reply(far_store) for name in WORKS}
    calls = {name: writes(far_store, key)[name] for name, key in keys.items()}
    at_once({name: lambda: far_store.messages(keys["save"]) for name in keys})
    # A second there and a second back: 2 s a query.
    line.delay(1.0)
    ended = at_once(calls)
    line.forward()

    assert waited_too_long(in_vain) == []
    assert {type(raised) for raised in ended.values()} <= {StoreUnavailable, type(None)}
    assert ended["save one"] is None

    # What was still on its way arrives, then everything that failed is repeated.
    assert eventually(lambda: not line.under_way and is_idle(postgres_url))
    for name, raised in ended.items():
        if raised is not None:
            WORKS[name](far_store, keys[name])

    assert texts(far_store, keys["append"]) == ["half", *(each.text for each in MESSAGES)]
    assert texts(far_store, keys["save"]) == ["half", *(each.text for each in PLACED)]
    assert texts(far_store, keys["save one"]) == ["half", PLACED[0].text]
    assert texts(far_store, keys["take over"]) == ["half"]
    assert far_store.draft(keys["save draft"]).fields == {"a": 1}
    assert far_store.recollection(keys["remember"], 0) == RECOLLECTION
    # It began, it was confirmed, and the next one began.
    assert len(far_store.events(keys["apply"].workshop_id)) == 3
    assert far_store.artifacts(keys["apply"].team)["challenge"].version == 1
    assert len(far_store.events(WORKSHOP.id)) == len(TEAMS)
    assert len(far_store.teams(WORKSHOP.id)) == len(TEAMS)


def is_idle(url: str) -> bool:
    """Whether a database does nothing for anybody but who asks."""
    with connected(url) as connection:
        busy = connection.execute(
            text(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() AND state <> 'idle'"
            )
        )
        return busy.scalar_one() == 0


#: The writes of `tests.test_store_sql`, and one that a conflict with itself would show in.
CUT_OFF: dict[str, Callable[[Store, StepKey], Any]] = WORKS | {
    "agenda": lambda store, key: store.save_agenda(key.workshop_id, Agenda(revision=1)),
}

#: What of each write is cut off before its answer: its commit, or the one statement it is.
CUT_ON = {
    "create": b"COMMIT",
    "apply": b"COMMIT",
    "append": b"COMMIT",
    "save": b"COMMIT",
    "save one": b"INSERT INTO messages",
    "save draft": b"UPDATE steps",
    "take over": b"COMMIT",
    "interrupt": b"UPDATE messages",
    "remember": b"INSERT INTO recollections",
    "agenda": b"COMMIT",
}

#: Has what writes into a table take its time to commit.
SLOW_COMMIT = """
    CREATE CONSTRAINT TRIGGER slowly AFTER INSERT OR UPDATE ON {}
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION slowly();
"""

SLOWLY = """
    CREATE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql
        AS $$ BEGIN PERFORM pg_sleep(0.3); RETURN NULL; END $$;
""" + "".join(map(SLOW_COMMIT.format, ("events", "messages", "recollections", "agendas")))


@pytest.mark.postgres
@pytest.mark.parametrize("pace", ["", SLOWLY], ids=["at once", "slowly"])
@pytest.mark.parametrize("name", CUT_OFF)
def test_a_write_whose_answer_is_cut_off_is_there_once_and_is_told_so(
    line: Proxy,
    far_store: SqlStore,
    postgres: PostgresServer,
    postgres_url: str,
    name: str,
    pace: str,
) -> None:
    undisturbed = postgres.new_database(TEMPLATE)
    with opened(undisturbed) as near_store:
        expected = CUT_OFF[name](near_store, with_half_a_reply(near_store))
    key = with_half_a_reply(far_store)
    if pace:
        # The first try is committing still when the second begins.
        with connected(postgres_url) as connection:
            connection.execute(text(pace))
    line.cut_on(CUT_ON[name])
    told = CUT_OFF[name](far_store, key)

    assert line.found == 1
    if name == "append":
        assert [each.id for each in told] == [each.id for each in expected]
    else:
        assert (told is None) == (expected is None)
    assert counted(postgres_url) == counted(undisturbed)


@pytest.mark.postgres
def test_a_reply_whose_discarding_is_not_answered_is_begun_again_once(
    line: Proxy, far_store: SqlStore
) -> None:
    key = new_step(far_store)
    (whole,) = far_store.append(key, [replace(question("Who?"), role=Role.ASSISTANT)])
    line.cut_on(b"COMMIT")
    begun = far_store.discard(key, whole.id)

    assert line.found == 1
    assert begun is not None
    assert far_store.messages(key) == [begun]
    assert [each.text for each in far_store.discarded(key)] == ["Who?"]


# What is unsaved while it lasts


@contextmanager
def refused(line: Proxy, *_: Any) -> Iterator[None]:
    line.refuse()
    yield
    line.forward()


@contextmanager
def swallowed(line: Proxy, *_: Any) -> Iterator[None]:
    line.swallow()
    yield
    line.forward()


@contextmanager
def only_read(line: Proxy, postgres: PostgresServer, url: str, _: StepKey) -> Iterator[None]:
    name = url.rpartition("/")[2].partition("?")[0]
    setting = f'ALTER DATABASE "{name}" SET default_transaction_read_only ='
    postgres.execute(f"{setting} on")
    line.cut()
    yield
    postgres.execute(f"{setting} off")
    line.cut()


@contextmanager
def full(line: Proxy, postgres: PostgresServer, url: str, _: StepKey) -> Iterator[None]:
    """Let PostgreSQL say what it says of a full disk: filling one is not for a test."""
    with connected(url) as connection:
        connection.execute(
            text(
                "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                "RAISE EXCEPTION 'could not extend file: No space left on device' "
                "USING ERRCODE = '53100'; END $$"
            )
        )
        connection.execute(
            text(
                "CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON messages "
                "EXECUTE FUNCTION full_disk()"
            )
        )
    yield
    with connected(url) as connection:
        connection.execute(text("DROP FUNCTION full_disk CASCADE"))


@contextmanager
def held(line: Proxy, postgres: PostgresServer, url: str, key: StepKey) -> Iterator[None]:
    """Hold the rows of the step's messages as somebody does who does not come to an end."""
    with connected(url) as connection:
        connection.execute(text("LOCK TABLE messages IN EXCLUSIVE MODE"))
        yield


TROUBLES = {
    "refuses": (refused, "The database cannot be reached."),
    "never answers": (swallowed, "The database cannot be reached."),
    "read-only": (only_read, "The database can only be read."),
    "full": (full, "The database's disk is full."),
    "locked": (held, "The database cannot be reached."),
}


def autosaving(store: Store) -> Autosave:
    def save(key: StepKey, unsaved: Unsaved) -> None:
        store.save(key, list(unsaved.messages.values()), unsaved.draft)

    return Autosave(save)


def keeps_and_saves(
    store: Store,
    key: StepKey,
    during: Any,
    reason: str,
    in_vain: Counter[threading.Thread],
) -> None:
    """Note changes while a trouble lasts; they are kept, and there once each afterwards."""
    autosave = autosaving(store)
    # Long ones: what is short may find room in a full file.
    messages = [placed(f"{number}" * 100_000, number) for number in range(1, 4)]
    with during:
        autosave.note(key, messages[:2], Draft({"a": 1}, revision=1))
        in_vain.clear()
        saved = autosave.flush(key)
        waited = in_vain.total()
        reported = autosave.report()
        autosave.note(key, messages[2:], Draft({"a": 2}, revision=2))

    assert not saved
    assert waited <= PATIENCE
    assert [each.reason for each in reported] == [reason]
    assert list(autosave.pending(key).messages.values()) == messages
    assert eventually(lambda: autosave.flush(key))
    assert texts(store, key) == [each.text for each in messages]
    assert store.draft(key) == Draft({"a": 2}, revision=2)


@pytest.mark.postgres
@pytest.mark.parametrize("trouble", TROUBLES)
def test_what_is_unsaved_is_kept_and_saved_once_when_postgresql_is_well_again(
    line: Proxy,
    far_store: SqlStore,
    postgres: PostgresServer,
    postgres_url: str,
    trouble: str,
    in_vain: Counter[threading.Thread],
) -> None:
    during, reason = TROUBLES[trouble]
    key = new_step(far_store)
    keeps_and_saves(far_store, key, during(line, postgres, postgres_url, key), reason, in_vain)


@contextmanager
def pragma(store: SqlStore, ill: str, well: str) -> Iterator[None]:
    """Let every connection begin with *ill*, and afterwards with *well*."""
    said = [ill]

    def say(connection: Any, *_: Any) -> None:
        connection.execute(f"PRAGMA {said[0]}")

    event.listen(engine_of(store), "checkout", say)
    yield
    said[0] = well


@contextmanager
def another_writer(url: str) -> Iterator[None]:
    other = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield
    other.execute("ROLLBACK")
    other.close()


@pytest.mark.parametrize("trouble", ["read-only", "full", "locked"])
def test_what_is_unsaved_is_kept_and_saved_once_when_sqlite_is_well_again(
    sqlite_url: str, trouble: str, in_vain: Counter[threading.Thread]
) -> None:
    with opened(sqlite_url) as store:
        key = new_step(store)
        during, reason = {
            "read-only": (
                pragma(store, "query_only=ON", "query_only=OFF"),
                "The database can only be read.",
            ),
            "full": (
                pragma(store, "max_page_count=1", "max_page_count=1000000"),
                "The database's disk is full.",
            ),
            "locked": (another_writer(sqlite_url), "The database is busy."),
        }[trouble]
        keeps_and_saves(store, key, during, reason, in_vain)


@pytest.mark.parametrize("noted_every", [0.5, 3.0])
def test_an_outage_of_60_s_costs_nothing_of_what_was_typed_in_it(noted_every: float) -> None:
    clock = FakeClock(0.0)
    store = MemoryStore()
    key = new_step(store)
    saves: list[list[str]] = []

    def save(key: StepKey, unsaved: Unsaved) -> None:
        if 10 <= clock.now < 70:
            raise StoreUnavailable("The database is away.")
        saves.append(sorted(unsaved.messages))
        store.save(key, list(unsaved.messages.values()), unsaved.draft)

    autosave = Autosave(save, clock=clock)
    typed = []
    while clock.now < 100:
        if clock.now < 80 and clock.now % noted_every == 0:
            number = len(typed) + 1
            typed.append(f"{number}")
            draft = Draft({"a": number}, revision=number)
            autosave.note(key, [placed(f"{number}", number)], draft)
        autosave.sweep()
        clock.now += 0.25

    assert texts(store, key) == typed
    assert store.draft(key).fields == {"a": len(typed)}
    assert autosave.report() == []
    # Complete messages, each saved in one save and no more.
    assert sorted(id_ for each in saves for id_ in each) == sorted(
        message.id for message in store.messages(key)
    )


# A page


@pytest.fixture
def far_process(line: Proxy, far_store: SqlStore) -> Iterator[Process]:
    """Put a process in place whose database is at the other end of the line."""
    process = process_.assemble(Settings(), far_store, FakeGuide())
    process_.use(process)
    yield process
    line.forward()
    process_.use(None)
    process.close(within=2)


def greeted(process: Process, team: Team) -> AppTest:
    """Open a team's first step in a new tab; return it with the greeting on it."""
    app = pages.opened_step(team, "challenge")
    assert eventually(lambda: process.replies.live(team.step_key("challenge")) is None)
    return pages.drawn(app.run())


@pytest.mark.postgres
@pytest.mark.parametrize("file", [navigation.FRONT_DOOR, navigation.REVIEW])
def test_leaving_a_step_waits_once_for_a_database_that_never_answers(
    line: Proxy,
    far_store: SqlStore,
    far_process: Process,
    file: str,
    in_vain: Counter[threading.Thread],
) -> None:
    team = far_store.teams(new_step(far_store).workshop_id)[0]
    app = greeted(far_process, team)
    sent = pages.entry("They leave.")
    far_process.drafts.edit(team.step_key("challenge"), "target_user", "newcomers")
    app.session_state[f"chat-box/{team.id}/challenge"] = {"outbox": [sent]}
    line.swallow()
    pages.moved(app, file, team=team.link, workshop=team.workshop_id)

    assert 0 < in_vain.total() <= PATIENCE


def test_leaving_a_step_saves_its_draft_though_its_box_cannot_be_taken_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def away(*_: object) -> None:
        raise StoreUnavailable("The database cannot be reached.")

    store = MemoryStore()
    key = new_step(store)
    (team,) = store.teams(key.workshop_id)
    process = process_.assemble(Settings(), store, FakeGuide())
    copy = WorkingCopy(team, store.workshop(key.workshop_id))
    copy.open_step = key.step
    monkeypatch.setattr(navigation.tab, "working_copy", lambda: copy)
    monkeypatch.setattr(navigation.component_input, "take_in_messages", away)
    process.drafts.edit(key, "target_user", "newcomers")
    navigation.leave(process)

    assert store.draft(key).fields == {"target_user": "newcomers"}
    assert copy.open_step is None


@pytest.mark.postgres
def test_a_page_waits_once_for_a_database_that_never_answers_and_keeps_what_it_shows(
    line: Proxy,
    far_store: SqlStore,
    far_process: Process,
    in_vain: Counter[threading.Thread],
) -> None:
    team = far_store.teams(new_step(far_store).workshop_id)[0]
    app = greeted(far_process, team)
    before = pages.conversation(app)
    line.swallow()
    pages.send(app, team, "challenge", pages.entry("They leave."))
    sending = in_vain.total()
    in_vain.clear()
    late = pages.opened_step(team, "challenge")

    assert 0 < sending <= PATIENCE
    assert 0 < in_vain.total() <= PATIENCE
    assert before
    assert pages.conversation(app) == before
    assert not app.warning
    assert "The database cannot be reached right now" in late.warning[0].value


@pytest.mark.postgres
def test_only_a_wait_in_vain_makes_the_next_call_fail_at_once(
    line: Proxy, far_store: SqlStore, in_vain: Counter[threading.Thread]
) -> None:
    key = new_step(far_store)
    with deadline.waiting_once():
        line.refuse()
        with pytest.raises(StoreError):
            far_store.messages(key)
        line.forward()

        assert far_store.messages(key) == []

        line.swallow()
        waited = []
        for _ in range(2):
            with pytest.raises(StoreUnavailable):
                far_store.messages(key)
            waited.append(in_vain.total())

        assert 0 < waited[0] <= PATIENCE
        assert waited[1] == waited[0]
    line.forward()

    assert far_store.messages(key) == []


@pytest.mark.postgres
def test_those_who_ask_in_one_step_at_once_do_not_wait_one_after_the_other(
    line: Proxy, far_store: SqlStore, in_vain: Counter[threading.Thread]
) -> None:
    key = new_step(far_store)
    process = process_.assemble(Settings(), far_store, FakeGuide())
    line.swallow()
    ended = at_once(
        {text: lambda text=text: process.replies.ask(key, [question(text)]) for text in "abc"}
    )
    line.forward()

    # One after the other would be three times this.
    assert 0 < in_vain.total() < 2 * PATIENCE
    assert {type(raised) for raised in ended.values()} == {StoreUnavailable}

    process.replies.ask(key, [question("d")])
    process.close(within=5)

    assert texts(far_store, key)[0] == "d"
