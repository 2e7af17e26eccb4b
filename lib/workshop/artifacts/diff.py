"""
What differs between two drafts or artifacts of a step, field by field, in the form's own words.

Entries of a list belong together by what they are called, and then by their place, so that a
renamed persona is one that was renamed and a new first row does not make every other one new.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple, get_origin

from pydantic import BaseModel

from lib.workshop.alignment import key_of
from lib.workshop.artifacts.models import MODELS
from lib.workshop.artifacts.normalise import inner_type, item_type
from lib.workshop.dependencies import canonical
from lib.workshop.records import Fields

#: Characters of an entry's own name in a label.
_LABEL = 40


class Kind(StrEnum):
    """How something differs."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True)
class Difference:
    """One thing that differs."""

    #: Where it is: names and places, in the later fields, or in the earlier where it was removed.
    path: tuple[str | int, ...]
    #: The same for people: "Personas › Mara › Quote".
    label: str
    kind: Kind
    #: What is there before and after, as a text to read; empty where there is nothing.
    before: str
    after: str


class _Place(NamedTuple):
    path: tuple[str | int, ...]
    labels: tuple[str, ...]

    def at(self, part: str | int, label: str) -> "_Place":
        return _Place((*self.path, part), (*self.labels, label))

    def called(self, label: str) -> "_Place":
        return _Place(self.path, (*self.labels, label))


_TOP = _Place((), ())


def differences(step: str, before: Fields, after: Fields) -> list[Difference]:
    """
    Return what *after* has that *before* has not, and the other way round, in the form's order.

    Blanks and white space do not count. Fields the model does not know are left out.

    >>> [found] = differences("challenge", {"target_user": "Nurses"}, {"target_user": "Cooks"})
    >>> found.label, found.kind.value, found.before, found.after
    ('Who has it', 'changed', 'Nurses', 'Cooks')
    """
    return list(_in_model(MODELS[step], _mapping(before), _mapping(after), _TOP))


def _mapping(value: Any) -> Fields:
    found = canonical(value)
    return found if isinstance(found, dict) else {}


def _in_model(
    model: type[BaseModel], before: Fields, after: Fields, place: _Place
) -> Iterator[Difference]:
    for name, info in model.model_fields.items():
        inside = place.at(name, info.title or name)
        yield from _in_field(inner_type(info), before.get(name), after.get(name), inside)


def _in_field(kind: Any, before: Any, after: Any, place: _Place) -> Iterator[Difference]:
    if before == after:
        return
    if get_origin(kind) is list:
        yield from _in_list(item_type(kind), _listed(before), _listed(after), place)
    elif is_model(kind) and isinstance(before, dict) and isinstance(after, dict):
        yield from _in_model(kind, before, after, place)
    else:
        yield _difference(kind, before, after, place)


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _in_list(kind: Any, before: list[Any], after: list[Any], place: _Place) -> Iterator[Difference]:
    pairs = _pairs(kind, before, after)
    for old, new in sorted(pairs, key=lambda pair: pair[1]):
        yield from _in_entry(kind, before[old], after[new], place, new)
    for new in _others(after, [new for _, new in pairs]):
        yield from _in_entry(kind, None, after[new], place, new)
    for old in _others(before, [old for old, _ in pairs]):
        yield from _in_entry(kind, before[old], None, place, old)
    order = [new for _, new in sorted(pairs)]
    if order != sorted(order):
        names = [_name(kind, entry, at) for at, entry in enumerate(before)]
        turned = [_name(kind, entry, at) for at, entry in enumerate(after)]
        yield _difference(str, "; ".join(names), "; ".join(turned), place.called("Order"))


def _in_entry(kind: Any, before: Any, after: Any, place: _Place, at: int) -> Iterator[Difference]:
    if not is_model(kind):
        inside = _Place((*place.path, at), place.labels)
    else:
        inside = place.at(at, _name(kind, before if after is None else after, at))
    yield from _in_field(kind, before, after, inside)


def _pairs(kind: Any, before: list[Any], after: list[Any]) -> list[tuple[int, int]]:
    """Return which entry became which: by name, then by place."""
    pairs = []
    places: defaultdict[str, deque[int]] = defaultdict(deque)
    for at, entry in enumerate(after):
        places[key_of(_key(kind, entry))].append(at)
    for old, entry in enumerate(before):
        if same := places[key_of(_key(kind, entry))]:
            pairs.append((old, same.popleft()))
    free = set(_others(after, [new for _, new in pairs]))
    others = [old for old in _others(before, [old for old, _ in pairs]) if old in free]
    return pairs + [(old, old) for old in others]


def _others(listed: Sequence[Any], taken: Iterable[int]) -> list[int]:
    known = set(taken)
    return [at for at in range(len(listed)) if at not in known]


def head_of(model: type[BaseModel]) -> str:
    """Return the field an entry is known by: its name or title, else its first."""
    return next((name for name in ("name", "title") if name in model.model_fields), _first(model))


def _first(model: type[BaseModel]) -> str:
    return next(iter(model.model_fields))


def _key(kind: Any, entry: Any) -> Any:
    head = entry.get(head_of(kind)) if is_model(kind) and isinstance(entry, dict) else entry
    return head.casefold() if isinstance(head, str) and is_model(kind) else head


def _name(kind: Any, entry: Any, at: int) -> str:
    named = entry.get(head_of(kind)) if is_model(kind) and isinstance(entry, dict) else entry
    text = str(named or f"no. {at + 1}")
    return text if len(text) <= _LABEL else text[: _LABEL - 1].rstrip() + "…"


def _difference(kind: Any, before: Any, after: Any, place: _Place) -> Difference:
    told = Kind.ADDED if before is None else Kind.REMOVED if after is None else Kind.CHANGED
    told = Kind.CHANGED if kind is bool else told
    label = " › ".join(place.labels)
    return Difference(place.path, label, told, as_text(kind, before), as_text(kind, after))


def as_text(kind: Any, value: Any) -> str:
    """Return *value* to read: an entry as "Title: text; Title: text"."""
    if kind is bool:
        return "yes" if value else "no"
    if value is None:
        return ""
    if isinstance(value, list):
        inner = item_type(kind) if get_origin(kind) is list else str
        return "; ".join(as_text(inner, each) for each in value)
    if is_model(kind) and isinstance(value, dict):
        return "; ".join(
            f"{info.title or name}: {as_text(inner_type(info), value[name])}"
            for name, info in kind.model_fields.items()
            if name in value
        )
    return str(value)


def is_model(kind: Any) -> bool:
    """Whether *kind* is a model, so that its values are dicts."""
    return isinstance(kind, type) and issubclass(kind, BaseModel)
