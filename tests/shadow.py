"""A model that is as good as the script: what it writes, one turn ahead of whoever is asked."""

import json
from dataclasses import dataclass

from evaluation.walk import Walked
from lib.guide.openai_compatible.splitting import MARKER, TEXT_MARKER
from lib.guide.port import Proposal
from lib.guide.scripted import ScriptedGuide
from lib.workshop.read_back import applied
from lib.workshop.records import Fields
from tests.guide_server import Answer

_GUIDE = ScriptedGuide(pace=0)


def structured(text: str = "And who feels it most?", **parts: object) -> str:
    """Return what a model writes: the structured part, and the text after it."""
    return f"{MARKER}\n{json.dumps(parts)}\n{TEXT_MARKER}\n{text}"


def text_first(text: str = "And who feels it most?", **parts: object) -> str:
    """Return what a model writes that puts its text first, as older prompts asked for."""
    return f"{text}\n\n===DRAFT===\n{json.dumps(parts)}"


def as_object(text: str = "And who feels it most?", **parts: object) -> str:
    """Return what a model writes that is held to a schema."""
    return json.dumps({**parts, "message": text})


def accepted(proposal: Proposal) -> Fields:
    """Return the draft after somebody has accepted every offer."""
    fields = proposal.draft
    for offer in proposal.read_back.offers:
        fields = applied(fields, offer.operations)
    return fields


@dataclass
class Shadow(Walked):
    """A step as the team and such a model walk it."""

    def next_answer(self) -> Answer:
        """Return what the model will say now, with what it changes, and take it."""
        before = self.draft
        text = self.take(_GUIDE)
        new = self.proposals[-1]
        patch = {name: value for name, value in new.draft.items() if value != before.get(name)}
        parts = {"draft": patch, "phase": new.phase, "suggestions": new.suggestions}
        return Answer(structured(text, **parts), size=400)
