"""
Pages are drawn one after the other: several at once take longer, all of them.

Python runs one thread at a time. A page lets go some hundred times (each element, each answer of the
database), and with many pages under way each of these hands the processor to another thread: with two
hundred busy tabs a server drew half as many pages as it does in turns (`make bench ARGS=tabs`).

Who has done something comes before a page that is drawn anew by itself: many of those come at once,
whenever somebody says something to a team, and nobody waits for them.
"""

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

#: Seconds after which whoever has its turn shares it: it waits for something, or has much to do.
SLICE = 0.1

#: Seconds after which a page goes on without a turn.
PATIENCE = 5.0


class Turns:
    """
    Whose turn it is: first come, first served, and people first.

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
        Go on when it is this thread's turn; a turn within a turn is the same one.

        *unasked* is what nobody has asked for: it comes after all that somebody has.
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
        """End this thread's turn, where it has one: what it does from now on is mostly waiting."""
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
            # Who has waited for too long goes on all the same, and takes nobody's turn.
            if self._next() is me and self._is_free():
                self._holder, self._since = me, time.monotonic()
            waiting.remove(me)
            self._call_next()
        return me

    def _left(self, me: threading.Condition, end: float) -> float:
        """Return the seconds to wait until something may have changed; none where it goes on."""
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

#: Those of this process.
turn, end = _turns.turn, _turns.end
