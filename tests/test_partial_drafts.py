"""The guide answers whatever the draft lacks: a form's row may be half filled at any time."""

import random
from typing import Any

import pytest

from lib.guide.port import Proposal, Request
from lib.guide.scripted import ScriptedGuide
from lib.guide.scripted.scripts import SCRIPTS
from lib.workshop import steps
from lib.workshop.read_back import Asked, ReadBack
from lib.workshop.records import Fields
from lib.workshop.status import Phase
from lib.workshop.transcript import Message, Role
from tests.pages import NOW, outcome


def thinned(value: Any, chance: random.Random) -> Any:
    """Return *value* without some of its parts, at all levels."""
    if isinstance(value, dict):
        kept = {name: each for name, each in value.items() if chance.random() < 0.7}
        return {name: thinned(each, chance) for name, each in kept.items()}
    if isinstance(value, list):
        return [thinned(each, chance) for each in value if chance.random() < 0.8]
    return value


def request(
    step: str, draft: Fields, said: str, asked: str, upstream: dict[str, Fields]
) -> Request:
    question = Message("a", Role.ASSISTANT, "Guide", "?", NOW, position=1)
    question = Message(**{**question.__dict__, "read_back": ReadBack(asked=Asked(asked))})
    answer = Message("b", Role.USER, "Ada", said, NOW, position=2)
    return Request(step, Phase.GATHER, (question, answer), draft, upstream)


@pytest.mark.parametrize("step", steps.SLUGS)
@pytest.mark.parametrize("seed", range(6))
def test_a_half_filled_draft_stops_no_reply(step: str, seed: int):
    chance = random.Random(f"{step}/{seed}")
    upstream = {each.slug: thinned(outcome(each.slug), chance) for each in steps.STEPS}
    for question in SCRIPTS[step].questions:
        draft = thinned(outcome(step), chance)
        for said in ("yes", "the second one", "Ada, nurse: waits; asks; leaves", "no"):
            asked = request(step, draft, said, question.id, upstream)
            *_, proposal = ScriptedGuide(pace=0).reply(asked)
            assert isinstance(proposal, Proposal)
