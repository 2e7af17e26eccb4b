"""
What changed between two drafts as lines that can be pressed, for guides that give no lines.

The operations of all lines together turn the first draft into the second.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, get_origin

from lib.workshop.alignment import matched, moved
from lib.workshop.artifacts import attribution, places
from lib.workshop.artifacts.diff import as_text, head_of, is_model
from lib.workshop.artifacts.models import MODELS
from lib.workshop.artifacts.normalise import inner_type, item_type
from lib.workshop.fields import is_blank, without_blanks
from lib.workshop.read_back import (
    Change,
    DoesNotFit,
    Operation,
    Path,
    Place,
    Taken,
    applied,
    reverse,
)
from lib.workshop.records import Fields
from lib.workshop.transcript import Message


@dataclass(frozen=True)
class _Spot:
    """A place in a draft while it is walked through."""

    path: Path = ()
    labels: tuple[str, ...] = ()
    entries: tuple[Fields, ...] = ()

    def at(self, name: str, label: str) -> "_Spot":
        return replace(self, path=(*self.path, name), labels=(*self.labels, label))

    def operation(self, before: Any, after: Any) -> Operation:
        """Return what turns *before* into *after* here."""
        if is_blank(before):
            return Operation(Change.ADD, self.path, after, entries=self.entries)
        change = Change.REMOVE if is_blank(after) else Change.SET
        value = None if is_blank(after) else after
        return Operation(change, self.path, value, before, self.entries)


@dataclass(frozen=True)
class _Line:
    spot: _Spot
    kind: Any
    #: What it is about: what is there now, or what was removed.
    value: Any
    operations: tuple[Operation, ...]


def between(
    step: str, before: Fields, after: Fields, messages: Sequence[Message] = ()
) -> tuple[Taken, ...]:
    """
    Return a line for each entry and field of *after* that *before* has not, or has otherwise.

    *messages* are those the change answers; each line names the one that has most of its words.
    Fields the model does not know are left out.

    >>> [line] = between("sense-making", {"pains": ["cold"]}, {"pains": ["cold", "late buses"]})
    >>> line.place.label, line.text, line.operations[0].path
    ('Pains', 'late buses', ('pains', 1))
    """
    return tuple(
        _taken(step, line, after, messages)
        for name, info in MODELS[step].model_fields.items()
        for line in _in_top(name, inner_type(info), info.title or name, before, after)
    )


def _taken(step: str, line: _Line, after: Fields, messages: Sequence[Message]) -> Taken:
    text = _words(line.kind, line.value)
    source = attribution.source(line.value, messages)
    place = Place(line.spot.path, " › ".join(line.spot.labels))
    is_added = len(line.operations) == 1 and line.operations[0].change is Change.ADD
    others = places.elsewhere(step, line.operations[0], after) if is_added else ()
    return Taken(source.message, source.author, text, place, line.operations, others)


def _words(kind: Any, value: Any) -> str:
    """Return *value* to read; an entry begins with its name."""
    if not (is_model(kind) and isinstance(value, dict) and not is_blank(value.get(head_of(kind)))):
        return as_text(kind, value)
    head = head_of(kind)
    rest = {name: each for name, each in value.items() if name != head and each is not False}
    return "; ".join(filter(None, [str(value[head]), as_text(kind, rest)]))


def _in_top(name: str, kind: Any, title: str, before: Fields, after: Fields) -> Iterator[_Line]:
    """Yield the lines of a field, or one line for all of it if they would not make it."""
    spot = _Spot().at(name, title)
    old, new = before.get(name), after.get(name)
    if without_blanks({name: old}) == without_blanks({name: new}):
        return
    lines = list(_in_value(kind, old, new, spot))
    changes = [each for line in lines for each in line.operations]
    is_whole = _leads(name, old, new, changes) and _leads(name, new, old, reverse(changes))
    yield from lines if is_whole else [_whole(kind, old, new, spot)]


def _leads(name: str, before: Any, after: Any, changes: Sequence[Operation]) -> bool:
    """Whether *changes* make *after* of *before*: entries that are equal can stand in the way."""
    fields = {} if is_blank(before) else {name: before}
    try:
        return bool(without_blanks(applied(fields, changes)) == without_blanks({name: after}))
    except DoesNotFit:
        return False


def _whole(kind: Any, before: Any, after: Any, spot: _Spot) -> _Line:
    value = before if is_blank(after) else after
    return _Line(spot, kind, value, (spot.operation(before, after),))


def _in_value(kind: Any, before: Any, after: Any, spot: _Spot) -> Iterator[_Line]:
    if before == after or (is_blank(before) and is_blank(after)):
        return
    if get_origin(kind) is list and all(isinstance(each or [], list) for each in (before, after)):
        yield from _in_list(item_type(kind), before or [], after or [], spot)
    elif is_model(kind) and isinstance(after, dict) and isinstance(before or {}, dict):
        yield from _in_model(kind, before or {}, after, spot)
    else:
        yield _whole(kind, before, after, spot)


def _in_model(kind: Any, before: Fields, after: Fields, spot: _Spot) -> Iterator[_Line]:
    for name, info in kind.model_fields.items():
        inside = spot.at(name, info.title or name)
        yield from _in_value(inner_type(info), before.get(name), after.get(name), inside)


def _in_list(kind: Any, before: list[Any], after: list[Any], spot: _Spot) -> Iterator[_Line]:
    """Yield the lines of a list in the order their operations must be applied."""
    pairs = matched(before, after)
    for at in reversed(range(len(before))):
        if at not in pairs:
            yield _entry(kind, before[at], None, spot, at)
    order = sorted(pairs, key=lambda at: pairs[at])
    if order != sorted(order):
        yield _reordered(kind, before, order, spot)
    for at in range(len(after)):
        if at not in pairs.values():
            yield _entry(kind, None, after[at], spot, at)
    for at in order:
        yield from _in_pair(kind, before, after, (at, pairs[at]), spot)


def _in_pair(
    kind: Any, before: list[Any], after: list[Any], at: tuple[int, int], spot: _Spot
) -> Iterator[_Line]:
    """Yield what changed in an entry; the whole entry where nothing would find it again."""
    old, new = before[at[0]], after[at[1]]
    if _is_known(kind, before, after, at):
        yield from _in_entry(kind, old, new, spot, at[1])
    elif old != new:
        yield _entry(kind, old, new, spot, at[1])


def _entry(kind: Any, before: Any, after: Any, spot: _Spot, at: int) -> _Line:
    place = replace(spot, path=(*spot.path, at))
    line = _whole(kind, before, after, place)
    # The entry's place is in its operations; the line's is the list.
    return replace(line, spot=spot)


def _reordered(kind: Any, before: list[Any], order: list[int], spot: _Spot) -> _Line:
    """Return the line that brings entries in *order*: each that moved is taken out and put in."""
    changes: list[Operation] = []
    left, out = sorted(order), moved(order)
    for at in filter(out.__contains__, order):
        path = (*spot.path, left.index(at))
        changes.append(Operation(Change.REMOVE, path, was=before[at], entries=spot.entries))
        left.remove(at)
    for place, at in enumerate(order):
        if at in out:
            path = (*spot.path, place)
            changes.append(Operation(Change.ADD, path, before[at], entries=spot.entries))
    text = "; ".join(_words(kind, before[at]).split("; ")[0] for at in order)
    return _Line(replace(spot, labels=(*spot.labels, "Order")), str, text, tuple(changes))


def _in_entry(kind: Any, before: Fields, after: Fields, spot: _Spot, at: int) -> Iterator[_Line]:
    head = head_of(kind)
    inside = replace(
        spot,
        path=(*spot.path, at),
        labels=(*spot.labels, str(after[head])),
        entries=(*spot.entries, {head: after[head]}),
    )
    yield from _in_model(kind, before, after, inside)


def _is_known(kind: Any, before: list[Any], after: list[Any], at: tuple[int, int]) -> bool:
    """Whether an entry can be found by its name: it has kept it, and no other entry has it."""
    if not (is_model(kind) and all(isinstance(each, dict) for each in (*before, *after))):
        return False
    head, old, new = head_of(kind), before[at[0]], after[at[1]]
    name = new.get(head)
    is_same = not is_blank(name) and old.get(head) == name
    return is_same and all(
        [each.get(head) for each in listed].count(name) == 1 for listed in (before, after)
    )
