"""
Taking one message's words out of everything that was made of them.

    RedactionRefused      something is missing to redact it; its text is a sentence

A text holds a trace of a message where it shares RUN words in a row with it, or one of its lines or
sentences; an entry of a draft also where all of its words stand in the message in a row. Case,
punctuation and the way accents are encoded make no difference. Everything here is linear in the
lengths of the texts.
"""

import hashlib
import re
import secrets
import unicodedata
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

from lib.workshop.artifacts.models import MODELS

#: What stands in the place of words that were redacted.
MARKER = "[redacted by the facilitator]"

#: The name of a redacted message's author where that is redacted too.
NOBODY = "Redacted"

#: Words in a row that make a trace.
RUN = 5

#: Characters of the shortest words that are looked for by themselves: "yes" is nobody's.
SHORTEST = 4

_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
# Languages without spaces are compared by character. Combining marks belong to their letter.
_WORD = re.compile(rf"[{_CJK}]|(?:(?![{_CJK}])[^\W_]|[\u0300-\u036f])+")
_PART = re.compile(r"[^.!?。！？\n\r]+")
_JOINT = "\x1f"
#: Characters of a trace's surroundings that are shown.
_AROUND = 60


#: Dicts with these names are parts of a reply's read-back (`lib.workshop.read_back`): which of them
#: hold words. The others hold names of fields, kinds and ids.
_STRUCTURES = {
    frozenset({"change", "path"}): {"value", "was", "entries"},
    frozenset({"path", "label"}): {"label"},
    frozenset({"message", "author", "operations"}): {"text", "place", "operations", "elsewhere"},
    frozenset({"id", "topic", "follow"}): {"topic"},
    frozenset({"fields", "entry", "columns"}): set[str](),
}


class RedactionRefused(ValueError):
    """A message that is not redacted as asked; its text is a sentence for the facilitator."""


class Word(NamedTuple):
    """A word of a text, folded, and where it stands."""

    folded: str
    start: int
    end: int


@dataclass(frozen=True)
class Redaction:
    """What is known of a redaction: who, when and why, and not the words."""

    id: str
    team_id: str
    step: str
    message_id: str
    by: str
    reason: str
    at: datetime


@dataclass(frozen=True)
class Trace:
    """A place where a message's words stand besides the message itself."""

    #: Names the place, for the store that found it.
    place: str
    step: str
    #: What the place is, for people.
    where: str
    #: The text as it stands there, shortened.
    text: str


class Sought:
    """The words of a message, to be found in other texts and replaced by MARKER."""

    def __init__(self, text: str) -> None:
        self.text = text
        # What was redacted before is no word of the message's.
        text = text.replace(MARKER, "\n")
        folded = tuple(word.folded for word in _words(text))
        self._runs = {folded[at : at + RUN] for at in range(len(folded) - RUN + 1)}
        self._short = {part for part in _parts(text) if len(part) < RUN}
        self._all = _joined(folded)
        self._entries: set[tuple[str, ...]] = set(_parts(text))

    def redacted(self, text: str, *, is_entry: bool = False) -> str:
        """
        Return *text* with MARKER in place of what it has of the message.

        An entry of a draft that stands in the message goes as a whole.
        """
        if is_entry and self._is_entry(text):
            return MARKER
        return _replaced(text, self._spans(text))

    def excerpt(self, text: str, *, is_entry: bool = False) -> str:
        """Return what *text* has of the message with a little around it; empty for nothing."""
        whole = is_entry and self._is_entry(text)
        spans = [(0, len(text))] if whole else self._spans(text)
        if not spans:
            return ""
        start, end = max(0, spans[0][0] - _AROUND), min(len(text), spans[0][1] + _AROUND)
        return f"{'… ' if start else ''}{text[start:end]}{' …' if end < len(text) else ''}"

    def digests(self, salt: str) -> list[str]:
        """Return digests of the message, its parts and the entries found: see `Late`."""
        return sorted(_digest(salt, part) for part in self._entries)

    def _is_entry(self, text: str) -> bool:
        folded = tuple(word.folded for word in _words(text))
        # A choice among given words, or one word alone, is no trace.
        if len(folded) < 2 or text in _given() or _joined(folded) not in self._all:
            return False
        self._entries.add(folded)
        return True

    def _spans(self, text: str) -> list[tuple[int, int]]:
        words = _words(text)
        folded = tuple(word.folded for word in words)
        hit = [False] * len(words)
        lengths = {len(part) for part in self._short}
        for size, known in [(RUN, self._runs), *((size, self._short) for size in sorted(lengths))]:
            if not known or text in _given():
                continue
            for at in range(len(words) - size + 1):
                if folded[at : at + size] in known:
                    hit[at : at + size] = [True] * size
        return _runs_of(words, hit)


class Late:
    """The words of earlier redactions, known by digests alone, in what is saved afterwards."""

    def __init__(self, redactions: Collection[tuple[str, Collection[str]]]) -> None:
        self._known = [(salt, frozenset(digests)) for salt, digests in redactions]

    def redacted(self, value: Any) -> Any:
        """Return *value* with MARKER in place of each text, line or sentence that was redacted."""
        return mapped(value, self._text) if self._known else value

    def _text(self, text: str) -> str:
        if self._is_known(tuple(word.folded for word in _words(text))):
            return MARKER
        spans = []
        for part in _PART.finditer(text):
            words = _words(part.group())
            if words and self._is_known(tuple(word.folded for word in words)):
                spans.append((part.start() + words[0].start, part.start() + words[-1].end))
        return _replaced(text, spans)

    def _is_known(self, folded: tuple[str, ...]) -> bool:
        return bool(folded) and any(
            _digest(salt, folded) in digests for salt, digests in self._known
        )


def new_salt() -> str:
    """Return what makes a redaction's digests its own."""
    return secrets.token_hex(16)


def mapped(value: Any, change: Callable[[str], str]) -> Any:
    """
    Return a JSON *value* with each text in it changed; names of fields stay.

    Of a step's row as it was before an event only the draft's fields are texts; of a reply's lines and
    their operations only some.
    """
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        for names, texts in _STRUCTURES.items():
            if names <= value.keys():
                return value | {name: mapped(value[name], change) for name in texts & value.keys()}
        if {"state", "draft"} <= value.keys():
            draft = value["draft"] | {"fields": mapped(value["draft"]["fields"], change)}
            return value | {"draft": draft}
        return {name: mapped(each, change) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [mapped(each, change) for each in value]
    return value


def _words(text: str) -> list[Word]:
    return [Word(_folded(each.group()), *each.span()) for each in _WORD.finditer(text)]


def _folded(word: str) -> str:
    return word if word.isascii() and word.islower() else _compared(word)


def _compared(word: str) -> str:
    return unicodedata.normalize("NFKC", word).casefold()


def _parts(text: str) -> Iterator[tuple[str, ...]]:
    """Return the words of a text, and of each line and sentence of it that is worth looking for."""
    whole = tuple(word.folded for word in _words(text))
    if len("".join(whole)) >= SHORTEST:
        yield whole
    for part in _PART.finditer(text):
        folded = tuple(word.folded for word in _words(part.group()))
        if len(folded) > 1 and len("".join(folded)) >= SHORTEST:
            yield folded
    for line in text.splitlines():
        folded = tuple(word.folded for word in _words(line))
        if len(folded) > 1 and len("".join(folded)) >= SHORTEST:
            yield folded


def _joined(folded: tuple[str, ...]) -> str:
    return _JOINT + _JOINT.join(folded) + _JOINT


def _digest(salt: str, folded: tuple[str, ...]) -> str:
    return hashlib.sha256((salt + _joined(folded)).encode()).hexdigest()[:32]


def _runs_of(words: list[Word], hit: list[bool]) -> list[tuple[int, int]]:
    """Return where the words that were hit stand, those side by side as one."""
    edges = [False, *hit, False]
    turns = [at for at, (left, right) in enumerate(pairwise(edges)) if left is not right]
    return [
        (words[first].start, words[after - 1].end)
        for first, after in zip(turns[::2], turns[1::2], strict=True)
    ]


def _replaced(text: str, spans: list[tuple[int, int]]) -> str:
    pieces, at = [], 0
    for start, end in spans:
        pieces += [text[at:start], MARKER]
        at = end
    return "".join([*pieces, text[at:]])


@cache
def _given() -> frozenset[str]:
    """Return the words a draft's choices are made among: "high", "core", and so on."""
    found: set[str] = set()

    def look(schema: Any) -> None:
        if isinstance(schema, dict):
            found.update(each for each in schema.get("enum", ()) if isinstance(each, str))
            for each in schema.values():
                look(each)
        elif isinstance(schema, list):
            for each in schema:
                look(each)

    for model in MODELS.values():
        look(model.model_json_schema())
    return frozenset(found)
