"""Conflicting edits kept beside a draft, and unsent messages, in SQL."""

from typing import Any

from sqlalchemy import Connection, bindparam, delete, select

from lib.store import permits
from lib.store.sql import redaction, rights, rows
from lib.store.sql.engine import Kind
from lib.store.sql.part import Part, now, upsert
from lib.store.sql.rows import in_step
from lib.store.sql.schema import asides, unsent
from lib.workshop.records import Aside, StepKey, Unsent
from lib.workshop.rights import TeamPermit

_ASIDES = (
    select(asides)
    .where(rows.of_step(asides))
    .order_by(asides.c.updated_at, asides.c.field, asides.c.writer)
)


_UNSENT = select(unsent).where(rows.of_step(unsent), unsent.c.writer == bindparam("writer"))


class Typed(Part):
    """The port's methods for conflicting edits and unsent messages."""

    def _newer(self, table: Any, changing: tuple[str, ...], row: Any = None) -> Any:
        """Return the upsert of a writer's row, or of the row that a query returns: newer wins."""
        add = upsert(self._door, table)
        new = add.excluded
        if row is None:
            add = add.values(updated_at=now(self._door))
        else:
            add = add.from_select(row.selected_columns.keys(), row)
        return add.on_conflict_do_update(
            index_elements=list(table.primary_key.columns),
            set_={name: getattr(new, name) for name in (*changing, "revision", "updated_at")},
            where=table.c.revision < new.revision,
        )

    def set_aside(self, key: StepKey, aside: Aside) -> None:
        """Keep an edit that conflicts with the draft."""
        self._door.act(Kind.WRITE, lambda connection: self._write_aside(connection, key, aside))

    def _write_aside(self, connection: Connection, key: StepKey, aside: Aside) -> None:
        """As `set_aside`, within the caller's transaction."""
        values = rows.key_of(key) | {
            "field": aside.field,
            "writer": aside.writer,
            "author": aside.author,
            "value": redaction.late(connection, key).redacted(aside.value),
            "revision": aside.revision,
            "epoch": aside.epoch,
        }
        statement = self._newer(asides, ("author", "value", "epoch"))
        connection.execute(statement, values)

    def asides(self, key: StepKey) -> list[Aside]:
        """Return a step's conflicts, oldest first."""
        found = self._door.rows(_ASIDES, rows.key_of(key))
        return [
            Aside(row.field, row.writer, row.author, row.value, row.revision, row.epoch)
            for row in found
        ]

    def drop_aside(
        self, key: StepKey, field: str, writer: str, revision: int | None = None
    ) -> None:
        """Delete a writer's aside for a field."""
        gone = delete(asides).where(
            in_step(asides, key), asides.c.field == field, asides.c.writer == writer
        )
        if revision is not None:
            gone = gone.where(asides.c.revision == revision)
        self._door.act(Kind.SINGLE, lambda connection: connection.execute(gone))

    def keep_unsent(self, key: StepKey, unsent: Unsent) -> Unsent:
        """Keep what a tab's chat box holds; newer wins. Return what is stored now."""
        values = rows.key_of(key) | {
            "writer": unsent.writer,
            # Earlier releases look these texts up by the member's name; no name equals a secret id.
            "member": unsent.writer,
            "text": unsent.text,
            "revision": unsent.revision,
        }
        statement = self._unsent_upsert(values)

        def work(connection: Connection) -> Unsent:
            connection.execute(statement)
            held = connection.execute(_UNSENT, values).first()
            if held is None or _unsent(held) != unsent:
                rights.check(connection)
            return _unsent(held)

        return self._door.run(Kind.WRITE, work)

    def _unsent_upsert(self, values: dict[str, Any]) -> Any:
        permit = permits.current()
        if isinstance(permit, TeamPermit):
            # Typing is frequent: its right is a condition of the same statement.
            row = rights.live_row(permit, values | {"updated_at": now(self._door)}, unsent)
            return self._newer(unsent, ("member", "text"), row)
        return self._newer(unsent, ("member", "text")).values(values)

    def unsent(self, key: StepKey, writer: str) -> Unsent | None:
        """Return what a writer's chat box held when it was last saved."""
        found = self._door.rows(_UNSENT, rows.key_of(key) | {"writer": writer})
        return _unsent(found[0]) if found else None


def _unsent(row: Any) -> Unsent:
    return Unsent(row.writer, row.text, row.revision)
