"""What asking a model costs: one request and what came of it, and how a workshop stands with them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from lib.workshop.ids import new_id
from lib.workshop.records import TeamKey

#: Share of a cap from which it is warned about.
WARN_FROM = 0.8

#: Outcomes that are no failure: the answer came to its end, or somebody pressed Stop.
FINE = ("complete", "stopped")


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
    id: str = field(default_factory=new_id)

    @property
    def tokens(self) -> int:
        """Tokens in both directions."""
        return self.tokens_in + self.tokens_out


@dataclass(frozen=True)
class TeamUsage:
    """What all calls of one team come to."""

    team_id: str
    calls: int
    tokens_in: int
    tokens_out: int
    #: Of the calls, how many came to no whole answer, though nobody stopped them.
    failures: int

    @property
    def tokens(self) -> int:
        """Tokens in both directions."""
        return self.tokens_in + self.tokens_out


class Allowance(StrEnum):
    """How a workshop stands with its cap."""

    #: Under WARN_FROM of it, or there is no cap.
    FREE = "free"
    #: Most of it is used.
    WARNED = "warned"
    #: All of it is used: no model is asked any more.
    STOPPED = "stopped"


def allowance(spent: int, cap: int) -> Allowance:
    """
    Return how *spent* tokens stand with *cap*; a cap of 0 is none.

    >>> [allowance(spent, 1000).value for spent in (799, 800, 1000)]
    ['free', 'warned', 'stopped']
    """
    if cap <= 0 or spent < WARN_FROM * cap:
        return Allowance.FREE
    return Allowance.STOPPED if spent >= cap else Allowance.WARNED


def total(usage: Iterable[TeamUsage]) -> int:
    """Return the tokens of all teams together."""
    return sum(each.tokens for each in usage)
