"""Answers to what a team asks the guide, and a hand where it is stuck."""

import re

from lib.guide.scripted.listen import Kind
from lib.guide.scripted.scene import Asked, Question, Scene
from lib.workshop import steps

_COMMON = (
    (
        r"how (?:long|much time)|wie lange|cuánto tiempo",
        "Most teams need about ten messages for a step, and you can come back at any time.",
    ),
    (
        r"how many|wie viele|cuánt",
        "A handful is plenty to begin with; I tell you if the step needs more before you confirm.",
    ),
    (
        r"who are you|are you (?:an? )?(?:ai|bot|human|real|robot)|wer bist",
        "I am the workshop's guide: I ask, listen, and put what you say into the draft beside "
        "us. I make nothing up.",
    ),
    (
        r"hmw|how[- ]might[- ]we",
        "HMW stands for How Might We: one question that names people and a change, and leaves "
        "the way there open.",
    ),
    (
        r"skip|überspring",
        "You can pass on any question. What the step cannot do without, I name at the end.",
    ),
    (
        r"edit|change|undo|ändern",
        "Say “change this to that”, “drop this” or “add that”, or edit the draft beside us "
        "directly.",
    ),
    (r"save|lost|speicher", "Everything you write is saved as you go."),
)

_HELLO = re.compile(
    r"\b(?:hi|hello|hey|hallo|hola|bonjour|moin|servus|good (?:morning|afternoon|evening)|guten)\b",
    re.I,
)


def answer_to(scene: Scene, kind: Kind, text: str, pending: tuple[Question, Asked] | None) -> str:
    """Return what helps a team that asks, wants a suggestion or is stuck; may be nothing."""
    if kind is Kind.ASK:
        return _explained(scene, text, pending)
    if kind is Kind.NOISE:
        return "Hello, good to have you here." if _HELLO.search(text) else "Take the time you need."
    if pending is None:
        return (
            ""
            if kind is Kind.PASS
            else "Everything I have is in the draft; the words are yours to change."
        )
    question, asked = pending
    if kind is Kind.SUGGEST:
        return _suggested(scene, question, asked)
    if question.optional or question.known(scene, asked.topic):
        return ""
    passed = len(scene.answers(question.id, asked.topic)) > len(scene.latest)
    return (
        "Then we leave it open for now and come back to it."
        if passed
        else question.words(scene.language).why
    )


def _explained(scene: Scene, text: str, pending: tuple[Question, Asked] | None) -> str:
    common = next((said for asked, said in _COMMON if re.search(asked, text.casefold())), "")
    if common:
        return common
    if pending is not None:
        return pending[0].words(scene.language).why
    step = steps.step(scene.step)
    return f"In this step we {step.purpose}. The draft holds what you told me so far."


def _suggested(scene: Scene, question: Question, asked: Asked) -> str:
    if question.offers(scene, asked.topic):
        return "My proposal comes from what you have gathered so far; a yes takes it over."
    return f"The words have to be yours. {question.words(scene.language).why}"
