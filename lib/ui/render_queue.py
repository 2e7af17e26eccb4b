"""
Serialises script runs, which contend for the GIL; runs a person asked for go first.

A script run releases the GIL some hundred times (at each element, at each answer of the database), and
with many runs at once each release switches threads: with two hundred busy tabs, a server drew half as
many pages as it does in turns (`make bench ARGS=tabs`).

Automatic reruns go last: many of them start at once whenever a team gets a message, and nobody waits
for them.
"""

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

#: Seconds after which the next run may start too: the holder waits for something or has much to do.
SLICE = 0.1

#: Seconds after which a run continues without a turn.
PATIENCE = 5.0


class Turns:
    """
    A queue of script runs: first come, first served, but people's runs first.

    Every method may be called from any thread.
    """

    def __init__(self, *, slice_: float = SLICE, patience: float = PATIENCE) -> None:
        self._slice = slice_
        self._patience = patience
        self._lock = threading.Lock()
        # Of people, and of pages that are drawn by themselves.
        self._people: deque[threading.Condition] = deque()
        self._pages: deque[threading.Condition] = deque()
        self._holder: object = None
        self._since = 0.0
        self._of_thread = threading.local()

    @contextmanager
    def turn(self, *, unasked: bool = False) -> Iterator[None]:
        """
        Wait for this thread's turn; nested turns are one.

        *unasked* marks an automatic rerun, which waits for all runs that a person asked for.
        """
        if getattr(self._of_thread, "holds", None) is not None:
            yield
            return
        self._of_thread.holds = self._begin(self._pages if unasked else self._people)
        try:
            yield
        finally:
            self.end()

    def end(self) -> None:
        """End this thread's turn, if it has one: from now on it mostly waits."""
        held, self._of_thread.holds = getattr(self._of_thread, "holds", None), None
        with self._lock:
            if held is not None and self._holder is held:
                self._holder = None
                self._call_next()

    def _begin(self, waiting: deque[threading.Condition]) -> object:
        me = threading.Condition(self._lock)
        with self._lock:
            end = time.monotonic() + self._patience
            waiting.append(me)
            while (left := self._left(me, end)) > 0:
                me.wait(left)
            # A run that has waited too long continues without taking the turn.
            if self._next() is me and self._is_free():
                self._holder, self._since = me, time.monotonic()
            waiting.remove(me)
            self._call_next()
        return me

    def _left(self, me: threading.Condition, end: float) -> float:
        """Return the seconds to wait until something may have changed; 0 if the run may continue."""
        now = time.monotonic()
        if self._next() is not me:
            return end - now
        return 0.0 if self._is_free() else min(end, self._since + self._slice) - now

    def _is_free(self) -> bool:
        return self._holder is None or time.monotonic() - self._since >= self._slice

    def _next(self) -> threading.Condition | None:
        waiting = self._people or self._pages
        return waiting[0] if waiting else None

    def _call_next(self) -> None:
        if called := self._next():
            called.notify()


_turns = Turns()

#: The queue of this process.
turn, end = _turns.turn, _turns.end
