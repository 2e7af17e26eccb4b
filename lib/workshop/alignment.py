"""
Which entry of a list became which: equal ones first, as a diff does, then those that were changed.

Entries have no ids. An entry is recognised by what it holds; a record also by its first field, its
name, and by how much of the rest it shares.
"""

import json
from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

#: From which likeness on an entry counts as a changed one rather than as another.
ALIKE = 0.5

#: From which likeness on two names are one that somebody went on writing.
SAME_NAME = 0.8

#: Characters from which on a text is no coincidence.
TELLING = 16

#: How many pairs of entries are compared with each other, so that long lists take no long time.
MAX_COMPARED = 64

#: Characters of a text that are compared.
_COMPARED = 80


def matched(base: Sequence[Any], side: Sequence[Any], new: Collection[str] = ()) -> dict[int, int]:
    """
    Return for each place in *base* the place in *side* where its entry is now, if it is there.

    *new* are the keys of entries that are known to be no changed ones.

    >>> matched(["Kurt", "Mara", "Press"], ["New", "Kurt", "Press office"])
    {0: 1, 2: 2}
    """
    keys = [key_of(each) for each in side]
    found = _equal([key_of(each) for each in base], keys)
    pairing = _Pairing(base, side, found, {at for at, key in enumerate(keys) if key in new})
    if pairing.is_open:
        pairing.by_name()
        pairing.by_gap()
        pairing.by_likeness()
        pairing.by_place()
    return dict(sorted(found.items()))


def key_of(entry: Any) -> str:
    """Return the same text for equal entries, whatever they are."""
    return entry if isinstance(entry, str) else "\0" + json.dumps(entry, sort_keys=True)


def moved(order: Sequence[int]) -> set[int]:
    """
    Return the numbers that are out of order: the fewest without which the rest is ascending.

    >>> moved([1, 2, 0, 3])
    {0}
    """
    ends: list[int] = []
    before: dict[int, int | None] = {}
    for number in order:
        at = bisect_left(ends, number)
        before[number] = ends[at - 1] if at else None
        ends[at : at + 1] = [number]
    stay: set[int] = set()
    last = ends[-1] if ends else None
    while last is not None:
        stay.add(last)
        last = before[last]
    return set(order) - stay


def _equal(base: Sequence[Hashable], side: Sequence[Hashable]) -> dict[int, int]:
    """Return which entries are equal: from both ends inwards, then wherever they are, in order."""
    shorter = min(len(base), len(side))
    head = next((at for at in range(shorter) if base[at] != side[at]), shorter)
    left = range(shorter - head)
    tail = next((at for at in left if base[-1 - at] != side[-1 - at]), len(left))
    found = {at: at for at in range(head)}
    found |= {len(base) - at: len(side) - at for at in range(1, tail + 1)}
    places: defaultdict[Hashable, deque[int]] = defaultdict(deque)
    for at in range(head, len(side) - tail):
        places[side[at]].append(at)
    for at in range(head, len(base) - tail):
        if base[at] in places and places[base[at]]:
            found[at] = places[base[at]].popleft()
    return found


class _Pairing:
    """The entries that are not found yet; each method finds some of them."""

    def __init__(
        self, base: Sequence[Any], side: Sequence[Any], found: dict[int, int], new: set[int]
    ) -> None:
        self._base, self._side, self._found, self._new = base, side, found, new

    @property
    def is_open(self) -> bool:
        """Whether entries of both are left."""
        return len(self._found) < min(len(self._base), len(self._side) - len(self._new))

    def by_name(self) -> None:
        """Records of the same name belong together; of several, those that share most."""
        olds, news = self._left()
        names = {at: _name(self._base[at]) for at in olds}
        new_names = {at: _name(self._side[at]) for at in news}
        self._alike_within(
            _grouped([at for at in olds if names[at]], names),
            _grouped([at for at in news if new_names[at]], new_names),
        )

    def by_gap(self) -> None:
        """Entries that are alike and stand between the same others belong together."""
        self._alike_within(*self._gaps())

    def by_likeness(self) -> None:
        """Entries that are alike belong together, wherever they are; texts if one goes on the other."""
        olds, news = self._left()
        self._most_alike(olds, news, _likeness_elsewhere)

    def by_place(self) -> None:
        """
        As many texts that stand between the same others belong together, in order.

        A text is one thing: taking it for another's successor mixes nothing up.
        """
        olds, news = self._gaps()
        for gap, places in olds.items():
            others = news.get(gap, [])
            entries = [*(self._base[at] for at in places), *(self._side[at] for at in others)]
            if len(places) == len(others) and all(isinstance(each, str) for each in entries):
                self._found |= dict(zip(places, others, strict=True))

    def _left(self) -> tuple[list[int], list[int]]:
        taken = self._new | set(self._found.values())
        return (
            [at for at in range(len(self._base)) if at not in self._found],
            [at for at in range(len(self._side)) if at not in taken],
        )

    def _gaps(self) -> tuple[dict[Hashable, list[int]], dict[Hashable, list[int]]]:
        """Return what is left of both, by the entry it stands behind."""
        olds, news = self._left()
        return (
            _grouped(olds, _behind(len(self._base), {at: at for at in self._found})),
            _grouped(news, _behind(len(self._side), {b: a for a, b in self._found.items()})),
        )

    def _alike_within(
        self, olds: Mapping[Hashable, list[int]], news: Mapping[Hashable, list[int]]
    ) -> None:
        for group, places in olds.items():
            others = news.get(group, [])
            if len(places) == len(others):
                pairs = list(zip(places, others, strict=True))
                self._found |= {old: new for old, new in pairs if self._likeness(old, new) >= ALIKE}
                pairs = [(old, new) for old, new in pairs if old not in self._found]
                places, others = [old for old, _ in pairs], [new for _, new in pairs]  # noqa: PLW2901
            self._most_alike(places, others, likeness)

    def _likeness(self, old: int, new: int) -> float:
        return likeness(self._base[old], self._side[new])

    def _most_alike(
        self, olds: Sequence[int], news: Sequence[int], compare: Callable[[Any, Any], float]
    ) -> None:
        """Find the most alike first, and of those equally alike the first."""
        if len(olds) * len(news) > MAX_COMPARED:
            return
        compared = ((compare(self._base[o], self._side[n]), o, n) for o in olds for n in news)
        taken: set[int] = set()
        for score, old, new in sorted(compared, key=lambda each: (-each[0], each[1], each[2])):
            if score >= ALIKE and old not in self._found and new not in taken:
                self._found[old] = new
                taken.add(new)


def _likeness_elsewhere(one: Any, other: Any) -> float:
    if isinstance(one, str) and isinstance(other, str):
        return float(_goes_on(one, other))
    return likeness(one, other)


def likeness(one: Any, other: Any) -> float:
    """
    Return how alike two entries are, from 0 to 1: texts by their letters, records by their names.

    Two records that differ in name are one only where the names look like one name that somebody
    went on writing, or where they share long texts. Otherwise what was typed for one person could
    end up at another, because both are "core" and "high".
    """
    if isinstance(one, str) and isinstance(other, str):
        return _likeness_of_texts(one, other)
    if not (isinstance(one, Mapping) and isinstance(other, Mapping)):
        return float(bool(one == other))
    if (name := _name(one)) is not None and name == _name(other):
        return ALIKE + (1 - ALIKE) * _share(one, other, lambda _: True)
    names = _first(one), _first(other)
    if all(isinstance(each, str) for each in names) and _likeness_of_texts(*names) >= SAME_NAME:
        return ALIKE
    return _share(one, other, _is_telling)


def _share(
    one: Mapping[str, Any], other: Mapping[str, Any], counts: Callable[[Any], bool]
) -> float:
    """Return which part of the fields that count in either is the same in both."""
    names = {name for each in (one, other) for name, value in each.items() if counts(value)}
    same = [name for name in names if one.get(name) == other.get(name)]
    return len(same) / max(1, len(names))


def _is_telling(value: Any) -> bool:
    return len(value) >= TELLING if isinstance(value, str) else isinstance(value, list | Mapping)


def _likeness_of_texts(one: str, other: str) -> float:
    if _goes_on(one, other):
        return 1.0
    compared = SequenceMatcher(None, one[:_COMPARED], other[:_COMPARED], autojunk=False)
    return float(compared.ratio())


def _goes_on(one: str, other: str) -> bool:
    """Whether one of two texts begins with the other."""
    return bool(one and other) and (one.startswith(other) or other.startswith(one))


def _first(entry: Mapping[str, Any]) -> Any:
    return next(iter(entry.values()), None)


def _name(entry: Any) -> Hashable:
    """Return what a record is called: its first field, if that is a text; None for what has no name."""
    if not isinstance(entry, Mapping) or not isinstance(_first(entry), str):
        return None
    return next(iter(entry)), str(_first(entry)).casefold()


def _behind(count: int, numbers: Mapping[int, int]) -> dict[int, Hashable]:
    """Return for each place which of the numbered entries stands before it; -1 for none."""
    behind: dict[int, Hashable] = {}
    last = -1
    for at in range(count):
        behind[at] = last
        last = numbers.get(at, last)
    return behind


def _grouped(places: Iterable[int], groups: Mapping[int, Hashable]) -> dict[Hashable, list[int]]:
    grouped: defaultdict[Hashable, list[int]] = defaultdict(list)
    for at in places:
        grouped[groups[at]].append(at)
    return dict(grouped)
