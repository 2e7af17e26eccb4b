"""
Debounced autosave, free of Streamlit and of the wall clock.

    QueueFull             the process holds too much unsaved text; the message is for people
    NeverSaved            raised by a save that can never succeed: its changes are dropped

`Autosave` holds the unsaved changes of this process and saves them. It has no timer: each rerun, each
chunk of a reply and the one sweeper thread ask whether a save is due.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable

from lib.autosave.debouncer import Debouncer
from lib.autosave.unsaved import FIRST_RETRY, Entry, NeverSaved, Unsaved
from lib.workshop.clock import Clock
from lib.workshop.records import Draft, Dropped, StepKey, UnsavedReport
from lib.workshop.transcript import Message

log = logging.getLogger(__name__)

#: Seconds after the last change until it is saved, and the longest a change may stay unsaved.
WAIT = 2.0
MAX_WAIT = 10.0

#: Seconds after which pages say that changes are unsaved. Shorter failures pass unnoticed.
UNSAVED_FOR_LONG = 30.0

#: Characters of text a process holds unsaved, over all steps: 64 Mi, a quarter of a gigabyte at
#: worst. A working hour of two hundred teams is a tenth of it, so only a long outage gets there.
MAX_UNSAVED = 64 * 1024 * 1024

#: Dropped saves that are remembered: enough for a facilitator's page, and a bound.
MAX_DROPPED = 100

#: Seconds between two rounds of housekeeping.
HOUSEKEEPING_EVERY = 60.0

Save = Callable[[StepKey, Unsaved], None]
#: Does a small part of the housekeeping. Returns whether there is more to do now.
Housekeeping = Callable[[], bool]


class QueueFull(Exception):
    """The process holds too much unsaved text. Nothing of the rejected call was kept."""


class Autosave:
    """
    Holds the unsaved changes of each step and saves them. Thread-safe.

    *save* stores one step's changes in one transaction. If it raises, the changes are kept and
    retried after FIRST_RETRY seconds, doubled each time. If it raises NeverSaved, they are dropped:
    the step is gone, or the database refuses the rows for good. Saves of one step never overlap, and
    *save* runs without any lock that another step needs.

    Only the sweeper calls *housekeeping*, between two sweeps, every HOUSEKEEPING_EVERY seconds. Its
    errors are logged, and the next round runs as planned.
    """

    def __init__(
        self,
        save: Save,
        *,
        wait: float = WAIT,
        max_wait: float = MAX_WAIT,
        clock: Clock = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
        limit: int = MAX_UNSAVED,
        housekeeping: Housekeeping | None = None,
    ) -> None:
        self._save = save
        self._housekeeping = housekeeping
        # Run it at once: after a long downtime much may be due.
        self._housekeeping_at = clock()
        self._wait = wait
        self._max_wait = max_wait
        self._clock = clock
        self._sleep = sleep
        self._limit = limit
        self._characters = 0
        self._entries: dict[StepKey, Entry] = {}
        self._dropped: deque[Dropped] = deque(maxlen=MAX_DROPPED)
        # Guards the entries and the count of characters; taken before an entry's lock, never after.
        self._changed = threading.Condition()
        self._stopping = False
        self._sweeper: threading.Thread | None = None

    # What is unsaved

    def note(
        self, key: StepKey, messages: Iterable[Message] = (), draft: Draft | None = None
    ) -> None:
        """
        Hold changes of *key* until they are due, to be saved together.

        Saves nothing itself, so it may be called with any lock held and inside a save: the next poll
        or the sweeper saves what is due. Changes that are not newer than the held ones are ignored. Raises QueueFull, and keeps nothing,
        if the text of all steps would exceed the limit; a change that adds no text is always accepted.
        """
        with self._changed:
            entry = self._entries.get(key) or self._new_entry()
            with entry.lock:
                together = entry.unsaved.with_(messages, draft)
                if together is entry.unsaved:
                    return
                self._count(together.characters - entry.unsaved.characters)
                self._entries[key] = entry
                was_clean = not entry.unsaved
                due_at_once = entry.hold(together, self._clock())
            if was_clean or due_at_once:
                self._changed.notify_all()

    def pending(self, key: StepKey) -> Unsaved:
        """Return the unsaved changes of *key*. Readers apply them to what they read from the store."""
        entry = self._entry(key)
        return entry.unsaved if entry else Unsaved()

    def report(self) -> list[UnsavedReport]:
        """Return a line for every step with unsaved changes, the oldest first."""
        now = self._clock()
        lines = [entry.report(key, now) for key, entry in self._items() if entry.unsaved]
        return sorted(lines, key=lambda line: -line.age)

    def dropped(self) -> list[Dropped]:
        """Return the saves that were dropped since this process started, the newest MAX_DROPPED."""
        with self._changed:
            return list(self._dropped)

    def report_of(self, key: StepKey) -> UnsavedReport | None:
        """Return the line of one step, or None if nothing of it is unsaved."""
        entry = self._entry(key)
        return entry.report(key, self._clock()) if entry and entry.unsaved else None

    def is_late(self, key: StepKey) -> bool:
        """Whether a step has been unsaved for longer than UNSAVED_FOR_LONG."""
        line = self.report_of(key)
        return line is not None and line.age > UNSAVED_FOR_LONG

    # Saving

    def poll(self, key: StepKey) -> None:
        """Save *key* if it is due. Called at each rerun and at each chunk of a reply."""
        entry = self._entry(key)
        if entry is not None and self._is_due(entry):
            self._run(key, entry, patience=0.0)

    def flush(self, key: StepKey) -> bool:
        """
        Save *key* now; return whether nothing is left unsaved.

        Waits for a running save of the same step and does not retry if that one fails. A save must not
        flush its own step: it would wait for itself.
        """
        return self._flush(key, patience=-1.0)

    def flush_workshop(self, workshop_id: str) -> bool:
        """Flush every step of a workshop before a read across teams."""
        keys = [key for key, _ in self._items() if key.workshop_id == workshop_id]
        # Not all(): one failure must not skip the steps after it.
        left = [key for key in keys if not self.flush(key)]
        return not left

    def flush_all(self, within: float) -> bool:
        """
        Flush everything and retry failures; return whether nothing is left.

        Starts no save after *within* seconds.
        """
        end = self._clock() + within
        while True:
            for key, entry in self._items():
                if entry.unsaved and (left := end - self._clock()) > 0:
                    self._flush(key, patience=left)
            if not self.report() or self._clock() >= end:
                return not self.report()
            self._sleep(min(FIRST_RETRY, max(0.0, end - self._clock())))

    # The sweeper

    def start(self) -> None:
        """Start the sweeper thread, which saves for idle or closed tabs."""
        self._sweeper = threading.Thread(target=self._sweep, name="autosave-sweeper", daemon=True)
        self._sweeper.start()

    def stop(self, within: float | None = None) -> None:
        """
        Stop the sweeper. Unsaved changes stay for `flush_all`.

        Waits at most *within* seconds (None: without limit) for its current save.
        """
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._sweeper is not None:
            self._sweeper.join(within)

    def sweep(self) -> float | None:
        """Save everything that is due; return the seconds until the next save, None if there is none."""
        for key, entry in self._items():
            if self._is_due(entry):
                self._run(key, entry, patience=0.0)
        with self._changed:
            for key, entry in list(self._entries.items()):
                if not entry.unsaved and entry.debouncer.idle:
                    del self._entries[key]
            return self._pause()

    def run_housekeeping(self) -> float | None:
        """Run the housekeeping if it is due; return the seconds until the next round, None for never."""
        if self._housekeeping is None:
            return None
        if self._clock() >= self._housekeeping_at and not self._housekeeping_part(
            self._housekeeping
        ):
            self._housekeeping_at = self._clock() + HOUSEKEEPING_EVERY
        return max(0.0, self._housekeeping_at - self._clock())

    def _housekeeping_part(self, housekeeping: Housekeeping) -> bool:
        """Run one part of the housekeeping; return whether the next part is due at once."""
        try:
            return housekeeping()
        # As with a save: keep the thread alive on any error, the next round may succeed.
        except Exception as exc:
            log.warning("Housekeeping failed and is tried again: %s", exc)
            return False

    def _sweep(self) -> None:
        while not self._stopping:
            self.sweep()
            until = self.run_housekeeping()
            with self._changed:
                # Compute the pause again under the lock: a change noted meanwhile must not wait longer.
                if not self._stopping:
                    pauses = [each for each in (self._pause(), until) if each is not None]
                    self._changed.wait(timeout=min(pauses, default=None))

    def _pause(self) -> float | None:
        """Return the seconds until a save is due. A running save notifies if it leaves changes."""
        idle = [entry for entry in self._entries.values() if not entry.saving.locked()]
        deadlines = [deadline for each in idle if (deadline := _deadline(each)) is not None]
        return max(0.0, min(deadlines) - self._clock()) if deadlines else None

    # One entry

    def _new_entry(self) -> Entry:
        return Entry(Debouncer(self._wait, self._max_wait, self._clock))

    def _entry(self, key: StepKey) -> Entry | None:
        with self._changed:
            return self._entries.get(key)

    def _items(self) -> list[tuple[StepKey, Entry]]:
        with self._changed:
            return list(self._entries.items())

    def _count(self, grown: int) -> None:
        """Add *grown* to the count of characters. Raises QueueFull beyond the limit."""
        if grown > 0 and self._characters + grown > self._limit:
            raise QueueFull(
                "The database has been out of reach for so long that nothing more can be kept here. "
                "Please wait until it is back before you go on."
            )
        self._characters += grown

    def _is_due(self, entry: Entry) -> bool:
        deadline = _deadline(entry)
        return deadline is not None and self._clock() >= deadline

    def _flush(self, key: StepKey, patience: float) -> bool:
        entry = self._entry(key)
        if entry is None:
            return True
        self._run(key, entry, patience)
        return not entry.unsaved

    def _run(self, key: StepKey, entry: Entry, patience: float) -> None:
        """Save an entry; wait at most *patience* seconds (-1: without limit) for a running save."""
        failures = entry.failures
        if not entry.saving.acquire(timeout=patience):
            return
        try:
            with entry.lock:
                # The save we waited for has just failed: do not retry at once.
                unsaved = Unsaved() if entry.failures > failures else entry.hand_out()
            if unsaved:
                self._try(key, entry, unsaved)
        finally:
            entry.saving.release()
            if entry.unsaved:
                with self._changed:
                    self._changed.notify_all()

    def _try(self, key: StepKey, entry: Entry, unsaved: Unsaved) -> None:
        try:
            self._save(key, unsaved)
        except NeverSaved as exc:
            log.error("Dropped, it can never be saved (%s): %s", "/".join(key), exc)
            line = Dropped(key, len(unsaved.messages), unsaved.draft is not None, str(exc))
            with self._changed:
                self._dropped.append(line)
            self._forget(entry, unsaved)
        # On any error keep the changes and the thread: the next try may succeed.
        except Exception as exc:
            with entry.lock:
                entry.failed(exc, self._clock())
            log.warning("Not saved yet (%s, try %d): %s", key.step, entry.failures, entry.reason)
        else:
            self._forget(entry, unsaved)

    def _forget(self, entry: Entry, saved: Unsaved) -> None:
        """Drop the *saved* changes; keep those noted since the save began."""
        with self._changed, entry.lock:
            before = entry.unsaved.characters
            entry.succeeded(saved)
            self._count(entry.unsaved.characters - before)


def _deadline(entry: Entry) -> float | None:
    with entry.lock:
        return entry.deadline()
