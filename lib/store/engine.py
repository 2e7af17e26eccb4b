"""
The one door to a database: engines, transactions, and every driver's error made ours.

A *unit* is one transaction's work. It may be run again: after a deadlock, and once on a fresh
connection where a pooled one turns out to be dead. That replaces a ping before each unit, which
would cost a round trip.
"""

import logging
import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum, auto
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    IntegrityError,
    InterfaceError,
    NoSuchModuleError,
    OperationalError,
    SQLAlchemyError,
)

from lib.store import deadline
from lib.store.port import PATIENCE, StoreError, StoreUnavailable, Unstorable

log = logging.getLogger(__name__)

Result = TypeVar("Result")

#: Times a unit is run again after a deadlock or a serialization failure.
AGAIN = 5

#: SQLSTATEs after which the same unit may well succeed: serialization failure, deadlock, lock
#: not available.
_TRANSIENT = ("40001", "40P01", "55P03")


class Kind(Enum):
    """What a unit does, which decides how it is begun."""

    #: Reads, in one consistent view.
    READ = auto()
    #: Writes several statements.
    WRITE = auto()
    #: One statement that is its own transaction: one round trip.
    SINGLE = auto()


def normalised(url: str) -> URL:
    """
    Return *url* with the driver the project uses. Raises StoreError for what is none.

    >>> normalised("postgres://ada@db/workshop").drivername
    'postgresql+psycopg2'
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as exc:
        raise StoreError("DATABASE_URL is not a database address.") from exc
    if parsed.drivername in ("postgres", "postgresql"):
        parsed = parsed.set(drivername="postgresql+psycopg2")
    if parsed.get_backend_name() not in ("postgresql", "sqlite"):
        raise StoreError("DATABASE_URL must begin with postgresql:// or sqlite:///.")
    return parsed


def connect(url: URL, *, foreign_keys: bool = True) -> Engine:
    """Return an engine for *url*; nothing is opened yet."""
    if url.get_backend_name() == "sqlite":
        return _sqlite(url, foreign_keys=foreign_keys)
    deadline.install()
    try:
        return create_engine(url, pool_size=10, max_overflow=20, pool_timeout=PATIENCE)
    except (NoSuchModuleError, ArgumentError, ImportError) as exc:
        raise StoreError("DATABASE_URL names a driver that is not installed.") from exc


def _sqlite(url: URL, *, foreign_keys: bool) -> Engine:
    if url.database and url.database != ":memory:":
        try:
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        except OSError as exc:
            raise StoreUnavailable("The folder of the database file cannot be made.") from exc
    engine = create_engine(url, connect_args={"check_same_thread": False})

    @event.listens_for(engine, "connect")
    def settings(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in (
            f"busy_timeout={int(PATIENCE * 1000)}",
            "journal_mode=WAL",
            "synchronous=FULL",
            f"foreign_keys={'ON' if foreign_keys else 'OFF'}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        kind = connection.get_execution_options().get("kind", Kind.WRITE)
        if kind is not Kind.SINGLE:
            immediate = kind is Kind.WRITE
            connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    return engine


class Door:
    """Runs units of work on an engine."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.is_sqlite = engine.dialect.name == "sqlite"
        single = {} if self.is_sqlite else {"isolation_level": "AUTOCOMMIT"}
        self._engines = {
            kind: engine.execution_options(kind=kind, **(single if kind is Kind.SINGLE else {}))
            for kind in Kind
        }

    def run(self, kind: Kind, work: Callable[[Connection], Result]) -> Result:
        """
        Run *work* in one transaction and return what it returns.

        *work* may be run several times, each time from the beginning. Raises StoreError and its
        kind, never a driver's error.
        """
        with deadline.within(PATIENCE), translated():
            return self._tried(kind, work)

    def _tried(self, kind: Kind, work: Callable[[Connection], Result]) -> Result:
        for attempt in range(AGAIN):
            try:
                with self._engines[kind].begin() as connection:
                    return work(connection)
            except DBAPIError as exc:
                if not _worth_another(exc, attempt):
                    raise
                time.sleep(random.uniform(0, 0.02 * 2**attempt))  # noqa: S311 - spreads retries
        raise StoreUnavailable("The database is too busy.")


def _worth_another(exc: DBAPIError, attempt: int) -> bool:
    if deadline.left() == 0.0 or attempt == AGAIN - 1:
        return False
    if exc.connection_invalidated:
        return attempt == 0
    return getattr(exc.orig, "pgcode", None) in _TRANSIENT


@contextmanager
def translated() -> Iterator[None]:
    """Turn every error of driver or toolkit into ours, without addresses or statements."""
    try:
        yield
    except StoreError:
        raise
    except (IntegrityError, DataError) as exc:
        raise Unstorable("The database refuses what was to be stored.") from exc
    except (ValueError, UnicodeEncodeError) as exc:
        raise Unstorable("A text holds a character no database can store.") from exc
    except (OperationalError, InterfaceError) as exc:
        raise StoreUnavailable(_unavailable(exc)) from exc
    except SQLAlchemyError as exc:
        raise StoreUnavailable("The database cannot be used right now.") from exc


def _unavailable(exc: DBAPIError) -> str:
    """Say in one line why, in words that give nothing away."""
    told = str(exc.orig).casefold()
    reasons = {
        "password authentication": "The database does not accept the user or the password.",
        "does not exist": "There is no such database, or the user is not allowed to see it.",
        "could not translate host": "The database's host name is not known.",
        "readonly": "The database can only be read.",
        "read-only": "The database can only be read.",
        "is full": "The database's disk is full.",
        "no space": "The database's disk is full.",
        "locked": "The database is busy.",
        "unable to open": "The database file cannot be opened.",
        "not a database": "The database file is not an SQLite database.",
    }
    return next(
        (says for mark, says in reasons.items() if mark in told),
        "The database cannot be reached.",
    )
