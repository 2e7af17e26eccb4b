"""Starting workshops and moving steps in SQL, with the story that tells of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, insert, literal, select, update
from sqlalchemy.dialects.postgresql import insert as upsert_on_postgresql
from sqlalchemy.dialects.sqlite import insert as upsert_on_sqlite

from lib import steps as steps_
from lib.ids import new_id
from lib.status import Change, Event, Phase, Status
from lib.store import rows
from lib.store.port import Conflict, NotFound
from lib.store.rows import in_step, in_team
from lib.store.schema import artifact_versions, events, steps, teams, workshops
from lib.workshop import Fields, StepKey, Team, TeamKey, Workshop

_FIRST = steps_.SLUGS[0]
_START = Change(_FIRST, Event.START, Status.NOT_STARTED, Status.IN_PROGRESS)


class _Line(NamedTuple):
    """One line of the story: its id, and what it tells."""

    id: str
    team_id: str
    change: Change
    cause: str


def start(connection: Connection, workshop: Workshop, added: Sequence[Team]) -> None:
    """Add a workshop with its teams, unless it is there already."""
    sqlite = connection.dialect.name == "sqlite"
    upsert: Any = upsert_on_sqlite if sqlite else upsert_on_postgresql
    new = connection.execute(
        upsert(workshops).on_conflict_do_nothing(index_elements=[workshops.c.workshop_id]),
        {
            "workshop_id": workshop.id,
            "title": workshop.title,
            "challenge": workshop.challenge,
            "created_at": workshop.created_at,
        },
    )
    if new.rowcount and added:
        # All teams at once: a statement for each would take too long with hundreds of them.
        connection.execute(insert(teams), [_team(each) for each in added])
        at = workshop.created_at
        connection.execute(
            insert(steps), [_step(each, slug, at) for each in added for slug in steps_.SLUGS]
        )
        lines = [_Line(new_id(), each.id, _START, _FIRST) for each in added]
        _tell(connection, workshop.id, lines, "", at)


def _team(team: Team) -> dict[str, Any]:
    return {
        "workshop_id": team.workshop_id,
        "id": team.id,
        "name": team.name,
        "link": team.link,
        "position": team.position,
    }


def _step(team: Team, slug: str, at: datetime) -> dict[str, Any]:
    first = slug == _FIRST
    return rows.key_of(team.step_key(slug)) | {
        "status": (Status.IN_PROGRESS if first else Status.NOT_STARTED).value,
        "started_at": at if first else None,
        "phase": Phase.ORIENT.value,
        "draft_revision": 0,
        "epoch": 0,
        "draft": {},
        "draft_seen": {},
        "updated_at": at,
    }


def carry_out(
    connection: Connection,
    team: TeamKey,
    changes: Sequence[Change],
    ids: Sequence[str],
    actor: str,
    at: datetime,
    artifact: Fields | None,
) -> None:
    """Move steps, tell it under *ids*, keep *artifact*. Raises Conflict or NotFound."""
    known = select(events.c.id).where(
        events.c.workshop_id == team.workshop_id, events.c.id.in_(ids)
    )
    if connection.execute(known).first():
        # The commit's answer was lost, and this is the unit's second run.
        return
    for change in sorted(changes, key=lambda each: each.step):
        _move(connection, team, change, at)
    cause = changes[0].step
    lines = [
        _Line(id_, team.team_id, change, cause) for id_, change in zip(ids, changes, strict=True)
    ]
    _tell(connection, team.workshop_id, lines, actor, at)
    if artifact is not None:
        _add_version(connection, StepKey(*team, cause), artifact, actor, at)


def _move(connection: Connection, team: TeamKey, change: Change, at: datetime) -> None:
    """Give a step its new status. Raises Conflict where it has moved on."""
    complete = change.after is Status.COMPLETE
    moved = connection.execute(
        update(steps)
        .where(in_step(steps, StepKey(*team, change.step)))
        .where(steps.c.status == change.before.value)
        .values(
            status=change.after.value,
            started_at=func.coalesce(steps.c.started_at, literal(at, steps.c.started_at.type)),
            **({"completed_at": at} if complete else {}),
        )
    )
    if moved.rowcount == 1:
        return
    if connection.execute(select(steps.c.step).where(in_team(steps, team)).limit(1)).first():
        raise Conflict("Somebody else was faster: this step has moved on.")
    raise NotFound("There is no such team.")


def _tell(
    connection: Connection, workshop_id: str, lines: Sequence[_Line], actor: str, at: datetime
) -> None:
    """Write the lines behind all that were told before."""
    # The workshop's row is the lock of its story: two teams may confirm in the same moment.
    connection.execute(
        select(workshops.c.workshop_id)
        .where(workshops.c.workshop_id == workshop_id)
        .with_for_update(key_share=True)
    )
    of_workshop = events.c.workshop_id == workshop_id
    end = connection.scalar(select(func.max(rows.STORY)).where(of_workshop)) or 0
    connection.execute(
        insert(events),
        [
            {
                "workshop_id": workshop_id,
                "id": line.id,
                "position": end + place,
                "team_id": line.team_id,
                "step": line.change.step,
                "event": line.change.event.value,
                "status_before": line.change.before.value,
                "status_after": line.change.after.value,
                "actor": actor,
                "cause": line.cause,
                "at": at,
            }
            for place, line in enumerate(lines, start=1)
        ],
    )


def _add_version(
    connection: Connection, key: StepKey, fields: Fields, actor: str, at: datetime
) -> None:
    newest = select(func.max(artifact_versions.c.version)).where(in_step(artifact_versions, key))
    connection.execute(
        insert(artifact_versions),
        rows.key_of(key)
        | {
            "version": (connection.scalar(newest) or 0) + 1,
            "fields": fields,
            "confirmed_by": actor,
            "confirmed_at": at,
        },
    )
