"""
Applies a model's answer to a draft: what is new is added, everything else becomes an offer.

Nothing a model writes removes or replaces anything: the team presses that. A valid field stays valid.
Unusable parts are reported, so that the model can be asked once more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from lib.guide.openai_compatible.editing import Editing, Setting, as_kind
from lib.guide.openai_compatible.parsing import Line, Structured
from lib.guide.openai_compatible.spots import Lost
from lib.guide.openai_compatible.validity import Validity
from lib.workshop.artifacts.criteria.gap import titles
from lib.workshop.artifacts.criteria.matching import leaves
from lib.workshop.artifacts.models import MODELS
from lib.workshop.artifacts.normalise import normalised
from lib.workshop.artifacts.places import END
from lib.workshop.fields import is_blank, with_field
from lib.workshop.read_back import Change, DoesNotFit, Offer, Operation, applied
from lib.workshop.records import Fields


@dataclass(frozen=True)
class Patched:
    """A draft after an answer, what is offered beside, and what could not be used."""

    fields: Fields
    offers: tuple[Offer, ...] = ()
    #: A sentence for each part that could not be used, for the model.
    problems: tuple[str, ...] = ()
    #: The titles of the fields they are about, for the team.
    refused: tuple[str, ...] = ()


def patched(draft: Fields, proposed: Structured, setting: Setting) -> Patched:
    """
    Return *draft* with what *proposed* adds, and offers for what it would change or remove.

    >>> lines = Line("add", ("pains",), "late"), Line("remove", ("pains", "cold"))
    >>> found = patched({"pains": ["cold"]}, Structured(lines), Setting("sense-making"))
    >>> found.fields, [offer.label for offer in found.offers]
    ({'pains': ['cold', 'late']}, ['Remove “cold”'])
    """
    editing = Editing(setting, draft, proposed.problems)
    for line in proposed.lines:
        editing.attempt(str(line.at[0]), partial(_take, editing, line))
    _take_whole(editing, draft, proposed.draft)
    return _Checking(editing, draft).result()


# One change


def _take(editing: Editing, line: Line) -> None:
    """Apply one change, or offer it. Raises Lost."""
    if line.kind in ("move", "merge"):
        _rearrange(editing, line)
    elif line.kind == "remove" or (line.kind == "set" and is_blank(line.value)):
        _remove(editing, line)
    elif line.kind == "set":
        editing.put(editing.find(line.at, line.was), line.value, is_whole=True)
    else:
        _add(editing, line)


def _add(editing: Editing, line: Line) -> None:
    """Add an entry to a list, or fill a field; an entry's place may be at the end of the way."""
    *way, last = line.at
    holder = editing.find(way)
    if not holder.is_list:
        editing.put(editing.find(line.at), line.value)
    elif is_blank(line.value) and isinstance(last, str):
        editing.put_entry(holder, last)
    else:
        values = line.value if isinstance(line.value, list) else [line.value]
        for number, each in enumerate(values):
            editing.put_entry(holder, each, last + number if isinstance(last, int) else None)


def _remove(editing: Editing, line: Line) -> None:
    spot = editing.find(line.at, line.was)
    was = spot.held(editing.fields)
    if is_blank(was):
        raise Lost(f"{spot.label} is empty.")
    editing.offers.remove(spot, was)


def _rearrange(editing: Editing, line: Line) -> None:
    """Offer to move something, or to make one of two entries."""
    spot = editing.find(line.at, line.was)
    target = editing.find(line.to) if line.to else spot
    was, other = spot.held(editing.fields), target.held(editing.fields)
    if is_blank(was) or spot.path == target.path:
        raise Lost(f"{spot.label}: nothing is there, or it is there already.")
    if line.kind == "merge":
        merged = editing.clean(target, _merged(target.kind, was, other, line.value))
        editing.offers.merge(spot, was, target, other, merged)
        return
    if target.is_list:
        target = target.entry(END, None)
    elif not isinstance(target.path[-1], int) and not is_blank(other):
        raise Lost(f"{target.label} is filled.")
    editing.offers.move(spot, was, target, editing.clean(target, as_kind(target.kind, was)))


def _merged(kind: Any, one: Any, other: Any, value: Any) -> Any:
    """Return what two entries are together; of texts the model has to say it."""
    if isinstance(one, dict) and isinstance(other, dict):
        added = value if isinstance(value, dict) else {}
        return one | {name: each for name, each in other.items() if not is_blank(each)} | added
    return as_kind(kind, value)


# Whole fields


def _take_whole(editing: Editing, before: Fields, draft: Mapping[str, Any]) -> None:
    """Take in fields that were handed back as a whole."""
    step, fields = editing.setting.step, MODELS[editing.setting.step].model_fields
    known, tidy = normalised(step, draft), normalised(step, before)
    for name, value in known.items():
        is_cut = name in editing.setting.shortened and not isinstance(value, list)
        if value != tidy.get(name) and not is_cut:
            spot = editing.find([name])
            editing.attempt(name, partial(editing.put, spot, value, is_whole=True))
    for name in draft:
        if name not in fields:
            editing.problems.append(f"There is no field called {str(name)[:40]}.")
        elif name not in known and not is_blank(draft[name]):
            editing.refuse(name, [f"{titles(step, (name,))}: not in the form that was asked for."])


class _Checking:
    """Keeps what leaves the draft's fields valid, and the offers that fit it."""

    def __init__(self, editing: Editing, draft: Fields) -> None:
        self._editing, self._draft = editing, draft
        self._validity = Validity(editing.setting.step, draft)

    def result(self) -> Patched:
        """Return the draft with what keeps its fields valid, and the offers that fit it."""
        for name in list(self._editing.added):
            if self._validity.broken(name, self._editing.fields):
                self._keep_valid(name)
        if lost := self._validity.no_longer_whole(self._editing.fields):
            # Each field may be right and yet not fit the others, like a choice that names no idea.
            self._editing.fields = self._draft
            for name in self._editing.added:
                self._editing.refuse(name, lost)
        for offer in self._editing.offers.made:
            self._check(offer)
        problems = tuple(dict.fromkeys(self._editing.problems))
        return Patched(
            self._editing.fields, self._editing.offers.made, problems, tuple(self._editing.refused)
        )

    def _keep_valid(self, name: str) -> None:
        """Keep the additions that leave a field valid; the others are right with an offer, or refused."""
        wanted, failed = self._editing.fields, []
        self._editing.fields = with_field(self._editing.fields, name, self._draft.get(name))
        for operation in self._editing.added[name]:
            if self._after([operation], name) is None:
                failed.append(operation)
            else:
                self._editing.fields = applied(self._editing.fields, [operation])
        offered = [
            each
            for offer in self._editing.offers.made
            for each in offer.operations
            if each.path[0] == name
        ]
        if offered and self._after([*failed, *offered], name) is not None:
            label = titles(self._editing.setting.step, (name,))
            new = "; ".join(text for each in failed for _, text in leaves({"": each.value}))
            self._editing.offers.together(label, [*failed, *offered], new or label)
        elif failed:
            self._editing.refuse(name, self._validity.broken(name, wanted))

    def _after(self, operations: Sequence[Operation], name: str) -> Fields | None:
        """Return the draft after *operations* if they fit and leave a field valid."""
        try:
            fields = applied(self._editing.fields, operations)
        except DoesNotFit:
            return None
        return None if self._validity.broken(name, fields) else fields

    def _check(self, offer: Offer) -> None:
        """Drop an offer that no longer fits, or that would put something invalid in."""
        name = str(offer.operations[0].path[0])
        try:
            fields = applied(self._editing.fields, offer.operations)
        except DoesNotFit as exc:
            self._editing.offers.drop(offer)
            self._editing.refuse(name, [str(exc)])
            return
        if all(each.change is Change.REMOVE for each in offer.operations):
            return
        for name in {
            str(each.path[0]) for each in offer.operations if each.change is not Change.REMOVE
        }:
            if broken := self._validity.broken(name, fields):
                self._editing.offers.drop(offer)
                self._editing.refuse(name, broken)
