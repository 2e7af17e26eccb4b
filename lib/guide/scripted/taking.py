"""What the steps share when they take answers in and hand earlier artifacts on."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from lib.guide.scripted import reading
from lib.guide.scripted.scene import Answer, Scene
from lib.workshop.artifacts.criteria.matching import distinct
from lib.workshop.records import Fields

#: Characters of an answer that one text field takes over; the rest stays in the conversation.
_ONE_FIELD = 600


def own_words(text: str, most: int = 4) -> str:
    """Return an answer as the text of one field: the team's first sentences, on one line."""
    plain = reading.said(text[: 4 * _ONE_FIELD])
    kept = " ".join(reading.sentences(plain)[:most])
    return reading.capital(kept if len(kept) <= _ONE_FIELD else kept[:_ONE_FIELD].rsplit(" ", 1)[0])


def joined(first: str, more: str) -> str:
    """Return two answers to the same question as one text."""
    if not first or not more:
        return first or more
    return f"{first}{'' if first[-1] in '.!?…' else '.'} {more}"


def text_field(name: str) -> Callable[[Scene, Answer], Fields]:
    """Return how an answer becomes one text; what follows up is added to it."""

    def take(scene: Scene, answer: Answer) -> Fields:
        new = own_words(answer.text)
        text = joined(scene.fields.get(name, ""), new) if answer.follow else new
        return scene.fields | {name: text}

    return take


def has(name: str) -> Callable[[Scene, str], bool]:
    """Return whether a field is filled."""
    return lambda scene, topic: bool(scene.fields.get(name))


def asked_once(id_: str) -> Callable[[Scene, str], bool]:
    """Return whether the team has answered a question, with whatever."""
    return lambda scene, topic: scene.answered(id_)


def rows(fields: Fields, name: str) -> list[Any]:
    """Return a list of the draft."""
    return list(fields.get(name, []))


def extended(listed: Sequence[str], more: Iterable[str], most: int = 5) -> list[str]:
    """Return a list with more entries, each once, at most *most*."""
    return distinct([*listed, *more])[:most]


def replaced(listed: Sequence[Fields], place: int, **changes: Any) -> list[Fields]:
    """Return a list of entries with one of them changed."""
    return [each | changes if at == place else each for at, each in enumerate(listed)]


def hmw(scene: Scene) -> str:
    """Return the question of the challenge, empty where there is none."""
    return str(scene.upstream("challenge", "hmw_statement", ""))


def findings(scene: Scene) -> list[str]:
    """Return the findings of the research."""
    return [each["finding"] for each in insights(scene) if each.get("finding")]


def insights(scene: Scene) -> list[Fields]:
    """Return the insights of the research."""
    return list(scene.upstream("user-research", "insights", []))


def personas(scene: Scene) -> list[Fields]:
    """Return the personas that have a name."""
    return [each for each in scene.upstream("persona", "personas", []) if each.get("name")]


def dip(scene: Scene) -> Fields:
    """Return the stage of the journey that is its dip, empty where there is none."""
    stages = scene.upstream("journey-mapping", "stages", [])
    return next((dict(stage) for stage in stages if stage.get("is_dip")), {})
