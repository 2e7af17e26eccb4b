"""
The guide port: one method between a step's conversation and whoever answers in it.

    GuideError            the guide could not answer; its text is a sentence for the team
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from lib.workshop.records import Fields, Recollection, TeamKey
from lib.workshop.status import Phase
from lib.workshop.transcript import Message


class GuideError(Exception):
    """The guide could not answer. Its text is one sentence for the team; the cause is chained."""


def _tell_nobody(seconds: float) -> None:
    """Let a wait pass without a word."""


class Memory(Protocol):
    """What is kept between two replies in a step: what its older conversation came to."""

    def recall(self) -> Recollection | None:
        """Return what was remembered last, None where that is nothing. Never raises."""
        ...

    def remember(self, recollection: Recollection) -> None:
        """Keep what the older part came to, if that can be done. Never raises."""
        ...


class NoMemory:
    """Nothing is known, and nothing is kept."""

    def recall(self) -> None:
        """Know nothing."""

    def remember(self, recollection: Recollection) -> None:
        """Keep nothing."""


@dataclass(frozen=True)
class Request:
    """
    Everything a guide may know when it answers.

    With an empty transcript the guide greets; otherwise it answers the messages since it last
    spoke. It never sees another team's words.
    """

    #: Slug of the step.
    step: str
    phase: Phase
    #: The whole conversation of this step, in order, without the reply being asked for.
    transcript: Sequence[Message]
    #: The draft as it stands, hand edits included; may be partial or empty.
    draft: Fields
    #: Confirmed artifacts of the steps this one is made from, by slug. A missing slug is a
    #: missing artifact.
    artifacts: Mapping[str, Fields] = field(default_factory=dict)
    #: The workshop's challenge in a sentence, as the facilitator put it.
    challenge: str = ""
    #: The team's name.
    team: str = ""
    #: The workshop's language, one of `lib.workshop.records.LANGUAGES`.
    language: str = "en"
    #: Whose step it is, for records alone: a model is never told.
    team_key: TeamKey | None = None
    #: Id of the message being written, for records alone.
    turn: str = ""
    #: What each of the steps this one is made from came to, from its artifact and its conversation, by slug.
    summaries: Mapping[str, str] = field(default_factory=dict)
    #: Whether the draft is to be made anew, from the whole conversation and today's artifacts.
    is_redraft: bool = False
    #: Told how many seconds the guide has to wait before it can begin, and 0 when it goes on.
    on_wait: Callable[[float], None] = field(default=_tell_nobody, compare=False, repr=False)
    #: What this conversation's older part came to, from one reply to the next.
    memory: Memory = field(default_factory=NoMemory, compare=False, repr=False)


@dataclass(frozen=True)
class Proposal:
    """What a guide proposes when its reply is whole: our code decides what becomes of it."""

    draft: Fields
    phase: Phase
    #: What the team might say next, in its own voice, as `lib.guide.suggestions` shapes it.
    suggestions: tuple[str, ...] = ()


class Guide(Protocol):
    """
    Whoever answers.

    Implementations are used from several threads at once and keep nothing between two calls but
    what they hand to a request's memory.
    """

    #: The name shown beside the guide's messages.
    name: str

    def reply(self, request: Request) -> Iterator[str | Proposal]:
        """
        Yield the reply's text in chunks as it is written, then exactly one Proposal, last.

        An empty chunk says only that the guide is still there: a chance to stop it. Closing the
        iterator ends the work.
        Raises GuideError where there is no answer, or no more of it; what was yielded stays.
        """
        ...
