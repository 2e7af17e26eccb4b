"""
What recent replies took and offer, as a page shows it: which lines stand, and what can be pressed.

Pure. Everything is text and flags: the component in the browser draws it, and decides nothing.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from lib.team import read_backs
from lib.workshop.artifacts import places
from lib.workshop.choices import ALL, Choice, How, offer_item, taken_item
from lib.workshop.read_back import Change, DoesNotFit, Offer, Taken, effect, stands
from lib.workshop.records import Draft
from lib.workshop.transcript import Message

_GONE = "changed since"


def shown(
    step: str, draft: Draft, replies: Iterable[Message], choices: Iterable[Choice]
) -> list[dict[str, Any]]:
    """Return what to show of *replies*, newest first; of those that took and offer nothing, nothing."""
    known = list(choices)
    found = [_Reply(step, draft, each, known).shown() for each in replies]
    return [each for each in reversed(found) if each["items"]]


class _Reply:
    """One reply, with what was decided about it."""

    def __init__(self, step: str, draft: Draft, reply: Message, choices: Sequence[Choice]) -> None:
        assert reply.read_back is not None
        self._step = step
        self._fields = draft.fields
        self._reply = reply
        self._read_back = reply.read_back
        self._choices = {
            each.item: each
            for each in choices
            if each.reply == reply.id and each.of == reply.revision
        }

    def shown(self) -> dict[str, Any]:
        """Return the reply's lines, then its offers, and what its Undo is."""
        whole = self._choices.get(ALL)
        is_undone = whole is not None and whole.how is How.UNDONE
        lines = [self._line(taken_item(at), line) for at, line in enumerate(self._read_back.taken)]
        offers = [
            self._offer(offer_item(at), offer) for at, offer in enumerate(self._read_back.offers)
        ]
        if is_undone:
            lines = [each | {"can": {}, "note": ""} for each in lines]
        return {
            "reply": self._reply.id,
            "position": self._reply.position,
            "said": self._reply.text[:80],
            "items": [*lines, *offers],
            "all": self._all(whole, is_undone=is_undone),
        }

    def _all(self, whole: Choice | None, *, is_undone: bool) -> dict[str, Any]:
        """Return what can be done with everything the reply took."""
        about = {"item": ALL, "revision": whole.revision if whole else 0}
        if is_undone:
            assert whole is not None
            can = {"redo": True} if stands(self._fields, whole.operations) else {}
            return about | {"can": can, "note": f"Undone by {_who(whole)}"}
        return about | {"can": {"undo": True} if self._stands() else {}, "note": ""}

    def _stands(self) -> bool:
        """Whether anything the reply took is in the draft as it left it, or as a press did."""
        for at, line in enumerate(self._read_back.taken):
            choice = self._choices.get(taken_item(at))
            is_open = choice is None or choice.how is How.OPEN
            if is_open and stands(self._fields, line.operations):
                return True
            is_changed = choice is not None and choice.how in (How.EDITED, How.MOVED)
            if choice is not None and is_changed and stands(self._fields, choice.operations):
                return True
        return False

    def _line(self, item: str, line: Taken) -> dict[str, Any]:
        choice = self._choices.get(item)
        about = {
            "item": item,
            "revision": choice.revision if choice else 0,
            "label": line.place.label,
            "text": line.text,
            "who": line.author,
            "kind": line.operations[0].change.value if line.operations else Change.ADD.value,
        }
        if choice is None or choice.how is How.OPEN:
            return about | self._open(line)
        note = self._note(line, choice)
        return about | {"how": choice.how.value} | self._settled(choice, note)

    def _open(self, line: Taken) -> dict[str, Any]:
        if not stands(self._fields, line.operations):
            return {"can": {}, "note": _GONE}
        text = read_backs.text_of(self._step, line)
        can = {"talk": True, "places": [place.label for place in line.elsewhere]}
        return {"can": can if text is None else can | {"edit": text}, "note": ""}

    def _settled(self, choice: Choice, note: str) -> dict[str, Any]:
        is_standing = not choice.operations or stands(self._fields, choice.operations)
        if is_standing:
            return {"can": {"reopen": True}, "note": note}
        return {"can": {}, "note": f"{note}, {_GONE}"}

    def _note(self, line: Taken, choice: Choice) -> str:
        by = _who(choice)
        if choice.how is How.EDITED:
            return f"now “{read_backs.text_at(self._step, choice.operations[-1])}” ({by})"
        if choice.how is How.MOVED:
            path = choice.operations[-1].path
            return f"moved to {places.title(self._step, path)} ({by})"
        is_removal = line.operations[0].change is Change.REMOVE
        return f"put back ({by})" if is_removal else f"just talk ({by})"

    def _offer(self, item: str, offer: Offer) -> dict[str, Any]:
        choice = self._choices.get(item)
        about = {
            "item": item,
            "revision": choice.revision if choice else 0,
            "offer": offer.label,
            "text": offer.detail,
        }
        if choice is not None and choice.how is not How.OPEN:
            return about | self._settled(choice, f"{offer.label} ({_who(choice)})")
        if not self._fits(offer):
            return about | {"can": {}, "note": "no longer fits the draft"}
        return about | {"can": {"accept": True}, "note": ""}

    def _fits(self, offer: Offer) -> bool:
        try:
            return not offer.operations or bool(effect(self._fields, offer.operations)[1])
        except DoesNotFit:
            return False


def _who(choice: Choice) -> str:
    return choice.by or "someone"
