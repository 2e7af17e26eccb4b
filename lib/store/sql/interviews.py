"""Interviews a team brought along, in SQL."""

from typing import Any

from sqlalchemy import Connection, bindparam, func, select, update

from lib.store.errors import Conflict
from lib.store.port import MAX_INTERVIEWS
from lib.store.sql import rights, rows
from lib.store.sql.engine import Kind
from lib.store.sql.part import Part, insert_once
from lib.store.sql.positions import locked_era
from lib.store.sql.redaction import late
from lib.store.sql.rows import in_step
from lib.store.sql.schema import interviews
from lib.workshop.interviews.interview import (
    InterviewTitle,
    StoredInterview,
    as_json,
    from_json,
)
from lib.workshop.records import StepKey
from lib.workshop.redaction import Late

_TITLES = (
    select(interviews.c.id, interviews.c.name, interviews.c.author)
    .where(rows.of_step(interviews))
    .order_by(interviews.c.position)
)
_ONE = select(interviews).where(rows.of_step(interviews), interviews.c.id == bindparam("id"))


class Interviews(Part):
    """The port's methods for interviews."""

    def add_interview(self, key: StepKey, new: StoredInterview) -> None:
        """Keep an interview; an id that is stored stays as it is."""

        def work(connection: Connection) -> None:
            rights.check(connection)
            locked_era(connection, key)
            kept = select(func.max(interviews.c.position)).where(in_step(interviews, key))
            last = connection.scalar(kept) or 0
            is_known = select(interviews.c.id).where(
                interviews.c.workshop_id == key.workshop_id, interviews.c.id == new.id
            )
            if connection.scalar(is_known) is not None:
                return
            if last >= MAX_INTERVIEWS:
                raise Conflict(f"A step keeps at most {MAX_INTERVIEWS} interviews.")
            connection.execute(
                insert_once(self._door, interviews),
                rows.key_of(key) | _columns(late(connection, key), new) | {"position": last + 1},
            )

        self._door.run(Kind.WRITE, work)

    def interviews(self, key: StepKey) -> list[InterviewTitle]:
        """Return the titles of a step's interviews in the order they were brought."""
        found = self._door.rows(_TITLES, rows.key_of(key))
        return [InterviewTitle(row.id, row.name, row.author) for row in found]

    def interview(self, key: StepKey, interview_id: str) -> StoredInterview | None:
        """Return an interview of a step with all its text, or None."""
        found = self._door.rows(_ONE, rows.key_of(key) | {"id": interview_id})
        return _interview(found[0]) if found else None

    def change_interview(self, key: StepKey, changed: StoredInterview) -> None:
        """Store who is called what and who asks."""
        base = changed.revision - 1
        newer = (
            update(interviews)
            .where(
                in_step(interviews, key),
                interviews.c.id == changed.id,
                interviews.c.revision == base,
            )
            .values(interview=as_json(changed.interview), revision=changed.revision)
        )

        def work(connection: Connection) -> None:
            rights.check(connection)
            if not connection.execute(newer).rowcount:
                raise Conflict("Somebody else has just changed this interview.")

        self._door.run(Kind.WRITE, work)


def _columns(redacted: Late, new: StoredInterview) -> dict[str, Any]:
    return {
        "id": new.id,
        "name": new.interview.name,
        "author": new.author,
        "interview": redacted.redacted(as_json(new.interview)),
        "revision": new.revision,
    }


def _interview(row: Any) -> StoredInterview:
    return StoredInterview(row.id, row.author, from_json(row.interview), row.revision, row.position)
