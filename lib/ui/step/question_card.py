"""
The card of a question: the part of the step's form it asks for, in the conversation.

The same component as the form, with fewer fields and larger choices. Both edit one draft, as two tabs do.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lib.team import draft_input
from lib.team.working_copy import WorkingCopy
from lib.ui.step import draft_form
from lib.workshop import cards
from lib.workshop.artifacts.models import MODELS
from lib.workshop.read_back import Card
from lib.workshop.records import Fields
from lib.workshop.transcript import MessageStatus, Role

#: Options of a choice, or steps of a rating, that are shown side by side.
_FEW = 5


def show(copy: WorkingCopy, step: str) -> None:
    """Draw the card of the guide's last question, if that is whole and has one."""
    card = None if copy.is_read_only(step) else of(copy, step)
    if card is None:
        return
    spec = description(step, card, copy.drafts[step].fields, copy.upstream[step])
    for each in spec:
        if "given_that" in card.columns:
            each["sentence"] = cards.SENTENCES.get(copy.workshop.language, cards.SENTENCES["en"])
    draft_form.draw(copy, step, draft_input.card_key(copy, step), spec)


def of(copy: WorkingCopy, step: str) -> Card | None:
    """Return the card of what is asked now; None if nothing with a shape is asked."""
    messages = copy.transcripts[step]
    last = messages[-1] if messages else None
    if last is None or last.role is not Role.ASSISTANT or last.status is not MessageStatus.COMPLETE:
        return None
    read_back = last.read_back
    if read_back is None:
        return None
    return read_back.card or cards.card_of(step, read_back.asked, copy.drafts[step].fields)


def description(
    step: str, card: Card, fields: Fields, upstream: Mapping[str, Fields]
) -> list[dict[str, Any]]:
    """Return the card's fields as the form draws them; see `lib.ui.step.draft_form.description`."""

    def chosen_from(name: str) -> Sequence[str]:
        return cards.options(name, fields, upstream)

    specs = {each["name"]: each for each in draft_form.description(MODELS[step])}
    return [_of_card(card, _shaped(specs[name], chosen_from)) for name in card.fields]


def _shaped(spec: dict[str, Any], chosen_from: Callable[[str], Sequence[str]]) -> dict[str, Any]:
    """Return a field with its choices side by side, at all levels."""
    kind, name = spec["kind"], spec["name"]
    if kind in ("entries", "group"):
        return spec | {"fields": [_shaped(each, chosen_from) for each in spec["fields"]]}
    if kind == "lines" and (found := chosen_from(name)):
        return spec | {"kind": "picks", "options": list(dict.fromkeys(found)), "help": ""}
    if name == "is_dip":
        return spec | {"kind": "sole"}
    few = _few_options(spec)
    return spec | {"kind": "pick", "options": few} if few else spec


def _few_options(spec: dict[str, Any]) -> list[Any]:
    """Return the options of a choice or a rating, if they are few."""
    if spec["kind"] == "choice":
        options = spec["options"]
    elif spec["kind"] == "number" and None not in (spec["low"], spec["high"]):
        options = list(range(spec["low"], spec["high"] + 1))
    else:
        return []
    return options if len(options) <= _FEW else []


def _of_card(card: Card, spec: dict[str, Any]) -> dict[str, Any]:
    """Return a field of the card: of a list, the entry it is about and the columns it shows."""
    if spec["kind"] != "entries":
        return spec
    shown = [each for each in spec["fields"] if not card.columns or each["name"] in card.columns]
    more: dict[str, Any] = {"flat": True, "only": card.entry, "head": spec["fields"][0]["name"]}
    if soles := [each["name"] for each in shown if each["kind"] == "sole"]:
        more["sole"] = soles[0]
    # Entries are added and removed where their name stands.
    more["fixed"] = more["head"] not in [each["name"] for each in shown]
    return spec | {"fields": shown} | more
