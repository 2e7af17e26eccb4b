"""
Checks that quotes were really said, and by whom.

A quote that stands in no message of the team, no earlier artifact and no draft is from an interview the
guide played, and is marked as synthetic, or invented, and is left out. What was left out is said.
"""

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from lib.guide.openai_compatible import sentences
from lib.guide.openai_compatible.spots import Spot
from lib.guide.port import Request
from lib.workshop.artifacts.criteria.evidence import is_synthetic
from lib.workshop.artifacts.criteria.matching import best, folded_whole, leaves, overlap
from lib.workshop.artifacts.diff import is_model
from lib.workshop.fields import is_blank
from lib.workshop.transcript import Role

#: The mark of a played interview, as in the scripted guide.
MARK = "(synthetic)"

#: From which share of common words on evidence is a finding in other words.
_RETOLD = 0.75

#: A passage in quotation marks within a text.
_PASSAGE = re.compile(r"[“\"„«]\s?([^“”\"„«»\n]{8,400}?)\s?[”\"“»]")

#: Words from which on such a passage is what somebody said, not a name.
_WORDS = 4

#: Who speaks, at the start of a line of a transcript, behind a time.
_SPEAKER = re.compile(r"[ \t]{0,8}(?:[\[(]?\d[\d:.,\->\] )]{0,40})?([^\W\d][^:\n]{0,40}):\s")

#: Texts that were left out and are named.
_NAMED = 3


class Sources:
    """Everything that was really said before a reply, and what the reply quotes besides."""

    def __init__(self, request: Request, reply: str = "") -> None:
        """*reply* is the text of the current reply, in which the guide may play a person."""
        self._request = request
        self._reply = reply
        #: Quotes that nobody said, and quotes of whom it is not known who said them.
        self.unsaid: dict[str, None] = {}
        self.unattributed: dict[str, None] = {}

    def checked(self, spot: Spot, value: Any) -> Any:
        """Return *value*, which is to stand at *spot*, without what nobody said; None for nothing."""
        if isinstance(value, Mapping) and is_model(spot.kind):
            return self._record(spot, value)
        if isinstance(value, list) and spot.is_list:
            entries = (self.checked(spot.entry(at, each), each) for at, each in enumerate(value))
            return [each for each in entries if each is not None]
        return self._text(spot, value) if isinstance(value, str) else value

    def notes(self) -> list[str]:
        """Return a sentence on each kind of thing that was left out."""
        language, found = self._request.language, []
        if self.unsaid:
            shown = sentences.quoted(language, list(self.unsaid)[:_NAMED])
            found.append(sentences.say(language, "unsaid", quotes=shown))
        if self.unattributed:
            shown = sentences.quoted(language, list(self.unattributed)[:_NAMED])
            found.append(sentences.say(language, "speaker", quotes=shown))
        return found

    # What was said

    @cached_property
    def _team(self) -> list[str]:
        return [_padded(each.text) for each in self._request.transcript if each.role is Role.USER]

    @cached_property
    def _known(self) -> list[str]:
        """What people wrote elsewhere: earlier artifacts, the draft, the challenge."""
        trees = [*self._request.artifacts.values(), self._request.draft]
        texts = [text for each in trees for _, text in leaves(each)]
        return [_padded(each) for each in (*texts, self._request.challenge)]

    @cached_property
    def _played(self) -> list[str]:
        said = [each.text for each in self._request.transcript if each.role is Role.ASSISTANT]
        return [_padded(each) for each in (*said, self._reply)]

    @cached_property
    def _findings(self) -> list[str]:
        research = self._request.artifacts.get("user-research", {})
        return [text for path, text in leaves(research) if path[-1] in ("finding", "quote")]

    @cached_property
    def _names(self) -> frozenset[str]:
        authors = [each.author for each in self._request.transcript]
        texts = [*self._team, *self._known, *self._played, *map(folded_whole, authors)]
        return frozenset(word for text in texts for word in text.split())

    @cached_property
    def _lines(self) -> list[tuple[str, str]]:
        """The lines of the team's messages that say who speaks: the name, and the rest folded."""
        return [
            (found[1].strip(), _padded(line[found.end() :]))
            for each in self._request.transcript
            if each.role is Role.USER
            for line in each.text.splitlines()
            if (found := _SPEAKER.match(line))
        ]

    def _is_said(self, text: str) -> bool:
        wanted = _padded(text)
        return any(wanted in each for each in (*self._team, *self._known))

    # What is to stand in the draft

    def _record(self, spot: Spot, value: Mapping[str, Any]) -> Any:
        checked: set[str] = set()
        if {"finding", "quote", "source"} <= spot.kind.model_fields.keys():
            value, checked = self._insight(dict(value)), {"quote", "source"}
        found = {
            name: each if name in checked else self.checked(spot.field(name), each)
            for name, each in value.items()
        }
        return {name: each for name, each in found.items() if not is_blank(each)}

    def _insight(self, insight: dict[str, Any]) -> dict[str, Any]:
        source, quote = insight.get("source") or "", insight.get("quote") or ""
        if source and not self._is_named(source):
            del insight["source"]
            self.unattributed[quote or str(insight.get("finding", source))] = None
            source = ""
        if not quote or is_synthetic(source) or self._is_said(quote):
            speaker = self._speaker(quote, source) if quote and source else ""
            return insight | {"source": speaker} if speaker else insight
        if any(_padded(quote) in text for text in self._played):
            return insight | {"source": f"{source} {MARK}".strip()}
        self.unsaid[quote] = None
        return {name: each for name, each in insight.items() if name != "quote"}

    def _is_named(self, source: str) -> bool:
        """Whether anybody mentioned who is said to have said something."""
        words = folded_whole(source.replace(MARK, "")).split()
        return not words or bool(self._names.intersection(words))

    def _speaker(self, quote: str, source: str) -> str:
        """Return who says *quote* in a transcript that has *source* say other things, else ""."""
        names = {label for label, line in self._lines if _padded(quote) in line}
        known = [folded_whole(label).split() for label, _ in self._lines]
        words = set(folded_whole(source).split())
        is_other = any(words.intersection(each) for each in known)
        if len(names) != 1 or not is_other:
            return ""
        (name,) = names
        return "" if words.intersection(folded_whole(name).split()) else name

    def _text(self, spot: Spot, text: str) -> str | None:
        if spot.kind is not str:
            return text
        name = next((part for part in reversed(spot.path) if isinstance(part, str)), "")
        if name == "evidence":
            return self._evidence(text)
        if name == "quote":
            is_played = "insights" in spot.path and any(_padded(text) in t for t in self._played)
            if is_played or self._is_said(text):
                return text
            self.unsaid[text] = None
            return None
        if name == "source" and not self._is_named(text):
            self.unattributed[text] = None
            return None
        return _PASSAGE.sub(self._passage, text)

    def _evidence(self, text: str) -> str | None:
        """Return evidence that is a finding, the finding it retells, or None."""
        if self._is_said(text) or not self._findings:
            return text
        closest = best(text, self._findings)
        if closest is not None and overlap(text, self._findings[closest]) >= _RETOLD:
            return self._findings[closest]
        self.unsaid[text] = None
        return None

    def _passage(self, found: re.Match[str]) -> str:
        """Return a passage as it stands if somebody said it, else without its quotation marks."""
        said = _padded(found[1])
        everything = (*self._team, *self._known, *self._played)
        if len(said.split()) < _WORDS or any(said in each for each in everything):
            return found[0]
        self.unsaid[found[1]] = None
        return found[1]


def _padded(text: str) -> str:
    return f" {folded_whole(text)} "
