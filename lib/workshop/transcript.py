"""
A step's conversation: messages, their order, and the text that may stand in them.

A message is an immutable value. Every change of it carries a higher revision; the store keeps the
newest. Order is the position alone, never a time.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from lib.workshop.read_back import ReadBack

#: Longest message a person may send, in characters. A pasted interview of a full working day
#: (8 h at 150 words a minute) stays under half of it.
MAX_CHARACTERS = 2_000_000

#: Characters of a member's name.
MAX_NAME = 60

#: Revisions an attempt at a reply may have. A chunk is at least a character, a reply is shorter.
ATTEMPT = 1 << 32


def next_attempt(revision: int) -> int:
    """
    Return the first revision of the attempt after the one *revision* belongs to.

    Whatever the earlier attempt's writer still saves is older than that: newer wins.

    >>> next_attempt(1) == next_attempt(812) == ATTEMPT
    True
    """
    return (revision // ATTEMPT + 1) * ATTEMPT


class Role(StrEnum):
    """Who speaks."""

    #: Somebody in the team.
    USER = "user"
    #: The guide.
    ASSISTANT = "assistant"


class MessageStatus(StrEnum):
    """How far a message has come."""

    #: Being written; what is stored may lag behind what is on screen.
    STREAMING = "streaming"
    #: Whole. A complete message never changes again.
    COMPLETE = "complete"
    #: Stopped, or its writer died: Retry goes on with the same turn.
    INTERRUPTED = "interrupted"
    #: The guide failed: Retry goes on with the same turn.
    ERROR = "error"


@dataclass(frozen=True)
class Message:
    """
    One entry of a transcript.

    `position` counts from 1 within a step and is given by the store; 0 means not yet placed.
    `author` is a name to show, never an identity. `revision` counts from 1.
    """

    id: str
    role: Role
    author: str
    text: str
    created_at: datetime
    status: MessageStatus = MessageStatus.COMPLETE
    revision: int = 1
    position: int = 0
    #: What the team might say next, as the guide proposed it with a whole reply.
    suggestions: tuple[str, ...] = ()
    #: Which era of the step's transcript it belongs to: a reset begins another.
    era: int = 0
    #: Whether it reads as interrupted because its writer's lease ran out: nobody has stopped it.
    lapsed: bool = field(default=False, compare=False)
    #: Whether this reply drafts its step anew: what it proposes is set beside the draft.
    anew: bool = False
    #: What a whole reply took and offers, in a form that can be pressed.
    read_back: ReadBack | None = field(default=None, compare=False)

    def revised(
        self, text: str, status: MessageStatus, suggestions: tuple[str, ...] = ()
    ) -> "Message":
        """Return this message one revision on."""
        revision = self.revision + 1
        return replace(
            self,
            text=text,
            status=status,
            revision=revision,
            suggestions=suggestions,
            lapsed=False,
        )


class TextRefused(ValueError):
    """A text that cannot be sent; its message is a sentence for the person who typed it."""


def clean(text: str) -> str:
    """
    Return *text* without what no database can hold: NUL, and surrogates without a partner.

    Both really arrive from browsers. Surrogates that do make a pair become the character they
    stand for; everything else is kept to the letter.

    >>> clean("a\\x00b\\ud83d\\ude00\\udc00")
    'ab😀'
    """
    text = text.replace("\x00", "")
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "ignore")


def as_name(text: str) -> str:
    """Return what somebody gave as their name, as it is shown: one line of at most MAX_NAME."""
    return " ".join(clean(text).split())[:MAX_NAME].strip()


def accept(text: str) -> str:
    """
    Return the text of a message a person sends, cleaned.

    Raises TextRefused, with a sentence, for a text with nothing in it or one that is longer than
    MAX_CHARACTERS.
    """
    cleaned = clean(text)
    if not cleaned.strip():
        raise TextRefused("The message is empty, so nothing was sent.")
    if len(cleaned) > MAX_CHARACTERS:
        raise TextRefused(
            f"This message has {len(cleaned):,} characters; the limit is {MAX_CHARACTERS:,}. "
            "Your text is still in the box: please send it in parts."
        )
    return cleaned


def ordered(messages: Iterable[Message]) -> list[Message]:
    """Return *messages* in the order people read them."""
    return sorted(messages, key=lambda message: message.position)


def unanswered(messages: Sequence[Message]) -> list[Message]:
    """
    Return the questions since the guide last spoke, oldest first.

    A reply that was interrupted has spoken: its turn is gone on with by Retry, not by a new one.
    """
    found: list[Message] = []
    for message in reversed(messages):
        if message.role is Role.ASSISTANT:
            break
        found.append(message)
    return found[::-1]
