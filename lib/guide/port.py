"""
The guide port: one method, from a step's conversation to a reply.

    GuideError            the guide could not answer; its text is a sentence for the team
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from lib.workshop.read_back import ReadBack
from lib.workshop.records import Fields, Recollection, TeamKey
from lib.workshop.status import Phase
from lib.workshop.transcript import Message


class GuideError(Exception):
    """The guide could not answer. Its text is one sentence for the team; the cause is chained."""


def _ignore(seconds: float) -> None:
    """Report no wait."""


class Memory(Protocol):
    """Keeps the summary of a step's older conversation between two replies."""

    def recall(self) -> Recollection | None:
        """Return the last summary, or None. Never raises."""
        ...

    def remember(self, recollection: Recollection) -> None:
        """Store a summary if possible. Never raises."""
        ...


class NoMemory:
    """A memory that keeps nothing."""

    def recall(self) -> None:
        """Return None."""

    def remember(self, recollection: Recollection) -> None:
        """Do nothing."""


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
    #: Whose step it is. For usage records only; never sent to a model.
    team_key: TeamKey | None = None
    #: Id of the message being written. For usage records only.
    turn: str = ""
    #: Summaries of the upstream steps, from artifact and conversation, by slug.
    summaries: Mapping[str, str] = field(default_factory=dict)
    #: Whether to draft the step again, from the whole conversation and the current artifacts.
    is_redraft: bool = False
    #: Called with the seconds the guide waits before it begins, and with 0 when it continues.
    on_wait: Callable[[float], None] = field(default=_ignore, compare=False, repr=False)
    #: The summary of this conversation's older part.
    memory: Memory = field(default_factory=NoMemory, compare=False, repr=False)


@dataclass(frozen=True)
class Proposal:
    """What a guide proposes with a complete reply; our code decides what to accept."""

    draft: Fields
    phase: Phase
    #: What the team might say next, in its own voice, as `lib.guide.suggestions` shapes it.
    suggestions: tuple[str, ...] = ()
    #: What the reply took and what it offers, as it is stored with it.
    read_back: ReadBack = field(default_factory=ReadBack)


class Guide(Protocol):
    """
    Answers in a step's conversation.

    Thread-safe. Keeps no state between calls except in a request's memory.
    """

    #: The name shown beside the guide's messages.
    name: str

    def reply(self, request: Request) -> Iterator[str | Proposal]:
        """
        Yield the reply's text in chunks as it is written, then exactly one Proposal, last.

        An empty chunk is a sign of life, and a chance to stop the guide. Closing the iterator ends the
        work. Raises GuideError if the guide fails; what was yielded stays.
        """
        ...
