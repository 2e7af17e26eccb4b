"""Step 5: one to three people the research is about, with pains and gains of step 4."""

import re

from lib.guide.scripted import interviews, reading, say
from lib.guide.scripted.listen import Kind, kind_of
from lib.guide.scripted.scene import Answer, Question, Scene, Script
from lib.guide.scripted.taking import extended, insights, joined, own_words, replaced, rows
from lib.workshop.artifacts.criteria.matching import best, folded, overlap, related, same, words
from lib.workshop.records import Fields

STEP = "persona"

_MOST = 3

_CALLED = re.compile(
    r"^(?:(?:her|his|their|the) name (?:is|should be)|(?:we|i'd|let's|i) (?:call|take|have"
    r"|name) (?:her|him|them|it|one)?|"
    r"(?:a |the )?(?:second|third|first|other|next) (?:one|person|persona)?(?: is| would be)?"
    r"|persona \d|this is|meet|sie heißt|er heißt|se llama)\b[\s,:]*",
    re.IGNORECASE,
)
_PLACE = re.compile(
    r"\b(?:lives in|living in|based in|comes? from|from|aus|lebt in|de"
    r"|vive en)\s+(?P<place>[^,.;()]{2,40})",
    re.IGNORECASE,
)
_AGE = re.compile(
    r"\b(?:age:? ?)?(\d{2,3})(?!\d)(?: ?(?:years old|years|yrs|jahre|años|ans|岁|歲|سنة|साल))?",
    re.IGNORECASE,
)
_KEYS = ("name", "role", "age", "location", "bio", "quote", "goals")


def _read(text: str) -> Fields:
    """Read a person from "Jonas, 24, apprentice from Altwies", or from lines with labels."""
    labelled = {
        folded(key): value
        for key, value in map(reading.label, text.splitlines())
        if folded(key) in _KEYS
    }
    if "name" in labelled:
        person: Fields = {
            key: value for key, value in labelled.items() if key not in ("goals", "age")
        }
        goals = reading.entries(labelled.get("goals", ""))
        return person | _age(labelled.get("age", "")) | ({"goals": goals[:5]} if goals else {})
    first, *more = reading.sentences(reading.said(" ".join(text.split())[:1_500])) or [""]
    pieces = [
        piece
        for piece in re.split(r"[,;(]\s*|\s[–—-]\s|:\s", _CALLED.sub("", first).strip(" .)"))
        if piece.strip(" )")
    ]
    if not pieces:
        return {}
    place = _PLACE.search(", ".join(pieces[1:]))
    about = [plain for piece in pieces[1:] if (plain := _remark(piece))]
    person = {"name": reading.capital(pieces[0].strip()[:60])} | _age(" ".join(pieces[1:]))
    person |= {"role": about[0][:120]} if about else {}
    person |= {"location": place["place"].strip()} if place else {}
    return person | ({"bio": own_words(" ".join(more))} if len(words(" ".join(more))) > 8 else {})


def _age(text: str) -> Fields:
    ages = [int(each) for each in _AGE.findall(text) if 18 <= int(each) <= 100]
    return {"age": ages[0]} if ages else {}


def _remark(piece: str) -> str:
    plain = _PLACE.sub("", _AGE.sub("", piece)).strip(" .,)")
    plain = re.sub(
        r"^(?:is |a |an |the |ein |eine |una? |who is |she's |he's |works as )+",
        "",
        plain,
        flags=re.IGNORECASE,
    )
    return plain if len(plain) > 2 else ""


def _names(scene: Scene) -> list[str]:
    return [each["name"] for each in rows(scene.fields, "personas") if each.get("name")]


def _take_person(scene: Scene, answer: Answer) -> Fields:
    person, people = _read(answer.text), rows(scene.fields, "personas")
    if (
        not person
        or any(same(person["name"], each) for each in _names(scene))
        or len(people) >= _MOST
    ):
        return scene.fields
    return scene.fields | {"personas": [*people, person]}


def _about(scene: Scene, answer: Answer, **changes: object) -> Fields:
    people = rows(scene.fields, "personas")
    place = best(answer.topic, [each.get("name", "") for each in people])
    return (
        scene.fields
        if place is None
        else scene.fields | {"personas": replaced(people, place, **changes)}
    )


def _person(scene: Scene, name: str) -> Fields:
    return next((each for each in rows(scene.fields, "personas") if each.get("name") == name), {})


def _take_role(scene: Scene, answer: Answer) -> Fields:
    role = reading.said(answer.text).strip(" .")[:120]
    return _about(
        scene,
        answer,
        role=role,
        **({} if _person(scene, answer.topic).get("age") else _age(answer.text)),
    )


def _take_life(scene: Scene, answer: Answer) -> Fields:
    before = _person(scene, answer.topic).get("bio", "")
    return _about(scene, answer, bio=joined(before, own_words(answer.text)))


def _take_goals(scene: Scene, answer: Answer) -> Fields:
    goals = [reading.capital(each) for each in reading.entries(answer.text)]
    if len(goals) == 1 and len(reading.names(answer.text)) > 1:
        goals = [reading.capital(each) for each in reading.names(answer.text)]
    return _about(
        scene, answer, goals=extended(_person(scene, answer.topic).get("goals", []), goals)
    )


# What the research says about a person


def _own_insights(scene: Scene, person: Fields) -> list[Fields]:
    told = " ".join(str(person.get(name, "")) for name in ("name", "role"))
    return [each for each in insights(scene) if related(told, each.get("source", ""))]


def _fitting(scene: Scene, person: Fields, name: str, *, alone: bool) -> list[str]:
    """Return the pains or gains of step 4 that fit a person; all of them where there is one."""
    agreed = list(scene.upstream("sense-making", name, []))
    own = [each["finding"] for each in _own_insights(scene, person) if each.get("finding")]
    if alone or not own:
        return agreed[:5]
    near = sorted(agreed, key=lambda text: -max(overlap(text, finding) for finding in own))
    close = [text for text in agreed if max(overlap(text, finding) for finding in own) >= 0.5]
    return close if len(close) > 1 else near[:2]


def _quote(scene: Scene, person: Fields, taken: list[str]) -> str:
    """Return the quote that tells most: of somebody like this person first, no other's."""
    for heard in (_own_insights(scene, person), insights(scene)):
        quotes = [
            str(each["quote"]) for each in heard if each.get("quote") and each["quote"] not in taken
        ]
        if quotes:
            return max(quotes, key=interviews.weight)
    return ""


def _compose(scene: Scene) -> Fields:
    people = rows(scene.fields, "personas")
    alone = len(people) == 1
    for place, person in enumerate(people):
        if not (person.get("role") and person.get("bio")):
            continue
        taken = [each.get("quote", "") for each in people]
        derived = {"quote": _quote(scene, person, taken)} | {
            name: _fitting(scene, person, name, alone=alone) for name in ("pains", "gains")
        }
        people = replaced(
            people,
            place,
            **{name: value for name, value in derived.items() if not person.get(name)},
        )
    return scene.fields | {"personas": people}


def _greet(scene: Scene) -> str:
    mapped = scene.upstream("stakeholder-mapping", "stakeholders", [])
    core = [each["name"] for each in mapped if each.get("category") == "core" and each.get("name")]
    themes = [
        each["name"] for each in scene.upstream("sense-making", "themes", []) if each.get("name")
    ]
    parts = []
    if core:
        parts.append(scene.text("persona.greet_core", names=say.named(core, scene.language)))
    if themes:
        named = say.named(themes, scene.language, 3, 8)
        parts.append(scene.text("persona.greet_themes", themes=named))
    return " ".join(parts) or scene.text("persona.greet")


def _show(scene: Scene) -> list[str]:
    lines = [line for each in rows(scene.fields, "personas") for line in _lines(scene, each)]
    return [*lines, scene.text("persona.note")]


def _lines(scene: Scene, person: Fields) -> list[str]:
    language, open_ = scene.language, scene.text("say.open")
    facts = [str(person[name]) for name in ("age", "role", "location") if person.get(name)]
    name = say.clip(person.get("name") or scene.text("persona.unnamed"), 5)
    wants = "; ".join(say.clip(goal, 6) for goal in person.get("goals", [])[:2])
    quote = say.gist(person["quote"], 16, language) if person.get("quote") else open_
    pains = say.gists(person.get("pains", [])[:2], 7, language)
    return [
        ", ".join(filter(None, [f"**{name}**", say.clip(", ".join(facts), 10)])),
        scene.text("persona.says", words=quote)
        + "; "
        + scene.text("persona.wants", words=wants or open_),
        scene.text("persona.struggles", words=pains or open_),
    ]


def _loose(scene: Scene, text: str) -> Fields | None:
    names = _names(scene)
    if not names or len(words(text)) < 5 or kind_of(text) is not Kind.CONTENT:
        return None
    about = next(
        (name for name in names if related(name, text)), names[0] if len(names) == 1 else ""
    )
    return _take_life(scene, Answer(text, topic=about)) if about else None


SCRIPT = Script(
    step=STEP,
    needs=("user-research", "sense-making"),
    greet=_greet,
    questions=(
        Question(
            step=STEP,
            id="person",
            serves="personas",
            take=_take_person,
            known=lambda scene, topic: bool(_names(scene)),
        ),
        Question(
            step=STEP,
            id="role",
            serves="personas",
            take=_take_role,
            known=lambda scene, topic: bool(_person(scene, topic).get("role")),
            topics=_names,
        ),
        Question(
            step=STEP,
            id="life",
            serves="personas",
            take=_take_life,
            known=lambda scene, topic: bool(_person(scene, topic).get("bio")),
            topics=_names,
            thin=lambda scene, answer: "more" if len(words(answer.text)) < 8 else "",
        ),
        Question(
            step=STEP,
            id="goals",
            serves="personas",
            take=_take_goals,
            known=lambda scene, topic: bool(_person(scene, topic).get("goals")),
            topics=_names,
        ),
        Question(
            step=STEP,
            id="another",
            serves="personas",
            take=_take_person,
            known=lambda scene, topic: scene.finished("another") or len(_names(scene)) >= _MOST,
            optional=True,
        ),
    ),
    compose=_compose,
    show=_show,
    wrap=lambda scene: scene.text("persona.wrap", names=say.named(_names(scene), scene.language)),
    loose=_loose,
)
