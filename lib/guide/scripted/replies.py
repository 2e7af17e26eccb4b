"""What a team may answer with one tap: what is offered, and the ways on that are always open."""

from lib.guide import suggestions
from lib.guide.scripted.scene import Question, Scene

#: Takes over what the guide proposes. Each of these is understood as what it says: see `listen`.
_TAKE_IT = "Yes, keep them."
_PASS = "Skip this one."  # noqa: S105 - no password
_EXPLAIN = "What do you mean by that?"
_EXAMPLE = "Can you give us an example?"

#: Accepts the draft as it stands.
APPROVE = ("Yes, that is right.",)


def to(scene: Scene, question: Question, topic: str) -> tuple[str, ...]:
    """Return suggested replies to a question, at least two: never a fact the team has not told."""
    options = list(question.choices(scene, topic))
    if question.offers(scene, topic):
        options.append(_TAKE_IT)
    if question.optional:
        options.append(_PASS)
    return suggestions.tidied([*options, _EXAMPLE, _EXPLAIN])
