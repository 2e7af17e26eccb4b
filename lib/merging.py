"""
Two people's changes of one value, put together.

Both began with the same *base*. What only one of them changed is as that one left it, however deep
it lies: fields by name, entries of lists by place. Where both changed the same words there is no
right answer here: *theirs* stays, and `Merged.clash` says that somebody has to look.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple


class Merged(NamedTuple):
    """What both together come to."""

    value: Any
    #: Whether *mine* holds a change that is not in `value`, because theirs is there.
    clash: bool


def merge(base: Any, mine: Any, theirs: Any) -> Merged:
    """
    Return what *mine* and *theirs* come to together; none of them is changed.

    >>> merge({"a": 1, "b": 1}, {"a": 2, "b": 1}, {"a": 1, "b": 3})
    Merged(value={'a': 2, 'b': 3}, clash=False)
    >>> merge("one", "two", "three")
    Merged(value='three', clash=True)
    >>> merge(["a"], ["a", "mine"], ["a", "theirs"])
    Merged(value=['a', 'theirs', 'mine'], clash=False)
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


def _entries(base: list[Any], mine: list[Any], theirs: list[Any]) -> Merged:
    """Merge lists to which each side may have added at the end, or from which one took entries."""
    kept = len(base)
    if len(mine) >= kept and len(theirs) >= kept:
        pairs = [merge(*each) for each in zip(base, mine[:kept], theirs[:kept], strict=True)]
        added = [each for each in mine[kept:] if each not in theirs[kept:]]
        together = [*(each.value for each in pairs), *theirs[kept:], *added]
        return Merged(together, any(each.clash for each in pairs))
    for taker, other in ((mine, theirs), (theirs, mine)):
        if (taken := _taken(base, taker)) is not None and len(other) >= kept:
            return _without(base, other, taken)
    return Merged(theirs, clash=True)


def _taken(base: list[Any], taker: list[Any]) -> set[int] | None:
    """Return the places in *base* that *taker* has left out, changing nothing else; None if not."""
    taken, place = set(), 0
    for at, entry in enumerate(base):
        if place < len(taker) and taker[place] == entry:
            place += 1
        else:
            taken.add(at)
    return taken if place == len(taker) else None


def _without(base: list[Any], other: list[Any], taken: set[int]) -> Merged:
    """Return *other* without the entries one side took out, but for those it has changed."""
    # An entry that one removed and the other went on writing stays: removing it again is a click.
    changed = {at for at in taken if other[at] != base[at]}
    together = [entry for at, entry in enumerate(other) if at not in taken - changed]
    return Merged(together, clash=False)
