"""
What people decide about the lines and offers of a reply, as operations on the draft.

    ChoiceRefused         what was pressed does not fit any more; its text is a sentence for the person

Each item of a reply has a revision that grows with each press: of two presses at once, one counts.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

from lib.workshop.ids import new_id
from lib.workshop.read_back import DoesNotFit, Operation, ReadBack, Taken, effect, reverse
from lib.workshop.records import Fields

#: The item that stands for everything a reply took.
ALL = "all"

T = TypeVar("T")

_TAKEN = "taken/"
_OFFER = "offer/"


class ChoiceRefused(Exception):
    """A press that does not fit any more. Its text is a sentence for the person who pressed."""


class How(StrEnum):
    """What was decided about an item."""

    #: Nothing, or not any more: the decision before was undone.
    OPEN = "open"
    #: The text was typed again.
    EDITED = "edited"
    #: It was put in another field.
    MOVED = "moved"
    #: It was just talk, and was taken out.
    TALK = "talk"
    #: The offer was accepted.
    ACCEPTED = "accepted"
    #: Everything the reply took was undone.
    UNDONE = "undone"


@dataclass(frozen=True)
class Choice:
    """What was last decided about an item of a reply."""

    #: Id of the reply.
    reply: str
    #: See `taken_item`, `offer_item` and ALL.
    item: str
    how: How
    #: The name of the member who pressed.
    by: str
    #: Counts the presses of this item, from 1.
    revision: int
    #: The revision of the reply that was pressed: a reply that is written again has new items.
    of: int
    #: What was done to the draft.
    operations: tuple[Operation, ...] = ()
    #: Its own id, by which a repeat after a lost answer is known.
    id: str = field(default_factory=new_id)


def taken_item(number: int) -> str:
    """Return the item of a line, by its place from 0."""
    return f"{_TAKEN}{number}"


def offer_item(number: int) -> str:
    """Return the item of an offer, by its place from 0."""
    return f"{_OFFER}{number}"


def taken_of(read_back: ReadBack, item: str) -> Taken | None:
    """Return the line an item stands for, if it does."""
    return _at(read_back.taken, item, _TAKEN)


def offered(read_back: ReadBack, item: str) -> tuple[Operation, ...] | None:
    """Return the operations of the offer an item stands for, if it does."""
    offer = _at(read_back.offers, item, _OFFER)
    return None if offer is None else offer.operations


def _at(items: Sequence[T], item: str, kind: str) -> T | None:
    # Compared as it is written: "taken/00" would be a second name, with presses of its own.
    return next((each for at, each in enumerate(items) if item == f"{kind}{at}"), None)


def reverted(
    fields: Fields, read_back: ReadBack, choices: Iterable[Choice]
) -> tuple[Fields, tuple[Operation, ...]]:
    """
    Return *fields* without what a reply took, and what was done for that.

    What was decided about a line is reverted with it. Each line is reverted by itself: one that
    something was built on stays.
    """
    settled = {each.item: each for each in choices}
    if ALL in settled and settled[ALL].how is How.UNDONE:
        return fields, ()
    lines = reversed(list(enumerate(read_back.taken)))
    return fitting(fields, [_undoing(line, settled.get(taken_item(at))) for at, line in lines])


def _undoing(line: Taken, choice: Choice | None) -> tuple[Operation, ...]:
    if choice is None or choice.how is How.OPEN:
        return reverse(line.operations)
    if choice.how is How.TALK:
        return ()
    return (*reverse(choice.operations), *reverse(line.operations))


def fitting(
    fields: Fields, parts: Iterable[Sequence[Operation]]
) -> tuple[Fields, tuple[Operation, ...]]:
    """Return *fields* after those of *parts* that fit, one after the other, and what was done."""
    done: list[Operation] = []
    for each in parts:
        try:
            fields, more = effect(fields, each)
        except DoesNotFit:
            continue
        done += more
    return fields, tuple(done)
