"""
Reads the structured part of a model's answer, whatever form it comes in.

It is parsed as far as possible and not believed: `lib.guide.openai_compatible.patching` decides.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pydantic_core

from lib.guide import suggestions
from lib.workshop.status import Phase
from lib.workshop.transcript import clean

#: Changes of one answer that are looked at; a pasted list of 60 ideas is the longest honest one.
MOST_CHANGES = 200

#: Names that models give to each kind of change.
_KINDS = {
    "add": ("add", "append", "insert", "new", "create"),
    "set": ("set", "replace", "change", "update", "edit", "rename"),
    "remove": ("remove", "delete", "drop"),
    "move": ("move",),
    "merge": ("merge", "combine", "join"),
}
_KIND_OF = {name: kind for kind, names in _KINDS.items() for name in names}


@dataclass(frozen=True)
class Line:
    """One change of the draft as a model wrote it."""

    #: One of "add", "set", "remove", "move", "merge".
    kind: str
    #: Field names, and texts or places of entries.
    at: tuple[str | int, ...]
    value: Any = None
    #: The text that stands there, if the model says so.
    was: Any = None
    #: Where it is moved to, or what it is merged with.
    to: tuple[str | int, ...] = ()


@dataclass(frozen=True)
class Structured:
    """What a model proposed, understood but not believed."""

    lines: Sequence[Line] = ()
    #: Whole fields, as older prompts asked for and some models still answer.
    draft: Mapping[str, Any] = field(default_factory=dict)
    phase: Phase | None = None
    suggestions: tuple[str, ...] = ()
    #: A sentence for each change that could not be read.
    problems: tuple[str, ...] = ()


class Unreadable(ValueError):
    """A structured part that is none; its text says why, for the model."""


def read(text: str) -> Structured:
    """
    Return what *text* proposes: its first JSON object, whatever stands around it.

    Of an object that was cut off, the change or the field that was cut off is left out: half a text is
    nobody's. Raises Unreadable.

    >>> read('```json\\n{"changes": [{"do": "add", "at": ["pains"], "value": "late"}]}').lines
    (Line(kind='add', at=('pains',), value='late', was=None, to=()),)
    >>> read('{"draft": {"target_user": "nurses"}, "phase": "Gather"}``` Done!').draft
    {'target_user': 'nurses'}
    """
    start = re.search(r"\{|\[(?=\s*[\{\]])", text)
    if start is None:
        raise Unreadable("there was no JSON object")
    found, is_whole = _object(clean(text[start.start() :]))
    changes = _listed(found.get("changes", found.get("operations")))
    draft = found.get("draft", {} if found.keys() & _KNOWN else None)
    if not isinstance(draft, Mapping):
        raise Unreadable('the JSON object has no list "changes"')
    if not is_whole:
        last = list(found)[-1]
        changes = changes[:-1] if last in ("changes", "operations") else changes
        draft = dict(list(draft.items())[:-1]) if last == "draft" else draft
    lines, problems = _lines(changes)
    phase = _phase(found.get("phase"))
    return Structured(lines, draft, phase, suggestions.tidied(found.get("suggestions")), problems)


_KNOWN = frozenset({"changes", "operations", "phase", "suggestions"})


def _listed(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        return [value]
    return list(value) if isinstance(value, list) else []


def _object(text: str) -> tuple[dict[str, Any], bool]:
    """Return the object *text* begins with, and whether it is whole; a list is its changes."""
    found, is_whole = _value(text)
    if isinstance(found, list):
        found = {"changes": found}
    if not isinstance(found, dict) or not found:
        raise Unreadable("the JSON object is not whole")
    is_change = "do" in found or "op" in found
    return ({"changes": [found]} if is_change and not _KNOWN & found.keys() else found), is_whole


def _value(text: str) -> tuple[Any, bool]:
    try:
        decoder = json.JSONDecoder(parse_constant=_no_number, strict=False)
        return decoder.raw_decode(text)[0], True
    except (ValueError, RecursionError):
        pass
    try:
        found = pydantic_core.from_json(text, allow_partial="trailing-strings", allow_inf_nan=False)
    except ValueError as exc:
        raise Unreadable(f"the JSON is not valid: {exc}") from exc
    return found, False


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _lines(changes: Iterable[Any]) -> tuple[tuple[Line, ...], tuple[str, ...]]:
    lines, problems = [], []
    for each in list(changes)[:MOST_CHANGES]:
        line = _line(each) if isinstance(each, Mapping) else None
        if line:
            lines.append(line)
        else:
            problems.append('A change needs "do" (add, set, remove, move or merge) and "at".')
    return tuple(lines), tuple(dict.fromkeys(problems))


def _line(raw: Mapping[str, Any]) -> Line | None:
    kind = _KIND_OF.get(str(raw.get("do", raw.get("op", ""))).strip().casefold())
    # JSON Patch, which models know, has "from" and "path" where we have "at" and "to".
    at = raw.get("at", raw.get("from", raw.get("path")))
    to = raw.get("to", raw.get("path") if "from" in raw else None)
    found = _path(at)
    return (
        Line(kind, found, raw.get("value"), raw.get("was"), _path(to)) if kind and found else None
    )


def _path(raw: Any) -> tuple[str | int, ...]:
    """Return a way to a place: a list of names, or one text with slashes as in JSON Patch."""
    if isinstance(raw, str):
        raw = raw.strip("/").split("/")
    if not isinstance(raw, list):
        return ()
    is_path = all(isinstance(each, str | int) and not isinstance(each, bool) for each in raw)
    return tuple(int(each) if _is_place(each) else each for each in raw) if is_path else ()


def _is_place(part: str | int) -> bool:
    return isinstance(part, int) or (part.isascii() and part.isdigit() and len(part) < 5)


def _phase(raw: object) -> Phase | None:
    name = str(raw).strip().casefold()
    return next((phase for phase in Phase if phase.value == name), None)
