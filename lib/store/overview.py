"""
The review table in SQL: one query, however many teams, and no message's text.

It costs what there are steps, and not what there are messages: how many a step has is the place of
its last one, and what is unfinished has an index of its own.
"""

from functools import partial
from typing import Any

from sqlalchemy import Text, and_, bindparam, exists, func, select

from lib import steps as steps_
from lib.calls import TeamUsage
from lib.notes import Kind as NoteKind
from lib.snapshots import mark_of
from lib.status import Event, Phase, Status
from lib.store import rows
from lib.store.calls import usage_of, usage_row
from lib.store.engine import Door, Kind
from lib.store.port import NotFound
from lib.store.schema import (
    IS_UNFINISHED,
    Moment,
    Value,
    closed_notes,
    events,
    messages,
    notes,
    steps,
    teams,
    workshops,
)
from lib.transcript import MessageStatus
from lib.workshop import StepOverview, StepState, Team, Workshop

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


class Overview:
    """
    The query of a look at a workshop, made into the driver's own words once.

    Asked every few seconds by every facilitator's page: by way of the toolkit its words and types
    would cost as much again as the database's answer does.
    """

    def __init__(self, door: Door) -> None:
        self._door = door
        self._compiled = _query().compile(dialect=door.engine.dialect)
        self._moment = partial(Moment().process_result_value, dialect=door.engine.dialect)
        self._value = partial(Value().process_result_value, dialect=door.engine.dialect)

    def read(self, workshop_id: str) -> list[StepOverview]:
        """Return ten cells a team, teams by position and steps in order."""
        named = self._compiled.construct_params({"workshop": workshop_id})
        places = self._compiled.positiontup
        values: Any = named if places is None else tuple(named[name] for name in places)
        found = self._door.run(
            Kind.SINGLE,
            lambda connection: connection.exec_driver_sql(self._compiled.string, values).all(),
        )
        in_order = sorted(found, key=lambda row: (row[1], row[0], _PLACE[row[2]]))
        return [self._cell(*row) for row in in_order]

    def _cell(
        self,
        team_id: str,
        _position: int,
        step: str,
        status: str,
        phase: str,
        started_at: Any,
        completed_at: Any,
        stale: str,
        made_from: str,
        era: int,
        draft_revision: int,
        updated_at: Any,
        messages: int | None,
        written_at: Any,
        unfinished: int | None,
        errors: int | None,
        moved_at: Any,
        completed: int | None,
        overridden: int | None,
        flagged_at: Any,
    ) -> StepOverview:
        """Return a cell; the arguments are the query's columns in order."""
        begun, done = self._moment(started_at), self._moment(completed_at)
        mark = self._value(stale)
        state = StepState(
            step,
            Status(status),
            Phase(phase),
            begun,
            done,
            mark_of(mark) if mark else None,
            self._value(made_from),
            era,
        )
        touched = [self._moment(written_at), begun, done]
        if draft_revision:
            touched.append(self._moment(updated_at))
        # Of the two kinds of completion, the last is what counts.
        is_overridden = overridden is not None and overridden == completed
        return StepOverview(
            team_id,
            state,
            messages or 0,
            unfinished or 0,
            max((each for each in touched if each), default=None),
            errors or 0,
            self._moment(moved_at),
            is_overridden and state.status is Status.COMPLETE,
            self._moment(flagged_at),
        )


_PLACE = {slug: place for place, slug in enumerate(steps_.SLUGS)}

#: The workshop that is asked for.
_HERE = bindparam("workshop", type_=Text)

#: Of a transcript's end, how many messages are looked at for when anything was written: while a
#: reply grows, a few may have come behind it.
_END = 8


def _query() -> Any:
    """Return the query; its columns are what `Overview._cell` takes."""
    unfinished, moved, flagged = _unfinished(), _moved(), _flagged()
    to_unfinished = and_(
        unfinished.c.team_id == steps.c.team_id,
        unfinished.c.step == steps.c.step,
        unfinished.c.era == steps.c.era,
    )
    to_move = and_(moved.c.team_id == steps.c.team_id, moved.c.step == steps.c.step)
    return (
        select(
            steps.c.team_id,
            teams.c.position,
            steps.c.step,
            steps.c.status,
            steps.c.phase,
            steps.c.started_at,
            steps.c.completed_at,
            steps.c.stale,
            steps.c.made_from,
            steps.c.era,
            steps.c.draft_revision,
            steps.c.updated_at,
            _count().label("messages"),
            _written_at().label("written_at"),
            unfinished.c.unfinished,
            unfinished.c.errors,
            moved.c.moved_at,
            moved.c.completed,
            moved.c.overridden,
            flagged.c.flagged_at,
        )
        .join_from(steps, teams, _OF_TEAM)
        .outerjoin(unfinished, to_unfinished)
        .outerjoin(moved, to_move)
        .outerjoin(flagged, flagged.c.team_id == steps.c.team_id)
        .where(steps.c.workshop_id == _HERE)
    )


_OF_STEP = and_(
    messages.c.workshop_id == steps.c.workshop_id,
    messages.c.team_id == steps.c.team_id,
    messages.c.step == steps.c.step,
    messages.c.era == steps.c.era,
)


def _count() -> Any:
    """Return how many messages a step has: their places are 1, 2, 3 and so on, without a gap."""
    return select(func.max(messages.c.position)).where(_OF_STEP).correlate(steps).scalar_subquery()


def _written_at() -> Any:
    end = (
        select(messages.c.updated_at)
        .where(_OF_STEP)
        .order_by(messages.c.position.desc())
        .limit(_END)
        .correlate(steps)
        .subquery("end_of_step")
    )
    return select(func.max(end.c.updated_at)).scalar_subquery()


def _unfinished() -> Any:
    """Return what is unfinished: a few, in an index of their own."""
    failed = messages.c.status == MessageStatus.ERROR.value
    return (
        select(
            messages.c.team_id,
            messages.c.step,
            messages.c.era,
            func.count().label("unfinished"),
            func.count().filter(failed).label("errors"),
        )
        .where(messages.c.workshop_id == _HERE, IS_UNFINISHED)
        .group_by(messages.c.team_id, messages.c.step, messages.c.era)
        .subquery("unfinished")
    )


def _moved() -> Any:
    """Return when each step last moved, and where in the story it was completed, and how."""
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
        .where(events.c.workshop_id == _HERE)
        .group_by(events.c.team_id, events.c.step)
        .subquery("moved")
    )


def _flagged() -> Any:
    """Return since when each team has had a flag that nobody has lowered."""
    is_lowered = exists().where(
        closed_notes.c.workshop_id == notes.c.workshop_id, closed_notes.c.note_id == notes.c.id
    )
    return (
        select(notes.c.team_id, func.min(notes.c.at).label("flagged_at"))
        .where(notes.c.workshop_id == _HERE, notes.c.kind == NoteKind.FLAG.value, ~is_lowered)
        .group_by(notes.c.team_id)
        .subquery("flagged")
    )
