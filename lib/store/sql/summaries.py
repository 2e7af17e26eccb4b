"""The guide's summaries of older conversations, in SQL: one row per step and era."""

from sqlalchemy import Connection, select

from lib.store.port import LEASE
from lib.store.sql import redaction, rows
from lib.store.sql.engine import Door, Kind
from lib.store.sql.part import Part, now, upsert
from lib.store.sql.rows import in_step
from lib.store.sql.schema import recollections
from lib.workshop.records import Recollection, StepKey


class Summaries(Part):
    """The port's methods for summaries of older conversations."""

    def __init__(self, door: Door, *, lease: float = LEASE) -> None:
        super().__init__(door, lease=lease)
        add = upsert(door, recollections)
        new = add.excluded
        self._upsert_summary = add.on_conflict_do_update(
            index_elements=list(recollections.primary_key.columns),
            set_={name: getattr(new, name) for name in ("upto", "text", "made_at")},
            where=recollections.c.upto < new.upto,
        )

    def recollection(self, key: StepKey, era: int) -> Recollection | None:
        """Return the summary of an era of a step's transcript."""
        found = self._door.rows(
            select(recollections.c.upto, recollections.c.text).where(
                in_step(recollections, key), recollections.c.era == era
            )
        )
        return Recollection(found[0].upto, found[0].text) if found else None

    def remember(self, key: StepKey, era: int, recollection: Recollection) -> None:
        """Store a summary; the one that covers more wins."""
        row = {"era": era, "upto": recollection.upto}

        def work(connection: Connection) -> None:
            text = redaction.late(connection, key).redacted(recollection.text)
            values = rows.key_of(key) | row | {"text": text, "made_at": now(self._door)}
            connection.execute(self._upsert_summary.values(values))

        self._door.run(Kind.WRITE, work)
