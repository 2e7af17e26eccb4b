"""Finds the place in a draft that a model means: by field names, and by the texts of entries."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, get_origin

from pydantic.fields import FieldInfo

from lib.workshop.artifacts.criteria.matching import folded, same
from lib.workshop.artifacts.diff import head_of, is_model
from lib.workshop.artifacts.models import MODELS
from lib.workshop.artifacts.normalise import inner_type, item_type
from lib.workshop.read_back import Path
from lib.workshop.records import Fields

#: Letters from which on the beginning of a text names it.
_TELLING = 8


class Lost(LookupError):
    """A place that is not there; its text says so, for the model."""


@dataclass(frozen=True)
class Spot:
    """A place in a draft, and what it may hold."""

    path: Path
    kind: Any
    info: FieldInfo | None = None
    labels: tuple[str, ...] = ()
    #: What the entries of lists on the way are recognised by.
    entries: tuple[Fields, ...] = ()

    @property
    def label(self) -> str:
        """The titles on the way, as the form shows them."""
        return " › ".join(self.labels)

    @property
    def is_list(self) -> bool:
        """Whether a list stands here."""
        return get_origin(self.kind) is list

    def field(self, name: str) -> "Spot":
        """Return the field called *name* in the record that stands here."""
        info = self.kind.model_fields[name]
        return replace(
            self,
            path=(*self.path, name),
            kind=inner_type(info),
            info=info,
            labels=(*self.labels, info.title or name),
        )

    def entry(self, at: int, value: Any) -> "Spot":
        """Return the place of the entry *value* in the list that stands here."""
        kind = item_type(self.kind)
        head = value.get(head_of(kind)) if is_model(kind) and isinstance(value, dict) else None
        named = (*self.labels, head) if isinstance(head, str) else self.labels
        known = {head_of(kind): head} if head is not None else {}
        return Spot((*self.path, at), kind, None, named, (*self.entries, known))

    def held(self, fields: Fields) -> Any:
        """Return what stands here in *fields*, or None."""
        value: Any = fields
        for part in self.path:
            try:
                value = value[part]
            except (KeyError, IndexError, TypeError):
                return None
        return value


def top(step: str) -> Spot:
    """Return the whole draft of *step*."""
    return Spot((), MODELS[step])


def find(step: str, fields: Fields, at: Sequence[str | int], was: Any = None) -> Spot:
    """
    Return the place that *at* leads to. Raises Lost.

    An entry of a list is found by its text, or by its place if *was* says the same or it is the only
    one: a wrong number does no harm.

    >>> find("sense-making", {"pains": ["late", "cold"]}, ["pains", "cold"]).path
    ('pains', 1)
    """
    spot = top(step)
    for number, part in enumerate(at, 1):
        if is_model(spot.kind):
            spot = _in_record(spot, part)
        elif spot.is_list:
            spot = _in_list(spot, fields, part, was if number == len(at) else None)
        else:
            raise Lost(f"{spot.label} has nothing inside.")
    return spot


def _in_record(spot: Spot, part: str | int) -> Spot:
    for name, info in spot.kind.model_fields.items():
        if isinstance(part, str) and part.casefold() in (name, (info.title or "").casefold()):
            return spot.field(name)
    raise Lost(f"There is no field called {str(part)[:40]}.")


def _in_list(spot: Spot, fields: Fields, part: str | int, was: Any) -> Spot:
    held = spot.held(fields)
    entries = held if isinstance(held, list) else []
    texts = [text_of(spot, each) for each in entries]
    if isinstance(part, int):
        known = text_of(spot, was) if was is not None else ""
        found = _by_place(texts, part) if not known else _by_text(texts, known)
    else:
        found = _by_text(texts, part)
    if found is None:
        raise Lost(
            f"{spot.label}: no single entry there reads {str(part)[:60]}. Name it by its text."
        )
    return spot.entry(found, entries[found])


def _by_place(texts: list[str], place: int) -> int | None:
    return 0 if len(texts) == 1 and place in (0, 1) else None


def _by_text(texts: list[str], text: str) -> int | None:
    """Return the only one of *texts* that is *text*, or begins with it, or contains it."""
    wanted = folded(text)
    ways = [[same(each, text) for each in texts]]
    if len(wanted) >= _TELLING:
        ways.append([folded(each).startswith(wanted) for each in texts])
        ways.append([wanted in folded(each) for each in texts])
    for fits in ways:
        if any(fits):
            return fits.index(True) if sum(fits) == 1 else None
    return None


def text_of(spot: Spot, entry: Any) -> str:
    """Return the text that names an *entry* of the list at *spot*."""
    if isinstance(entry, dict):
        kind = item_type(spot.kind)
        entry = entry.get(head_of(kind)) if is_model(kind) else None
    return entry if isinstance(entry, str) else ""
