"""The calls of a process: the newest in a ring, each one told to whoever stores it."""

import threading
from collections import deque
from collections.abc import Callable
from typing import Protocol

from lib.workshop.usage import Call

#: Calls a process remembers.
REMEMBERED = 500


class Ledger(Protocol):
    """Whoever stores calls, for every process there is; used from several threads."""

    def note(self, call: Call) -> None:
        """Keep a call that is over. Never raises."""
        ...

    def spent(self, workshop_id: str) -> int:
        """Return the tokens a workshop has used."""
        ...


def _store_nothing(call: Call) -> None:
    """Keep a call nowhere but in the ring."""


class Usage:
    """The calls of this process, the newest REMEMBERED of them; used from several threads."""

    def __init__(self, store: Callable[[Call], None] = _store_nothing) -> None:
        """*store* is told of every call, in the thread of its reply; it must not raise."""
        self._store = store
        self._lock = threading.Lock()
        self._calls: deque[Call] = deque(maxlen=REMEMBERED)

    def note(self, call: Call) -> None:
        """Take down a call that is over."""
        with self._lock:
            self._calls.append(call)
        self._store(call)

    def calls(self) -> list[Call]:
        """Return what is remembered, oldest first."""
        with self._lock:
            return list(self._calls)
