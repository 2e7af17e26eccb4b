"""A gap, and the words rules share when they name one."""

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from textwrap import shorten
from typing import Any, get_origin

from pydantic import BaseModel

from lib.workshop.artifacts.models import MODELS
from lib.workshop.artifacts.normalise import inner_type, item_type
from lib.workshop.records import Fields

#: Confirmed artifacts of earlier steps by slug, in shape.
Upstream = Mapping[str, Fields]


@dataclasses.dataclass(frozen=True)
class Gap:
    """One thing a draft still lacks."""

    #: The top-level field of the artifact it is about.
    field: str
    #: What is missing and what a good answer looks like, for the team, in English.
    sentence: str
    #: Which criterion it is, for a sentence in another language.
    code: str
    #: What the sentence names: texts of the draft as lists, slugs and field names as texts.
    values: Mapping[str, str | int | Sequence[str]] = dataclasses.field(default_factory=dict)


#: A step's own rules: from a draft in shape, and what is upstream of it, to its gaps.
Criteria = Callable[[Fields, Upstream], list[Gap]]


def titles(step: str, path: Sequence[str | int]) -> str:
    """
    Return where a path points, in the titles the form shows.

    >>> titles("sense-making", ("themes", 0, "name"))
    'Themes › no. 1 › Theme'
    """
    kind: Any = MODELS[step]
    named = []
    for part in path:
        if isinstance(part, int):
            named.append(f"no. {part + 1}")
            kind = item_type(kind) if get_origin(kind) is list else kind
        elif isinstance(kind, type) and issubclass(kind, BaseModel):
            info = kind.model_fields[part]
            named.append(info.title or part)
            kind = inner_type(info)
    return " › ".join(named)


def entries(fields: Fields, name: str) -> list[Any]:
    """Return the list called *name*, empty where there is none."""
    value = fields.get(name)
    return value if isinstance(value, list) else []


def texts(fields: Fields, *names: str) -> list[str]:
    """Return the texts of the fields called *names*, lists and single ones alike."""
    found = (fields.get(name) for name in names)
    return [
        text for value in found for text in (value if isinstance(value, list) else [value]) if text
    ]


def heard(upstream: Upstream) -> list[str]:
    """Return every finding and quote of the research, empty where there is none."""
    insights = entries(upstream.get("user-research", {}), "insights")
    return [text for insight in insights for text in texts(insight, "finding", "quote")]


def shown(values: Iterable[str], most: int = 3) -> str:
    """Return *values* in quotation marks, the first *most* of them."""
    named = [
        f"“{shorten(value, 60, placeholder='…') if len(value) > 60 else value}”" for value in values
    ]
    rest = f" and {len(named) - most} more" if len(named) > most else ""
    return ", ".join(named[:most]) + rest
