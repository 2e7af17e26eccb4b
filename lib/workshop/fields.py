"""Fields of drafts and artifacts: what counts as empty."""

from collections.abc import Mapping
from typing import Any

from lib.workshop.records import Fields


def is_blank(value: Any) -> bool:
    """Whether *value* counts as nothing: None, white space, or an empty list or dict."""
    if isinstance(value, str):
        return not value.strip()
    return value is None or value in ([], {})


def without_blanks(value: Any) -> Any:
    """
    Return *value* without blank entries, all the way down: a half-typed row is not an error.

    >>> without_blanks({"pains": ["late", " "], "age": None, "notes": ""})
    {'pains': ['late']}
    """
    if isinstance(value, Mapping):
        kept = {key: without_blanks(item) for key, item in value.items()}
        return {key: item for key, item in kept.items() if not is_blank(item)}
    if isinstance(value, list):
        return [item for item in map(without_blanks, value) if not is_blank(item)]
    return value


def changed(base: Fields, fields: Fields) -> list[str]:
    """Return the names of the fields that differ."""
    names = [*fields, *(name for name in base if name not in fields)]
    return [name for name in names if fields.get(name) != base.get(name)]


def with_field(fields: Fields, name: str, value: object) -> Fields:
    """Return *fields* with one of them set, or removed where *value* is blank."""
    others = {each: kept for each, kept in fields.items() if each != name}
    return others if is_blank(value) else fields | {name: value}
