"""Stores model calls, each once, and retries while the database is away."""

import logging
import threading
from collections import deque

from lib.store.errors import StoreError, Unstorable
from lib.store.port import Store
from lib.workshop.usage import Call, total

log = logging.getLogger(__name__)

#: Calls that wait while the database is away; the oldest are dropped.
WAITING = 1_000


class UsageLog:
    """Stores calls; a failed one is stored along with the next."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._waiting: deque[Call] = deque(maxlen=WAITING)

    def note(self, call: Call) -> None:
        """Store a finished call and the waiting ones. Never raises."""
        if call.team is None:
            return
        with self._lock:
            self._waiting.append(call)
            waiting = list(self._waiting)
        # Two threads may store the same call: it is stored once, by its id.
        for each in waiting:
            if not self._stored(each):
                return

    def spent(self, workshop_id: str) -> int:
        """Return the tokens a workshop has used, unsaved calls included. Raises StoreError."""
        with self._lock:
            waiting = [each for each in self._waiting if each.team and each.team[0] == workshop_id]
        return total(self._store.usage(workshop_id)) + sum(each.tokens for each in waiting)

    def _stored(self, call: Call) -> bool:
        """Store a call; return whether it no longer waits."""
        try:
            self._store.record_call(call)
        except Unstorable as exc:
            log.error("A call in %s cannot be recorded: %s", call.step, exc)
        except StoreError as exc:
            log.warning("A call in %s is recorded later: %s", call.step, exc)
            return False
        with self._lock:
            if call in self._waiting:
                self._waiting.remove(call)
        return True
