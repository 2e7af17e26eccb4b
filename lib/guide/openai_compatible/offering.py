"""The offers of one reply: changes that somebody in the team has to accept."""

from collections.abc import Sequence
from typing import Any

from lib.guide.openai_compatible import sentences
from lib.guide.openai_compatible.spots import Spot
from lib.workshop.artifacts.diff import as_text, head_of, is_model
from lib.workshop.artifacts.normalise import item_type
from lib.workshop.read_back import Change, Offer, Operation

#: Offers of one reply; more buttons nobody reads.
MOST = 12


class Offers:
    """Collects offers in the order they are made."""

    def __init__(self, language: str) -> None:
        self._language = language
        self._made: list[Offer] = []

    @property
    def made(self) -> tuple[Offer, ...]:
        """The offers, each once, at most MOST."""
        different = {repr(each.operations): each for each in self._made}
        return tuple(different.values())[:MOST]

    def replace(self, spot: Spot, old: Any, new: Any) -> None:
        """Offer *new* instead of *old*."""
        operation = Operation(Change.SET, spot.path, new, old, spot.entries)
        was, becomes = _text(spot.kind, old), _text(spot.kind, new)
        if spot.kind is str or is_model(spot.kind):
            self._add("replace", [operation], field=spot.label, old=was, new=becomes)
            return
        # A choice or a number says nothing by itself.
        label = sentences.label(self._language, "change", field=f"{spot.labels[-1]}: {becomes}")
        detail = sentences.say(
            self._language, "replace_detail", field=spot.label, old=was, new=becomes
        )
        self._made.append(Offer(label, detail, (operation,)))

    def remove(self, spot: Spot, old: Any) -> None:
        """Offer to remove *old*."""
        operation = Operation(Change.REMOVE, spot.path, None, old, spot.entries)
        self._add("remove", [operation], field=spot.label, old=_text(spot.kind, old))

    def remove_entries(self, spot: Spot, entries: Sequence[tuple[int, Any]]) -> None:
        """Offer to remove *entries* of the list at *spot*, given with their places."""
        if len(entries) == 1:
            at, entry = entries[0]
            self.remove(spot.entry(at, entry), entry)
        elif entries:
            operations = [
                Operation(Change.REMOVE, (*spot.path, at), None, entry, spot.entries)
                for at, entry in reversed(entries)
            ]
            texts = sentences.quoted(
                self._language, (_text(item_type(spot.kind), each) for _, each in entries)
            )
            count = len(entries)
            self._add("remove_several", operations, field=spot.label, old=texts, count=count)

    def move(self, spot: Spot, old: Any, target: Spot, new: Any) -> None:
        """Offer to move *old* to another place, where it is *new*."""
        operations = [
            Operation(Change.REMOVE, spot.path, None, old, spot.entries),
            Operation(Change.ADD, target.path, new, entries=target.entries),
        ]
        self._add("move", operations, field=target.label, old=_text(spot.kind, old))

    def merge(self, spot: Spot, old: Any, target: Spot, other: Any, merged: Any) -> None:
        """Offer *merged* instead of both *old* and *other*."""
        operations = [
            Operation(Change.SET, target.path, merged, other, target.entries),
            Operation(Change.REMOVE, spot.path, None, old, spot.entries),
        ]
        texts = {
            "old": _text(spot.kind, old),
            "other": _text(target.kind, other),
            "new": _text(target.kind, merged),
        }
        self._add("merge", operations, field=target.label, **texts)

    def order(self, spot: Spot, old: Sequence[Any], new: Sequence[Any]) -> None:
        """Offer another order of a list."""
        operation = Operation(Change.SET, spot.path, list(new), list(old), spot.entries)
        names = (_name(item_type(spot.kind), each) for each in new)
        self._add(
            "order", [operation], field=spot.label, new=sentences.quoted(self._language, names)
        )

    def together(self, label: str, operations: Sequence[Operation], new: str) -> None:
        """Offer *operations* that are only right together; they replace the offers they are from."""
        parts = {each.path for each in operations}
        self._made = [
            offer for offer in self._made if not {each.path for each in offer.operations} <= parts
        ]
        self._add("change", operations, field=label, new=new)

    def drop(self, offer: Offer) -> None:
        """Take an offer back."""
        self._made = [each for each in self._made if each is not offer]

    def _add(self, name: str, operations: Sequence[Operation], **parts: object) -> None:
        language = self._language
        label = sentences.label(language, name, **parts)
        detail = sentences.say(language, f"{name}_detail", **parts)
        self._made.append(Offer(label, detail, tuple(operations)))


def _name(kind: Any, entry: Any) -> str:
    if is_model(kind) and isinstance(entry, dict):
        return str(entry.get(head_of(kind)) or as_text(kind, entry))
    return as_text(kind, entry)


def _text(kind: Any, value: Any) -> str:
    """Return *value* to read: of a record its name."""
    return _name(kind, value)
