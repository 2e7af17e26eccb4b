"""
A prepared statement, for a query that every open page runs every few seconds.

Through SQLAlchemy it would cost twice as much, and PostgreSQL would plan it each time, which takes
longer than running it. So each connection prepares it once. Behind a pooler, which may give every
transaction another server connection, the plan may be missing or exist already: then the query runs
unprepared.
"""

import hashlib
import re
from collections.abc import Sequence
from functools import partial
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from lib.store.sql.engine import Door, Kind

#: SQLSTATEs: the plan is missing, exists already, or predates a migration of the tables.
_PLAN_LOST = ("26000", "42P05", "0A000")


class Prepared:
    """*query* with its values as `$1`, `$2` and so on, which on PostgreSQL are of *types*."""

    def __init__(self, door: Door, query: str, types: Sequence[str]) -> None:
        self._door = door
        # Escape percent signs, which mark the driver's parameters.
        query = query if door.is_sqlite else query.replace("%", "%%")
        mark = r":v\1" if door.is_sqlite else r"%(v\1)s"
        self._plain = re.sub(r"\$(\d+)", mark, query)
        # The name depends on the query: a pooler may keep those of two releases.
        name = f"throughline_{hashlib.sha256(query.encode()).hexdigest()[:16]}"
        marks = ", ".join(f"%(v{place})s" for place in range(1, len(types) + 1))
        self._name = name
        self._execute = f"EXECUTE {name} ({marks})"
        prepare = f"PREPARE {name} ({', '.join(types)}) AS {query}; {self._execute}"
        self._first = self._plain if door.is_sqlite else prepare

    def rows(self, *values: Any) -> Sequence[Any]:
        """Return the rows found with *values*, both in the driver's types."""
        named = {f"v{place}": value for place, value in enumerate(values, start=1)}
        return self._door.run(Kind.SINGLE, partial(self._ask, values=named))

    def _ask(self, connection: Connection, values: dict[str, Any]) -> Sequence[Any]:
        # The connection remembers its state.
        statement: str = connection.info.get(self._name, self._first)
        try:
            found = connection.exec_driver_sql(statement, values).all()
        except DBAPIError as exc:
            if statement == self._plain or getattr(exc.orig, "pgcode", None) not in _PLAN_LOST:
                raise
            connection.info[self._name] = self._plain
            return connection.exec_driver_sql(self._plain, values).all()
        if statement != self._plain:
            connection.info[self._name] = self._execute
        return found
