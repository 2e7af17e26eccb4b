"""The event log in SQL: every change of a step's status, at a position of its own."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, func, insert, select

from lib.store.snapshots import snapshot_fields
from lib.store.sql import rows
from lib.store.sql.schema import events
from lib.workshop.records import Snapshot
from lib.workshop.status import Change


class Entry(NamedTuple):
    """One entry: its id, the team, the change, and the step that caused it."""

    id: str
    team_id: str
    change: Change
    cause: str
    #: The step's row before the change, if the change can be undone.
    before: Snapshot | None = None


def add(
    connection: Connection, workshop_id: str, entries: Sequence[Entry], actor: str, at: datetime
) -> None:
    """Append *entries* to a workshop's event log, which the caller has locked."""
    of_workshop = events.c.workshop_id == workshop_id
    end = connection.scalar(select(func.max(rows.LOG)).where(of_workshop)) or 0
    connection.execute(
        insert(events),
        [
            {
                "workshop_id": workshop_id,
                "id": entry.id,
                "position": end + place,
                "team_id": entry.team_id,
                "step": entry.change.step,
                "event": entry.change.event.value,
                "status_before": entry.change.before.value,
                "status_after": entry.change.after.value,
                "actor": actor,
                "cause": entry.cause,
                "at": at,
                "reason": entry.change.reason,
                "snapshot": snapshot_fields(entry.before) if entry.before else None,
            }
            for place, entry in enumerate(entries, start=1)
        ],
    )
