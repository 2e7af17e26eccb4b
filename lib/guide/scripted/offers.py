"""
What an answer adds is taken at once; what it would replace or remove is offered.

An offer is accepted with its button, or in words: "yes" where there is one, "the first", "pains".
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from lib.guide.scripted import reading, say
from lib.guide.scripted.listen import Kind
from lib.guide.scripted.scene import Scene
from lib.workshop.artifacts import places
from lib.workshop.artifacts.criteria.matching import folded, words
from lib.workshop.artifacts.lines import between
from lib.workshop.artifacts.models import MODELS
from lib.workshop.artifacts.normalise import normalised
from lib.workshop.fields import is_blank
from lib.workshop.read_back import (
    Change,
    DoesNotFit,
    Offer,
    Operation,
    Place,
    Taken,
    applied,
    reverse,
)
from lib.workshop.records import Fields
from lib.workshop.transcript import Message

#: Choices one question shows besides the one that leaves everything as it is.
MOST_CHOICES = 3

#: Changes that the detail of an offer spells out.
_MOST_SPELLED = 5


@dataclass(frozen=True)
class Parted:
    """What became of an answer: what was added, and what would be replaced or removed."""

    fields: Fields
    lines: tuple[Taken, ...] = ()
    #: Lines that nobody has agreed to.
    risky: tuple[Taken, ...] = ()


def parted(
    scene: Scene,
    after: Fields,
    messages: Sequence[Message] = (),
    *,
    may_replace: str = "",
    whole: bool = False,
) -> Parted:
    """
    Part what leads from the scene's draft to *after*: additions are made, the rest is not.

    A text of the field *may_replace* may be replaced: the guide has just asked for that. If *whole*,
    additions are not made without the rest.
    """
    before, after = scene.fields, normalised(scene.step, after)
    lines = between(scene.step, before, after, messages)
    risky = tuple(line for line in lines if not _is_addition(line, may_replace))
    if not risky:
        return Parted(after, lines)
    if whole:
        return Parted(before, (), lines)
    # What leaves one place may be what comes to another: together or not at all.
    touched = {line.place.path[0] for line in risky if _removes(line)}
    risky = tuple(line for line in lines if line in risky or line.place.path[0] in touched)
    added = tuple(line for line in lines if line not in risky)
    try:
        fields = applied(before, _operations(added))
        applied(fields, _operations(risky))
    except DoesNotFit:
        return Parted(before, (), lines)
    return Parted(fields, added, risky)


def _operations(lines: Sequence[Taken]) -> tuple[Operation, ...]:
    return tuple(each for line in lines for each in line.operations)


def _removes(line: Taken) -> bool:
    return any(each.change is Change.REMOVE for each in line.operations)


def _is_addition(line: Taken, may_replace: str) -> bool:
    return all(
        each.change is Change.ADD
        or (each.change is Change.SET and _extends(each.was, each.value))
        or (each.change is Change.SET and each.path[0] == may_replace and is_text(each.value))
        for each in line.operations
    )


def is_text(value: Any) -> bool:
    """Whether *value* is one text."""
    return isinstance(value, str)


def _extends(was: Any, value: Any) -> bool:
    """Whether *value* holds all of *was*, and perhaps more."""
    if is_blank(was) or was is False:
        return True
    if isinstance(was, str) and isinstance(value, str):
        return value.startswith(was.rstrip(" .…"))
    if isinstance(was, dict) and isinstance(value, dict):
        return all(name in value and _extends(each, value[name]) for name, each in was.items())
    if isinstance(was, list) and isinstance(value, list):
        rest = iter(value)
        return all(any(_extends(old, new) for new in rest) for old in was)
    return bool(was == value)


# Making offers


def change(scene: Scene, lines: Sequence[Taken]) -> tuple[Offer, ...]:
    """Return the offer of a change, and the one that leaves everything as it is."""
    if not lines:
        return ()
    operations = _operations(lines)
    label = _label(scene, lines, operations)
    return Offer(label, detail(scene, lines), operations), leave(scene)


def fits(scene: Scene, offer: Offer) -> bool:
    """Whether the draft still holds what an offer was made for."""
    try:
        applied(scene.fields, offer.operations)
    except DoesNotFit:
        return False
    return True


def leave(scene: Scene) -> Offer:
    """Return the offer that changes nothing in the draft."""
    return Offer(scene.text("core.leave"), scene.text("core.leave_detail"))


def _label(scene: Scene, lines: Sequence[Taken], operations: Sequence[Operation]) -> str:
    if len(operations) == 1:
        (only,) = operations
        if only.change is Change.REMOVE:
            return scene.text("core.label_remove", old=_shown(only.was, 6))
        return scene.text("core.label_set", new=_shown(only.value, 8))
    return scene.text("core.label_all", count=len(lines))


def detail(scene: Scene, lines: Sequence[Taken]) -> str:
    """Return what *lines* would change, in sentences."""
    told = [sentence for line in lines for sentence in _sentences(scene, line)]
    more = len(told) - _MOST_SPELLED
    rest = [scene.text("core.and_more", count=more)] if more > 0 else []
    return " ".join([*told[:_MOST_SPELLED], *rest])


def _sentences(scene: Scene, line: Taken) -> list[str]:
    if len({each.change for each in line.operations}) > 1:
        return [scene.text("core.would_order", place=line.place.label, new=say.clip(line.text, 24))]
    return [_sentence(scene, line, each) for each in line.operations]


def _sentence(scene: Scene, line: Taken, operation: Operation) -> str:
    place = line.place.label
    if operation.change is Change.REMOVE:
        return scene.text("core.would_remove", place=place, old=_shown(operation.was, 12))
    if operation.change is Change.ADD:
        return scene.text("core.would_add", place=place, new=_shown(operation.value, 12))
    return scene.text(
        "core.would_set",
        place=place,
        old=_shown(operation.was, 10),
        new=_shown(operation.value, 12),
    )


def _shown(value: Any, most: int) -> str:
    if isinstance(value, dict):
        value = next((each for each in value.values() if isinstance(each, str) and each), "…")
    if isinstance(value, list):
        return say.clip("; ".join(_shown(each, 5) for each in value), most)
    return say.clip(str(value), most)


def placing(scene: Scene, text: str, first: Sequence[Taken] = ()) -> tuple[Offer, ...]:
    """
    Return offers to put *text* somewhere, and that it was just talk; nothing if it fits nowhere.

    *first* is how the open question would take it.
    """
    offered = [_put(scene, first[0].place.label, text, _operations(first))] if first else []
    alone = _operations(first)
    if not first or (len(alone) == 1 and places.text_of(alone[0].value) is not None):
        taken = {each.label for each in offered}
        others = (each for each in _anywhere(scene, text) if each.label not in taken)
        offered += list(others)[: MOST_CHOICES - len(offered)]
    if not offered:
        return ()
    talk = Offer(scene.text("core.talk"), scene.text("core.leave_detail"))
    return *offered, talk


def _put(scene: Scene, label: str, text: str, operations: tuple[Operation, ...]) -> Offer:
    top = label.split(" › ", maxsplit=1)[0]
    told = scene.text("core.would_add", place=label, new=say.clip(text, 20))
    return Offer(scene.text("core.put", place=top), told, operations)


def _anywhere(scene: Scene, text: str) -> list[Offer]:
    """Return an offer for each list, and each empty text, at the top of the step's artifact."""
    found: list[Offer] = []
    plain = reading.capital(reading.said(text))[:400]
    for name in MODELS[scene.step].model_fields:
        if is_text(scene.fields.get(name)) or name in _NOT_TYPED:
            continue
        label = scene.text(f"field.{scene.step}.{name}")
        try:
            operation = places.put(scene.step, Place((name,), label), plain)
            applied(scene.fields, [operation])
        except DoesNotFit:
            continue
        found.append(_put(scene, label, plain, (operation,)))
    return found


#: Fields that nobody types an entry of in a chat: they follow from others, or have their own ways.
_NOT_TYPED = frozenset(
    "step_summaries insights_applied evolution selected_idea_titles hmw_statements clusters".split()
)


# Accepting them

#: Words that turn an offer down; "keep it as it is" would approve of a draft, not of a change.
_STAYS = re.compile(
    r"\b(?:leave|keep|don'?t|do not|not|rather not|lass\w*|nicht|behalt\w*|deja\w*|mejor no|laisse\w*"
    r"|garde\w*|just talk|joke|scherz|broma|blague)\b",
    re.IGNORECASE,
)


#: Words around a choice that say nothing else.
_AROUND_CHOICES = frozenset(
    "the one ones number no nr option then please take i we think das die der dem den nummer bitte "
    "dann la el los las opción entonces por favor le les l numéro alors s'il vous plaît".split()
)


def chosen(text: str, kind: Kind, offered: Sequence[Offer]) -> Offer | None:
    """Return the offer that somebody chose in words, or None if it was something else."""
    real = [each for each in offered if each.operations]
    quiet = next((each for each in offered if not each.operations), None)
    if kind is Kind.PASS or _is_named(text, quiet) or (len(text) < 60 and _STAYS.search(text)):
        return quiet
    if kind is Kind.APPROVE and len(real) == 1:
        return real[0]
    if len(words(text)) > 8:
        return None
    named = [each for each in offered if _is_named(text, each)]
    if len(named) == 1:
        return named[0]
    # "The second one, please", but not "delete the second one".
    place = reading.ordinal(text) if len(set(words(text)) - _AROUND_CHOICES) == 1 else None
    return offered[place] if place is not None and -1 <= place < len(offered) else None


def _is_named(text: str, offer: Offer | None) -> bool:
    """Whether *text* is an offer's label, or words of it that tell which is meant."""
    if offer is None:
        return False
    told = folded(text)
    known = folded(offer.label)
    return bool(told) and (told == known or f" {told} " in f" {known} ")


def accepted(scene: Scene, offer: Offer, messages: Sequence[Message]) -> Parted | None:
    """Return the draft with an offer applied, or None if it no longer fits."""
    try:
        after = normalised(scene.step, applied(scene.fields, offer.operations))
    except DoesNotFit:
        return None
    return Parted(after, between(scene.step, scene.fields, after, messages))


def report(scene: Scene, lines: Sequence[Taken]) -> str:
    """Return what was taken, by field and count."""
    counts: dict[str, int] = {}
    for line in lines:
        name = str(line.place.path[0])
        counts[name] = counts.get(name, 0) + 1
    told = [
        f"{scene.text(f'field.{scene.step}.{name}')}: {count}" for name, count in counts.items()
    ]
    return scene.text("core.noted", what=", ".join(told)) if told else ""


def undoing(scene: Scene) -> tuple[Offer, ...]:
    """Return the offer to take back what the last reply that took something took."""
    for exchange in reversed(scene.exchanges):
        lines = exchange.read_back.taken
        if not lines:
            continue
        try:
            after = applied(scene.fields, reverse(_operations(lines)))
        except DoesNotFit:
            return ()
        back = between(scene.step, scene.fields, after)
        made = change(scene, back)
        return (replace(made[0], label=scene.text("core.label_undo")), *made[1:]) if made else ()
    return ()
