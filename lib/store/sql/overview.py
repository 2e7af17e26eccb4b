"""
The review table in SQL: one query, however many teams, and no message's text.

It costs what there are steps, and not what there are messages: how many a step has is the place of
its last one, and what is unfinished has an index of its own.
"""

from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import select

from lib.store.errors import NotFound
from lib.store.snapshots import mark_of
from lib.store.sql import rows
from lib.store.sql.column_types import Moment, Value
from lib.store.sql.engine import Door
from lib.store.sql.prepared import Prepared
from lib.store.sql.schema import teams, workshops
from lib.store.sql.usage import usage_of, usage_row
from lib.workshop import steps as steps_
from lib.workshop.records import StepOverview, StepState, Team, Workshop
from lib.workshop.status import Phase, Status
from lib.workshop.usage import TeamUsage


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


#: Cells whose making is remembered: most are at one look what they were at the last.
_REMEMBERED = 20_000

#: How many messages a step has, as their places are 1, 2, 3 and so on without a gap, and when the
#: last three were written: while a reply grows, a few may have come behind it. PostgreSQL reads
#: both in one go, which SQLite has no words for.
_SAID_ON_POSTGRESQL = """
    said.messages, said.written_at
    FROM steps s LEFT JOIN LATERAL (
        SELECT max(position) AS messages, max(updated_at) AS written_at
        FROM (
            SELECT position, updated_at FROM messages m
            WHERE m.workshop_id = s.workshop_id AND m.team_id = s.team_id AND m.step = s.step
                AND m.era = s.era
            ORDER BY position DESC LIMIT 3
        ) AS last
    ) AS said ON true
"""
_SAID_ON_SQLITE = """
    (SELECT max(position) FROM messages m
    WHERE m.workshop_id = s.workshop_id AND m.team_id = s.team_id AND m.step = s.step
        AND m.era = s.era),
    (SELECT max(updated_at) FROM (
        SELECT updated_at FROM messages m
        WHERE m.workshop_id = s.workshop_id AND m.team_id = s.team_id AND m.step = s.step
            AND m.era = s.era
        ORDER BY position DESC LIMIT 3
    ))
    FROM steps s
"""

#: Four kinds of rows in one answer: joined to each other they would take twice as long. Of a step
#: its state; what of it is unfinished, and how much of that failed; when it last moved, and where in
#: the story it was last completed and last overridden; since when a team has had a flag.
_QUERY = """
    SELECT 'state', s.team_id, s.step, s.era, s.status, s.phase, s.stale, s.made_from,
        s.started_at, s.completed_at, s.updated_at, t.position, s.draft_revision,
        CASE WHEN s.step = '{first}' THEN (
            SELECT created_at FROM messages m
            WHERE m.workshop_id = s.workshop_id AND m.team_id = s.team_id AND m.step = s.step
                AND m.era = s.era AND m.position = 1
        ) END, {said}
    JOIN teams t ON t.workshop_id = s.workshop_id AND t.id = s.team_id
    WHERE s.workshop_id = $1
UNION ALL
    SELECT 'unfinished', team_id, step, era, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
        count(*), count(*) FILTER (WHERE status = 'error'), NULL, NULL, NULL
    FROM messages
    WHERE workshop_id = $1 AND status <> 'complete'
    GROUP BY team_id, step, era
UNION ALL
    SELECT 'moved', team_id, step, NULL, NULL, NULL, NULL, NULL, max(at), NULL, NULL,
        max(position) FILTER (WHERE status_after = 'complete'),
        max(position) FILTER (WHERE event = 'override'), NULL, NULL, NULL
    FROM events
    WHERE workshop_id = $1
    GROUP BY team_id, step
UNION ALL
    SELECT 'flagged', team_id, NULL, NULL, NULL, NULL, NULL, NULL, min(at), NULL, NULL,
        NULL, NULL, NULL, NULL, NULL
    FROM notes
    WHERE workshop_id = $1 AND kind = 'flag' AND NOT EXISTS (
        SELECT 1 FROM closed_notes c
        WHERE c.workshop_id = notes.workshop_id AND c.note_id = notes.id
    )
    GROUP BY team_id
"""


class Overview:
    """The query of a look at a workshop."""

    def __init__(self, door: Door) -> None:
        said = _SAID_ON_SQLITE if door.is_sqlite else _SAID_ON_POSTGRESQL
        query = _QUERY.format(said=said, first=steps_.SLUGS[0])
        self._query = Prepared(door, query, ["text"])
        self._dialect = door.engine.dialect
        self._cell = lru_cache(_REMEMBERED)(self._new_cell)

    def read(self, workshop_id: str) -> list[StepOverview]:
        """Return ten cells a team, teams by position and steps in order."""
        of: dict[str, dict[Any, Any]] = {"unfinished": {}, "moved": {}, "flagged": {}}
        states = []
        for kind, team_id, step, *more in self._query.rows(workshop_id):
            if kind == "state":
                states.append((team_id, step, *more))
            elif kind == "unfinished":
                of[kind][team_id, step, more[0]] = more[8], more[9]
            else:
                of[kind][team_id, step] = more[5], more[8], more[9]
        states.sort(key=lambda row: (row[10], row[0], _PLACE[row[1]]))
        return [
            self._cell(
                *row,
                *of["unfinished"].get(row[:3], (0, 0)),
                *of["moved"].get(row[:2], (None, None, None)),
                of["flagged"].get((row[0], None), (None,))[0],
            )
            for row in states
        ]

    def _new_cell(
        self,
        team_id: str,
        step: str,
        era: int,
        status: str,
        phase: str,
        stale: str,
        made_from: str,
        started_at: Any,
        completed_at: Any,
        updated_at: Any,
        _position: int,
        draft_revision: int,
        arrived_at: Any,
        messages: int | None,
        written_at: Any,
        unfinished: int,
        errors: int,
        moved_at: Any,
        completed: int | None,
        overridden: int | None,
        flagged_at: Any,
    ) -> StepOverview:
        """Return a cell; the arguments are the query's columns in order, kind by kind."""
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
            unfinished,
            max((each for each in touched if each), default=None),
            errors,
            self._moment(moved_at),
            is_overridden and state.status is Status.COMPLETE,
            self._moment(flagged_at),
            self._moment(arrived_at),
        )

    def _moment(self, at: Any) -> datetime | None:
        return _MOMENT.process_result_value(at, self._dialect)

    def _value(self, text: str) -> Any:
        return _VALUE.process_result_value(text, self._dialect)


_MOMENT, _VALUE = Moment(), Value()

_PLACE = {slug: place for place, slug in enumerate(steps_.SLUGS)}
