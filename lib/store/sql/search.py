"""Search in drafts and artifacts, and activity over time, in SQL. Runs on demand, never for a poll."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Float,
    Integer,
    Text,
    and_,
    cast,
    exists,
    extract,
    func,
    literal,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.orm import aliased

from lib.store.sql.part import Part
from lib.store.sql.schema import artifact_versions, messages, steps, teams
from lib.workshop import steps as steps_
from lib.workshop.records import Activity, Made
from lib.workshop.status import Status

_ESCAPE = "!"


class Search(Part):
    """The port's methods that look through a workshop."""

    def made_with(self, workshop_id: str, words: Sequence[str], limit: int) -> list[Made]:
        """Return the drafts and the newest artifacts that may contain each of *words*."""
        drafts, confirmed = _drafts(workshop_id, words), _confirmed(workshop_id, words)
        both = drafts.union_all(confirmed).subquery("made")
        found = self._door.rows(
            select(both)
            .join(teams, and_(teams.c.workshop_id == workshop_id, teams.c.id == both.c.team_id))
            .order_by(teams.c.position, teams.c.id, both.c.step, both.c.version)
            .limit(limit)
        )
        made = [Made(row.team_id, row.step, row.version, row.fields) for row in found]
        place = {team_id: number for number, team_id in enumerate(each.team_id for each in made)}
        return sorted(
            made, key=lambda m: (place[m.team_id], steps_.SLUGS.index(m.step), -m.version)
        )

    def activity(self, workshop_id: str, seconds: int) -> list[Activity]:
        """Return how many messages each team has written in each interval of *seconds*."""
        at = messages.c.created_at
        since_1970 = (
            cast(func.strftime("%s", at, type_=Text), Float)
            if self._door.is_sqlite
            else extract("epoch", at)
        )
        stretch = cast(func.floor(since_1970 / seconds), Integer).label("stretch")
        counted = (
            select(messages.c.team_id, stretch, func.count().label("messages"))
            .where(messages.c.workshop_id == workshop_id)
            .group_by(messages.c.team_id, stretch)
            .order_by(stretch, messages.c.team_id)
        )
        return [
            Activity(row.team_id, datetime.fromtimestamp(row.stretch * seconds, UTC), row.messages)
            for row in self._door.rows(counted)
        ]


def _drafts(workshop_id: str, words: Sequence[str]) -> Any:
    version = aliased(artifact_versions)
    is_confirmed = exists().where(
        version.c.workshop_id == steps.c.workshop_id,
        version.c.team_id == steps.c.team_id,
        version.c.step == steps.c.step,
    )
    is_draft = or_(steps.c.status == Status.IN_PROGRESS.value, ~is_confirmed)
    return select(
        steps.c.team_id, steps.c.step, literal(0).label("version"), steps.c.draft.label("fields")
    ).where(steps.c.workshop_id == workshop_id, is_draft, *_hold(steps.c.draft, words))


def _confirmed(workshop_id: str, words: Sequence[str]) -> Any:
    newer = aliased(artifact_versions)
    here = artifact_versions.c
    is_old = exists().where(
        newer.c.workshop_id == here.workshop_id,
        newer.c.team_id == here.team_id,
        newer.c.step == here.step,
        newer.c.version > here.version,
    )
    return select(here.team_id, here.step, here.version, here.fields).where(
        here.workshop_id == workshop_id, ~is_old, *_hold(here.fields, words)
    )


def _hold(column: Any, words: Sequence[str]) -> list[Any]:
    # As plain text: the column's own type would make JSON of what it is compared with.
    return [type_coerce(column, Text).ilike(pattern(word), escape=_ESCAPE) for word in words]


def pattern(word: str) -> str:
    r"""
    Return the LIKE pattern of a JSON text that contains *word*.

    Databases ignore case for the letters A to Z only. Another letter that has a case becomes a
    wildcard; other characters stand for themselves.

    >>> print(pattern("50%"), pattern('"Né_"'))
    %50!%% %\"N_!_\"%
    """
    as_json = json.dumps(word, ensure_ascii=False)[1:-1]
    return f"%{''.join(map(_in_pattern, as_json))}%"


def _in_pattern(character: str) -> str:
    if character in ("%", "_", _ESCAPE):
        return _ESCAPE + character
    has_case = character.lower() != character.upper()
    return "_" if has_case and not character.isascii() else character
