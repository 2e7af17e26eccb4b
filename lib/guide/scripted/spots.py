"""The places of a draft by the names people have for them: "the goals of Hedwig", "pain 3"."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, get_origin

from pydantic import BaseModel

from lib.guide.scripted.reading import ordinal
from lib.workshop.artifacts.criteria.matching import alike, folded, same, words
from lib.workshop.artifacts.models import MODELS
from lib.workshop.artifacts.normalise import inner_type, item_type
from lib.workshop.records import Fields

Path = tuple[str | int, ...]

#: What teams call a field besides its name and its title on the form.
_ALSO = {
    "problem_statement": ("problem", "problem statement"),
    "target_user": ("target", "user", "target group", "who"),
    "desired_outcome": ("outcome", "goal", "success"),
    "hmw_statement": ("hmw", "question", "how might we"),
    "interview_questions": ("questions", "question"),
    "insights": ("findings", "finding"),
    "category": ("circle", "category"),
    "dip_summary": ("dip summary",),
    "dip_rationale": ("rationale", "reason for the dip"),
    "touchpoints": ("touchpoint", "touch points"),
    "immediate_goal": ("goal",),
    "elevator_pitch": ("pitch",),
    "user_desirability": ("desirability",),
    "call_to_action": ("cta", "call"),
    "next_steps": ("next step",),
    "narrative": ("story",),
    "selected_idea_titles": ("selection", "selected"),
    "score": ("confidence", "confidence score"),
    "is_dip": ("the dip",),
}

_LINKS = re.compile(r"\b(?:of|for|in|at|on|from|to|the|our|my|no|number|number of|s|is|list)\b")


@dataclass(frozen=True)
class Spot:
    """One place in a draft: where it is, what kind of thing stands there, how people call it."""

    path: Path
    kind: Any
    labels: frozenset[str]
    #: What names the entries it belongs to, such as the persona's name.
    owners: tuple[str, ...]
    value: Any


def spots(step: str, fields: Fields) -> Iterator[Spot]:
    """Yield every place of a draft, also those that are still empty, outermost first."""
    yield from _model_spots(MODELS[step], fields, (), ())


def _model_spots(
    model: type[BaseModel], fields: Fields, path: Path, owners: tuple[str, ...]
) -> Iterator[Spot]:
    for name, info in model.model_fields.items():
        kind, value = inner_type(info), fields.get(name)
        labels = {name.replace("_", " "), (info.title or name).casefold(), *_ALSO.get(name, ())}
        yield Spot((*path, name), kind, frozenset(labels), owners, value)
        if get_origin(kind) is list:
            yield from _list_spots(item_type(kind), value or [], (*path, name), labels, owners)
        elif isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from _model_spots(kind, value or {}, (*path, name), owners)


def _list_spots(
    kind: Any, entries: list[Any], path: Path, labels: set[str], owners: tuple[str, ...]
) -> Iterator[Spot]:
    singular = {label.removesuffix("s") for label in labels}
    for place, entry in enumerate(entries):
        numbered = {f"{label} {place + 1}" for label in singular}
        yield Spot((*path, place), kind, frozenset(numbered), owners, entry)
        if isinstance(entry, dict):
            yield from _model_spots(kind, entry, (*path, place), (*owners, *heads(entry)))


def heads(entry: Fields) -> tuple[str, ...]:
    """Return what an entry of a list is called by: its names, else its first text."""
    known = [
        entry[name] for name in ("name", "title", "theme", "step", "idea_source") if name in entry
    ]
    return tuple(known) or tuple(text for text in list(entry.values())[:1] if isinstance(text, str))


def called(phrase: str, among: list[Spot]) -> Spot | None:
    """Return the place people mean by *phrase*, or None where it names none, or several."""
    plain = _plain(phrase)
    if not plain:
        return None
    by_length = sorted({label for spot in among for label in spot.labels}, key=len, reverse=True)
    for label in by_length:
        if f" {label} " in f" {plain} ":
            fitting = [spot for spot in among if label in spot.labels]
            rest = f" {plain} ".replace(f" {label} ", " ", 1)
            found = _owned(fitting, " ".join(_LINKS.sub(" ", rest).split()))
            if found:
                return found
    return None


def _plain(phrase: str) -> str:
    """Fold a phrase to "pain 3" or "goals hedwig"."""
    plain = folded(phrase.replace("’s ", " ").replace("'s ", " "))
    place = ordinal(plain)
    told = words(plain)
    if place is not None and place >= 0 and len(told) == 2 and not told[-1].isdigit():
        return f"{told[1]} {place + 1}"
    return plain.removeprefix("the ").replace(" number ", " ").replace(" no ", " ")


def _owned(fitting: list[Spot], rest: str) -> Spot | None:
    """Return the place that belongs to what *rest* names, by its name or its number."""
    if not rest:
        return fitting[0] if len({spot.owners for spot in fitting}) == 1 else None
    place = ordinal(rest) if len(rest.split()) == 1 else None
    ways = (
        [spot for spot in fitting if any(same(rest, owner) for owner in spot.owners)],
        [spot for spot in fitting if place is not None and place in spot.path],
        [spot for spot in fitting if any(alike(rest, owner) for owner in spot.owners)],
    )
    owned = next(filter(None, ways), [])
    return owned[0] if len({spot.path for spot in owned}) == 1 else None
