"""What a team may answer with one tap: what is offered, and the ways on that are always open."""

from collections.abc import Mapping
from typing import NamedTuple

from lib.guide import suggestions
from lib.guide.scripted.scene import Question, Scene


class _Taps(NamedTuple):
    """Answers in one language. Each of these is understood as what it says: see `listen`."""

    #: Takes over what the guide proposes.
    take_it: str
    skip: str
    example: str
    explain: str
    #: Accepts the draft as it stands.
    approve: str


_TAPS: Mapping[str, _Taps] = {
    "en": _Taps(
        "Yes, keep them.",
        "Skip this one.",
        "Can you give us an example?",
        "What do you mean by that?",
        "Yes, that is right.",
    ),
    "de": _Taps(
        "Ja, passt so.",
        "Überspringen, bitte.",
        "Hast du Vorschläge für uns?",
        "Was meinst du damit?",
        "Ja, das passt.",
    ),
    "es": _Taps(
        "Sí, perfecto.",
        "No sabemos, sigamos.",
        "Sugiere algo, por favor.",
        "¿Qué significa eso?",
        "Sí, está bien.",
    ),
    "fr": _Taps(
        "Oui, parfait.",
        "Je ne sais pas, passons.",
        "Proposez-nous quelque chose.",
        "Qu'est-ce que cela veut dire ?",
        "Oui, c'est bon.",
    ),
}


def to(scene: Scene, question: Question, topic: str) -> tuple[str, ...]:
    """Return suggested replies to a question, at least two: never a fact the team has not told."""
    taps = _TAPS[scene.language]
    options = list(question.choices(scene, topic))
    if question.offers(scene, topic):
        options.append(taps.take_it)
    if question.optional:
        options.append(taps.skip)
    return suggestions.tidied([*options, taps.example, taps.explain])


def approval(scene: Scene) -> tuple[str, ...]:
    """Return what accepts the draft as it stands."""
    return (_TAPS[scene.language].approve,)
