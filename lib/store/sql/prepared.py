"""
A query that every open page asks every few seconds, in the driver's own words.

By way of the toolkit its words and types would cost as much again as the answer does, and PostgreSQL
would plan it anew each time, which takes longer than to find what is asked for. So it is prepared: each
connection has it planned once. Behind a pooler, which may give every transaction another connection
to the server, a plan may be missing or be there already: there it is asked as it is.
"""

import hashlib
import re
from collections.abc import Sequence
from functools import partial
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from lib.store.sql.engine import Door, Kind

#: SQLSTATEs of a plan that is missing, is there already, or was made before the tables were upgraded.
_PLAN_LOST = ("26000", "42P05", "0A000")


class Prepared:
    """*query* with its values as `$1`, `$2` and so on, which on PostgreSQL are of *types*."""

    def __init__(self, door: Door, query: str, types: Sequence[str]) -> None:
        self._door = door
        # What is no mark of the driver's is to reach the database as it is.
        query = query if door.is_sqlite else query.replace("%", "%%")
        mark = r":v\1" if door.is_sqlite else r"%(v\1)s"
        self._plain = re.sub(r"\$(\d+)", mark, query)
        # Another query of a later version has another name: a pooler may keep both.
        name = f"throughline_{hashlib.sha256(query.encode()).hexdigest()[:16]}"
        marks = ", ".join(f"%(v{place})s" for place in range(1, len(types) + 1))
        self._name = name
        self._execute = f"EXECUTE {name} ({marks})"
        prepare = f"PREPARE {name} ({', '.join(types)}) AS {query}; {self._execute}"
        self._first = self._plain if door.is_sqlite else prepare

    def rows(self, *values: Any) -> Sequence[Any]:
        """Return what is found with *values*, as the driver takes and gives them."""
        named = {f"v{place}": value for place, value in enumerate(values, start=1)}
        return self._door.run(Kind.SINGLE, partial(self._ask, values=named))

    def _ask(self, connection: Connection, values: dict[str, Any]) -> Sequence[Any]:
        # What is known of a connection goes with it.
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
