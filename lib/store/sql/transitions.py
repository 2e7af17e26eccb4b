"""Starting workshops and moving steps in SQL, with the story that tells of it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert_on_postgresql
from sqlalchemy.dialects.sqlite import insert as upsert_on_sqlite

from lib.store.errors import Conflict, NotFound
from lib.store.port import Decision
from lib.store.snapshots import mark_fields, snapshot_fields
from lib.store.sql import draft_history, rights, rows
from lib.store.sql.rows import in_step, in_team
from lib.store.sql.schema import artifact_versions, events, messages, steps, teams, workshops
from lib.workshop import steps as steps_
from lib.workshop.draft_history import takes_out
from lib.workshop.effects import carried_out
from lib.workshop.ids import new_id
from lib.workshop.records import Snapshot, StepKey, Team, TeamKey, Workshop
from lib.workshop.status import Change, Event, Phase, Status
from lib.workshop.transcript import Role

_FIRST = steps_.SLUGS[0]
_START = Change(_FIRST, Event.START, Status.NOT_STARTED, Status.IN_PROGRESS)


class _Line(NamedTuple):
    """One line of the story: its id, and what it tells."""

    id: str
    team_id: str
    change: Change
    cause: str
    #: The step's row as it was before, where it may be wanted back.
    before: Snapshot | None = None


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
            "language": workshop.language,
            "owner": workshop.owner,
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
        "revoked": team.revoked,
    }


def _step(team: Team, slug: str, at: datetime) -> dict[str, Any]:
    first = slug == _FIRST
    return rows.key_of(team.step_key(slug)) | {
        "status": (Status.IN_PROGRESS if first else Status.NOT_STARTED).value,
        "started_at": at if first else None,
        "phase": Phase.ORIENT.value,
        "draft_revision": 0,
        "epoch": 0,
        "era": 0,
        "stale": None,
        "made_from": None,
        "draft": {},
        "draft_seen": {},
        "updated_at": at,
    }


def carry_out(
    connection: Connection, team: TeamKey, decision: Decision, ids: Sequence[str]
) -> None:
    """Move steps, tell it under *ids*, keep the artifact. Raises Conflict or NotFound."""
    # Before all else: the unit's first run, whose answer was lost, may be committing still.
    _lock_story(connection, team.workshop_id)
    known = select(events.c.id).where(
        events.c.workshop_id == team.workshop_id, events.c.id.in_(ids)
    )
    if connection.execute(known).first():
        # The commit's answer was lost, and this is the unit's second run.
        return
    rights.check(connection)
    changes = decision.changes
    # An undo rests on all that was written since: from here on nobody writes in any step.
    is_counted = decision.undoable or bool(decision.asked)
    slugs = steps_.SLUGS if is_counted else [change.step for change in changes]
    before = _rows(connection, team, slugs)
    counted = asked(connection, team) if is_counted else {}
    _check(connection, team, decision, before, counted)
    for change in changes:
        row = before[change.step]
        after = carried_out(row, change, decision.at, decision.rows.get(change.step))
        key = StepKey(*team, change.step)
        if takes_out(row.draft.fields, after.draft.fields):
            draft_history.keep(connection, key, row.draft, decision.actor)
        _write(connection, key, after, decision.at, row)
    cause = changes[0].step
    lines = [
        _Line(id_, team.team_id, change, cause, _kept(before[change.step], decision, counted))
        for id_, change in zip(ids, changes, strict=True)
    ]
    _tell(connection, team.workshop_id, lines, decision.actor, decision.at)
    if decision.artifact is not None:
        _add_version(connection, StepKey(*team, cause), decision)


def _kept(row: Snapshot, decision: Decision, counted: Mapping[str, int]) -> Snapshot | None:
    return replace(row, asked=counted) if decision.undoable else None


def asked(connection: Connection, team: TeamKey) -> dict[str, int]:
    """Return how many messages people have written in each of the team's steps, in all eras."""
    counted = (
        select(messages.c.step, func.count().label("number"))
        .where(in_team(messages, team), messages.c.role == Role.USER.value)
        .group_by(messages.c.step)
    )
    return {row.step: row.number for row in connection.execute(counted)}


def _rows(connection: Connection, team: TeamKey, slugs: Sequence[str]) -> dict[str, Snapshot]:
    """Return the rows of some steps, kept from everybody else until the transaction ends."""
    found = connection.execute(
        select(*rows.STATE, *rows.DRAFT)
        .where(in_team(steps, team), steps.c.step.in_(slugs))
        .order_by(steps.c.step)
        .with_for_update()
    )
    return {row.step: Snapshot(rows.state(row), rows.draft(row)) for row in found}


def _check(
    connection: Connection,
    team: TeamKey,
    decision: Decision,
    before: Mapping[str, Snapshot],
    counted: Mapping[str, int],
) -> None:
    """Raise Conflict where what was decided on is no longer so; NotFound for no such team."""
    if len(before) < len({change.step for change in decision.changes}):
        raise NotFound("There is no such team.")
    basis = decision.basis
    moved = any(
        before[change.step].state.status is not change.before for change in decision.changes
    ) or any(counted.get(step, 0) != number for step, number in decision.asked.items())
    if basis is not None:
        edited = any(
            basis.revisions.get(step) != before[step].draft.revision for step in decision.rests_on
        )
        moved = moved or edited or basis.moves != moves(connection, team)
    if moved:
        raise Conflict("Somebody else was faster: this step has moved on.")


def moves(connection: Connection, team: TeamKey) -> int:
    """Return where in the workshop's story the team's last line is."""
    of_team = and_(events.c.workshop_id == team.workshop_id, events.c.team_id == team.team_id)
    return connection.scalar(select(func.max(rows.STORY)).where(of_team)) or 0


def _write(
    connection: Connection, key: StepKey, row: Snapshot, at: datetime, before: Snapshot
) -> None:
    state, draft = row.state, row.draft
    values: dict[str, Any] = {
        "status": state.status.value,
        "phase": state.phase.value,
        "started_at": state.started_at,
        "completed_at": state.completed_at,
        "stale": mark_fields(state.stale) if state.stale else None,
        "made_from": dict(state.made_from) if state.made_from is not None else None,
        "era": state.era,
        "redraft": state.redraft,
        "epoch": draft.epoch,
    }
    if draft.revision != before.draft.revision or draft.fields != before.draft.fields:
        values |= {
            "draft": draft.fields,
            "draft_revision": draft.revision,
            "draft_seen": dict(draft.seen),
            "updated_at": at,
        }
    connection.execute(update(steps).where(in_step(steps, key)).values(values))


def _lock_story(connection: Connection, workshop_id: str) -> None:
    # The workshop's row is the lock of its story: two teams may confirm in the same moment.
    connection.execute(
        select(workshops.c.workshop_id)
        .where(workshops.c.workshop_id == workshop_id)
        .with_for_update(key_share=True)
    )


def _tell(
    connection: Connection, workshop_id: str, lines: Sequence[_Line], actor: str, at: datetime
) -> None:
    """Write the lines behind all that were told before; the story is locked."""
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
                "reason": line.change.reason,
                "snapshot": snapshot_fields(line.before) if line.before else None,
            }
            for place, line in enumerate(lines, start=1)
        ],
    )


def _add_version(connection: Connection, key: StepKey, decision: Decision) -> None:
    newest = select(func.max(artifact_versions.c.version)).where(in_step(artifact_versions, key))
    connection.execute(
        insert(artifact_versions),
        rows.key_of(key)
        | {
            "version": (connection.scalar(newest) or 0) + 1,
            "fields": decision.artifact,
            "summary": decision.summary,
            "confirmed_by": decision.actor,
            "confirmed_at": decision.at,
        },
    )
