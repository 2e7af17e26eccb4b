"""A draft made anew: the whole conversation once more, on what earlier steps have come to by now."""

from dataclasses import replace

from lib.guide.port import Proposal, Request
from lib.guide.scripted import say
from lib.guide.scripted.arc import play
from lib.guide.scripted.scene import seen
from lib.guide.scripted.scripts import SCRIPTS
from lib.workshop.artifacts.normalise import normalised
from lib.workshop.records import Fields
from lib.workshop.status import Phase
from lib.workshop.steps import step
from lib.workshop.transcript import Role


def drafted(request: Request) -> tuple[str, Proposal]:
    """Return what the guide says, and the draft it comes to without today's."""
    fields, phase = _replayed(request)
    scene = seen(request, SCRIPTS[request.step])
    slugs = step(request.step).feeds_from or ("challenge",)
    sources = say.listed([scene.text(f"step.{slug}") for slug in slugs], scene.language)
    same = fields == normalised(request.step, request.draft)
    said = scene.text("redraft.same" if same else "redraft.changed", sources=sources)
    return said, Proposal(fields, phase)


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
