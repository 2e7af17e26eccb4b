"""
What a guide took from a team's messages, and what it proposes: stored with its reply.

Each line that was taken can be undone, moved or edited. What would remove or replace something is an
offer: it changes nothing until somebody in the team accepts it. Both are lists of operations, so that
any server can apply them to the draft as it is by then.
"""

from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from itertools import pairwise
from typing import Any

from lib.workshop.fields import is_blank
from lib.workshop.records import Fields

#: Where a value stands in a draft: field names, and places of entries in lists, from 0.
Path = tuple[str | int, ...]


class Change(StrEnum):
    """What an operation does."""

    #: Fill an empty field; or, where the path ends with a place, put an entry into a list, which may
    #: not exist yet. An equal entry is not added twice.
    ADD = "add"
    #: Replace the value at the path.
    SET = "set"
    #: Take the value at the path out.
    REMOVE = "remove"


class DoesNotFit(ValueError):
    """The draft no longer holds what an operation was made for."""


@dataclass(frozen=True)
class Operation:
    """One change of a draft."""

    change: Change
    path: Path
    #: What is added or set.
    value: Any = None
    #: For SET and REMOVE: what stands there. An entry of a list is found by it if it has moved.
    was: Any = None
    #: For a path through entries of lists: some fields of each, by which it is found if it has moved.
    entries: tuple[Fields, ...] = ()


@dataclass(frozen=True)
class Place:
    """A field something can be put in."""

    path: Path
    #: The field's title, as the form shows it.
    label: str


@dataclass(frozen=True)
class Taken:
    """One line of what was understood: words of one message, and where they went."""

    #: Id of the team's message it came from.
    message: str
    #: The name of the member who wrote that.
    author: str
    #: What was put into the draft, in words.
    text: str
    place: Place
    #: What put it there; has been applied.
    operations: tuple[Operation, ...]
    #: Where else it could go.
    elsewhere: tuple[Place, ...] = ()


@dataclass(frozen=True)
class Offer:
    """A change the guide proposes; nothing happens until somebody accepts it."""

    #: The button, such as "Remove the nurse" or "Put it under Pains".
    label: str
    #: What would change, in a sentence.
    detail: str
    #: Empty for an offer that changes nothing, such as "It was just talk".
    operations: tuple[Operation, ...] = ()


@dataclass(frozen=True)
class Asked:
    """The question a reply ends with: its id in the step's script, what about, which follow-up."""

    id: str
    topic: str = ""
    follow: str = ""


@dataclass(frozen=True)
class Card:
    """The part of the step's form that a question shows in the conversation."""

    #: Top-level fields of the artifact.
    fields: tuple[str, ...]
    #: The entry it is about, by its place in the field, or None for the whole field.
    entry: int | None = None
    #: Names inside each entry that are shown; empty for all.
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReadBack:
    """Everything a reply says about the draft in a form that can be pressed."""

    taken: tuple[Taken, ...] = ()
    offers: tuple[Offer, ...] = ()
    asked: Asked | None = None
    card: Card | None = None


def applied(fields: Fields, operations: Iterable[Operation]) -> Fields:
    """
    Return *fields* after all *operations*. Raises DoesNotFit, for all of them, if one does not fit.

    >>> pains = {"pains": ["late", "cold"]}
    >>> applied(pains, [Operation(Change.REMOVE, ("pains", 0), was="cold")])
    {'pains': ['late']}
    >>> applied(pains, [Operation(Change.ADD, ("pains", 2), "loud")])
    {'pains': ['late', 'cold', 'loud']}
    """
    return effect(fields, operations)[0]


def effect(fields: Fields, operations: Iterable[Operation]) -> tuple[Fields, tuple[Operation, ...]]:
    """
    Return *fields* after all *operations*, and what was done, which `reverse` reverts exactly.

    What was done has the places where things really stood, and nothing that was there already.
    Raises DoesNotFit, for all of them, if one does not fit.
    """
    given = tuple(operations)
    # Only what is changed is copied: a draft may hold hundreds of entries.
    touched = {str(operation.path[0]) for operation in given} & fields.keys()
    result = fields | {name: deepcopy(fields[name]) for name in touched}
    done = [each for operation in given for each in _apply(result, operation)]
    return {name: value for name, value in result.items() if not is_blank(value)}, tuple(done)


def stands(fields: Fields, operations: Iterable[Operation]) -> bool:
    """
    Whether *fields* are as *operations* left them, so that they can be reverted.

    >>> add = Operation(Change.ADD, ("pains", 0), "late")
    >>> stands({"pains": ["cold", "late"]}, [add]), stands({"pains": ["later"]}, [add])
    (True, False)
    """
    back = reverse(operations)
    try:
        if len(back) == 1 and back[0].change is not Change.ADD:
            # As most lines are: nothing is copied to look at it.
            _found(_holder(fields, back[0])[0], back[0].path[-1], back[0].was)
            return True
        return bool(effect(fields, back)[1])
    except DoesNotFit:
        return False


def _apply(fields: Fields, operation: Operation) -> Iterator[Operation]:
    """Apply an operation; yield it with the place it was applied at, unless it changed nothing."""
    holder, path = _holder(fields, operation)
    last = operation.path[-1]
    if operation.change is Change.ADD:
        at = _add(holder, last, deepcopy(operation.value))
    else:
        at = _found(holder, last, operation.was)
    if at is None:
        return
    if operation.change is Change.SET:
        holder[at] = deepcopy(operation.value)
    elif operation.change is Change.REMOVE:
        del holder[at]
        _prune(fields, path)
    yield replace(operation, path=(*path, at))


def _prune(fields: Fields, path: Path) -> None:
    """Remove the list or group at *path* from the group it is in, if nothing is left in it."""
    if not path or not isinstance(path[-1], str):
        return
    holder: Any = fields
    for part in path[:-1]:
        holder = holder[part]
    if holder[path[-1]] in ([], {}):
        del holder[path[-1]]
        _prune(fields, path[:-1])


def _holder(fields: Fields, operation: Operation) -> tuple[Any, Path]:
    """Return the dict or list the last part of a path stands in, and where; ADD makes it."""
    holder: Any = fields
    known = iter(operation.entries)
    path: Path = ()
    for step, following in pairwise(operation.path):
        part = _entry(holder, step, next(known, None)) if isinstance(step, int) else step
        path = (*path, part)
        if operation.change is Change.ADD and isinstance(holder, dict) and part not in holder:
            holder[part] = [] if isinstance(following, int) else {}
        try:
            holder = holder[part]
        except (KeyError, IndexError, TypeError) as exc:
            raise DoesNotFit(f"Nothing stands at {operation.path}.") from exc
    return holder, path


def _entry(holder: Any, place: int, known: Fields | None) -> int:
    """Return the place of the entry that has the fields *known*: *place*, or elsewhere."""
    if not known or not isinstance(holder, list):
        return place
    found = [at for at, each in enumerate(holder) if _has(each, known)]
    if place in found:
        return place
    if len(found) != 1:
        raise DoesNotFit(f"{', '.join(map(str, known.values()))} is not there, or not only once.")
    return found[0]


def _has(entry: Any, known: Fields) -> bool:
    return isinstance(entry, dict) and all(entry.get(name) == each for name, each in known.items())


def reverse(operations: Iterable[Operation]) -> tuple[Operation, ...]:
    """
    Return the operations that revert *operations*, the last one first.

    >>> reverse([Operation(Change.ADD, ("pains", 0), "late")])[0].change.value
    'remove'
    """
    opposite = {Change.ADD: Change.REMOVE, Change.SET: Change.SET, Change.REMOVE: Change.ADD}
    return tuple(
        Operation(opposite[each.change], each.path, each.was, each.value, each.entries)
        for each in reversed(tuple(operations))
    )


def _add(holder: Any, last: str | int, value: Any) -> str | int | None:
    """Add *value*; return where, or None if it is there already."""
    if isinstance(holder, list) and isinstance(last, int):
        if value in holder:
            return None
        holder.insert(last, value)
        return min(last, len(holder) - 1)
    if not isinstance(holder, dict) or holder.get(last) not in (value, None, "", [], {}):
        raise DoesNotFit(f"{last} is filled by now.")
    is_new = holder.get(last) != value
    holder[last] = value
    return last if is_new else None


def _found(holder: Any, last: str | int, was: Any) -> Any:
    """Return where *was* stands: at *last*, or elsewhere in the list if it moved."""
    if isinstance(holder, list):
        at_place = isinstance(last, int) and last < len(holder) and holder[last] == was
        if at_place:
            return last
        if holder.count(was) == 1:
            return holder.index(was)
    elif isinstance(holder, dict) and last in holder and holder[last] == was:
        return last
    raise DoesNotFit("The draft has changed there.")


def as_json(read_back: ReadBack) -> dict[str, Any]:
    """Return *read_back* as plain data; `from_json` reads it."""
    return asdict(read_back)


def from_json(data: Mapping[str, Any]) -> ReadBack:
    """Return what `as_json` wrote."""
    asked, card = data.get("asked"), data.get("card")
    return ReadBack(
        tuple(map(_taken, data.get("taken", ()))),
        tuple(
            Offer(each["label"], each["detail"], operations_from(each["operations"]))
            for each in data.get("offers", ())
        ),
        Asked(**asked) if asked else None,
        Card(tuple(card["fields"]), card["entry"], tuple(card["columns"])) if card else None,
    )


def _taken(data: Mapping[str, Any]) -> Taken:
    return Taken(
        data["message"],
        data["author"],
        data["text"],
        _place(data["place"]),
        operations_from(data["operations"]),
        tuple(map(_place, data["elsewhere"])),
    )


def _place(data: Mapping[str, Any]) -> Place:
    return Place(tuple(data["path"]), data["label"])


def operations_from(data: Iterable[Mapping[str, Any]]) -> tuple[Operation, ...]:
    """Return operations from plain data."""
    return tuple(
        Operation(
            Change(each["change"]),
            tuple(each["path"]),
            each["value"],
            each["was"],
            tuple(each.get("entries", ())),
        )
        for each in data
    )
