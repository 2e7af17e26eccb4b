"""What is typed, in memory: the twin of `lib.store.typed`."""

from copy import deepcopy
from datetime import timedelta

from lib.store.memory_transcripts import NOTHING, MemoryTranscripts
from lib.workshop import Aside, StepKey, Unsent


class MemoryTyped(MemoryTranscripts):
    """The port's methods for what is typed, in the rows of the store."""

    def set_aside(self, key: StepKey, aside: Aside) -> None:
        """Keep what could not go into the draft."""
        with self._lock:
            held = self._stored(key).asides
            place = (aside.field, aside.writer)
            if place not in held or held[place].revision < aside.revision:
                # Again at the end: the oldest come first.
                held.pop(place, None)
                held[place] = deepcopy(aside)

    def asides(self, key: StepKey) -> list[Aside]:
        """Return what was set aside in a step, oldest first."""
        with self._lock:
            return deepcopy(list(self._rows.get(key, NOTHING).asides.values()))

    def drop_aside(self, key: StepKey, field: str, writer: str) -> None:
        """Forget what a writer's aside for a field holds."""
        with self._lock:
            self._rows.get(key, NOTHING).asides.pop((field, writer), None)

    def keep_unsent(self, key: StepKey, unsent: Unsent, instead_of: str = "") -> None:
        """Keep what a tab's chat box holds."""
        with self._lock:
            held = self._stored(key).unsent
            known = held.get(unsent.writer)
            if known is None or known[1].revision < unsent.revision:
                held[unsent.writer] = (self._clock(), unsent)
            if instead_of != unsent.writer:
                held.pop(instead_of, None)

    def unsent(self, key: StepKey, member: str, idle: float) -> Unsent | None:
        """Return the newest text a member has typed and not sent."""
        with self._lock:
            before = self._clock() - timedelta(seconds=idle)
            found = [
                (at, each)
                for at, each in self._rows.get(key, NOTHING).unsent.values()
                if each.member == member and each.text and at <= before
            ]
            return max(found, key=lambda each: each[0])[1] if found else None
