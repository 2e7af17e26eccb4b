"""
What of an earlier artifact a step is made from, field by field, and whether that has changed.

A digest is taken over exactly what is used. So a typo put right in a note that nobody reads further
down, or a space too many, leaves every step made from the artifact as it is.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from lib.workshop import steps
from lib.workshop.fields import is_blank
from lib.workshop.records import Fields
from lib.workshop.steps import WHOLE

_PART = re.compile(r"(?P<name>\w+)(?P<list>\[(?:(?P<field>\w+)(?:=(?P<value>\w+))?)?\])?")


def fingerprint(step: str, artifacts: Mapping[str, Fields]) -> dict[str, str]:
    """
    Return a hex digest of what *step* uses of each artifact it is made from, by slug.

    *artifacts* are the newest of each step; one that is missing has no digest.

    >>> before = fingerprint("reframe", {"challenge": {"hmw_statement": "How?", "altitude": "broad"}})
    >>> before == fingerprint("reframe", {"challenge": {"hmw_statement": " How? "}})
    True
    """
    return {
        upstream: _digest(upstream, paths, artifacts[upstream])
        for upstream, paths in steps.step(step).inputs.items()
        if upstream in artifacts
    }


def changed_inputs(
    step: str, made_from: Mapping[str, str], now: Mapping[str, str]
) -> tuple[str, ...]:
    """Return the slugs of the artifacts of which *step* uses something that differs, in order."""
    return tuple(
        slug for slug in steps.step(step).feeds_from if made_from.get(slug) != now.get(slug)
    )


def same_fields(one: Any, other: Any) -> bool:
    """Whether two drafts or artifacts of a step hold the same, blanks and white space apart."""
    return bool(canonical(one) == canonical(other))


def canonical(value: Any) -> Any:
    """
    Return *value* as it is compared: without what is blank or False, white space made one space.

    >>> canonical({"name": " Kurt  L.", "notes": "", "selected": False, "pains": ["late", None]})
    {'name': 'Kurt L.', 'pains': ['late']}
    """
    if isinstance(value, Mapping):
        entries = {name: canonical(item) for name, item in value.items()}
        return {name: item for name, item in entries.items() if not _is_nothing(item)}
    if isinstance(value, list | tuple):
        return [item for item in map(canonical, value) if not _is_nothing(item)]
    return " ".join(value.split()) if isinstance(value, str) else value


def _is_nothing(value: Any) -> bool:
    return value is False or is_blank(value)


def _digest(upstream: str, paths: tuple[str, ...], fields: Fields) -> str:
    used: Any
    if paths == WHOLE:
        used = canonical(_without(fields, steps.step(upstream).notes))
    else:
        # An entry without its quote keeps its place, or the next one's could pass for it.
        used = {path: [canonical(each) for each in _at(fields, path.split("."))] for path in paths}
    return hashlib.sha256(json.dumps(used, sort_keys=True).encode()).hexdigest()


def _at(fields: Any, parts: list[str]) -> Iterator[Any]:
    """Yield what is at a path, None where there is nothing."""
    if not parts:
        yield fields
        return
    matched = _PART.fullmatch(parts[0])
    assert matched is not None
    value = fields.get(matched["name"]) if isinstance(fields, Mapping) else None
    if not matched["list"]:
        yield from _at(value, parts[1:])
        return
    for entry in value if isinstance(value, list) else []:
        if matched["field"] is None or _is_meant(entry, matched["field"], matched["value"]):
            yield from _at(entry, parts[1:])


def _is_meant(entry: Any, field: str, value: str | None) -> bool:
    found = entry.get(field) if isinstance(entry, Mapping) else None
    return bool(found) if value is None else found == value


def _without(fields: Fields, notes: frozenset[str], place: str = "") -> Any:
    """Return *fields* without the notes among them."""
    if isinstance(fields, Mapping):
        inside = {name: f"{place}.{name}".lstrip(".") for name in fields}
        return {
            name: _without(item, notes, inside[name])
            for name, item in fields.items()
            if inside[name] not in notes
        }
    if isinstance(fields, list):
        return [_without(item, notes, f"{place}[]") for item in fields]
    return fields
