"""
Presses on the lines and offers of a reply, each applied to the draft as it is stored by then.

The browser mints a press's id and repeats it until the page has confirmed it. It names the revision of
the item that was shown, so that of two presses at once only one takes effect, on any server.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lib.store.port import Store
from lib.team.drafts import Drafts
from lib.team.edits import revised
from lib.workshop.artifacts import places
from lib.workshop.artifacts.diff import head_of, is_model
from lib.workshop.artifacts.lines import between
from lib.workshop.choices import (
    ALL,
    Choice,
    ChoiceRefused,
    How,
    offered,
    reverted,
    taken_of,
)
from lib.workshop.ids import is_id
from lib.workshop.read_back import (
    Change,
    DoesNotFit,
    Operation,
    ReadBack,
    Taken,
    effect,
    reverse,
)
from lib.workshop.records import Draft, Fields, StepKey
from lib.workshop.transcript import Message, Role, clean

#: Characters of a text that is typed in place of another.
MAX_TEXT = 20_000

#: Presses a browser may hold that are not confirmed.
MAX_PRESSES = 20

GONE = "Someone changed this in the draft since. Change it in the draft instead."
DECIDED = "Someone on your team has already decided this."
NOTHING_LEFT = "Nothing of it is left in the draft."


@dataclass(frozen=True)
class Press:
    """A press on an item of a reply, as the browser sends it."""

    #: Its own id, minted in the browser.
    id: str
    #: Id of the reply, and its position.
    reply: str
    position: int
    item: str
    #: The revision of the item that was shown; 0 if nobody had decided about it.
    revision: int
    how: How
    #: For EDITED: what was typed.
    text: str = ""
    #: For MOVED: which of the line's other places, from 0.
    place: int = 0


def read(state: Mapping[str, Any]) -> list[Press]:
    """Return the presses a page's component has sent; what is none is passed over."""
    sent = state.get("presses")
    entries = sent[-MAX_PRESSES:] if isinstance(sent, list) else []
    return [press for each in entries if (press := _press(each)) is not None]


def _press(data: Any) -> Press | None:
    try:
        press = Press(
            data["id"],
            data["reply"],
            data["position"],
            data["item"],
            data["revision"],
            How(data["how"]),
            data.get("text", ""),
            data.get("place", 0),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
    texts = press.reply, press.item, press.text
    numbers = press.position, press.revision, press.place
    is_whole = is_id(press.id) and all(isinstance(each, str) for each in texts)
    return press if is_whole and all(type(each) is int and each >= 0 for each in numbers) else None


def carry_out(store: Store, drafts: Drafts, key: StepKey, press: Press, by: str) -> None:
    """
    Carry out a press of the member called *by*; nothing happens if somebody else pressed first.

    Raises ChoiceRefused, with a sentence, if the draft or the reply has changed so that it no longer
    fits, and StoreError; then nothing has changed.
    """

    def attempt(stored: Draft) -> None:
        reply = _reply(store, key, press)
        known = [each for each in store.choices(key, [reply.id]) if each.of == reply.revision]
        if _revision(known, press.item) != press.revision:
            return
        fields, done = _decided(key.step, stored.fields, reply, known, press)
        draft = revised(stored, fields, stored.phase, drafts.mark(), by)
        revision, of = press.revision + 1, reply.revision
        choice = Choice(reply.id, press.item, press.how, by, revision, of, done, press.id)
        store.choose(key, choice, draft)

    drafts.on_stored(key, attempt)


def _reply(store: Store, key: StepKey, press: Press) -> Message:
    """Return the reply as it is stored, with lines if it was stored without."""
    found = store.messages(key, since=press.position, before=press.position + 1)
    replies = [each for each in found if each.id == press.reply and each.role is Role.ASSISTANT]
    if not replies:
        raise ChoiceRefused("This reply is no longer part of the conversation.")
    return with_lines(store, key, replies[0])


def with_lines(store: Store, key: StepKey, reply: Message) -> Message:
    """Return *reply* with a read-back; one that an earlier release stored has none."""
    if reply.read_back is not None:
        return reply
    update = store.update_of(key, reply.id)
    lines = between(key.step, update.before.fields, update.after.fields) if update else ()
    return replace(reply, read_back=ReadBack(lines))


def _revision(known: Sequence[Choice], item: str) -> int:
    return next((each.revision for each in known if each.item == item), 0)


def _decided(
    step: str, fields: Fields, reply: Message, known: Sequence[Choice], press: Press
) -> tuple[Fields, tuple[Operation, ...]]:
    """Return *fields* after a press, and what was done. Raises ChoiceRefused."""
    now = {each.item: each for each in known}
    held = now.get(press.item)
    is_undone = ALL in now and now[ALL].how is How.UNDONE
    assert reply.read_back is not None
    if is_undone and taken_of(reply.read_back, press.item) is not None:
        raise ChoiceRefused(DECIDED)
    if press.how is How.OPEN and held is not None:
        return _effect(fields, reverse(held.operations))
    if held is not None and held.how is not How.OPEN:
        raise ChoiceRefused(DECIDED)
    if press.item == ALL and press.how is How.UNDONE:
        after, done = reverted(fields, reply.read_back, now.values())
        if not done:
            raise ChoiceRefused(NOTHING_LEFT)
        return after, done
    return _effect(fields, _operations(step, reply.read_back, press))


def _effect(
    fields: Fields, operations: Sequence[Operation]
) -> tuple[Fields, tuple[Operation, ...]]:
    try:
        return effect(fields, operations)
    except DoesNotFit as exc:
        raise ChoiceRefused(GONE) from exc


def _operations(step: str, read_back: ReadBack, press: Press) -> tuple[Operation, ...]:
    """Return what a press on a line or an offer does. Raises ChoiceRefused if there is no such."""
    line, offer = taken_of(read_back, press.item), offered(read_back, press.item)
    if offer is not None and press.how is How.ACCEPTED:
        return offer
    if line is not None and press.how is How.TALK:
        return reverse(line.operations)
    if line is not None and press.how is How.EDITED:
        return edited(step, line, press.text)
    if line is not None and press.how is How.MOVED:
        return moved(step, line, press.place)
    raise ChoiceRefused("There is no such line any more.")


def text_of(step: str, line: Taken) -> str | None:
    """Return the text of a line that can be typed again; None if it is changed in the form only."""
    return text_at(step, line.operations[0]) if len(line.operations) == 1 else None


def text_at(step: str, operation: Operation) -> str | None:
    """Return the text an operation puts somewhere, of an entry its name; None if there is none."""
    value = operation.value
    kind = places.kind_at(step, operation.path)
    if isinstance(value, dict) and is_model(kind):
        value = value.get(head_of(kind))
    elif kind is not str:
        return None
    return value if isinstance(value, str) else None


def edited(step: str, line: Taken, text: str) -> tuple[Operation, ...]:
    """
    Return what puts *text* in the place of a line's text. Raises ChoiceRefused.

    Of an entry with several fields it is the first one, its name.
    """
    text = clean(text).strip()
    if not text or len(text) > MAX_TEXT or text_of(step, line) is None:
        raise ChoiceRefused("Type a text first. To take the line out, choose “Just talk”.")
    (put,) = line.operations
    value: Any = text
    if isinstance(put.path[-1], int):
        # An entry is one line in the form, so it is one line everywhere.
        value = " ".join(text.split())
    if isinstance(put.value, dict):
        value = put.value | {head_of(places.kind_at(step, put.path)): value}
    return (Operation(Change.SET, put.path, value, put.value, put.entries),)


def moved(step: str, line: Taken, place: int) -> tuple[Operation, ...]:
    """Return what moves a line's text to another of its places. Raises ChoiceRefused."""
    if place >= len(line.elsewhere) or not line.operations:
        raise ChoiceRefused("There is no such field any more.")
    target, put = line.elsewhere[place], line.operations[-1]
    # Beside it: in the same entry, which is found by its name.
    holder = target.path[:-1]
    is_beside = put.path[: len(holder)] == holder
    inside = sum(isinstance(part, int) for part in holder)
    entries = put.entries[:inside] if is_beside else ()
    try:
        there = places.put(step, target, put.value, entries)
    except DoesNotFit as exc:
        raise ChoiceRefused(f"Couldn't move it: {exc}") from exc
    return (*reverse(line.operations), there)
