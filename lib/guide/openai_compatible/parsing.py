"""
Splits a model's answer into the text for the team and the structured part.

A model writes its text, a line with MARKER, and a JSON object. Models do this well or badly: the
marker comes in pieces, is forgotten before a fence, the JSON is wrapped, cut off or followed by
chatter. Parses as much as possible; callers decide what to use.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pydantic_core

from lib.guide import suggestions
from lib.workshop.status import Phase

#: The line between the text and the structured part.
MARKER = "===DRAFT==="

_LINE = r"(?:^|(?<=\n))"
_DECORATION = r"[*`#> \t]{0,20}"
_MARK = rf"{_DECORATION}={{2,40}}[ \t]{{0,20}}DRAFT[ \t]{{0,20}}={{2,40}}[*`]{{0,20}}"

#: Where the structured part begins: the marker anywhere, or a line that begins an object.
_BEGIN = re.compile(
    rf"(?P<mark>{_MARK})|{_LINE}[ \t]{{0,20}}(?:```\w*\s{{0,20}}\{{|\{{\s{{0,20}}\")", re.IGNORECASE
)

#: What may yet become such a beginning: held back until it is clear.
_MAY_BEGIN = re.compile(
    rf"(?:{_DECORATION}={{1,40}}[ \t]{{0,20}}(?:D|DR|DRA|DRAF|DRAFT[ \t]{{0,20}}={{0,40}})?|[*`#> \t]{{1,20}}"
    rf"|{_LINE}[ \t]{{0,20}}(?:`{{1,3}}|```\w*\s{{0,20}}|\{{\s{{0,20}}))\Z",
    re.IGNORECASE,
)

#: Characters of the longest beginning; longer rows of such signs are text.
_LONGEST = 160

#: What some models think aloud before they answer.
_THOUGHT = re.compile(r"\A\s*+<think(?:ing)?>.*?(</think(?:ing)?>|\Z)", re.DOTALL | re.IGNORECASE)
_MAY_THINK = re.compile(
    r"\A\s*+(?:<(?:t(?:h(?:i(?:n(?:k(?:i(?:n(?:g)?)?)?)?)?)?)?)?)?\Z", re.IGNORECASE
)


class Splitter:
    """
    Takes an answer in pieces; gives out what the team may read as soon as that is certain.

    >>> splitter = Splitter()
    >>> [splitter.feed(piece) for piece in ("Hello.", "\\n\\n==", "=DRA", "FT===\\n{", "}")]
    ['Hello.', '', '', '', '']
    >>> splitter.structured
    '\\n{}'
    """

    def __init__(self) -> None:
        self._begun = False
        #: Text that was not given out yet, and what was.
        self._held = ""
        self._given: list[str] = []
        #: The structured part, once it has begun.
        self._parts: list[str] | None = None

    @property
    def structured(self) -> str | None:
        """Everything from the structured part on, without the marker; None where none began."""
        return None if self._parts is None else "".join(self._parts).lstrip("=*")

    @property
    def visible(self) -> str:
        """What the team has read."""
        return "".join(self._given)

    def feed(self, piece: str) -> str:
        """Take *piece* in; return what is new for the team, often nothing."""
        if self._parts is not None:
            self._parts.append(piece)
            return ""
        self._held += piece
        return self._released(len(piece), last=False)

    def close(self) -> str:
        """Return what was held back and turned out to be text."""
        return "" if self._parts is not None else self._released(len(self._held), last=True)

    def _released(self, new: int, *, last: bool) -> str:
        if not self._begun and not self._has_begun(last=last):
            return ""
        # What is held begins a line where nothing was given out: spaces are held with what follows.
        inside = "" if not self._given else "."
        text = inside + self._held
        # What came before the last piece was searched when it came.
        found = _BEGIN.search(text, max(0, len(text) - new - _LONGEST))
        may = None if found or last else _MAY_BEGIN.search(text, max(0, len(text) - _LONGEST))
        end = (found or may).start() if found or may else len(text)  # type: ignore[union-attr]
        visible = text[len(inside) : end].rstrip()
        if found:
            self._parts = [text[found.end() if found["mark"] else found.start() :]]
        self._held = self._held[len(visible) :]
        self._given += [visible] if visible else []
        return visible

    def _has_begun(self, *, last: bool) -> bool:
        """Whether the text has begun; the model's thinking before it is skipped."""
        thought = _THOUGHT.match(self._held)
        if not last and (_MAY_THINK.match(self._held) or (thought and not thought[1])):
            return False
        text = self._held[thought.end() if thought else 0 :].lstrip()
        self._begun = bool(text) or last
        self._held = text if self._begun else self._held
        return self._begun


@dataclass(frozen=True)
class Structured:
    """What a model proposed, understood but not believed."""

    draft: Mapping[str, Any]
    phase: Phase | None
    suggestions: tuple[str, ...]


class Unreadable(ValueError):
    """A structured part that is none; its text says why, for the model."""


def read(text: str) -> Structured:
    """
    Return what *text* proposes: its first JSON object, whatever stands around it.

    Of an object that was cut off, the field of the draft it was cut off in is left out: half a
    list would look like one somebody shortened. Raises Unreadable.

    >>> read('```json\\n{"draft": {"target_user": "nurses"}, "phase": "Gather"}\\n``` Done!')
    Structured(draft={'target_user': 'nurses'}, phase=<Phase.GATHER: 'gather'>, suggestions=())
    """
    start = text.find("{")
    if start < 0:
        raise Unreadable("there was no JSON object")
    found, whole = _object(text[start:])
    draft = found.get("draft", {} if {"phase", "suggestions"} & found.keys() else None)
    if not isinstance(draft, Mapping):
        raise Unreadable('the JSON object has no "draft" object')
    if not whole and list(found)[-1] == "draft":
        draft = dict(list(draft.items())[:-1])
    return Structured(
        draft, _phase(found.get("phase")), suggestions.tidied(found.get("suggestions"))
    )


def _object(text: str) -> tuple[dict[str, Any], bool]:
    """Return the object *text* begins with, and whether it is whole."""
    try:
        return json.JSONDecoder(parse_constant=_no_number).raw_decode(text)[0], True
    except (ValueError, RecursionError):
        pass
    try:
        found = pydantic_core.from_json(text, allow_partial="trailing-strings", allow_inf_nan=False)
    except ValueError as exc:
        raise Unreadable(f"the JSON is not valid: {exc}") from exc
    if not isinstance(found, dict) or not found:
        raise Unreadable("the JSON object is not whole")
    return found, False


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _phase(raw: object) -> Phase | None:
    name = str(raw).strip().casefold()
    return next((phase for phase in Phase if phase.value == name), None)
