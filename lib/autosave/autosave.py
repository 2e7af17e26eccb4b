"""
Debounced autosave, free of Streamlit and of the wall clock.

    QueueFull             too much is unsaved to take in more; its text is a sentence
    NeverSaved            raised by a save: what it was given is dropped, everything else is retried

`Autosave` keeps what is unsaved in this process and saves it. Nothing here waits for a timer of its
own: a rerun, a reply's next chunk and the one sweeper thread all ask whether a save is due.
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

__all__ = [
    "MAX_UNSAVED",
    "MAX_WAIT",
    "UNSAVED_FOR_LONG",
    "WAIT",
    "Autosave",
    "Debouncer",
    "Dropped",
    "NeverSaved",
    "QueueFull",
    "Unsaved",
    "UnsavedReport",
]

log = logging.getLogger(__name__)

#: Seconds after the last change until it is saved, and the longest a change may stay unsaved.
WAIT = 2.0
MAX_WAIT = 10.0

#: Seconds after which what is still unsaved is told to people: shorter troubles concern nobody.
UNSAVED_FOR_LONG = 30.0

#: Characters of text a process holds unsaved, over all steps: 64 Mi, a quarter of a gigabyte at
#: worst. A working hour of two hundred teams is a tenth of it, so only a long outage gets there.
MAX_UNSAVED = 64 * 1024 * 1024

#: Lines kept about what was dropped: enough for a facilitator's page, and a bound.
MAX_DROPPED = 100

#: Seconds between two rounds of housekeeping.
HOUSEKEEPING_EVERY = 60.0

Save = Callable[[StepKey, Unsaved], None]
#: Does a small part of what is to be tidied up; returns whether more is left to do now.
Housekeeping = Callable[[], bool]


class QueueFull(Exception):
    """More is unsaved than a process may hold; nothing of what was noted has been taken in."""


class Autosave:
    """
    What this process has not saved yet, per step, and the saving of it.

    *save* stores one step's changes in one transaction and may raise anything: the changes are then
    kept, and tried again after FIRST_RETRY seconds, doubled each time. Only what it raises NeverSaved
    for is dropped: its step is gone, or the database refuses it. It is never called with a
    lock held that another step needs. Saves of one step never overlap. Thread-safe.

    *housekeeping* is called by the sweeper alone, between two sweeps, every HOUSEKEEPING_EVERY
    seconds; what it raises is logged, and it is called again in time.
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
        # Nobody waits for it, but a server that was down may find much that is due.
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
        Take in changes of *key*: they are saved together when they are due.

        What is not newer than what is held changes nothing. Raises QueueFull, and takes in nothing,
        where the text of all steps would grow beyond the limit; what makes it no longer still fits.
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
            if was_clean:
                self._changed.notify_all()
        if due_at_once:
            self._run(key, entry, patience=0.0)

    def pending(self, key: StepKey) -> Unsaved:
        """Return what of *key* is not known to be stored; readers lay it over what they read."""
        entry = self._entry(key)
        return entry.unsaved if entry else Unsaved()

    def report(self) -> list[UnsavedReport]:
        """Return a line for every step with unsaved changes, the oldest first."""
        now = self._clock()
        lines = [entry.report(key, now) for key, entry in self._items() if entry.unsaved]
        return sorted(lines, key=lambda line: -line.age)

    def dropped(self) -> list[Dropped]:
        """Return what could never be saved since this process started, the newest MAX_DROPPED."""
        with self._changed:
            return list(self._dropped)

    def report_of(self, key: StepKey) -> UnsavedReport | None:
        """Return the line of one step; None where nothing of it is unsaved."""
        entry = self._entry(key)
        return entry.report(key, self._clock()) if entry and entry.unsaved else None

    def is_late(self, key: StepKey) -> bool:
        """Whether something of a step has been unsaved for so long that people are told."""
        line = self.report_of(key)
        return line is not None and line.age > UNSAVED_FOR_LONG

    # Saving

    def poll(self, key: StepKey) -> None:
        """Save *key* if that is due; asked at each rerun and at each chunk of a reply."""
        entry = self._entry(key)
        if entry is not None and self._is_due(entry):
            self._run(key, entry, patience=0.0)

    def flush(self, key: StepKey) -> bool:
        """
        Save now what is unsaved of *key*; return whether nothing is left.

        Waits for a save that is running, and where that fails leaves it at that; from inside that
        save does nothing.
        """
        return self._flush(key, patience=-1.0)

    def flush_workshop(self, workshop_id: str) -> bool:
        """Flush every step of a workshop, for those who read across teams."""
        keys = [key for key, _ in self._items() if key.workshop_id == workshop_id]
        # Each of them: one that cannot be saved must not keep the others from it.
        left = [key for key in keys if not self.flush(key)]
        return not left

    def flush_all(self, within: float) -> bool:
        """
        Flush everything, again and again where it fails; return whether nothing is left.

        Begins no save once *within* seconds have passed.
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
        """Start the one thread that saves for tabs that are idle or gone."""
        self._sweeper = threading.Thread(target=self._sweep, name="autosave-sweeper", daemon=True)
        self._sweeper.start()

    def stop(self, within: float | None = None) -> None:
        """
        Stop the sweeper; what is unsaved stays here for `flush_all`.

        Waits *within* seconds (None: for ever) for a save it is at.
        """
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._sweeper is not None:
            self._sweeper.join(within)

    def sweep(self) -> float | None:
        """Save everything that is due; return the seconds until something is, None for never."""
        for key, entry in self._items():
            if self._is_due(entry):
                self._run(key, entry, patience=0.0)
        with self._changed:
            for key, entry in list(self._entries.items()):
                if not entry.unsaved and entry.debouncer.idle:
                    del self._entries[key]
            return self._pause()

    def run_housekeeping(self) -> float | None:
        """Do the housekeeping if that is due; return the seconds until it is, None for never."""
        if self._housekeeping is None:
            return None
        if self._clock() >= self._housekeeping_at and not self._housekeeping_part(
            self._housekeeping
        ):
            self._housekeeping_at = self._clock() + HOUSEKEEPING_EVERY
        return max(0.0, self._housekeeping_at - self._clock())

    def _housekeeping_part(self, housekeeping: Housekeeping) -> bool:
        """Do a part of the housekeeping; return whether the next part is due at once."""
        try:
            return housekeeping()
        # As with a save: whatever goes wrong, the thread lives, and the next round may succeed.
        except Exception as exc:
            log.warning("Housekeeping failed and is tried again: %s", exc)
            return False

    def _sweep(self) -> None:
        while not self._stopping:
            self.sweep()
            until = self.run_housekeeping()
            with self._changed:
                # Asked again under the lock: what is noted in between must not wait for the next.
                if not self._stopping:
                    pauses = [each for each in (self._pause(), until) if each is not None]
                    self._changed.wait(timeout=min(pauses, default=None))

    def _pause(self) -> float | None:
        """Seconds until a save is due. One that is running tells when it leaves something over."""
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
        """Count *grown* more characters. Raises QueueFull where they are too many."""
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
        """Save all of an entry; wait *patience* seconds (-1: for ever) for a save that is running."""
        inside, failures = entry.saver == threading.get_ident(), entry.failures
        if inside or not entry.saving.acquire(timeout=patience):
            return
        entry.saver = threading.get_ident()
        try:
            with entry.lock:
                # The save that was waited for has failed: the database has just been asked.
                unsaved = Unsaved() if entry.failures > failures else entry.hand_out()
            if unsaved:
                self._try(key, entry, unsaved)
        finally:
            entry.saver = None
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
        # Whatever goes wrong, the changes stay and the thread lives: the next try may do.
        except Exception as exc:
            with entry.lock:
                entry.failed(exc, self._clock())
            log.warning("Not saved yet (%s, try %d): %s", key.step, entry.failures, entry.reason)
        else:
            self._forget(entry, unsaved)

    def _forget(self, entry: Entry, saved: Unsaved) -> None:
        """Hold *saved* no longer, and keep what came since it was handed out."""
        with self._changed, entry.lock:
            before = entry.unsaved.characters
            entry.succeeded(saved)
            self._count(entry.unsaved.characters - before)


def _deadline(entry: Entry) -> float | None:
    with entry.lock:
        return entry.deadline()
