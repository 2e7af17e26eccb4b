"""Full-text search in drafts and artifacts: the step, the field and a snippet of each match."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, get_origin

from pydantic import BaseModel

from lib.workshop.artifacts.models import MODELS
from lib.workshop.artifacts.normalise import inner_type, item_type
from lib.workshop.records import Fields, Made

#: Words of a query that are used.
MAX_WORDS = 8

#: Drafts and artifacts that are searched, and matches that are shown.
MAX_SEARCHED, MAX_MATCHES = 200, 50

#: Characters of a snippet to each side of the first word.
AROUND = 60


@dataclass(frozen=True)
class Match:
    """One match of a search."""

    team_id: str
    step: str
    #: The artifact's version; 0 for a draft.
    version: int
    #: The field's path of titles, outermost first.
    field: str
    snippet: str


def search_words(asked: str) -> list[str]:
    """
    Return the distinct words of a query in lower case.

    >>> search_words(" Ward nurses  ward ")
    ['ward', 'nurses']
    """
    return list(dict.fromkeys(asked.lower().split()))[:MAX_WORDS]


def matches(made: Sequence[Made], words: Sequence[str]) -> Iterator[Match]:
    """Yield the matches in each draft or artifact that contains all of *words*."""
    for each in made:
        places = list(_leaves(MODELS[each.step], each.fields, ""))
        whole = "\n".join(text for _, text in places).lower()
        if not words or any(word not in whole for word in words):
            continue
        for field, text in places:
            if (snippet := snippet_of(text, words)) is not None:
                yield Match(each.team_id, each.step, each.version, field, snippet)


def snippet_of(text: str, words: Sequence[str]) -> str | None:
    """
    Return the part of *text* around the first of *words*, or None if it has none.

    >>> snippet_of("Nurses explain everything on the last morning.", ["last"])
    'Nurses explain everything on the last morning.'
    """
    found = re.search("|".join(map(re.escape, words)), text, re.IGNORECASE)
    if found is None:
        return None
    before, after = text[: found.start()], text[found.end() :]
    # Cut at word boundaries if there are any within AROUND.
    start = re.sub(r"^\S+\s", "", before[-AROUND:]) if len(before) > AROUND else before
    end = re.sub(r"\s\S+$", "", after[:AROUND]) if len(after) > AROUND else after
    cut = "… " if len(before) > AROUND else "", " …" if len(after) > AROUND else ""
    return cut[0] + " ".join(f"{start}{found[0]}{end}".split()) + cut[1]


def _leaves(model: type[BaseModel], fields: Fields, path: str) -> Iterator[tuple[str, str]]:
    for name, info in model.model_fields.items():
        title = f"{path}{info.title or name}"
        yield from _of_value(inner_type(info), fields.get(name), title)


def _of_value(kind: Any, value: Any, path: str) -> Iterator[tuple[str, str]]:
    if get_origin(kind) is list:
        inner = item_type(kind)
        for number, each in enumerate(value if isinstance(value, list) else [], start=1):
            yield from _of_value(inner, each, f"{path} {number}")
    elif isinstance(kind, type) and issubclass(kind, BaseModel):
        if isinstance(value, dict):
            yield from _leaves(kind, value, f"{path} › ")
    elif value is not None and not isinstance(value, bool):
        yield path, str(value)
