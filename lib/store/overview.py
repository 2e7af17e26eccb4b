"""
The review table in SQL: one query, however many teams, and no message's text.

What is counted of messages stands in the index `ix_messages_review`; see `bench/review.py`.
"""

from typing import Any

from sqlalchemy import and_, exists, func, select

from lib import steps as steps_
from lib.calls import TeamUsage
from lib.notes import Kind
from lib.status import Event, Status
from lib.store import rows
from lib.store.calls import usage_of, usage_row
from lib.store.engine import Door
from lib.store.port import NotFound
from lib.store.schema import closed_notes, events, messages, notes, steps, teams, workshops
from lib.transcript import MessageStatus
from lib.workshop import StepOverview, Team, Workshop

_COMPLETE = MessageStatus.COMPLETE.value

_OF_TEAM = and_(teams.c.workshop_id == steps.c.workshop_id, teams.c.id == steps.c.team_id)


def roster(door: Door, workshop_id: str) -> tuple[Workshop, list[Team], list[TeamUsage]]:
    """Return a workshop with its teams by position, and what their models were asked."""
    of_team = [column for column in teams.c if column is not teams.c.workshop_id]
    used = usage_of(workshop_id).subquery("used")
    to_team = teams.c.workshop_id == workshops.c.workshop_id
    found = door.rows(
        select(*workshops.c, *of_team, *[each for each in used.c if each.name != "team_id"])
        .join_from(workshops, teams, to_team, isouter=True)
        .outerjoin(used, used.c.team_id == teams.c.id)
        .where(workshops.c.workshop_id == workshop_id)
        .order_by(teams.c.position, teams.c.id)
    )
    if not found:
        raise NotFound("There is no such workshop.")
    with_team = [row for row in found if row.id is not None]
    return (
        rows.workshop(found[0]),
        [rows.team(row) for row in with_team],
        sorted((usage_row(row.id, row) for row in with_team if row.calls), key=_team_id),
    )


def _team_id(usage: TeamUsage) -> str:
    return usage.team_id


def overview(door: Door, workshop_id: str) -> list[StepOverview]:
    """Return ten cells a team, teams by position and steps in order."""
    found = door.rows(_query(workshop_id))
    # Python's sort is stable: the teams stay in the order the query gave them.
    place = {team_id: number for number, team_id in enumerate(row.team_id for row in found)}
    by_step = sorted(found, key=lambda row: (place[row.team_id], steps_.SLUGS.index(row.step)))
    return [_cell(row) for row in by_step]


def _query(workshop_id: str) -> Any:
    counted, moved, flagged = (each(workshop_id) for each in (_counted, _moved, _flagged))
    to_count = and_(
        counted.c.team_id == steps.c.team_id,
        counted.c.step == steps.c.step,
        counted.c.era == steps.c.era,
    )
    to_move = and_(moved.c.team_id == steps.c.team_id, moved.c.step == steps.c.step)
    # Of the two kinds of completion, the last is what counts.
    to_override = and_(
        events.c.workshop_id == steps.c.workshop_id,
        events.c.position == moved.c.overridden,
        moved.c.overridden == moved.c.completed,
    )
    return (
        select(
            *rows.STATE,
            steps.c.team_id,
            steps.c.draft_revision,
            steps.c.updated_at,
            counted.c.messages,
            counted.c.unfinished,
            counted.c.errors,
            counted.c.written_at,
            moved.c.moved_at,
            events.c.reason.label("override"),
            flagged.c.flagged_at,
        )
        .join_from(steps, teams, _OF_TEAM)
        .outerjoin(counted, to_count)
        .outerjoin(moved, to_move)
        .outerjoin(events, to_override)
        .outerjoin(flagged, flagged.c.team_id == steps.c.team_id)
        .where(steps.c.workshop_id == workshop_id)
        .order_by(teams.c.position, teams.c.id)
    )


def _counted(workshop_id: str) -> Any:
    failed = messages.c.status == MessageStatus.ERROR.value
    return (
        select(
            messages.c.team_id,
            messages.c.step,
            messages.c.era,
            func.count().label("messages"),
            func.count().filter(messages.c.status != _COMPLETE).label("unfinished"),
            func.count().filter(failed).label("errors"),
            func.max(messages.c.updated_at).label("written_at"),
        )
        .where(messages.c.workshop_id == workshop_id)
        .group_by(messages.c.team_id, messages.c.step, messages.c.era)
        .subquery("counted")
    )


def _moved(workshop_id: str) -> Any:
    """Return when each step last moved, and the places in the story that completed it."""
    completes = events.c.status_after == Status.COMPLETE.value
    overrides = events.c.event == Event.OVERRIDE.value
    return (
        select(
            events.c.team_id,
            events.c.step,
            func.max(events.c.at).label("moved_at"),
            func.max(events.c.position).filter(completes).label("completed"),
            func.max(events.c.position).filter(overrides).label("overridden"),
        )
        .where(events.c.workshop_id == workshop_id)
        .group_by(events.c.team_id, events.c.step)
        .subquery("moved")
    )


def _flagged(workshop_id: str) -> Any:
    """Return since when each team has had a flag that nobody has lowered."""
    is_lowered = exists().where(
        closed_notes.c.workshop_id == notes.c.workshop_id, closed_notes.c.note_id == notes.c.id
    )
    return (
        select(notes.c.team_id, func.min(notes.c.at).label("flagged_at"))
        .where(notes.c.workshop_id == workshop_id, notes.c.kind == Kind.FLAG.value, ~is_lowered)
        .group_by(notes.c.team_id)
        .subquery("flagged")
    )


def _cell(row: Any) -> StepOverview:
    touched = [row.written_at, row.started_at, row.completed_at]
    if row.draft_revision:
        touched.append(row.updated_at)
    state = rows.state(row)
    return StepOverview(
        row.team_id,
        state,
        row.messages or 0,
        row.unfinished or 0,
        max((each for each in touched if each), default=None),
        row.errors or 0,
        row.moved_at,
        row.override if state.status is Status.COMPLETE else None,
        row.flagged_at,
    )
