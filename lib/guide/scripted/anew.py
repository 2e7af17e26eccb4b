"""A draft made anew: the whole conversation once more, on what earlier steps have come to by now."""

from dataclasses import replace

from lib.guide.port import Proposal, Request
from lib.guide.scripted.arc import play
from lib.guide.scripted.scene import seen
from lib.guide.scripted.scripts import SCRIPTS
from lib.workshop.artifacts.normalise import normalised
from lib.workshop.records import Fields
from lib.workshop.status import Phase
from lib.workshop.steps import STEPS, step
from lib.workshop.transcript import Role

_TEXT = (
    "I have drafted this step anew from what you told me and from {sources} as it stands now. "
    "Where that comes to something else you find it beside your draft: take what fits, leave the "
    "rest. What would you like to change?"
)

_SAME = (
    "I went through all of it once more, with {sources} as it stands now, and came to the draft "
    "you have. Is it still what you mean?"
)


def drafted(request: Request) -> tuple[str, Proposal]:
    """Return what the guide says, and the draft it comes to without today's."""
    fields, phase = _replayed(request)
    feeds = step(request.step).feeds_from
    sources = [each.name for each in STEPS if each.slug in feeds] or ["the challenge"]
    text = _SAME if fields == normalised(request.step, request.draft) else _TEXT
    listed = ", ".join(sources[:-1]) + (" and " if sources[1:] else "") + sources[-1]
    return text.format(sources=listed), Proposal(fields, phase)


def _replayed(request: Request) -> tuple[Fields, Phase]:
    """Go through the conversation as it was held, and draft at each place where the guide spoke."""
    fields: Fields = {}
    phase, script = Phase.ORIENT, SCRIPTS[request.step]
    ends = [at for at, said in enumerate(request.transcript) if said.role is Role.ASSISTANT]
    for end in [*ends, len(request.transcript)]:
        then = replace(
            request,
            transcript=request.transcript[:end],
            draft=fields,
            phase=phase,
            is_redraft=False,
        )
        reply = play(seen(then, script), script)
        fields, phase = normalised(request.step, reply.fields), reply.phase
    return fields, phase
