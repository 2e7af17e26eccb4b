"""Step 1: the problem, who has it, what would be different, and one question."""

import re
from dataclasses import replace

from lib.guide.scripted import phrasing, reading, say
from lib.guide.scripted.scene import Answer, Question, Scene, Script
from lib.guide.scripted.taking import asked_once, has, joined, own_words, text_field
from lib.guide.scripted.wording import text
from lib.workshop.artifacts.criteria.framing import names_a_solution, names_nobody
from lib.workshop.artifacts.criteria.matching import folded, words
from lib.workshop.records import LANGUAGES, Fields

STEP = "challenge"

#: Things teams would like to make, before they know what for.
_THINGS = re.compile(
    r"\b(?:we (?:need|want|should (?:have|build|make|get))|let's (?:build|make)|wir brauchen"
    r"|necesitamos)\b"
    r".{0,40}\b(?:app|website|platform|portal|chatbot|dashboard|software|tool|system|plattform)\b",
    re.IGNORECASE,
)


def _is_a_thing(text: str) -> bool:
    return names_a_solution(text) or _THINGS.search(text[:2_000]) is not None


def _take_problem(scene: Scene, answer: Answer) -> Fields:
    # What to make is not the problem; the follow-up asks for what it would take away.
    if _is_a_thing(answer.text) and not answer.follow:
        return scene.fields
    return text_field("problem_statement")(scene, answer)


def _thin_problem(scene: Scene, answer: Answer) -> str:
    if _is_a_thing(answer.text):
        return "thing"
    return "moment" if len(words(answer.text)) < 7 else ""


def _take_who(scene: Scene, answer: Answer) -> Fields:
    # A narrower group replaces the wider one; "and their parents" cannot be told from it.
    return scene.fields | {"target_user": own_words(answer.text, most=1).rstrip(".")}


def _is_everybody(text: str) -> bool:
    plain = re.sub(
        r"\b(?:really|basically|just|pretty much|of us|i guess)\b", "", reading.said(text)
    )
    return names_nobody(plain)


def _take_outcome(scene: Scene, answer: Answer) -> Fields:
    # "That we all know" is no sentence; in other languages what follows is none without it.
    told = re.sub(r"\A\W*that\s+(?=\w+\s+\w)", "", answer.text, flags=re.IGNORECASE)
    return text_field("desired_outcome")(scene, replace(answer, text=told))


def _take_limits(scene: Scene, answer: Answer) -> Fields:
    fixed = own_words(answer.text).rstrip(".")
    problem = joined(
        scene.fields.get("problem_statement", ""), scene.text("challenge.fixed", words=fixed)
    )
    return scene.fields | {"problem_statement": problem}


#: What a question is made of.
_PARTS = ("target_user", "problem_statement", "desired_outcome")


def _variants(scene: Scene) -> dict[str, str]:
    who, problem, outcome = (scene.fields.get(name, "") for name in _PARTS)
    if not (who and problem and outcome):
        return {}
    return phrasing.variants(who, problem, outcome, scene.language)


def _show_variants(scene: Scene, topic: str) -> str:
    offered = _variants(scene)
    if not offered:
        return _show_parts(scene)
    lines = (
        f"{place}. " + say.labelled(scene.text(f"altitude.{name}"), say.flat(text), scene.language)
        for place, (name, text) in enumerate(offered.items(), 1)
    )
    return scene.text("challenge.variants") + "\n\n" + "\n".join(lines)


def _show_parts(scene: Scene) -> str:
    """Show what the question is made of, where the guide cannot put it together."""
    told = [name for name in _PARTS if scene.fields.get(name)]
    shown = say.bullets(scene.shown(name, 24, 180) for name in told)
    return scene.text("hmw.parts") + "\n\n" + shown if told else ""


def _take_question(scene: Scene, answer: Answer) -> Fields:
    offered = _variants(scene)
    if own := phrasing.OPENING.search(answer.text):
        asked = phrasing.question(answer.text[own.start() :], scene.language)
        return scene.fields | {"hmw_statement": asked}
    chosen = _chosen(answer.text, list(offered))
    if chosen:
        return scene.fields | {"hmw_statement": offered[chosen], "altitude": chosen}
    asked = phrasing.question(own_words(answer.text, most=1), scene.language)
    # A question in our letters that begins in another way is one to the guide.
    is_ours = phrasing.OPENING.match(asked) or not re.search("[a-z]", asked, re.IGNORECASE)
    # What is no question and cannot be made one is not taken: the guide asks again.
    return scene.fields | ({"hmw_statement": asked} if asked and is_ours else {})


def _chosen(text: str, names: list[str]) -> str:
    told = folded(text).split()
    by_name = [name for name in names if _mentions(told, name)]
    if len(by_name) == 1:
        return by_name[0]
    place = reading.ordinal(text) if len(told) <= 8 else None
    if place is None and "middle" in told:
        place = 1
    return names[place] if place is not None and -1 <= place < len(names) else ""


def _mentions(told: list[str], altitude: str) -> bool:
    """Whether words name an altitude, in any language: "die konkrete", "la concreta"."""
    known = [folded(text(each, f"altitude.{altitude}")) for each in LANGUAGES]
    return altitude in told or any(word.startswith(tuple(known)) for word in told)


def _greet(scene: Scene) -> str:
    if not scene.challenge.strip():
        return scene.text("challenge.greet")
    return scene.text("challenge.greet_given", words=say.gist(scene.challenge, 24, scene.language))


def _show(scene: Scene) -> list[str]:
    return [
        scene.shown("problem_statement", 24, 180),
        scene.shown("target_user", 12),
        scene.shown("desired_outcome", 18, 140),
        scene.shown("hmw_statement", 24, 180),
    ]


def _wrap(scene: Scene) -> str:
    question, who = scene.fields["hmw_statement"], scene.fields["target_user"]
    return scene.text(
        "challenge.wrap",
        question=say.gist(question, 24, scene.language),
        who=say.gist(who, 12, scene.language),
    )


SCRIPT = Script(
    step=STEP,
    greet=_greet,
    questions=(
        Question(
            step=STEP,
            id="problem",
            serves="problem_statement",
            take=_take_problem,
            known=has("problem_statement"),
            thin=_thin_problem,
        ),
        Question(
            step=STEP,
            id="who",
            serves="target_user",
            take=_take_who,
            known=has("target_user"),
            thin=lambda scene, answer: "narrower" if _is_everybody(answer.text) else "",
        ),
        Question(
            step=STEP,
            id="outcome",
            serves="desired_outcome",
            take=_take_outcome,
            known=has("desired_outcome"),
            thin=lambda scene, answer: (
                "watch" if len(words(answer.text)) < 4 or names_a_solution(answer.text) else ""
            ),
        ),
        Question(
            step=STEP,
            id="limits",
            serves="problem_statement",
            take=_take_limits,
            known=asked_once("limits"),
            optional=True,
        ),
        Question(
            step=STEP,
            id="question",
            serves="hmw_statement",
            take=_take_question,
            known=has("hmw_statement"),
            lead=_show_variants,
            choices=lambda scene, topic: [
                scene.text(f"choice.{name}") for name in _variants(scene)
            ],
        ),
    ),
    show=_show,
    wrap=_wrap,
)
