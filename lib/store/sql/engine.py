"""
The one door to a database: engines, transactions, and the translation of drivers' errors.

A *unit* is one transaction's work. It may be run again: after a deadlock, and once on a fresh
connection where a pooled one turns out to be dead. That replaces a ping before each unit, which
would cost a round trip.
"""

import logging
import random
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
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
    NoSuchModuleError,
    SQLAlchemyError,
    StatementError,
)

from lib.store import permits
from lib.store.errors import StoreError, StoreUnavailable, Unstorable
from lib.store.port import PATIENCE
from lib.store.sql import deadline, dns, rights

log = logging.getLogger(__name__)

Result = TypeVar("Result")

#: Times a unit is run again after a deadlock or a serialization failure.
AGAIN = 5

#: Milliseconds for which emptying SQLite's log waits for those who read it.
LOG_PATIENCE = 200

#: SQLSTATEs after which the same unit may well succeed: serialization failure, deadlock, lock
#: not available.
_TRANSIENT = ("40001", "40P01", "55P03")


class Kind(Enum):
    """What a unit does, which decides how it is begun."""

    #: Several statements that stand or fall together.
    WRITE = auto()
    #: One statement that is its own transaction: one round trip.
    SINGLE = auto()


#: libpq gives the first of several hosts all the time there is, also where it hangs: measured, the
#: database was away for 212 s though another server stood after 22.
_ONE_SERVER = (
    "DATABASE_URL names several hosts. Name one: to fail over, put a proxy such as HAProxy in front "
    "of the database servers."
)


def normalised(url: str) -> URL:
    """
    Return *url* with the driver the project uses. Raises StoreError for what is none.

    >>> normalised("postgres://ada@db/workshop").drivername
    'postgresql+psycopg2'
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        if "," in url.partition("://")[2].rpartition("@")[2].partition("/")[0]:
            raise StoreError(_ONE_SERVER) from None
        # Not chained: a broken address is quoted in the cause, with what may be its password.
        raise StoreError("DATABASE_URL is not a database address.") from None
    if parsed.drivername in ("postgres", "postgresql"):
        parsed = parsed.set(drivername="postgresql+psycopg2")
    if parsed.get_backend_name() not in ("postgresql", "sqlite"):
        raise StoreError("DATABASE_URL must begin with postgresql:// or sqlite:///.")
    if parsed.get_backend_name() == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise StoreError("DATABASE_URL must name a file: in memory nothing would be kept.")
    if parsed.get_backend_name() == "postgresql" and _names_several(parsed):
        raise StoreError(_ONE_SERVER)
    return parsed


def _names_several(url: URL) -> bool:
    hosts = {name: url.query.get(name) for name in ("host", "hostaddr", "port")}
    if any(isinstance(each, tuple) for each in hosts.values()):
        return True
    hosts["host"] = hosts["host"] or url.host
    return dns.are_several(hosts)


def connect(url: URL, *, patience: float = PATIENCE, foreign_keys: bool = True) -> Engine:
    """
    Return an engine for *url*; nothing is opened yet.

    *patience* is how many seconds SQLite waits for others; on PostgreSQL the unit's counts.
    """
    if url.get_backend_name() == "sqlite":
        return _sqlite(url, patience, foreign_keys=foreign_keys)
    deadline.install()
    try:
        engine = create_engine(
            url, pool_size=10, max_overflow=20, pool_timeout=PATIENCE, use_native_hstore=False
        )
    except (NoSuchModuleError, ArgumentError, ImportError, TypeError) as exc:
        raise StoreError("DATABASE_URL names a driver or an option that is not known.") from exc

    @event.listens_for(engine, "do_connect")
    def open_one(dialect: Any, _record: Any, arguments: Any, named: dict[str, Any]) -> Any:
        return dns.opened(named, lambda parameters: dialect.connect(*arguments, **parameters))

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # Set here and not by SQLAlchemy's isolation level, which costs round trips of its own.
        driver: Any = connection.connection.driver_connection
        driver.autocommit = _kind(connection) is Kind.SINGLE

    return engine


def _sqlite(url: URL, patience: float, *, foreign_keys: bool) -> Engine:
    _make_folder(str(url.database))
    # Waiting is for the file's lock alone: a thread never waits for another's connection.
    engine = create_engine(url, connect_args={"check_same_thread": False}, max_overflow=-1)

    @event.listens_for(engine, "connect")
    def settings(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in (
            f"busy_timeout={int(patience * 1000)}",
            "journal_mode=WAL",
            "synchronous=FULL",
            # What is deleted or overwritten is zeroed in the file, whatever SQLite's build defaults to.
            "secure_delete=ON",
            f"foreign_keys={'ON' if foreign_keys else 'OFF'}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if _kind(connection) is Kind.WRITE:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _make_folder(database: str) -> None:
    # SQLite's own kind of address, `file:...?mode=ro`, is taken as it is.
    if database.startswith("file:"):
        return
    try:
        Path(database).parent.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise StoreUnavailable("The folder of the database file cannot be made.") from exc


def _kind(connection: Connection) -> Kind:
    kind: Kind = connection.get_execution_options().get("kind", Kind.WRITE)
    return kind


class Door:
    """Runs units of work on an engine."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.dialect = engine.dialect
        self.is_sqlite = engine.dialect.name == "sqlite"
        # A previous process may have been killed between a deletion and the checkpoint.
        self._log_is_dirty = True
        self._engines = {kind: engine.execution_options(kind=kind) for kind in Kind}

    def run(
        self, kind: Kind, work: Callable[[Connection], Result], *, patience: float = PATIENCE
    ) -> Result:
        """
        Run *work* in one transaction and return what it returns, within *patience* seconds.

        *work* may be run several times, each time from the beginning. Raises StoreError and its
        kind, never a driver's error.
        """
        if deadline.waited_in_vain():
            raise StoreUnavailable("The database does not answer.")
        with deadline.within(patience), translated():
            try:
                return self._tried(kind, work)
            finally:
                # On SQLite only writers wait for the lock; readers still get answers.
                if not self.is_sqlite:
                    deadline.ran_out()

    def truncate_log(self, *, is_dirty: bool = False) -> None:
        """
        Empty SQLite's write-ahead log into the file where it holds what was deleted, or may.

        What was deleted is legible in the log until then. While somebody reads an older state the
        log stays, and the next call empties it. Does nothing on PostgreSQL.
        """
        self._log_is_dirty = self._log_is_dirty or is_dirty
        if self.is_sqlite and self._log_is_dirty:
            self._log_is_dirty = self.run(Kind.SINGLE, _log_is_left)

    def act(self, kind: Kind, work: Callable[[Connection], Result]) -> Result:
        """
        As `run`, for a write: first, in the same transaction, the thread's permit is checked.

        Raises AccessRefused and Closed where the permit does not allow it any more.
        """
        if permits.current() is None:
            return self.run(kind, work)

        def permitted(connection: Connection) -> Result:
            rights.check(connection)
            return work(connection)

        return self.run(Kind.WRITE, permitted)

    def rows(self, query: Any, values: Mapping[str, Any] | None = None) -> Sequence[Any]:
        """Return what one query finds, run with *values* for its parameters."""
        return self.run(Kind.SINGLE, lambda connection: connection.execute(query, values).all())

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


def _log_is_left(connection: Connection) -> bool:
    """Empty SQLite's write-ahead log; return whether a reader prevented it."""
    (patience,) = connection.exec_driver_sql("PRAGMA busy_timeout").one()
    # This checkpoint waits for readers, and writers wait for it.
    connection.exec_driver_sql(f"PRAGMA busy_timeout={LOG_PATIENCE}")
    try:
        return bool(connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0])
    finally:
        connection.exec_driver_sql(f"PRAGMA busy_timeout={patience}")


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
    except DBAPIError as exc:
        if _is_refusal(exc):
            raise Unstorable("The database refuses what was to be stored.") from exc
        raise StoreUnavailable(_unavailable(exc)) from exc
    except (ValueError, OverflowError) as exc:
        # The drivers' own words for NUL, for lone surrogates and for numbers too large.
        raise Unstorable("A text holds a character no database can store.") from exc
    except StatementError as exc:
        raise Unstorable("A value has no form in which it could be stored.") from exc
    except SQLAlchemyError as exc:
        raise StoreUnavailable("The database cannot be used right now.") from exc


def _is_refusal(exc: DBAPIError) -> bool:
    """Whether the same row would be refused again, however well the database is."""
    limits = str(getattr(exc.orig, "pgcode", None) or "").startswith("54")
    return limits or isinstance(exc, IntegrityError | DataError)


def _unavailable(exc: DBAPIError) -> str:
    """Return the reason in one line, without addresses or names."""
    message = str(exc.orig).casefold()
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
        (sentence for mark, sentence in reasons.items() if mark in message),
        "The database cannot be reached.",
    )
