"""
What saving one new message costs: ours, a bare insert-and-commit, and the plan it replaces.

All three write to the store's own table, each to a step of its own with as many messages, so that
they pay for the same keys. They take turns within one run, message by message, so that a drifting
machine moves all of them alike. On PostgreSQL the bare statement goes through psycopg2, on SQLite
through sqlite3, with the settings the store uses.
"""

import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg2
from sqlalchemy import event
from sqlalchemy.engine import Engine

from bench import table
from lib.store import open_store
from lib.store.port import Store
from lib.workshop.ids import new_id, new_link
from lib.workshop.records import StepKey, Team, Workshop
from lib.workshop.transcript import Message, Role
from tests.postgres import PostgresServer

#: Messages stored already.
SIZES = (10, 100, 1_000, 10_000)

#: Messages measured at each size.
TURNS = 150

_TEXT = "We talked to five people and nobody knew exactly where to go. " * 4

_COLUMNS = (
    "workshop_id, team_id, step, id, position, role, author, status, revision,"
    " created_at, updated_at, lease_until, text, suggestions, era"
)
_INSERT = f"INSERT INTO messages ({_COLUMNS}) VALUES ({', '.join(['{0}'] * 15)})"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        server = PostgresServer(Path(folder) / "postgres")
        Path(folder).chmod(0o755)
        server.start()
        try:
            url = server.new_database()
            _measure("PostgreSQL", url, psycopg2.connect(url), "%s")
        finally:
            server.remove()
        file = Path(folder) / "bench.db"
        store_first = open_store(f"sqlite:///{file}")
        store_first.close()
        bare = sqlite3.connect(file)
        bare.execute("PRAGMA journal_mode=WAL")
        bare.execute("PRAGMA synchronous=FULL")
        _measure("SQLite", f"sqlite:///{file}", bare, "?")


def _measure(engine: str, url: str, bare: Any, mark: str) -> None:
    store = open_store(url)
    rows = [_row(store, bare, mark, size) for size in SIZES]
    store.close()
    bare.close()
    head = ["stored", "bare ms", "ours ms", "ours/bare", "replaced ms", "replaced/bare", "trips"]
    table.show(f"Saving one new message, {engine} (median of {TURNS}, taking turns)", head, rows)


def _row(store: Store, bare: Any, mark: str, size: int) -> list[object]:
    times: dict[str, list[float]] = {"bare": [], "ours": [], "replaced": []}
    to_bare, to_ours, to_replaced = (_filled(store, size) for _ in times)
    trips = 0
    for turn in range(TURNS):
        one, two, three = (_message(size + turn + 1) for _ in times)
        _timed(times["bare"], lambda new=one: _insert_and_commit(bare, mark, to_bare, new))
        with _statements() as seen:
            _timed(times["ours"], lambda new=two: store.save(to_ours, [new]))
        trips = max(trips, len(seen))
        _timed(times["replaced"], lambda new=three: _replaced(bare, mark, to_replaced, new))
    bare_, ours, replaced = (statistics.median(values) * 1000 for values in times.values())
    return [
        f"{size:,}",
        f"{bare_:.2f}",
        f"{ours:.2f}",
        f"{ours / bare_:.2f}",
        f"{replaced:.2f}",
        f"{replaced / bare_:.1f}",
        trips,
    ]


def _filled(store: Store, size: int) -> StepKey:
    workshop = Workshop(new_id(), "Bench", "How fast is it?", datetime.now(UTC))
    team = Team(workshop.id, new_id(), "Team", new_link(), 1)
    store.create_workshop(workshop, [team])
    key = team.step_key("challenge")
    messages = [_message(place) for place in range(1, size + 1)]
    for start in range(0, size, 500):
        store.append(key, messages[start : start + 500])
    return key


def _message(position: int) -> Message:
    return Message(new_id(), Role.USER, "Ada", _TEXT, datetime.now(UTC), position=position)


def _timed(into: list[float], do: Callable[[], object]) -> None:
    start = time.perf_counter()
    do()
    into.append(time.perf_counter() - start)


def _insert(bare: Any, mark: str, key: StepKey, message: Message) -> None:
    at = message.created_at.isoformat(timespec="microseconds")
    place = (*key, message.id, message.position)
    values = (*place, "user", "Ada", "complete", 1, at, at, at, message.text, "[]", 0)
    bare.cursor().execute(_INSERT.format(mark), values)


def _insert_and_commit(bare: Any, mark: str, key: StepKey, message: Message) -> None:
    _insert(bare, mark, key, message)
    bare.commit()


def _replaced(bare: Any, mark: str, key: StepKey, message: Message) -> None:
    """Fetch all ids, filter, insert: the plan this store replaces."""
    cursor = bare.cursor()
    cursor.execute(f"SELECT id FROM messages WHERE workshop_id = {mark}", (key.workshop_id,))
    if message.id not in {id_ for (id_,) in cursor.fetchall()}:
        _insert(bare, mark, key, message)
    bare.commit()


@contextmanager
def _statements() -> Iterator[list[str]]:
    """Collect the statements any engine runs meanwhile."""
    seen: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)
