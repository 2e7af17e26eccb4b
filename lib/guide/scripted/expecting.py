"""What each question asks for, so that an answer is understood as an answer to it."""

from lib.guide.understanding.acts import Expects

_ASKING = {
    Expects.NAMES: (
        "challenge.who stakeholder-mapping.core stakeholder-mapping.direct stakeholder-mapping.indirect "
        "stakeholder-mapping.corners user-research.source journey-mapping.whose concept.name"
    ),
    Expects.LIST: (
        "sense-making.themes sense-making.pains sense-making.gains persona.goals journey-mapping.stages "
        "journey-mapping.action journey-mapping.goals journey-mapping.touchpoints journey-mapping.barriers "
        "journey-mapping.emotion ideation.mind-mapping ideation.crazy-eights ideation.brain-writing "
        "ideation.wild ideation.more concept.inside concept.outside validate.next"
    ),
    Expects.CHOICE: (
        "challenge.question user-research.questions sense-making.evidence journey-mapping.dip "
        "reframe.persona ideation.favourites ideation.select concept.source"
    ),
    Expects.NUMBERS: "concept.ratings validate.confidence",
    Expects.QUOTES: "user-research.heard user-research.more",
}

_EXPECTS = {id_: asking for asking, listed in _ASKING.items() for id_ in listed.split()}

#: Where an answer may well be a question: of an interview, or the workshop's own.
_QUESTIONS = frozenset(
    "challenge.question user-research.questions reframe.origin reframe.another ideation.asked".split()
)


def expects(step: str, id_: str) -> Expects:
    """Return what a question asks for: a text, if nothing else is known."""
    return _EXPECTS.get(f"{step}.{id_}", Expects.TEXT)


def expects_questions(step: str, id_: str) -> bool:
    """Whether an answer to a question may be a question itself."""
    return f"{step}.{id_}" in _QUESTIONS
