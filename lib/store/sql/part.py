"""
What the parts of the SQL store share: the door to the database, and what its dialect decides.

Each part holds some of the port's methods; `lib.store.sql.store.SqlStore` inherits from all of them.
Statements are the same on SQLite and PostgreSQL except for the clock, the upsert and row locks.
"""

from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import Dialect, Table, func, literal
from sqlalchemy.dialects.postgresql import insert as insert_on_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_on_sqlite

from lib.store.port import LEASE
from lib.store.sql.column_types import Moment
from lib.store.sql.engine import Door
from lib.workshop.clock import utc_now


class _HasDialect(Protocol):
    """A connection, an engine or the door."""

    @property
    def dialect(self) -> Dialect: ...


def upsert(of: _HasDialect, table: Table) -> Any:
    """Return the dialect's INSERT into *table*, which may go on with ON CONFLICT."""
    return (insert_on_sqlite if of.dialect.name == "sqlite" else insert_on_postgresql)(table)


def insert_once(of: _HasDialect, table: Table) -> Any:
    """Return the INSERT that leaves a row with the same primary key as it is."""
    key = list(table.primary_key.columns)
    return upsert(of, table).on_conflict_do_nothing(index_elements=key)


def now(of: _HasDialect, at: datetime | None = None, *, after: timedelta | None = None) -> Any:
    """
    Return SQL for the database's clock, on which several servers agree, or for *at*; *after* later.

    SQLite has no clock of its own: there it is this server's.
    """
    if at is None and of.dialect.name != "sqlite":
        clock = func.clock_timestamp()
        return clock if after is None else clock + literal(after)
    return literal((at or utc_now()) + (after or timedelta(0)), Moment())


class Part:
    """Some of the port's methods, over one door. *lease* is in seconds."""

    def __init__(self, door: Door, *, lease: float = LEASE) -> None:
        self._door = door
        self._lease = timedelta(seconds=lease)
