"""A model that is as good as the script: what it writes, one turn ahead of whoever is asked."""

import json
from dataclasses import dataclass

from evaluation.walk import Walked
from lib.guide.openai_compatible.parsing import MARKER
from lib.guide.scripted import ScriptedGuide
from tests.guide_server import Answer

_GUIDE = ScriptedGuide(pace=0)


def structured(text: str = "And who feels it most?", **parts: object) -> str:
    """Return what a model writes: a text, and the structured part after it."""
    return f"{text}\n\n{MARKER}\n{json.dumps(parts)}"


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
