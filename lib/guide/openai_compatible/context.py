"""
Builds the prompt: instructions, upstream artifacts, the draft and the conversation.

All of it comes from the port's request, so it never contains another team's words. It stays within a
budget of tokens: artifacts and draft get a share each, the conversation the rest.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lib.guide import missing
from lib.guide.openai_compatible import conversation, prompts
from lib.guide.openai_compatible.client import ChatMessage
from lib.guide.openai_compatible.sentences import OPENINGS
from lib.guide.openai_compatible.tokens import count
from lib.guide.openai_compatible.validity import CUT_OFF
from lib.guide.port import Request
from lib.workshop import steps
from lib.workshop.artifacts import criteria
from lib.workshop.artifacts.criteria.evidence import is_synthetic
from lib.workshop.artifacts.models import MODELS
from lib.workshop.artifacts.normalise import normalised
from lib.workshop.read_back import Operation
from lib.workshop.records import LANGUAGES, Fields
from lib.workshop.transcript import Message

#: Tokens of one request, by `tokens.count`; small enough for models that run on one's own machine.
BUDGET = 12_000

#: Shares of what the instructions leave: for all artifacts together, their summaries, the draft, and
#: the last changes of it.
_ARTIFACTS, _SUMMARIES, _DRAFT, _CHANGES = 0.3, 0.06, 0.3, 0.06

#: Replies whose changes are shown, so that "put it back" is understood.
_REPLIES = 2

#: Tokens kept free for the notes on what is left out.
_NOTES = 80

#: Characters of a text, and entries of a list, from generous to bare: the first that fits is taken.
_SIZES = ((2_000, 100), (600, 60), (250, 40), (120, 25), (60, 12), (30, 5), (15, 2))


@dataclass(frozen=True)
class Prompt:
    """The messages of one request to a model."""

    messages: Sequence[ChatMessage]
    #: The fingerprint of the instructions in it.
    version: str = ""
    #: Fields of the draft that are not shown whole.
    shortened: frozenset[str] = frozenset()
    #: The start of the conversation, if it does not fit.
    left_out: Sequence[Message] = ()


def prompt(
    request: Request, budget: int = BUDGET, summary: str = "", *, schema: bool = False
) -> Prompt:
    """
    Return a prompt: one system message, then user and assistant in turn.

    *summary* summarises the part of the conversation that is left out, if known. *schema* is for a
    server that holds a model to one. By `tokens.count` the prompt stays under *budget*, unless the
    instructions alone are more than two thirds of it.
    """
    instructions = prompts.instructions(request.step, schema=schema)
    if count(instructions) > budget // 2:
        instructions = prompts.instructions(request.step, schema=schema, examples=False)
    room = max(budget - count(instructions), budget // 3)
    draft = _within(request.draft, int(room * _DRAFT))
    shortened = frozenset(name for name, value in request.draft.items() if draft.get(name) != value)
    parts = [
        instructions,
        *_state(request, room),
        _data("draft", "The draft as it stands", draft),
        *_last_changes(request, int(room * _CHANGES)),
    ]
    system = "\n\n".join(parts)
    left = max(budget - count(system) - _NOTES, budget // 8)
    shown = conversation.shown(request.transcript, left, summary)
    messages = [{"role": "system", "content": system}, *shown.messages]
    return Prompt(messages, prompts.digest(instructions), shortened, shown.left_out)


# The parts


def _state(request: Request, room: int) -> list[str]:
    """Return the facts: the workshop, the draft's gaps, upstream artifacts."""
    step = steps.step(request.step)
    artifacts = {
        slug: normalised(slug, fields)
        for slug, fields in request.artifacts.items()
        if slug in MODELS and slug in step.feeds_from
    }
    lacking = missing.line(
        (slug for slug in step.feeds_from if not artifacts.get(slug)), request.language
    )
    gaps = criteria.missing(request.step, request.draft, request.artifacts)
    facts = [
        f"The team is called {_quoted(request.team)}; the workshop's challenge: "
        f"{_quoted(request.challenge)}.",
        f"The phase is {request.phase}. {_criteria(gaps)}",
        f"The next step is {_following(request.step)}.",
        _language(request.language),
    ]
    if request.is_redraft:
        facts.append(_REDRAFT)
    if lacking:
        facts.append(f"Say this line once, word for word: {lacking}")
    return [
        "# Where things stand\n"
        + "\n".join(f"- {fact}" for fact in [*facts, *_synthetic(artifacts)]),
        *_earlier(artifacts, int(room * _ARTIFACTS)),
        *_summaries(request, int(room * _SUMMARIES)),
    ]


_REDRAFT = (
    "The team wants this step drafted again, from the whole conversation and the artifacts as they are "
    "now. What you change is shown beside the draft and replaces nothing, so here set and remove need no "
    "request by the team."
)


def _criteria(gaps: Sequence[str]) -> str:
    """Return what the draft does not meet yet, as criteria: an order would bend good sentences."""
    if not gaps:
        return "The draft meets every criterion the program checks."
    seen = _quoted(" ".join(map(_without_order, gaps)))
    return (
        f"Criteria that the program does not see met yet: {seen} It goes by rules and can be wrong: ask the "
        "team about what is really missing, and never bend, pad or reword a good sentence for it."
    )


def _without_order(gap: str) -> str:
    """Return what a gap states, without the sentence that says what to do."""
    stated = re.split(r"(?<=[.!?”])\s+(?=[A-ZÄÖÜ“])", gap)
    return " ".join(stated[:-1] or stated)


def _language(code: str) -> str:
    name, opening = LANGUAGES.get(code, LANGUAGES["en"]), OPENINGS.get(code, OPENINGS["en"])
    return (
        f"The workshop's language is {name}. Your questions, and entries you word yourself, are in the "
        f"language the team writes in, and in {name} where it has not written; what the team said stays in "
        f"its own words, untranslated. A how-might-we question begins with “{opening}”, in another language "
        "as one asks there."
    )


def _quoted(text: str) -> str:
    return json.dumps(_short(" ".join(text.split()), 1_200), ensure_ascii=False)


def _following(slug: str) -> str:
    following = steps.after(slug)
    return (
        f"{following.name}: there we {following.purpose}" if following else "none: this is the last"
    )


def _synthetic(artifacts: Mapping[str, Fields]) -> list[str]:
    """Return a line on how much of the research is synthetic."""
    insights = artifacts.get("user-research", {}).get("insights", [])
    played = sum(is_synthetic(each.get("source") or "") for each in insights)
    if not played:
        return []
    thin = (
        " Its quality is thin, and everything that rests on it says so."
        if played == len(insights)
        else ""
    )
    return [f"{played} of the {len(insights)} findings in User Research are synthetic.{thin}"]


def _earlier(artifacts: Mapping[str, Fields], room: int) -> list[str]:
    share = room // max(len(artifacts), 1)
    return [
        _data("artifact", f"Confirmed in {steps.step(slug).name}", _within(fields, share))
        for slug, fields in artifacts.items()
    ]


def _summaries(request: Request, room: int) -> list[str]:
    """Return what was said in the steps this one is made from, in short."""
    known = {
        steps.step(slug).name: text for slug, text in request.summaries.items() if text.strip()
    }
    return [_data("summaries", "Earlier steps in short", _within(known, room))] if known else []


def _last_changes(request: Request, room: int) -> list[str]:
    """Return what the last replies added and offered, so that it can be taken back."""
    read_backs = [each.read_back for each in request.transcript if each.read_back]
    changed = [each for each in read_backs if each.taken or each.offers][-_REPLIES:]
    if not changed:
        return []
    fields = {
        "added": [
            _change(each) for read in changed for line in read.taken for each in line.operations
        ],
        "offered": [
            {"button": offer.label, "changes": [_change(each) for each in offer.operations]}
            for read in changed
            for offer in read.offers
        ],
    }
    return [_data("changes", "What your last replies added and offered", _within(fields, room))]


def _change(operation: Operation) -> Fields:
    fields = {"do": operation.change.value, "at": list(operation.path)}
    values = {"value": operation.value, "was": operation.was}
    return fields | {name: each for name, each in values.items() if each is not None}


def _data(kind: str, title: str, fields: Fields) -> str:
    """Return fields as a data block that they cannot close."""
    text = json.dumps(fields, ensure_ascii=False).replace("<", "\\u003c")
    return f'<data kind="{kind}" title="{title}">\n{text}\n</data>'


def _within(fields: Fields, room: int) -> Fields:
    """Return *fields* as whole as *room* tokens allow."""
    shown: Fields = {}
    for characters, entries in _SIZES:
        shown = {name: _shortened(each, characters, entries) for name, each in fields.items()}
        if count(_data("", "", shown)) <= room:
            return shown
    return {"": CUT_OFF}


def _shortened(value: Any, characters: int, entries: int) -> Any:
    if isinstance(value, str):
        return _short(value, characters)
    if isinstance(value, Mapping):
        return {name: _shortened(item, characters, entries) for name, item in value.items()}
    if isinstance(value, list):
        kept = [_shortened(item, characters, entries) for item in value[:entries]]
        left = len(value) - len(kept)
        return [*kept, f"{left} more {CUT_OFF}"] if left else kept
    return value


def _short(text: str, characters: int) -> str:
    return text if len(text) <= characters else f"{text[:characters].rstrip()} {CUT_OFF}"
