"""
Three-way merge of two people's changes of one value.

Both began with the same *base*. What only one of them changed is as that one left it, however deep
it lies: fields by name, entries of lists by what they hold (`lib.workshop.alignment`). Where both changed the
same words there is no right answer here: *theirs* stays, and `Merged.clash` says that somebody has
to look. One who removes an entry that the other changes has changed the same words.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from lib.workshop.alignment import key_of, matched, moved


class Merged(NamedTuple):
    """The result of a merge."""

    value: Any
    #: Whether *mine* holds a change that is not in `value`, because theirs is there.
    clash: bool


def merge(base: Any, mine: Any, theirs: Any) -> Merged:
    """
    Return *mine* and *theirs* merged; none of the three is changed.

    Takes time about linear in the number of entries of a list.

    >>> merge({"a": 1, "b": 1}, {"a": 2, "b": 1}, {"a": 1, "b": 3})
    Merged(value={'a': 2, 'b': 3}, clash=False)
    >>> merge("one", "two", "three")
    Merged(value='three', clash=True)
    >>> merge(["a", "b"], ["a", "b", "mine"], ["b", "theirs"])
    Merged(value=['b', 'theirs', 'mine'], clash=False)
    """
    if mine in (base, theirs):
        return Merged(theirs, clash=False)
    if theirs == base:
        return Merged(mine, clash=False)
    if isinstance(mine, Mapping) and isinstance(theirs, Mapping):
        return _fields(base if isinstance(base, Mapping) else {}, mine, theirs)
    if isinstance(mine, list) and isinstance(theirs, list):
        return _entries(base if isinstance(base, list) else [], mine, theirs)
    return Merged(theirs, clash=True)


_ABSENT = object()


def _fields(base: Mapping[str, Any], mine: Mapping[str, Any], theirs: Mapping[str, Any]) -> Merged:
    merged: dict[str, Any] = {}
    clash = False
    for name in [*theirs, *(name for name in mine if name not in theirs)]:
        each = merge(base.get(name, _ABSENT), mine.get(name, _ABSENT), theirs.get(name, _ABSENT))
        clash = clash or each.clash
        if each.value is not _ABSENT:
            merged[name] = each.value
    return Merged(merged, clash)


# Lists. Every entry has a number: its place in *base*, or one of its own where a side added it.


def _entries(base: list[Any], mine: list[Any], theirs: list[Any]) -> Merged:
    new = _keys(mine) & _keys(theirs) - _keys(base)
    in_mine, in_theirs = matched(base, mine, new), matched(base, theirs, new)
    merged = {
        at: merge(entry, _at(mine, in_mine.get(at)), _at(theirs, in_theirs.get(at)))
        for at, entry in enumerate(base)
    }
    values = {number: each.value for number, each in merged.items() if each.value is not _ABSENT}
    order_theirs = _numbered(in_theirs, theirs, len(base), {})
    added = {n: theirs[at] for at, n in enumerate(order_theirs) if n >= len(base)}
    order_mine = _numbered(in_mine, mine, len(base) + len(theirs), added)
    values |= added | {n: mine[at] for at, n in enumerate(order_mine) if n >= len(base)}
    order, is_contested = _ordered(order_mine, order_theirs, values, len(base))
    clash = is_contested or any(each.clash for each in merged.values())
    return Merged([values[number] for number in order], clash)


def _keys(entries: list[Any]) -> set[str]:
    return {key_of(each) for each in entries}


def _at(entries: list[Any], place: int | None) -> Any:
    return _ABSENT if place is None else entries[place]


def _numbered(
    places: Mapping[int, int], entries: list[Any], first: int, known: Mapping[int, Any]
) -> list[int]:
    """
    Return the number of each of *entries*: that in *base*, of an equal one in *known*, or a new one.

    Both may have added the same entry, or one has it from the other: it is there once.
    """
    numbers = {place: number for number, place in places.items()}
    same: defaultdict[str, deque[int]] = defaultdict(deque)
    for number, entry in known.items():
        same[key_of(entry)].append(number)
    for place, entry in enumerate(entries):
        if place not in numbers:
            equal = same[key_of(entry)] if same else None
            numbers[place] = equal.popleft() if equal else first + place
    return [numbers[place] for place in range(len(entries))]


def _ordered(
    mine: Sequence[int], theirs: Sequence[int], values: Mapping[int, Any], count: int
) -> tuple[list[int], bool]:
    """
    Return the numbers of the merged entries in order, and whether both moved one of them.

    The order is *theirs*; what I added or moved comes behind the entry it follows in *mine*, and
    behind what they added there. *count* is the length of the base.
    """
    kept = {number for number in (*mine, *theirs) if number < count and number in values}
    mine_kept, theirs_kept = ([n for n in order if n in kept] for order in (mine, theirs))
    i_moved, they_moved = moved(mine_kept), moved(theirs_kept)
    is_contested = not i_moved.isdisjoint(they_moved) and mine_kept != theirs_kept
    placed = {n for n in set(mine) - set(theirs) if n >= count} | (i_moved - they_moved)
    backbone = [n for n in theirs if n in values and n not in placed]
    they_placed = {n for n in theirs if n >= count} | they_moved
    return _woven(backbone, mine, placed, they_placed), is_contested


#: The number in front of the first entry.
_START = -1


def _woven(
    backbone: Sequence[int], mine: Iterable[int], placed: set[int], they_placed: set[int]
) -> list[int]:
    """Return *backbone* with each of *placed* behind the one it follows in *mine*."""
    chain: dict[int, int | None] = {}
    for number, following in pairwise([_START, *backbone, None]):
        assert number is not None
        chain[number] = following
    last = _START
    for number in mine:
        if number in placed:
            while (following := chain[last]) in they_placed:
                assert following is not None
                last = following
            chain[number], chain[last] = chain[last], number
            last = number
        elif number in chain:
            last = number
    result: list[int] = []
    at = chain[_START]
    while at is not None:
        result.append(at)
        at = chain[at]
    return result
