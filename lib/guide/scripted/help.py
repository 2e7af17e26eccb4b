"""Answers to what a team asks the guide, and a hand where it is stuck."""

import re

from lib.guide.scripted.listen import Kind
from lib.guide.scripted.scene import Question, Scene
from lib.workshop.read_back import Asked

#: What teams ask about, and the text that answers it.
_COMMON = (
    (r"how (?:long|much time)|wie lange|cuánto tiempo|combien de temps", "help.duration"),
    (r"how many|wie viele|cuánt|combien", "help.number"),
    (
        r"who are you|are you (?:an? )?(?:ai|bot|human|real|robot)|wer bist|quién eres|qui es-tu"
        r"|qui êtes-vous",
        "help.guide",
    ),
    (r"hmw|how[- ]might[- ]we|wie könnten wir|cómo podríamos|comment pourrions", "help.question"),
    (r"skip|überspring|saltar|passer", "help.skip"),
    (r"edit|change|undo|ändern|cambiar|modifier|changer", "help.edit"),
    (r"save|lost|speicher|guardad|enregistr|sauvegard", "help.saved"),
)

_HELLO = re.compile(
    r"\b(?:hi|hello|hey|hallo|hola|buenas|bonjour|salut|moin|servus|good (?:morning|afternoon|evening)|guten)\b",
    re.I,
)


def answer_to(scene: Scene, kind: Kind, text: str, pending: tuple[Question, Asked] | None) -> str:
    """Return what helps a team that asks, wants a suggestion or is stuck; may be nothing."""
    if kind is Kind.ASK:
        return _explained(scene, text, pending)
    if kind is Kind.NOISE:
        return scene.text("help.hello") if _HELLO.search(text) else scene.text("help.time")
    if pending is None:
        return "" if kind is Kind.PASS else scene.text("help.all_there")
    question, asked = pending
    if kind is Kind.SUGGEST:
        return _suggested(scene, question, asked)
    if question.optional or question.known(scene, asked.topic):
        return ""
    passed = len(scene.answers(question.id, asked.topic)) > len(scene.latest)
    return scene.text("help.left_open") if passed else question.words(scene.language).why


def _explained(scene: Scene, text: str, pending: tuple[Question, Asked] | None) -> str:
    key = next((key for asked, key in _COMMON if re.search(asked, text.casefold())), "")
    if key:
        return scene.text(key)
    if pending is not None:
        return pending[0].words(scene.language).why
    return scene.text("help.purpose", purpose=scene.text(f"purpose.{scene.step}"))


def _suggested(scene: Scene, question: Question, asked: Asked) -> str:
    if question.offers(scene, asked.topic):
        return scene.text("help.proposal")
    return scene.text("help.your_words", why=question.words(scene.language).why)
