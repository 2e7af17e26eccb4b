"""
The review table in SQL: one query, however many teams, and no message's text.

The cost grows with the steps, not with the messages: the number of a step's messages is the
position of its last one, and unfinished messages have an index of their own.
"""

from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import select

from lib.store.errors import NotFound
from lib.store.port import LEASE
from lib.store.snapshots import mark_of
from lib.store.sql import rows
from lib.store.sql.column_types import Moment, Value
from lib.store.sql.engine import Door
from lib.store.sql.part import Part
from lib.store.sql.prepared import Prepared
from lib.store.sql.schema import teams, workshops
from lib.store.sql.usage import usage_of, usage_row
from lib.workshop import steps as steps_
from lib.workshop.records import StepOverview, StepState, Team, Workshop
from lib.workshop.status import Phase, Status
from lib.workshop.usage import TeamUsage

#: Size of the cache of cells: most have not changed since the last poll.
_REMEMBERED = 20_000

#: How many messages a step has, as their places are 1, 2, 3 and so on without a gap, and when the
#: last three were written: while a reply grows, a few may have come behind it. PostgreSQL reads
#: both in one go, which SQLite has no words for.
_MESSAGES_ON_POSTGRESQL = """
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
_MESSAGES_ON_SQLITE = """
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


class _Row(NamedTuple):
    """
    A row of the answer, named by its columns. Three of them differ by kind:

    | kind | `at` | `number` | `second_number` |
    |---|---|---|---|
    | state | started at | the team's position | the draft's revision |
    | unfinished | | unfinished messages | those that failed |
    | moved | last event at | position of the last completion | and of the last override |
    | flagged | first open call for help at | | |
    """

    team_id: str = ""
    step: str = ""
    era: int | None = None
    status: str = ""
    phase: str = ""
    stale: str = ""
    made_from: str = ""
    at: Any = None
    completed_at: Any = None
    updated_at: Any = None
    number: int | None = None
    second_number: int | None = None
    arrived_at: Any = None
    messages: int | None = None
    written_at: Any = None


_NO_ROW = _Row()


class Overview(Part):
    """The port's methods for the review table."""

    def __init__(self, door: Door, *, lease: float = LEASE) -> None:
        super().__init__(door, lease=lease)
        said = _MESSAGES_ON_SQLITE if door.is_sqlite else _MESSAGES_ON_POSTGRESQL
        query = _QUERY.format(said=said, first=steps_.SLUGS[0])
        self._overview_query = Prepared(door, query, ["text"])
        self._cell = lru_cache(_REMEMBERED)(self._new_cell)

    def roster(self, workshop_id: str) -> tuple[Workshop, list[Team], list[TeamUsage]]:
        """Return a workshop with its teams by position, and their use of models."""
        of_team = [column for column in teams.c if column is not teams.c.workshop_id]
        used = usage_of(workshop_id).subquery("used")
        to_team = teams.c.workshop_id == workshops.c.workshop_id
        found = self._door.rows(
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

    def overview(self, workshop_id: str) -> list[StepOverview]:
        """Return a cell for each step of each team: teams by position, steps in order."""
        states: list[_Row] = []
        unfinished: dict[tuple[str, str, int | None], _Row] = {}
        moved: dict[tuple[str, str], _Row] = {}
        flagged: dict[str, _Row] = {}
        for kind, *columns in self._overview_query.rows(workshop_id):
            row = _Row(*columns)
            if kind == "state":
                states.append(row)
            elif kind == "unfinished":
                unfinished[row.team_id, row.step, row.era] = row
            elif kind == "moved":
                moved[row.team_id, row.step] = row
            else:
                flagged[row.team_id] = row
        states.sort(key=lambda row: (row.number, row.team_id, _PLACE[row.step]))
        return [
            self._cell(
                row,
                unfinished.get((row.team_id, row.step, row.era), _NO_ROW),
                moved.get((row.team_id, row.step), _NO_ROW),
                flagged.get(row.team_id, _NO_ROW).at,
            )
            for row in states
        ]

    def _new_cell(self, row: _Row, unfinished: _Row, moved: _Row, flagged_at: Any) -> StepOverview:
        begun, done = self._moment(row.at), self._moment(row.completed_at)
        mark = self._value(row.stale)
        state = StepState(
            row.step,
            Status(row.status),
            Phase(row.phase),
            begun,
            done,
            mark_of(mark) if mark else None,
            self._value(row.made_from),
            row.era or 0,
        )
        touched = [self._moment(row.written_at), begun, done]
        if row.second_number:
            touched.append(self._moment(row.updated_at))
        # Of the two kinds of completion the later one counts.
        completed, overridden = moved.number, moved.second_number
        is_overridden = overridden is not None and overridden == completed
        return StepOverview(
            row.team_id,
            state,
            row.messages or 0,
            unfinished.number or 0,
            max((each for each in touched if each), default=None),
            unfinished.second_number or 0,
            self._moment(moved.at),
            is_overridden and state.status is Status.COMPLETE,
            self._moment(flagged_at),
            self._moment(row.arrived_at),
        )

    def _moment(self, at: Any) -> datetime | None:
        return _MOMENT.process_result_value(at, self._door.dialect)

    def _value(self, text: str) -> Any:
        return _VALUE.process_result_value(text, self._door.dialect)


def _team_id(usage: TeamUsage) -> str:
    return usage.team_id


_MOMENT, _VALUE = Moment(), Value()

_PLACE = {slug: place for place, slug in enumerate(steps_.SLUGS)}
