"""What came of a team's messages and steps."""

import re
from dataclasses import dataclass, field

from evaluation.sentences import Sentence
from evaluation.teams import Said, Team
from evaluation.walk import Walked
from evaluation.words import folded, found_at, leaves, lost
from lib.workshop.records import Fields


@dataclass
class Heard:
    """One message, and what the guide made of it."""

    number: int
    said: Said
    #: Expectations that are not met.
    failed: list[str]
    #: What the draft gained and the reply said, in short.
    happened: str
    is_asked_back: bool = False
    #: What the team had said and is gone without anybody's acceptance.
    destroyed: list[str] = field(default_factory=list)
    #: What the guide confirmed although there was nothing to confirm.
    false_confirmation: str = ""

    @property
    def is_asked_for(self) -> bool:
        """Whether the team had asked for a change that removes or replaces something."""
        return any(each.is_proposed for each in self.said.expected)


@dataclass
class Result:
    """One step of a team."""

    team: Team
    step: str
    heard: list[Heard] = field(default_factory=list)
    draft: Fields = field(default_factory=dict)
    #: Criteria met in the end without anything said twice; and in the end.
    is_valid_first: bool = False
    is_valid: bool = False
    missing: list[str] = field(default_factory=list)
    sentences: list[Sentence] = field(default_factory=list)
    #: The conversation before each message, for side talk.
    points: list[Walked] = field(default_factory=list)
    seconds: float = 0.0


def destroyed(messages: list[Said], before: Fields, after: Fields, earlier: list[str]) -> list[str]:
    """Return what the team had said that is gone, but for what the messages say they replace."""
    may_go = {
        str(text)
        for said in messages
        for each in said.expected
        if each.kind == "replaces"
        for text in leaves(list(found_at(before, each.path)))
    }
    spoken = [set(folded(text).split()) for text in earlier]
    return [
        text
        for text in lost(before, after)
        if text not in may_go and any(set(folded(text).split()) <= words for words in spoken)
    ]


def happened(before: Fields, after: Fields, reply: str) -> str:
    """Return what a message changed and the reply began with, in short."""
    gained = lost(after, before)
    gone = lost(before, after)
    parts = [f"added {gained}"] if gained else []
    parts += [f"gone {gone}"] if gone else []
    said = re.sub(r"\s+", " ", reply)[:200]
    return f"{'; '.join(parts) or 'texts as before'}; said “{said}”"
