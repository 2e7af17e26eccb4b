"""What older conversations came to, in SQL: one row a step and era."""

from typing import Any

from sqlalchemy import Connection, func, literal, select
from sqlalchemy.dialects.postgresql import insert as upsert_on_postgresql
from sqlalchemy.dialects.sqlite import insert as upsert_on_sqlite

from lib.store.sql import redaction, rows
from lib.store.sql.engine import Door, Kind
from lib.store.sql.rows import in_step
from lib.store.sql.schema import recollections
from lib.workshop.clock import utc_now
from lib.workshop.records import Recollection, StepKey


class Recollections:
    """The port's methods for what older conversations came to."""

    def __init__(self, door: Door) -> None:
        self._door = door
        upsert: Any = (upsert_on_sqlite if door.is_sqlite else upsert_on_postgresql)(recollections)
        new = upsert.excluded
        self._upsert = upsert.on_conflict_do_update(
            index_elements=list(recollections.primary_key.columns),
            set_={name: getattr(new, name) for name in ("upto", "text", "made_at")},
            where=recollections.c.upto < new.upto,
        )

    def _now(self) -> Any:
        """Return the database's clock."""
        if self._door.is_sqlite:
            return literal(utc_now(), recollections.c.made_at.type)
        return func.clock_timestamp()

    def recollection(self, key: StepKey, era: int) -> Recollection | None:
        """Return what is remembered of an era of a step's transcript."""
        found = self._door.rows(
            select(recollections.c.upto, recollections.c.text).where(
                in_step(recollections, key), recollections.c.era == era
            )
        )
        return Recollection(found[0].upto, found[0].text) if found else None

    def remember(self, key: StepKey, era: int, recollection: Recollection) -> None:
        """Keep what the older part of a transcript came to; who covers more wins."""
        row = {"era": era, "upto": recollection.upto}

        def work(connection: Connection) -> None:
            text = redaction.late(connection, key).redacted(recollection.text)
            values = rows.key_of(key) | row | {"text": text, "made_at": self._now()}
            connection.execute(self._upsert.values(values))

        self._door.run(Kind.WRITE, work)
