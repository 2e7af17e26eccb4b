"""
Short notes between a facilitator and the teams, outside of every conversation.

    NoteRefused           a note that cannot be sent; its text is a sentence for its writer

A message goes to one team or to all, and stands on a team's page until that team has closed it. A
flag goes the other way: a team is stuck, until either side closes it. Notes are never changed, and
neither they nor their closings are forgotten.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from lib.workshop import steps
from lib.workshop.transcript import clean

#: Characters of a note.
MAX_CHARACTERS = 500


class NoteRefused(Exception):
    """This note cannot be sent. Its text says why."""


class Kind(StrEnum):
    """Which way a note goes."""

    #: From the facilitator to a team, or to all.
    MESSAGE = "message"
    #: From a team to the facilitator: it is stuck.
    FLAG = "flag"


@dataclass(frozen=True)
class Note:
    """A few words, who wrote them and when."""

    id: str
    kind: Kind
    #: Whom it is for, or, a flag, whose it is; None for all teams.
    team_id: str | None
    author: str
    #: Empty for a flag without words.
    text: str
    at: datetime


@dataclass(frozen=True)
class Closing:
    """A team is done with a note: who closed it, and when."""

    team_id: str
    by: str
    at: datetime


@dataclass(frozen=True)
class NoteRecord:
    """A note and what became of it."""

    note: Note
    #: By time: of a message to all, one for each team that has closed it.
    closings: tuple[Closing, ...] = ()

    @property
    def is_raised(self) -> bool:
        """Whether this is a flag that nobody has lowered."""
        return self.note.kind is Kind.FLAG and not self.closings


def accepted(text: str) -> str:
    """
    Return what somebody typed as a note's text: one line, storable, of at most MAX_CHARACTERS.

    Raises NoteRefused.

    >>> accepted("  Five more\\nminutes ")
    'Five more minutes'
    """
    words = " ".join(clean(text).split())
    if len(words) > MAX_CHARACTERS:
        raise NoteRefused(
            f"This is {len(words) - MAX_CHARACTERS:,} characters too long; the limit is "
            f"{MAX_CHARACTERS}. Your text is still here: please shorten it."
        )
    return words


def nudge(step: str) -> str:
    """
    Return what a team is asked that should be at *step* by now.

    >>> nudge("persona")
    'Your facilitator asks you to move on to Persona Development.'
    """
    return f"Your facilitator asks you to move on to {steps.step(step).name}."


def raised(records: Sequence[NoteRecord]) -> list[Note]:
    """Return the flags nobody has lowered, in the order given."""
    return [each.note for each in records if each.is_raised]
