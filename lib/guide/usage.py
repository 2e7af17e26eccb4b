"""
What asking a model costs: a record of every call, and how a workshop stands against its cap.

The records are kept in a ring in this process; whoever stores them is told of each one.
"""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from lib.workshop import TeamKey

#: Share of a cap from which it is warned about.
WARN_FROM = 0.8

#: Calls a process remembers.
REMEMBERED = 500


@dataclass(frozen=True)
class Call:
    """One request to a model and what came of it; no word of what was said."""

    #: Whose step it was; None where nobody told.
    team: TeamKey | None
    step: str
    #: Id of the message that was being written.
    turn: str
    model: str
    #: The beginning of the SHA-256 of the instructions, without the team's words: which prompt.
    prompt_hash: str
    tokens_in: int
    tokens_out: int
    #: Whether the tokens were counted by our approximation, as the server told none.
    estimated: bool
    #: From the first attempt to the end, waiting included.
    seconds: float
    #: "complete", "stopped", or the kind of failure, such as "rate_limit".
    outcome: str

    @property
    def tokens(self) -> int:
        """Tokens in both directions."""
        return self.tokens_in + self.tokens_out


class Standing(StrEnum):
    """How a workshop stands against its cap."""

    #: Under WARN_FROM of it, or there is no cap.
    FREE = "free"
    #: Most of it is used.
    WARNED = "warned"
    #: All of it is used: no model is asked any more.
    STOPPED = "stopped"


def standing(spent: int, cap: int) -> Standing:
    """
    Return how *spent* tokens stand against *cap*; a cap of 0 is none.

    >>> [standing(spent, 1000).value for spent in (799, 800, 1000)]
    ['free', 'warned', 'stopped']
    """
    if cap <= 0 or spent < WARN_FROM * cap:
        return Standing.FREE
    return Standing.STOPPED if spent >= cap else Standing.WARNED


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
