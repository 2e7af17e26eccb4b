"""Interviews in memory: the twin of `lib.store.sql.interviews`."""

from dataclasses import replace

from lib.store.errors import Conflict, NotFound
from lib.store.port import MAX_INTERVIEWS
from lib.workshop.interviews.interview import (
    InterviewTitle,
    StoredInterview,
    as_json,
    from_json,
)
from lib.workshop.records import StepKey
from tests.memory_store.transcripts import NOTHING, MemoryTranscripts


class MemoryInterviews(MemoryTranscripts):
    """The port's methods for interviews."""

    def add_interview(self, key: StepKey, new: StoredInterview) -> None:
        with self._lock:
            self._check_right()
            if key not in self._rows:
                raise NotFound("There is no such step.")
            held = self._rows[key].interviews
            if new.id in held:
                return
            if len(held) >= MAX_INTERVIEWS:
                raise Conflict(f"A step keeps at most {MAX_INTERVIEWS} interviews.")
            text = from_json(self._late(key).redacted(as_json(new.interview)))
            held[new.id] = replace(new, interview=text, position=len(held) + 1)

    def interviews(self, key: StepKey) -> list[InterviewTitle]:
        with self._lock:
            held = self._rows.get(key, NOTHING).interviews.values()
            return [InterviewTitle(each.id, each.interview.name, each.author) for each in held]

    def interview(self, key: StepKey, interview_id: str) -> StoredInterview | None:
        with self._lock:
            return self._rows.get(key, NOTHING).interviews.get(interview_id)

    def change_interview(self, key: StepKey, changed: StoredInterview) -> None:
        with self._lock:
            self._check_right()
            held = self._stored(key).interviews
            if changed.id not in held or held[changed.id].revision != changed.revision - 1:
                raise Conflict("Somebody else has just changed this interview.")
            held[changed.id] = replace(changed, position=held[changed.id].position)
