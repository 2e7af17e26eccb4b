"""
Corrections applied to a draft, whatever its step: found by words, by name or by number.

Every function here returns new fields and leaves the ones it was given alone; None says that
nothing in the draft fits.
"""

import copy
import re
from collections.abc import Callable
from typing import Any, Literal, get_args, get_origin

from lib.guide.scripted import reading
from lib.guide.scripted.commands import Command, Verb
from lib.guide.scripted.spots import Path, Spot, called, heads, spots
from lib.workshop.artifacts.criteria.matching import best, distinct, folded, same, stems
from lib.workshop.artifacts.normalise import item_type
from lib.workshop.fields import is_blank
from lib.workshop.records import Fields


def applied(step: str, fields: Fields, command: Command) -> Fields | None:
    """Return *fields* with a correction made, or None where it fits nothing there."""
    for old, new in command.readings:
        result = _VERBS[command.verb](step, fields, old, new)
        if result is not None:
            return result
    return None


def _changed(step: str, fields: Fields, old: str, new: str) -> Fields | None:
    """
    Change the text that is exactly *old*, else the place called so, else words inside a text,
    else the text most like it.
    """
    if is_blank(old) or is_blank(new):
        return None
    texts = list(_editable(step, fields))
    if whole := [spot for spot in texts if same(spot.value, old)]:
        return _each_set(fields, whole, lambda text: _cased(text, new))
    place = called(old, list(spots(step, fields)))
    if place is not None:
        return with_value(fields, place, new)
    inside = re.compile(rf"(?<!\w){re.escape(old)}(?!\w)", re.IGNORECASE)
    if partly := [spot for spot in texts if inside.search(spot.value)]:
        return _each_set(fields, partly, lambda text: _swapped(inside, text, new))
    near = best(old, [spot.value for spot in texts]) if len(stems(old)) > 1 else None
    return (
        None if near is None else _each_set(fields, [texts[near]], lambda text: _cased(text, new))
    )


def _cased(old: str, new: str) -> str:
    return reading.capital(new) if old[:1].isupper() else new


def _swapped(inside: re.Pattern[str], text: str, new: str) -> str:
    def put(match: re.Match[str]) -> str:
        starts = match.start() == 0 and match.group()[:1].isupper()
        return reading.capital(new) if starts else new

    return inside.sub(put, text)


def _editable(step: str, fields: Fields) -> list[Spot]:
    return [
        spot for spot in spots(step, fields) if isinstance(spot.value, str) and not _fixed(spot)
    ]


def _fixed(spot: Spot) -> bool:
    return get_origin(spot.kind) is Literal


def _each_set(fields: Fields, found: list[Spot], change: Callable[[str], str]) -> Fields:
    for spot in found:
        fields = put(fields, spot.path, change(spot.value))
    return fields


def _removed(step: str, fields: Fields, old: str, new: str) -> Fields | None:
    """Remove the entry that is *old*, or is called or numbered so; also from the selection."""
    found = [spot for spot in spots(step, fields) if isinstance(spot.path[-1], int)]
    named = [(spot, text) for spot in found for text in _called_by(spot)]
    exact = [spot for spot, text in named if same(text, old)]
    place = exact[0] if exact else called(old, list(spots(step, fields)))
    if place is None:
        near = best(old, [text for _, text in named]) if stems(old) else None
        place = None if near is None else named[near][0]
    if place is None:
        return None
    result = without(fields, place.path)
    for text in _called_by(place):
        result = _unselected(result, text)
    return result


def _called_by(spot: Spot) -> tuple[str, ...]:
    if isinstance(spot.value, dict):
        quote = spot.value.get("quote")
        return (*heads(spot.value), *([quote] if isinstance(quote, str) else []))
    return (spot.value,) if isinstance(spot.value, str) else ()


def _unselected(fields: Fields, title: str) -> Fields:
    chosen = fields.get("selected_idea_titles")
    if not chosen:
        return fields
    return fields | {"selected_idea_titles": [each for each in chosen if not same(each, title)]}


def _added(step: str, fields: Fields, where: str, new: str) -> Fields | None:
    """Add to the list called *where*; a list of larger things is left to the step itself."""
    place = called(where, list(spots(step, fields))) if where else None
    if place is None or get_origin(place.kind) is not list or item_type(place.kind) is not str:
        return None
    return put(fields, place.path, [*(place.value or []), *_entries(new)])


def _entries(text: str) -> list[str]:
    return [reading.unquoted(each) for each in reading.entries(text)]


_VERBS: dict[Verb, Callable[[str, Fields, str, str], Fields | None]] = {
    Verb.CHANGE: _changed,
    Verb.REMOVE: _removed,
    Verb.ADD: _added,
}


def with_value(fields: Fields, spot: Spot, text: str) -> Fields | None:
    """Put what somebody typed into a place, or return None where it does not belong there."""
    value = _typed(spot.kind, text)
    return None if value is None else put(fields, spot.path, value)


def _typed(kind: Any, text: str) -> Any:
    if get_origin(kind) is Literal:
        return next((choice for choice in get_args(kind) if choice in folded(text).split()), None)
    if get_origin(kind) is list:
        return _entries(text) if item_type(kind) is str else None
    if kind is bool:
        return folded(text) not in ("no", "false", "nein")
    if kind is int:
        return next(iter(reading.numbers(text)), None)
    return text.strip() if kind is str else None


def put(fields: Fields, path: Path, value: Any) -> Fields:
    """Return *fields* with *value* at *path*; what leads there is made where it is missing."""
    result = copy.deepcopy(fields)
    at: Any = result
    for part in path[:-1]:
        at = at.setdefault(part, {}) if isinstance(at, dict) else at[part]
    at[path[-1]] = value
    return result


def without(fields: Fields, path: Path) -> Fields:
    """Return *fields* without what stands at *path*."""
    result = copy.deepcopy(fields)
    at: Any = result
    for part in path[:-1]:
        at = at.get(part, {}) if isinstance(at, dict) else at[part]
    at.pop(path[-1], None) if isinstance(at, dict) else at.pop(path[-1])
    return result


def _filled(fields: Fields, spot: Spot, text: str) -> Fields:
    """Put a text into a place; what a list holds already stays."""
    filled = with_value(fields, spot, text) or fields
    name = str(spot.path[0])
    if get_origin(spot.kind) is list:
        return fields | {name: distinct([*(fields.get(name) or []), *filled[name]])}
    return filled


def labelled(step: str, fields: Fields, text: str) -> tuple[Fields, str]:
    """
    Apply the lines that name a field ("Outcome: fewer calls"); return the rest of the text too.

    Only texts and lists of the step itself are filled so, by a line of its own with the field's name.
    """
    own = [spot for spot in spots(step, fields) if len(spot.path) == 1]
    taken: list[tuple[Spot, str]] = []
    rest: list[str] = []
    for row in text[: reading.MOST_READ].splitlines():
        name, value = reading.label(reading.line(row))
        spot = next((each for each in own if folded(name) in each.labels), None) if name else None
        if spot is None or _typed(spot.kind, value) is None:
            rest.append(row)
        else:
            taken.append((spot, value))
    if not taken:
        return fields, text
    for spot, value in taken:
        fields = _filled(fields, spot, value)
    return fields, "\n".join(rest).strip()
