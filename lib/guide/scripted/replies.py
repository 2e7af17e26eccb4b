"""What a team may answer with one tap: what is offered, and the ways on that are always open."""

from lib.guide import suggestions
from lib.guide.scripted.scene import Question, Scene


def to(scene: Scene, question: Question, topic: str) -> tuple[str, ...]:
    """Return suggested replies to a question, at least two: never a fact the team has not given."""
    options = list(question.choices(scene, topic))
    if question.offers(scene, topic):
        options.append(scene.text("replies.take_it"))
    if question.optional:
        options.append(scene.text("replies.skip"))
    ways_on = (scene.text("replies.example"), scene.text("replies.explain"))
    return suggestions.tidied([*options, *ways_on])


def approval(scene: Scene) -> tuple[str, ...]:
    """Return what accepts the draft as it stands."""
    return (scene.text("replies.approve"),)
