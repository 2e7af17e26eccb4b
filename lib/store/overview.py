"""The review table in SQL: one query, however many teams, and no message's text."""

from typing import Any

from sqlalchemy import and_, func, select

from lib import steps as steps_
from lib.store import rows
from lib.store.engine import Door
from lib.store.schema import messages, steps, teams
from lib.transcript import MessageStatus
from lib.workshop import StepOverview

_COMPLETE = MessageStatus.COMPLETE.value


def overview(door: Door, workshop_id: str) -> list[StepOverview]:
    """Return ten cells a team, teams by position and steps in order."""
    found = door.rows(_query(workshop_id))
    # Python's sort is stable: the teams stay in the order the query gave them.
    place = {team_id: number for number, team_id in enumerate(row.team_id for row in found)}
    by_step = sorted(found, key=lambda row: (place[row.team_id], steps_.SLUGS.index(row.step)))
    return [_cell(row) for row in by_step]


def _query(workshop_id: str) -> Any:
    counted = (
        select(
            messages.c.team_id,
            messages.c.step,
            messages.c.era,
            func.count().label("messages"),
            func.count().filter(messages.c.status != _COMPLETE).label("unfinished"),
            func.max(messages.c.updated_at).label("written_at"),
        )
        .where(messages.c.workshop_id == workshop_id)
        .group_by(messages.c.team_id, messages.c.step, messages.c.era)
        .subquery()
    )
    to_team = and_(teams.c.workshop_id == steps.c.workshop_id, teams.c.id == steps.c.team_id)
    to_count = and_(
        counted.c.team_id == steps.c.team_id,
        counted.c.step == steps.c.step,
        counted.c.era == steps.c.era,
    )
    return (
        select(
            *rows.STATE,
            steps.c.team_id,
            steps.c.draft_revision,
            steps.c.updated_at,
            counted.c.messages,
            counted.c.unfinished,
            counted.c.written_at,
        )
        .join_from(steps, teams, to_team)
        .outerjoin(counted, to_count)
        .where(steps.c.workshop_id == workshop_id)
        .order_by(teams.c.position, teams.c.id)
    )


def _cell(row: Any) -> StepOverview:
    touched = [row.written_at, row.started_at, row.completed_at]
    if row.draft_revision:
        touched.append(row.updated_at)
    return StepOverview(
        row.team_id,
        rows.state(row),
        row.messages or 0,
        row.unfinished or 0,
        max((each for each in touched if each), default=None),
    )
