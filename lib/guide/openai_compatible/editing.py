"""
Puts values into a draft while one answer is taken in: adds what is new, offers what would replace.

A list that comes back as a whole is aligned with the one that is there: nothing disappears from it.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from lib.guide.openai_compatible.offering import Offers
from lib.guide.openai_compatible.quotes import Sources
from lib.guide.openai_compatible.spots import Lost, Spot, find, text_of
from lib.guide.openai_compatible.validity import CUT_OFF
from lib.workshop.alignment import ALIKE, likeness, matched, moved
from lib.workshop.artifacts.criteria.gap import titles
from lib.workshop.artifacts.criteria.matching import is_placeholder, leaves, same
from lib.workshop.artifacts.diff import head_of, is_model
from lib.workshop.artifacts.models import MODELS
from lib.workshop.artifacts.normalise import bound, fitted, item_type
from lib.workshop.artifacts.places import END
from lib.workshop.fields import is_blank
from lib.workshop.read_back import Change, DoesNotFit, Operation, applied
from lib.workshop.records import Fields


@dataclass(frozen=True)
class Setting:
    """What an answer is taken in with."""

    step: str
    language: str = "en"
    #: Fields of which the model has not seen all.
    shortened: Collection[str] = ()
    #: Checks quotes; without it any quote stands.
    sources: Sources | None = None


class Full(Lost):
    """A list that takes no more entries."""


class Editing:
    """A draft while one answer is taken in."""

    def __init__(self, setting: Setting, draft: Fields, problems: Sequence[str] = ()) -> None:
        """*problems* are known already."""
        self.setting = setting
        self.offers = Offers(setting.language)
        self.fields = draft
        #: What was added, by the name of its field.
        self.added: defaultdict[str, list[Operation]] = defaultdict(list)
        #: What could not be used, for the model; and the titles of those fields, for the team.
        self.problems = [*problems]
        self.refused: dict[str, None] = {}

    def attempt(self, name: str, change: Callable[[], object]) -> None:
        """Make a *change* of the field called *name*; note why it cannot be used."""
        try:
            change()
        except Lost as exc:
            self.refuse(name, [str(exc)])

    def refuse(self, name: str, problems: Sequence[str]) -> None:
        """Note why a change of the field called *name* cannot be used."""
        self.problems += problems
        if name in MODELS[self.setting.step].model_fields:
            self.refused[titles(self.setting.step, (name,))] = None

    def find(self, at: Sequence[str | int], was: Any = None) -> Spot:
        """Return the place that *at* leads to. Raises Lost."""
        return find(self.setting.step, self.fields, at, was)

    def put(self, spot: Spot, value: Any, *, is_whole: bool = False) -> None:
        """
        Fill what is empty at *spot*, add entries to a list, offer what would replace something.

        Of a list *is_whole* says that *value* is meant to be all of it. Raises Lost.
        """
        before = spot.held(self.fields)
        is_record = is_model(spot.kind) and not is_blank(before)
        if spot.is_list:
            self._put_list(spot, value if isinstance(value, list) else [value], is_whole=is_whole)
        elif is_record and isinstance(value, dict):
            self._put_fields(spot, value, is_whole=is_whole)
        elif is_record and isinstance(value, str):
            self.put(spot.field(head_of(spot.kind)), value)
        else:
            self._put_value(spot, self.clean(spot, as_kind(spot.kind, value)), before)

    def _put_value(self, spot: Spot, value: Any, before: Any) -> None:
        if is_blank(before):
            self._apply(Operation(Change.ADD, spot.path, value, entries=spot.entries))
        elif spot.kind is bool and value is True and before is False:
            self._apply(Operation(Change.SET, spot.path, True, False, spot.entries))
        elif value != before:
            self.offers.replace(spot, before, value)

    def _put_list(self, spot: Spot, entries: list[Any], *, is_whole: bool) -> None:
        name = str(spot.path[0])
        if is_whole and name not in self.setting.shortened:
            self._align(spot, entries)
            return
        for each in entries:
            # What was shortened for the model is there already.
            if not (is_whole and _is_cut(each)):
                self.attempt(name, partial(self.put_entry, spot, each))

    def _put_fields(self, spot: Spot, value: Fields, *, is_whole: bool) -> None:
        for name, each in value.items():
            if name in spot.kind.model_fields and not is_blank(each):
                self.put(spot.field(name), each, is_whole=is_whole)

    def put_entry(self, spot: Spot, value: Any, place: int | None = None) -> bool:
        """Add an entry to the list at *spot*, or fill the one of its name; return whether it is new."""
        kind = item_type(spot.kind)
        value = self.clean(spot.entry(END, None), as_kind(kind, value))
        held = spot.held(self.fields) or []
        known = [at for at, each in enumerate(held) if _is_same(spot, each, value)]
        if known and is_model(kind):
            self._put_fields(spot.entry(known[0], held[known[0]]), value, is_whole=False)
        elif not known and value not in held:
            most = bound(spot.info, "max_length") if spot.info else None
            if most is not None and len(held) >= most:
                raise Full(
                    f"{spot.label}: full with {most} entries; suggest a merge, or ask what can go."
                )
            at = len(held) if place is None else max(0, min(place, len(held)))
            self._apply(Operation(Change.ADD, (*spot.path, at), value, entries=spot.entries))
            return True
        return False

    def _align(self, spot: Spot, entries: list[Any]) -> None:
        """Take in a list that was handed back as a whole: nothing disappears from it."""
        base = list(spot.held(self.fields) or [])
        pairs = {new: old for old, new in _pairs(base, entries).items()}
        # What stands in the list by now: places of *base*, and None for new entries.
        standing: list[int | None] = [*range(len(base))]
        waiting: list[tuple[Any, Full]] = []
        at = 0
        for place, each in enumerate(entries):
            if place in pairs:
                at = standing.index(pairs[place]) + 1
                if base[pairs[place]] != each:
                    known = spot.entry(at - 1, base[pairs[place]])
                    self.attempt(str(spot.path[0]), partial(self.put, known, each, is_whole=True))
            elif self._is_new(spot, each, at, waiting):
                standing.insert(at, None)
                at += 1
        gone = [old for old in range(len(base)) if old not in pairs.values()]
        self._exchange(spot, [(standing.index(old), base[old]) for old in gone], waiting)
        if not gone and None not in standing:
            self._reorder(spot, base, [pairs[each] for each in sorted(pairs)])

    def _is_new(self, spot: Spot, entry: Any, at: int, waiting: list[tuple[Any, Full]]) -> bool:
        """Add an entry and return whether it is new; one that a full list takes no more is *waiting*."""
        try:
            return self.put_entry(spot, entry, at)
        except Full as exc:
            waiting.append((entry, exc))
        except Lost as exc:
            self.refuse(str(spot.path[0]), [str(exc)])
        return False

    def _exchange(
        self, spot: Spot, left: list[tuple[int, Any]], waiting: Sequence[tuple[Any, Full]]
    ) -> None:
        """Offer to put what did not fit into a full list in the place of what was left out of it."""
        for (at, old), (new, _) in zip(left, waiting, strict=False):
            known = spot.entry(at, old)
            self.attempt(str(spot.path[0]), partial(self._offer, known, old, new))
        for _, exc in waiting[len(left) :]:
            self.refuse(str(spot.path[0]), [str(exc)])
        self.offers.remove_entries(spot, left[len(waiting) :])

    def _offer(self, spot: Spot, old: Any, new: Any) -> None:
        self.offers.replace(spot, old, self.clean(spot, as_kind(spot.kind, new)))

    def _reorder(self, spot: Spot, base: list[Any], order: list[int]) -> None:
        held = spot.held(self.fields)
        if moved(order) and len(held) == len(base):
            self.offers.order(spot, held, [held[at] for at in order])

    def clean(self, spot: Spot, value: Any) -> Any:
        """Return *value* in shape and with its quotes checked. Raises Lost if nothing is left."""
        value = fitted(spot.kind, value, spot.info)
        for _, text in leaves({"": value}):
            if CUT_OFF in text:
                raise Lost(
                    f"{spot.label}: never hand back a text that was shortened with {CUT_OFF}."
                )
            if is_placeholder(text):
                raise Lost(f"{spot.label}: “{text[:40]}” only holds the place; leave it out.")
        if self.setting.sources and value is not None:
            value = self.setting.sources.checked(spot, value)
        if is_blank(value):
            raise Lost(f"{spot.label}: empty, or not in the form that was asked for.")
        return value

    def _apply(self, operation: Operation) -> None:
        try:
            self.fields = applied(self.fields, [operation])
        except DoesNotFit as exc:
            raise Lost(str(exc)) from exc
        self.added[str(operation.path[0])].append(operation)


def as_kind(kind: Any, value: Any) -> Any:
    """Return a text as a record of that name, and a record of one text as that text."""
    if is_model(kind) and isinstance(value, str):
        return {head_of(kind): value}
    if kind is str and isinstance(value, dict):
        texts = [text for _, text in leaves(value)]
        return texts[0] if len(texts) == 1 else value.get("name") or value.get("title") or value
    return value


def _is_same(spot: Spot, one: Any, other: Any) -> bool:
    """Whether two entries of the list at *spot* are the same person or thing."""
    name = text_of(spot, other)
    if not name or not same(text_of(spot, one), name):
        return False
    kind = item_type(spot.kind)
    if not is_model(kind) or head_of(kind) in ("name", "title", "theme"):
        return True
    # What is known by a whole sentence, such as a finding, is another one if another text differs.
    texts = [field for field, value in other.items() if isinstance(value, str)]
    return all(is_blank(one.get(each)) or same(str(one[each]), other[each]) for each in texts)


def _is_cut(value: Any) -> bool:
    return any(CUT_OFF in text for _, text in leaves({"": value}))


def _pairs(base: list[Any], entries: list[Any]) -> dict[int, int]:
    """Return which of *entries* each entry of *base* became, where the two are alike."""
    return {
        old: new
        for old, new in matched(base, entries).items()
        if base[old] == entries[new] or likeness(base[old], entries[new]) >= ALIKE
    }
