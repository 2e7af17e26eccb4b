"""
Which earlier drafts of a step are kept, so that nobody can lose what a team has written.

A save that only adds costs nothing: all that was there before is still there. A save that takes
something out first keeps the draft as it was, in the same transaction. What is kept is bounded: see
`to_drop`. Pure; the stores call it.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from lib.workshop.alignment import matched
from lib.workshop.records import Fields

#: Earlier drafts that are kept of a step, and the characters of JSON they may have together.
MAX_KEPT = 100
MAX_CHARACTERS = 4 * 1024 * 1024

#: The newest of them, which stay whenever they were kept, unless they are too long.
NEWEST = 30


class Kept(NamedTuple):
    """An earlier draft, as far as it matters for which of them are kept."""

    epoch: int
    revision: int
    at: datetime
    #: Characters of JSON.
    size: int


def takes_out(before: Fields, after: Fields) -> bool:
    """
    Whether something that is in *before* is not in *after*: a text, an entry or a choice.

    A text that was only added to, in one place, is still there; so is an entry that was moved.

    >>> takes_out({"pains": ["late", "cold"]}, {"pains": ["cold", "too late", "late"]})
    False
    >>> takes_out({"pains": ["late", "cold"]}, {"pains": ["cold"]})
    True
    """
    return next(taken_out(before, after), None) is not None


def taken_out(before: Fields, after: Fields) -> Iterator[tuple[str, Any]]:
    """
    Yield each value of *before* that is not in *after*, with the top-level field it was in.

    >>> list(taken_out({"pains": ["late", "cold"], "gains": ["ease"]}, {"pains": ["cold"]}))
    [('pains', 'late'), ('gains', ['ease'])]
    """
    for name, value in before.items():
        for each in _taken_out(value, after.get(name)):
            yield name, each


def _taken_out(before: Any, after: Any) -> Iterator[Any]:
    if before == after or before is None or before is False:
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name, value in before.items():
            yield from _taken_out(value, after.get(name))
    elif isinstance(before, list) and isinstance(after, list):
        places = matched(before, after)
        for at, entry in enumerate(before):
            yield from _taken_out(entry, after[places[at]] if at in places else None)
    elif not (isinstance(before, str) and isinstance(after, str) and _is_added_to(before, after)):
        yield before


def _is_added_to(before: str, after: str) -> bool:
    """Whether *after* is *before* with something more at one place."""
    most = min(len(before), len(after))
    head = next((at for at in range(most) if before[at] != after[at]), most)
    return head == len(before) or after.endswith(before[head:])


def to_drop(kept: Sequence[Kept]) -> list[Kept]:
    """
    Return which of the *kept* drafts of a step, oldest first, are not kept any more.

    Of more than MAX_KEPT, or more than MAX_CHARACTERS, those go that were followed by another one
    soonest. The oldest and the NEWEST stay; only where these alone are too long the oldest of them
    goes. So somebody who changes a draft a hundred times in a minute crowds out their own.
    """
    left, dropped = list(kept), []
    size = sum(each.size for each in left)
    while len(left) > 1 and (len(left) > MAX_KEPT or size > MAX_CHARACTERS):
        pauses = {at: left[at + 1].at - left[at].at for at in range(1, len(left) - NEWEST)}
        first = min(pauses, key=lambda at: pauses[at], default=0)
        size -= left[first].size
        dropped.append(left.pop(first))
    return dropped
