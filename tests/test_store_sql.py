"""The store when things go wrong: races, lost databases, old and newer schemas, full disks."""

import contextlib
import multiprocessing
import os
import random
import signal
import socket
import sqlite3
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine, create_engine, event, func, inspect, text
from sqlalchemy.exc import IntegrityError, OperationalError

from lib.autosave.autosave import Autosave
from lib.store import migrate, open_store
from lib.store.errors import SchemaRefused, StoreError, StoreUnavailable, Unstorable
from lib.store.port import PATIENCE, Decision, Store
from lib.store.sql import deadline
from lib.store.sql.engine import normalised
from lib.store.sql.schema import metadata
from lib.store.sql.store import SqlStore
from lib.workshop import steps
from lib.workshop.ids import new_id, new_link
from lib.workshop.records import Draft, Recollection, StepKey, Team, Workshop
from lib.workshop.status import Change, Event, Phase, Status, decide
from lib.workshop.transcript import Message, MessageStatus, Role
from tests.fakes import eventually, new_step, placed, question
from tests.postgres import PostgresServer

#: Seconds within which a call must have given up: the promise, and a second of a busy machine.

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)

both = pytest.mark.parametrize(
    "url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)


@pytest.fixture
def url(request: pytest.FixtureRequest) -> str:
    """Return the URL of a fresh database with today's schema."""
    names = {"sqlite": "sqlite_url", "postgresql": "postgres_url"}
    return str(request.getfixturevalue(names[request.param]))


empty = pytest.mark.parametrize(
    "empty_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)


@pytest.fixture
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of a database without any table."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'new' / 'workshop.db'}"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.new_database()


@contextmanager
def opened(url: str, **more: Any) -> Iterator[SqlStore]:
    store = open_store(url, **more)
    assert isinstance(store, SqlStore)
    try:
        yield store
    finally:
        store.close()


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """Connect past the store, in one transaction."""
    engine = create_engine(normalised(url))
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def engine_of(store: SqlStore) -> Engine:
    return store._door.engine


@contextmanager
def statements(store: SqlStore) -> Iterator[list[tuple[str, bool]]]:
    """Collect what the store executes, and whether each statement is its own transaction."""
    seen: list[tuple[str, bool]] = []

    def note(connection: Connection, _cursor: Any, statement: str, *_rest: Any) -> None:
        driver: Any = connection.connection.driver_connection
        alone = not driver.in_transaction if store._door.is_sqlite else driver.autocommit
        seen.append((statement, alone))

    event.listen(engine_of(store), "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine_of(store), "before_cursor_execute", note)


def texts(store: Store, key: StepKey) -> list[str]:
    return [message.text for message in store.messages(key)]


# Opening and upgrading


def _open(url: str, ready: Any) -> None:
    ready.wait()
    store = open_store(url)
    new_step(store)
    store.close()


def _opened_at_once(url: str, processes: int) -> list[int | None]:
    """Open the database from several processes at the same time; return how each ended."""
    fork = multiprocessing.get_context("fork")
    ready = fork.Barrier(processes)
    running = [fork.Process(target=_open, args=(url, ready)) for _ in range(processes)]
    for process in running:
        process.start()
    for process in running:
        process.join()
    return [process.exitcode for process in running]


@empty
def test_several_processes_may_open_an_empty_database_at_once(empty_url: str) -> None:
    assert _opened_at_once(empty_url, 5) == [0] * 5

    with opened(empty_url) as store:
        assert len(store.workshops()) == 5


def _shape(connection: Connection) -> dict[str, Any]:
    look = inspect(connection)

    def told(value: Any) -> Any:
        # The condition of an index comes as an object.
        if isinstance(value, dict):
            return {name: str(each) for name, each in value.items()}
        return str(value)

    def named(found: list[Any]) -> list[Any]:
        return sorted(({k: told(v) for k, v in each.items()} for each in found), key=str)

    return {
        table: {
            "columns": named(look.get_columns(table)),
            "checks": named(look.get_check_constraints(table)),
            "keys": str(look.get_pk_constraint(table)),
            "foreign": named(look.get_foreign_keys(table)),
            "unique": named(look.get_unique_constraints(table)),
            "indexes": named(look.get_indexes(table)),
        }
        for table in metadata.tables
        if look.has_table(table)
    }


@empty
def test_an_upgraded_database_is_what_the_schema_says(
    empty_url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    open_store(empty_url).close()
    if empty_url.startswith("sqlite"):
        other = f"sqlite:///{tmp_path / 'other.db'}"
    else:
        other = request.getfixturevalue("postgres").new_database()
    with connected(other) as connection:
        metadata.create_all(connection)
        wanted = _shape(connection)
    with connected(empty_url) as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)

        assert differences == []
        assert wanted == _shape(connection)


#: A workshop as the first version of the program left it, told in its own statements.
OLD = [
    f"INSERT INTO workshops VALUES ('w', 'Old', 'Keep me 🙂', '{AT.isoformat()}')",
    "INSERT INTO teams VALUES ('w', 't', 'Team', 'link', 1)",
    *(
        f"INSERT INTO steps VALUES ('w', 't', '{slug}', '{status}', NULL, NULL, 'gather', 2,"
        f" '{AT.isoformat()}', '{{\"n\":{place}}}')"
        for place, (slug, status) in enumerate(
            zip(steps.SLUGS, ["complete", "in_progress", *["not_started"] * 8], strict=True)
        )
    ),
    *(
        f"INSERT INTO messages VALUES ('w', 't', 'challenge', 'm{n}', {n}, 'assistant', 'Guide',"
        f" '{status}', 3, '{AT.isoformat()}', '{AT.isoformat()}', 'text {n}')"
        for n, status in enumerate(["complete", "streaming", "interrupted"], start=1)
    ),
    "INSERT INTO artifact_versions VALUES"
    f" ('w', 't', 'challenge', 1, 'Ada', '{AT.isoformat()}', '{{\"a\":1}}')",
    "INSERT INTO events VALUES ('w', 'e', 1, 't', 'challenge', 'confirm', 'in_progress',"
    f" 'complete', 'Ada', 'challenge', '{AT.isoformat()}')",
]
OLD_KEY = StepKey("w", "t", "challenge")


def _stale(store: Store) -> None:
    change = Change("challenge", Event.CONFIRM, Status.COMPLETE, Status.NEEDS_REGENERATION)
    store.apply(OLD_KEY.team, Decision([change], "Ada", AT))


def _old_database(url: str) -> None:
    if url.startswith("sqlite:///"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir(exist_ok=True)
    migrate.upgrade(normalised(url), "0001")
    with connected(url) as connection:
        for statement in OLD:
            connection.exec_driver_sql(statement.replace("%", "%%"))


@empty
def test_an_old_database_is_upgraded_in_place_with_its_data(empty_url: str) -> None:
    _old_database(empty_url)
    with pytest.raises(IntegrityError), connected(empty_url) as connection:
        connection.execute(text("UPDATE steps SET status = 'needs_regeneration'"))
    with opened(empty_url) as store:
        states = list(store.steps(OLD_KEY.team).values())
        found = store.messages(OLD_KEY)

        assert ["complete", "in_progress", *["not_started"] * 8] == [s.status for s in states]
        assert {Phase.GATHER} == {state.phase for state in states}
        assert Draft({"n": 0}, Phase.GATHER, 2) == store.draft(OLD_KEY)
        assert [each.status for each in found] == ["complete", "interrupted", "interrupted"]
        assert [each.text for each in found] == ["text 1", "text 2", "text 3"]
        assert store.artifacts(OLD_KEY.team)["challenge"].fields == {"a": 1}
        assert [each.id for each in store.events("w")] == ["e"]
        assert store.workshop("w").created_at == AT
        _stale(store)
        assert store.steps(OLD_KEY.team)["challenge"].status is Status.NEEDS_REGENERATION
        taken = store.take_over(OLD_KEY, "m2")
        assert taken is not None
        assert taken.revision == 1 << 32


@empty
def test_several_processes_may_upgrade_an_old_database_at_once(empty_url: str) -> None:
    _old_database(empty_url)

    assert _opened_at_once(empty_url, 4) == [0] * 4
    with opened(empty_url) as store:
        assert len(store.messages(OLD_KEY)) == 3


@empty
def test_an_upgrade_that_fails_leaves_the_database_as_it_was(
    empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _old_database(empty_url)
    with connected(empty_url) as connection:
        before = _shape(connection)

    def fail(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if "lease_until = updated_at" in statement:
            raise StoreUnavailable("The power went out.")

    event.listen(Engine, "before_cursor_execute", fail)
    try:
        with pytest.raises(StoreUnavailable):
            open_store(empty_url)
    finally:
        event.remove(Engine, "before_cursor_execute", fail)
    with connected(empty_url) as connection:
        assert before == _shape(connection)
    with opened(empty_url) as store:
        assert len(store.messages(OLD_KEY)) == 3


def _made_newer(url: str, minimum: str) -> None:
    """Mark a database as a later version would: with a revision and a minimum of its own."""
    with connected(url) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        connection.execute(
            text("UPDATE schema_compatibility SET minimum = :minimum"), {"minimum": minimum}
        )


@both
def test_a_newer_database_that_no_longer_supports_us_is_refused_in_one_line(url: str) -> None:
    _made_newer(url, "9998")
    with pytest.raises(SchemaRefused) as refused:
        open_store(url)

    assert "newer version" in str(refused.value)
    assert "\n" not in str(refused.value)


@both
def test_a_newer_database_that_does_not_say_whom_it_supports_is_refused(url: str) -> None:
    _made_newer(url, migrate.MINIMUM)
    with connected(url) as connection:
        connection.execute(text("DROP TABLE schema_compatibility"))

    with pytest.raises(SchemaRefused):
        open_store(url)


@both
def test_a_newer_database_that_supports_us_is_opened_and_left_as_it_is(url: str) -> None:
    head = migrate._script().get_current_head()
    for minimum in (migrate.MINIMUM, str(head)):
        _made_newer(url, minimum)
        with opened(url) as store:
            new_step(store)
        migrate.upgrade(normalised(url))
        with connected(url) as connection:
            assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "9999"
            assert connection.scalar(text("SELECT minimum FROM schema_compatibility")) == minimum


@empty
def test_an_upgrade_says_which_programs_still_work(empty_url: str) -> None:
    open_store(empty_url).close()
    with connected(empty_url) as connection:
        assert connection.scalars(text("SELECT minimum FROM schema_compatibility")).all() == [
            migrate.MINIMUM
        ]
    assert migrate.MINIMUM in {each.revision for each in migrate._script().walk_revisions()}


@pytest.mark.postgres
@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg2"])
def test_every_way_to_write_a_postgresql_url_works(postgres_url: str, scheme: str) -> None:
    with opened(postgres_url.replace("postgresql", scheme, 1)) as store:
        assert store.workshops() == []


UNREACHABLE = {
    "nobody listens": "postgresql://ada:s3cret@127.0.0.1:9/workshop",
    "no such host": "postgres://ada:s3cret@host.invalid/workshop",
    "no such socket": "postgresql://ada:s3cret@/workshop?host=%2Fnowhere-s3cret",
    "broken port": "postgresql://ada:s3cret@db:port/workshop",
    "password with a slash": "postgresql://ada:p/s3cret@db/workshop",
    "no address": "s3cret",
    "nothing": "",
    "another database": "mysql://ada:s3cret@db/workshop",
    "a driver that is missing": "postgresql+asyncpg://ada:s3cret@db/workshop",
    "an unknown driver": "postgresql+s3cret://ada@db/workshop",
    "an unknown option": "postgresql://ada:s3cret@127.0.0.1/workshop?s3cret=1",
    "in memory": "sqlite://",
    "a folder under a file": "sqlite:////dev/null/s3cret/workshop.db",
    "a folder": "sqlite:////tmp",
}


@pytest.mark.parametrize("url", UNREACHABLE.values(), ids=UNREACHABLE.keys())
def test_an_unreachable_database_is_told_in_one_line_without_secrets(url: str) -> None:
    with pytest.raises(StoreError) as told:
        open_store(url)
    line = str(told.value)

    assert line.endswith(".")
    assert not [each for each in ("\n", "s3cret", "ada", "127.0.0.1", "SELECT") if each in line]


@pytest.mark.postgres
def test_a_database_that_does_not_exist_is_told_without_its_name(postgres: PostgresServer) -> None:
    with pytest.raises(StoreUnavailable, match="no such database"):
        open_store(postgres.url("s3cret"))


@pytest.mark.postgres
@pytest.mark.xdist_group("own-postgres")
def test_a_wrong_password_is_told_without_it(own_postgres: PostgresServer) -> None:
    own_postgres.execute("CREATE ROLE ada LOGIN PASSWORD 'right'")
    rules = own_postgres.folder / "data" / "pg_hba.conf"
    # The first line that fits counts: everybody else gets in as before.
    rules.write_text(f"local all ada scram-sha-256\n{rules.read_text()}")
    own_postgres.execute("SELECT pg_reload_conf()")
    url = own_postgres.url("postgres").replace("postgres@", "ada:s3cret@")

    def refused() -> bool:
        try:
            open_store(url).close()
        except StoreUnavailable as exc:
            return "password" in str(exc)
        return False

    # The server reads its rules again in its own time.
    assert eventually(refused)
    with pytest.raises(StoreUnavailable) as told:
        open_store(url)
    assert str(told.value) == "The database does not accept the user or the password."


def test_a_file_that_is_no_database_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "notes.db").write_text("not a database, " * 100)
    with pytest.raises(StoreUnavailable, match="not an SQLite database"):
        open_store(f"sqlite:///{tmp_path / 'notes.db'}")


# What a call costs


@both
def test_saving_one_message_is_one_statement_in_one_round_trip(url: str) -> None:
    with opened(url) as store:
        key = new_step(store)
        store.append(key, [question(f"{n}") for n in range(50)])
        with statements(store) as seen:
            store.save(key, [placed("one more", 51)])

        assert [alone for _, alone in seen] == [True]
        assert seen[0][0].startswith("INSERT INTO messages")


@both
def test_saving_a_draft_is_one_statement(url: str) -> None:
    with opened(url) as store:
        key = new_step(store)
        with statements(store) as seen:
            store.save(key, draft=Draft({"a": 1}, Phase.GATHER, 1))

        assert [alone for _, alone in seen] == [True]


@both
def test_the_overview_is_one_query_that_reads_no_text(url: str) -> None:
    with opened(url) as store:
        key = new_step(store)
        store.append(key, [question(f"{n}") for n in range(5)])
        with statements(store) as seen:
            store.overview(key.workshop_id)

        assert len(seen) == 1
        assert "text" not in seen[0][0].replace("(text) AS", "")


# Races


@both
def test_unsorted_batches_do_not_deadlock(url: str, request: pytest.FixtureRequest) -> None:
    with opened(url) as store:
        key = new_step(store)
        known = store.append(
            key,
            [
                question(
                    f"{n}",
                )
                for n in range(1, 31)
            ],
        )
        streaming = [
            replace(m, id=new_id(), position=m.position + 30, status=MessageStatus.STREAMING)
            for m in known
        ]
        failed: list[Exception] = []

        def work(seed: int) -> None:
            order = random.Random(seed)
            for round_ in range(15):
                batch = [replace(m, revision=2 + round_ * 8 + seed) for m in streaming]
                order.shuffle(batch)
                try:
                    store.save(key, batch)
                except Exception as exc:
                    failed.append(exc)

        threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert failed == []
        assert len(store.messages(key)) == 60
    if not url.startswith("sqlite"):
        with connected(url) as connection:
            asked = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
            assert connection.scalar(text(asked)) == 0


@pytest.mark.postgres
def test_a_nul_in_a_batch_does_not_hold_back_its_neighbours(postgres_url: str) -> None:
    with opened(postgres_url) as store:
        key = new_step(store)
        batch = [placed("a", 1), placed("N\x00L", 2), placed("c", 3)]
        with pytest.raises(Unstorable, match=batch[1].id):
            store.save(key, batch)

        assert texts(store, key) == ["a", "c"]


# Half-done work


def _confirm(store: Store, key: StepKey) -> None:
    now = {slug: state.status for slug, state in store.steps(key.team).items()}
    if now["challenge"] is Status.IN_PROGRESS:
        changes = decide(now, "challenge", Event.CONFIRM)
        store.apply(key.team, Decision(changes, "Ada", AT, {"a": 1}))


MESSAGES = [Message(f"new-{n}", Role.USER, "Ada", f"{n}", AT) for n in range(3)]
PLACED = [replace(each, id=f"placed-{n}", position=10 + n) for n, each in enumerate(MESSAGES)]
WORKSHOP = Workshop("whole", "T", "C", AT)
RECOLLECTION = Recollection(3, "Three wait.")
TEAMS = [Team("whole", f"team-{n}", "T", new_link(), n) for n in (1, 2)]

WORKS: dict[str, Callable[[Store, StepKey], Any]] = {
    "create": lambda store, key: store.create_workshop(WORKSHOP, TEAMS),
    "apply": _confirm,
    "append": lambda store, key: store.append(key, MESSAGES),
    "save": lambda store, key: store.save(key, PLACED, Draft({"a": 1}, Phase.GATHER, 1)),
    "save one": lambda store, key: store.save(key, PLACED[:1]),
    "save draft": lambda store, key: store.save(key, (), Draft({"a": 1}, Phase.GATHER, 1)),
    "take over": lambda store, key: store.take_over(key, "half"),
    "interrupt": lambda store, key: store.interrupt(key, "growing"),
    "remember": lambda store, key: store.remember(key, 0, RECOLLECTION),
}

#: The works that are one statement: that is done before its commit fails.
SINGLE = [WORKS[name] for name in ("save one", "save draft", "interrupt", "remember")]


def everything(url: str) -> dict[str, Any]:
    """Return all rows but for the ids and times the store itself gives."""
    given = ("updated_at", "lease_until", "made_at", "id")
    with connected(url) as connection:
        return {
            name: [
                tuple(value for column, value in row._mapping.items() if column not in given)
                for row in connection.execute(table.select())
            ]
            for name, table in metadata.tables.items()
        }


@contextmanager
def failing(store: SqlStore, at: int) -> Iterator[list[int]]:
    """Let the *at*-th statement or commit fail, counting both."""
    seen = [0]

    def fail(*_: Any) -> None:
        seen[0] += 1
        if seen[0] == at:
            raise OperationalError("", None, Exception("The power went out."))

    for name in ("before_cursor_execute", "commit"):
        event.listen(engine_of(store), name, fail)
    try:
        yield seen
    finally:
        for name in ("before_cursor_execute", "commit"):
            event.remove(engine_of(store), name, fail)


@both
@pytest.mark.parametrize("work", WORKS.values(), ids=WORKS.keys())
def test_work_that_fails_anywhere_is_not_done_and_may_be_repeated(
    url: str, work: Callable[[Store, StepKey], Any]
) -> None:
    with opened(url) as store:
        key = new_step(store)
        half = replace(question("half"), id="half", status=MessageStatus.INTERRUPTED)
        growing = replace(question("gro"), id="growing", status=MessageStatus.STREAMING)
        # A reply cannot be taken over while another one is being written.
        store.append(key, [half] if work is WORKS["take over"] else [half, growing])
        before = everything(url)
        for at in range(1, 30):
            with failing(store, at) as seen:
                try:
                    work(store, key)
                except StoreUnavailable:
                    after = everything(url)
                    assert after == before or work in SINGLE
                else:
                    break
        after = everything(url)

        assert at > 1
        assert seen[0] < at
        assert before != after
        work(store, key)
        assert after == everything(url)


ANSWERS: dict[str, Callable[[Store, StepKey], Any]] = {
    "append": lambda store, key: [m.id for m in store.append(key, MESSAGES)],
    "take over": lambda store, key: store.take_over(key, "half") is not None,
    "apply": _confirm,
}


@pytest.mark.postgres
@pytest.mark.parametrize("work", ANSWERS.values(), ids=ANSWERS.keys())
def test_a_commit_whose_answer_is_lost_is_still_ones_own(
    postgres_url: str, work: Callable[[Store, StepKey], Any]
) -> None:
    with opened(postgres_url) as store:
        keys = [new_step(store) for _ in range(2)]
        half = replace(question("half"), id="half", status=MessageStatus.INTERRUPTED)
        for key in keys:
            store.append(key, [half])
        lost: list[bool] = []

        def lose(connection: Connection) -> None:
            driver: Any = connection.connection.driver_connection
            if not lost and not driver.autocommit:
                lost.append(True)
                driver.commit()
                driver.close()

        expected = work(store, keys[0])
        event.listen(engine_of(store), "commit", lose)

        assert expected == work(store, keys[1])
        assert lost
        assert len(store.events(keys[0].workshop_id)) == len(store.events(keys[1].workshop_id))


@pytest.mark.postgres
def test_a_lease_taken_over_while_its_commit_was_in_doubt_is_the_others(postgres_url: str) -> None:
    with opened(postgres_url) as store, opened(postgres_url) as other:
        key = new_step(store)
        half = replace(question("half"), id="half", status=MessageStatus.INTERRUPTED)
        store.append(key, [half])
        taken: list[Message | None] = []

        def lose(connection: Connection) -> None:
            driver: Any = connection.connection.driver_connection
            if not taken and not driver.autocommit:
                driver.commit()
                driver.close()
                other.interrupt(key, "half")
                taken.append(other.take_over(key, "half"))

        event.listen(engine_of(store), "commit", lose)

        assert store.take_over(key, "half") is None
        assert taken == store.messages(key)


# A database that is lost


@pytest.mark.postgres
@pytest.mark.xdist_group("own-postgres")
def test_a_restart_nobody_noticed_costs_nothing(own_postgres: PostgresServer) -> None:
    with opened(own_postgres.new_database()) as store:
        key = new_step(store)
        engine = engine_of(store)
        for end, work in (
            (own_postgres.stop, lambda: store.save(key, [placed("saved", 1)])),
            (own_postgres.kill, lambda: store.append(key, [question("appended")])),
        ):
            # Several connections in the pool, all of them stale afterwards.
            with engine.connect(), engine.connect(), engine.connect():
                pass
            end()
            own_postgres.start()
            work()

        assert texts(store, key) == ["saved", "appended"]


@pytest.mark.postgres
@pytest.mark.xdist_group("own-postgres")
def test_a_database_that_is_down_is_told_in_one_line_until_it_is_back(
    own_postgres: PostgresServer,
) -> None:
    with opened(own_postgres.new_database()) as store:
        key = new_step(store)
        own_postgres.stop()
        for _ in range(2):
            with pytest.raises(StoreUnavailable) as told:
                store.save(key, [placed("saved", 1)])

            assert str(told.value) == "The database cannot be reached."
        own_postgres.start()
        store.save(key, [placed("saved", 1)])

        assert texts(store, key) == ["saved"]


@pytest.mark.postgres
@pytest.mark.xdist_group("own-postgres")
def test_what_was_saved_survives_a_kill_of_the_database(own_postgres: PostgresServer) -> None:
    with opened(own_postgres.new_database()) as store:
        key = new_step(store)
        told: list[str] = []
        stop = threading.Event()

        def write() -> None:
            place = 1
            while not stop.is_set():
                try:
                    store.save(key, [placed(f"{place}", place)])
                except StoreUnavailable:
                    return
                told.append(f"{place}")
                place += 1

        thread = threading.Thread(target=write, daemon=True)
        thread.start()
        assert eventually(lambda: len(told) > 5)
        own_postgres.kill()
        stop.set()
        thread.join()
        own_postgres.start()
        found = texts(store, key)

        assert told == found[: len(told)]
        assert len(found) - len(told) <= 1


@pytest.mark.postgres
@pytest.mark.xdist_group("own-postgres")
def test_a_database_that_stops_answering_is_given_up(
    own_postgres: PostgresServer, in_vain: Counter[threading.Thread]
) -> None:
    with opened(own_postgres.new_database()) as store:
        key = new_step(store)
        all_of_it = _processes(own_postgres)
        _signal(all_of_it, signal.SIGSTOP)
        try:
            with pytest.raises(StoreUnavailable):
                store.save(key, [placed("a", 1), placed("b", 2)])
        finally:
            _signal(all_of_it, signal.SIGCONT)
        store.save(key, [placed("a", 1)])

        assert 0 < in_vain.total() <= PATIENCE
        assert texts(store, key)[0] == "a"


def _processes(server: PostgresServer) -> list[int]:
    first = (server.folder / "data" / "postmaster.pid").read_text().splitlines()[0]
    found = subprocess.run(["pgrep", "-P", first], capture_output=True, text=True, check=True)
    return [int(first), *map(int, found.stdout.split())]


def _signal(pids: list[int], number: int) -> None:
    for pid in pids:
        # The server's helpers come and go.
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def test_a_server_that_accepts_and_never_answers_is_given_up(
    in_vain: Counter[threading.Thread],
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(StoreUnavailable):
            open_store(f"postgresql://ada:s3cret@127.0.0.1:{port}/workshop")

    assert 0 < in_vain.total() <= PATIENCE


# An SQLite file that cannot be written


def test_a_locked_file_is_given_up_and_can_still_be_read(sqlite_url: str) -> None:
    with opened(sqlite_url) as store:
        key = new_step(store)
        with engine_of(store).connect() as connection:
            waits = connection.exec_driver_sql("PRAGMA busy_timeout").scalar()
        other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        tries: list[str] = []
        event.listen(
            engine_of(store),
            "before_cursor_execute",
            lambda connection, cursor, statement, *_: tries.append(statement),
        )
        with pytest.raises(StoreUnavailable, match="busy"):
            store.save(key, [placed("a", 1), placed("b", 2)])

        # One try, of which SQLite knows when to give it up, in milliseconds.
        assert (waits, tries) == (PATIENCE * 1000, ["BEGIN IMMEDIATE"])
        assert store.messages(key) == []
        other.execute("ROLLBACK")
        other.close()
        store.save(key, [placed("a", 1), placed("b", 2)])
        assert texts(store, key) == ["a", "b"]


def test_a_file_that_can_only_be_read_is_told_and_can_be_read(sqlite_url: str) -> None:
    with opened(sqlite_url) as store:
        key = new_step(store)
        store.append(key, [question("there")])
    file = sqlite_url.removeprefix("sqlite:///")
    with opened(f"sqlite:///file:{file}?mode=ro&uri=true") as store:
        with pytest.raises(StoreError, match="can only be read"):
            store.save(key, [placed("a", 2)])

        assert texts(store, key) == ["there"]


def test_a_full_disk_loses_nothing_of_what_is_unsaved(sqlite_url: str) -> None:
    with opened(sqlite_url) as store:
        key = new_step(store)
        store.append(key, [question("there")])
        autosave = Autosave(lambda key, unsaved: store.save(key, list(unsaved.messages.values())))
        pages = ["PRAGMA max_page_count=1", "PRAGMA max_page_count=1000000"]

        @event.listens_for(engine_of(store), "checkout")
        def full(connection: Any, *_: Any) -> None:
            connection.execute(pages[0])

        big = placed("x" * 100_000, 2)
        autosave.note(key, [big])

        assert not autosave.flush(key)
        assert "full" in autosave.report()[0].reason
        assert texts(store, key) == ["there"]
        assert big == autosave.pending(key).messages[big.id]
        pages.reverse()
        assert autosave.flush(key)
        assert ["there", big.text] == texts(store, key)


def test_the_nearest_deadline_counts() -> None:
    with deadline.within(1.0), deadline.within(5.0):
        left = deadline.left()

    assert left is not None
    assert left <= 1.0
    assert deadline.left() is None


def test_sqlite_keeps_to_what_belongs_to_what(sqlite_url: str) -> None:
    with opened(sqlite_url) as store:
        key = new_step(store)._replace(workshop_id="nobody's")

        with pytest.raises(StoreError):
            store.append(key, [question("Whose?")])
        with engine_of(store).connect() as connection:
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


@pytest.mark.postgres
def test_erasing_takes_what_is_stored_at_that_moment(postgres_url: str) -> None:
    """Somebody is in the middle of storing an unsent text when the workshop is erased."""
    with opened(postgres_url) as store, ThreadPoolExecutor(1) as pool:
        key = new_step(store, "challenge")
        store.delete(key.workshop_id, datetime(2026, 1, 1, tzinfo=UTC))
        with connected(postgres_url) as writing:
            table = metadata.tables["unsent"]
            row = key._asdict() | {"writer": new_id(), "member": "Ada", "text": "Half"}
            writing.execute(table.insert().values(row | {"revision": 1, "updated_at": func.now()}))
            erasing = pool.submit(store.erase, key.workshop_id, datetime.now(UTC))
            assert eventually(lambda: _waits_for_a_lock(postgres_url))
        erasing.result()

        with connected(postgres_url) as after:
            assert after.scalar(text("SELECT count(*) FROM workshops")) == 0
            assert after.scalar(text("SELECT count(*) FROM unsent")) == 0


def _waits_for_a_lock(url: str) -> bool:
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    with connected(url) as connection:
        return bool(connection.scalar(text(waiting)))


def test_no_part_of_the_store_hides_a_name_of_another() -> None:
    names = [name for part in SqlStore.__mro__ for name in vars(part) if name[:2] != "__"]

    assert len(names) == len(set(names))
