"""The review table and calls of models, in memory: the twin of `lib.store.sql.overview` and `usage`."""

from dataclasses import replace
from datetime import datetime

from lib.store.errors import Unstorable
from lib.workshop import steps as steps_
from lib.workshop.records import EventRecord, StepKey, StepOverview, Team, Workshop
from lib.workshop.status import Event, Status
from lib.workshop.transcript import MessageStatus
from lib.workshop.usage import FINE, Call, TeamUsage
from tests.memory_store.facilitation import MemoryFacilitation
from tests.memory_store.transcripts import MemoryTranscripts, Row


class MemoryOverview(MemoryFacilitation, MemoryTranscripts):
    """The port's methods for the facilitator's tables, over the rows of the store."""

    _events: dict[str, list[EventRecord]]

    def __init__(self) -> None:
        MemoryFacilitation.__init__(self)
        MemoryTranscripts.__init__(self)
        self._calls: dict[str, dict[str, Call]] = {}

    def roster(self, workshop_id: str) -> tuple[Workshop, list[Team], list[TeamUsage]]:
        with self._lock:
            return self.workshop(workshop_id), self.teams(workshop_id), self.usage(workshop_id)

    def overview(self, workshop_id: str) -> list[StepOverview]:
        with self._lock:
            keys = [
                team.step_key(slug) for team in self.teams(workshop_id) for slug in steps_.SLUGS
            ]
            return [self._cell(key, self._rows[key]) for key in keys]

    def _cell(self, key: StepKey, row: Row) -> StepOverview:
        statuses = [message.status for message in row.live]
        unfinished = sum(status is not MessageStatus.COMPLETE for status in statuses)
        logged = [e for e in self._events[key.workshop_id] if (e.team_id, e.step) == key[1:]]
        done = [each for each in logged if each.after is Status.COMPLETE]
        is_overridden = row.state.status is Status.COMPLETE and done[-1].event is Event.OVERRIDE
        return StepOverview(
            key.team_id,
            replace(row.state, phase=row.draft.phase),
            len(statuses),
            unfinished,
            row.touched,
            statuses.count(MessageStatus.ERROR),
            max((each.at for each in logged), default=None),
            is_overridden,
            self._flagged_at(key.team),
            self._arrived_at(key, row),
        )

    def _arrived_at(self, key: StepKey, row: Row) -> datetime | None:
        if key.step != steps_.SLUGS[0]:
            return None
        return next((each.created_at for each in row.live if each.position == 1), None)

    # Calls of models

    def record_call(self, call: Call) -> None:
        with self._lock:
            if call.team is None:
                raise Unstorable("A call without its team cannot be stored.")
            self._stored(StepKey(*call.team, call.step))
            self._calls.setdefault(call.team.workshop_id, {}).setdefault(call.id, call)

    def usage(self, workshop_id: str) -> list[TeamUsage]:
        with self._lock:
            by_team: dict[str, list[Call]] = {}
            for call in self._calls.get(workshop_id, {}).values():
                by_team.setdefault(call.team.team_id if call.team else "", []).append(call)
        return [
            TeamUsage(
                team_id,
                len(calls),
                sum(each.tokens_in for each in calls),
                sum(each.tokens_out for each in calls),
                sum(each.outcome not in FINE for each in calls),
            )
            for team_id, calls in sorted(by_team.items())
        ]
