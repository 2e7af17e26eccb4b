"""Conflicting edits and unsent messages, in memory: the twin of `lib.store.sql.typed`."""

from copy import deepcopy
from dataclasses import replace

from lib.workshop.records import Aside, Draft, StepKey, Unsent
from tests.memory_store.transcripts import NOTHING, MemoryTranscripts


class MemoryTyped(MemoryTranscripts):
    """The port's methods for conflicting edits and unsent messages."""

    def set_aside(self, key: StepKey, aside: Aside) -> None:
        with self._lock:
            self._check_right()
            held = self._stored(key).asides
            place = (aside.field, aside.writer)
            if place not in held or held[place].revision < aside.revision:
                # Again at the end: the oldest come first.
                held.pop(place, None)
                held[place] = replace(aside, value=self._late(key).redacted(deepcopy(aside.value)))

    def asides(self, key: StepKey) -> list[Aside]:
        with self._lock:
            return deepcopy(list(self._rows.get(key, NOTHING).asides.values()))

    def use_aside(self, key: StepKey, aside: Aside, draft: Draft, replaced: Aside | None) -> bool:
        with self._lock:
            self._check_right()
            held = self._stored(key).asides
            known = held.get((aside.field, aside.writer))
            if known is None or known.revision != aside.revision:
                return False
            self._check_base(key, draft)
            self._save_draft(key, draft)
            self.drop_aside(key, aside.field, aside.writer)
            if replaced is not None:
                self.set_aside(key, replaced)
            return True

    def drop_aside(
        self, key: StepKey, field: str, writer: str, revision: int | None = None
    ) -> None:
        with self._lock:
            self._check_right()
            held = self._rows.get(key, NOTHING).asides
            known = held.get((field, writer))
            if known is not None and revision in (None, known.revision):
                del held[field, writer]

    def keep_unsent(self, key: StepKey, unsent: Unsent) -> Unsent:
        with self._lock:
            self._check_right()
            held = self._stored(key).unsent
            known = held.get(unsent.writer)
            if known is None or known.revision < unsent.revision:
                held[unsent.writer] = unsent
            return held[unsent.writer]

    def unsent(self, key: StepKey, writer: str) -> Unsent | None:
        with self._lock:
            return self._rows.get(key, NOTHING).unsent.get(writer)
