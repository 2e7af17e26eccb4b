"""What is typed, in SQL: texts set aside beside a draft, and messages nobody has sent yet."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, literal, select
from sqlalchemy.dialects.postgresql import insert as upsert_on_postgresql
from sqlalchemy.dialects.sqlite import insert as upsert_on_sqlite

from lib.store import rows
from lib.store.engine import Door, Kind
from lib.store.rows import in_step
from lib.store.schema import asides, unsent
from lib.workshop import Aside, StepKey, Unsent

_ASIDES = (
    select(asides)
    .where(rows.of_step(asides))
    .order_by(asides.c.updated_at, asides.c.field, asides.c.writer)
)


class Typed:
    """The port's methods for what is typed."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def _now(self) -> Any:
        """Return the database's clock."""
        if self._door.is_sqlite:
            return literal(datetime.now(UTC), unsent.c.updated_at.type)
        return func.clock_timestamp()

    def _newer(self, table: Any, changing: tuple[str, ...]) -> Any:
        """Return the upsert of a writer's row, in which newer wins."""
        upsert: Any = (upsert_on_sqlite if self._door.is_sqlite else upsert_on_postgresql)(table)
        new = upsert.excluded
        return upsert.values(updated_at=self._now()).on_conflict_do_update(
            index_elements=list(table.primary_key.columns),
            set_={name: getattr(new, name) for name in (*changing, "revision", "updated_at")},
            where=table.c.revision < new.revision,
        )

    def set_aside(self, key: StepKey, aside: Aside) -> None:
        """Keep what could not go into the draft."""
        values = rows.key_of(key) | {
            "field": aside.field,
            "writer": aside.writer,
            "author": aside.author,
            "value": aside.value,
            "revision": aside.revision,
            "epoch": aside.epoch,
        }
        statement = self._newer(asides, ("author", "value", "epoch"))
        self._door.run(Kind.SINGLE, lambda connection: connection.execute(statement, values))

    def asides(self, key: StepKey) -> list[Aside]:
        """Return what was set aside in a step, oldest first."""
        found = self._door.rows(_ASIDES, rows.key_of(key))
        return [
            Aside(row.field, row.writer, row.author, row.value, row.revision, row.epoch)
            for row in found
        ]

    def drop_aside(self, key: StepKey, field: str, writer: str) -> None:
        """Forget what a writer's aside for a field holds."""
        gone = delete(asides).where(
            in_step(asides, key), asides.c.field == field, asides.c.writer == writer
        )
        self._door.run(Kind.SINGLE, lambda connection: connection.execute(gone))

    def keep_unsent(self, key: StepKey, typed: Unsent, instead_of: str) -> None:
        """Keep what a tab's chat box holds."""
        values = rows.key_of(key) | {
            "writer": typed.writer,
            "member": typed.member,
            "text": typed.text,
            "revision": typed.revision,
        }
        statement = self._newer(unsent, ("member", "text"))
        taken = delete(unsent).where(in_step(unsent, key), unsent.c.writer == instead_of)

        def work(connection: Connection) -> None:
            connection.execute(statement, values)
            if instead_of and instead_of != typed.writer:
                connection.execute(taken)

        self._door.run(Kind.WRITE if instead_of else Kind.SINGLE, work)

    def unsent(self, key: StepKey, member: str, idle: float) -> Unsent | None:
        """Return the newest text a member has typed and not sent."""
        waited = timedelta(seconds=idle)
        before: Any = (
            literal(datetime.now(UTC) - waited, unsent.c.updated_at.type)
            if self._door.is_sqlite
            else func.clock_timestamp() - literal(waited)
        )
        found = self._door.rows(
            select(unsent)
            .where(in_step(unsent, key), unsent.c.member == member, unsent.c.text != "")
            .where(unsent.c.updated_at <= before)
            .order_by(unsent.c.updated_at.desc())
            .limit(1)
        )
        return (
            Unsent(found[0].writer, found[0].member, found[0].text, found[0].revision)
            if found
            else None
        )
