"""
Decides the phase of a step's conversation from the draft; a model only proposes one.

A phase gives no rights. Only the team confirms a step, on the page, through the criteria in
`lib.workshop.artifacts.criteria`.
"""

from lib.guide.port import Request
from lib.workshop.artifacts import criteria
from lib.workshop.artifacts.models import MODELS
from lib.workshop.artifacts.normalise import normalised
from lib.workshop.records import Fields
from lib.workshop.status import Phase
from lib.workshop.transcript import Role

_ORDER = tuple(Phase)


def decide(request: Request, fields: Fields, proposed: Phase | None) -> Phase:
    """
    Return the phase after a reply that left the draft at *fields*; it never goes back.

    A greeting stays in orient. While a required field is unknown, the phase is gather. After that the
    draft is synthesized and refined. Only a draft that meets the criteria may be validated, and only
    one that the team has seen may be complete.
    """
    if not any(message.role is Role.USER for message in request.transcript):
        return request.phase
    least, most = _bounds(request, fields)
    wanted = most if proposed is None and most is Phase.SYNTHESIZE else proposed or least
    inside = min(max(wanted, least, key=_ORDER.index), most, key=_ORDER.index)
    return max(request.phase, inside, key=_ORDER.index)


def required_unknown(step: str, fields: Fields) -> list[str]:
    """Return the required fields that are still empty."""
    known = normalised(step, fields)
    return [
        name
        for name, info in MODELS[step].model_fields.items()
        if info.is_required() and name not in known
    ]


def _bounds(request: Request, fields: Fields) -> tuple[Phase, Phase]:
    """Return the earliest and the latest phase that the draft allows."""
    if required_unknown(request.step, fields):
        return Phase.GATHER, Phase.GATHER
    shown = _ORDER.index(request.phase) >= _ORDER.index(Phase.SYNTHESIZE)
    if not shown:
        return Phase.GATHER, Phase.SYNTHESIZE
    if criteria.missing(request.step, fields, request.artifacts):
        return Phase.SYNTHESIZE, Phase.REFINE
    return Phase.SYNTHESIZE, Phase.COMPLETE
