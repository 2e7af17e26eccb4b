"""Search and activity, in memory: the twin of `lib.store.sql.search`."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

from lib.workshop import steps as steps_
from lib.workshop.records import Activity, Made, StepKey
from lib.workshop.status import Status
from tests.memory_store.facilitation import MemoryFacilitation


class MemorySearch(MemoryFacilitation):
    """The port's methods for looking through a workshop, over the rows of the store."""

    _rows: dict[StepKey, Any]

    def made_with(self, workshop_id: str, words: Sequence[str], limit: int) -> list[Made]:
        with self._lock:
            found = [made for made in self._made(workshop_id) if _holds(made, words)]
            return deepcopy(found[:limit])

    def _made(self, workshop_id: str) -> Iterator[Made]:
        for team in self.teams(workshop_id):
            for slug in steps_.SLUGS:
                row = self._rows[team.step_key(slug)]
                if row.versions:
                    yield Made(team.id, slug, row.versions[-1].version, row.versions[-1].fields)
                if row.state.status is Status.IN_PROGRESS or not row.versions:
                    yield Made(team.id, slug, 0, row.draft.fields)

    def activity(self, workshop_id: str, seconds: int) -> list[Activity]:
        with self._lock:
            counted = Counter(
                (int(message.created_at.timestamp() // seconds), key.team_id)
                for key, row in self._rows.items()
                if key.workshop_id == workshop_id
                for message in row.messages.values()
            )
        return [
            Activity(team_id, datetime.fromtimestamp(stretch * seconds, UTC), number)
            for (stretch, team_id), number in sorted(counted.items())
        ]


def _holds(made: Made, words: Sequence[str]) -> bool:
    text = json.dumps(made.fields, ensure_ascii=False).lower()
    return all(json.dumps(word, ensure_ascii=False)[1:-1].lower() in text for word in words)
