"""What the scripted guide says, in every language: complete, used, and with the same places."""

import ast
import re
import string
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import NoneType
from typing import get_args

import pytest
from pydantic import BaseModel

from lib.guide.port import Proposal, Request
from lib.guide.scripted import ScriptedGuide
from lib.guide.scripted.concepts import RATINGS
from lib.guide.scripted.gaps import sentence
from lib.guide.scripted.scene import Scene
from lib.guide.scripted.wording import text, texts, wording
from lib.workshop import steps
from lib.workshop.artifacts import criteria
from lib.workshop.artifacts.criteria.matching import words
from lib.workshop.artifacts.models import (
    MODELS,
    Billboard,
    Challenge,
    Confidence,
    Idea,
    Stakeholder,
    Swot,
)
from lib.workshop.records import LANGUAGES, Fields
from lib.workshop.status import Phase
from lib.workshop.transcript import Message, Role

ROOT = Path(__file__).resolve().parent.parent
GUIDE, CRITERIA = ROOT / "lib/guide", ROOT / "lib/workshop/artifacts/criteria"

#: How codes of gaps end that are made from a choice.
ENDINGS = {
    "circle-": ("core", "direct", "indirect"),
    "emotions-": ("positive", "neutral", "negative"),
}

#: Drafts with gaps of each kind: empty ones, and some that break a criterion.
DRAFTS: list[tuple[str, Fields]] = [
    *((slug, {}) for slug in steps.SLUGS),
    ("challenge", {"target_user": "everyone", "hmw_statement": "How might we build an app?"}),
    ("stakeholder-mapping", {"stakeholders": [{"name": "Ana"}, {"name": "Ana"}]}),
    (
        "user-research",
        {"interview_questions": ["Do you wait?"], "insights": [{"finding": "waits"}]},
    ),
    ("sense-making", {"pains": ["one", "two"], "themes": [{"name": "TBD"}]}),
    ("persona", {"personas": [{"bio": "short"}, {"name": "A"}, {"name": "A"}]}),
    ("journey-mapping", {"stages": [{"name": "A", "emotion": "negative"}] * 2}),
    ("concept", {"concepts": [{"swot": {"threats": ["late", "late"]}}]}),
    ("validate", {"step_summaries": [{"step": "Challenge"}], "confidence": {"rationale": "yes"}}),
]


def choices(model: type[BaseModel], name: str) -> set[str]:
    """Return the values that a field of a model chooses from."""
    kinds = [model.model_fields[name].annotation]
    kinds = [
        inner
        for kind in kinds
        for inner in (get_args(kind) if NoneType in get_args(kind) else [kind])
    ]
    return {str(value) for kind in kinds for value in get_args(kind)}


#: Sections whose keys are made from data; what they have to hold.
DERIVED = {
    "step": set(steps.SLUGS),
    "purpose": set(steps.SLUGS),
    "artifact": set(steps.SLUGS),
    "example": set(steps.SLUGS),
    "field": {f"{slug}.{name}" for slug, model in MODELS.items() for name in model.model_fields},
    "altitude": choices(Challenge, "altitude"),
    "choice": choices(Challenge, "altitude"),
    "circle": choices(Stakeholder, "category"),
    "level": choices(Stakeholder, "power"),
    "quality": choices(Confidence, "research_quality"),
    "pile": choices(Idea, "source") | {"others"},
    "swot": set(Swot.model_fields),
    "rating": set(RATINGS),
    "poster": set(Billboard.model_fields),
    "hmw": {
        *("problem", "problem_alone", "outcome", "outcome_alone", "clause", "broad", "verb"),
        *("four", "four_quoted", "parts"),
    },
    "part": {"given_that", "persona", "immediate_goal", "deeper_goal"},
    "candidates": {"pains", "gains"},
    "offered": {"given_that", "immediate_goal", "deeper_goal"},
    "open_question": {"1", "2", "3", "4", "5"},
    "shown": {"0", "1", "2"},
}


def places(value: object) -> frozenset[str]:
    """Return the names a text has places for, `count` too where a form is chosen by it."""
    forms = value.values() if isinstance(value, dict) else [value]
    named = {
        name for form in forms for _, name, _, _ in string.Formatter().parse(str(form)) if name
    }
    return frozenset(named | ({"count"} if isinstance(value, dict) else set()))


def calls() -> Iterator[tuple[str, frozenset[str] | None]]:
    """Yield the keys the code asks for, with the places it fills; None where they are passed on."""
    for file in GUIDE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and _name(node.func) == "text":
                filled = [each.arg for each in node.keywords]
                known = None if None in filled else frozenset(filter(None, filled))
                yield from ((key, known) for key in _keys(node.args))


def mentioned() -> set[str]:
    """Return every text of the code that might be a key, such as one that stands in a table."""
    trees = (ast.parse(file.read_text(encoding="utf-8")) for file in GUIDE.rglob("*.py"))
    nodes = (node for tree in trees for node in ast.walk(tree))
    return {str(node.value) for node in nodes if isinstance(node, ast.Constant)}


def _name(function: ast.expr) -> str:
    return getattr(function, "attr", "") or getattr(function, "id", "")


def _keys(arguments: list[ast.expr]) -> Iterator[str]:
    for argument in arguments:
        if isinstance(argument, ast.Constant) and "." in str(argument.value):
            yield str(argument.value)
        elif isinstance(argument, ast.IfExp):
            yield from _keys([argument.body, argument.orelse])


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_texts_with_the_same_places(language: str) -> None:
    """But for gaps, which the criteria put in English themselves."""
    english = {key: places(value) for key, value in texts("en").items()}
    own = {key: places(value) for key, value in texts(language).items()}

    assert {key: own[key] for key in own if not key.startswith("gap.")} == english


def codes() -> dict[str, set[str]]:
    """Return the places of each gap, by its code, as the criteria have them."""
    found: dict[str, set[str]] = {}
    for file in CRITERIA.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and _name(node.func) == "Gap":
                given = {each.arg: each.value for each in node.keywords}
                values = getattr(given.get("values"), "keys", [])
                names = {str(key.value) for key in values if isinstance(key, ast.Constant)}
                found |= dict.fromkeys(_codes(given["code"]), names)
    return found


def _codes(code: ast.expr) -> list[str]:
    if isinstance(code, ast.Constant):
        return [str(code.value)]
    assert isinstance(code, ast.JoinedStr)
    assert isinstance(code.values[0], ast.Constant)
    before = str(code.values[0].value)
    return [before + each for each in ENDINGS[before]]


@pytest.mark.parametrize("language", [each for each in LANGUAGES if each != "en"])
def test_every_gap_has_a_sentence_that_names_what_it_is_about(language: str) -> None:
    own = {
        key.removeprefix("gap."): places(value)
        for key, value in texts(language).items()
        if key.startswith("gap.")
    }

    assert own.keys() == codes().keys()
    for code, named in codes().items():
        assert own[code] - {"field"} == named - {"field"}, code


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_gap_asks_a_question_of_its_own(language: str) -> None:
    """A message asks one thing, at its end."""
    assert not any("?" in str(texts(language)[key]) for key in texts(language) if "gap." in key)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("step", "draft"), DRAFTS)
def test_what_is_missing_is_said_in_the_workshops_language(
    language: str, step: str, draft: Fields
) -> None:
    scene = Scene(step, Phase.VALIDATE, draft, {}, "", "", (), language)
    found = criteria.gaps(step, draft, {})
    said = [sentence(scene, gap) for gap in found]

    assert said
    assert language == "en" or not {*said} & {gap.sentence for gap in found}
    assert not any("{" in each or "?" in each for each in said)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_empty_and_none_but_names_is_english(language: str) -> None:
    english, own = texts("en"), texts(language)
    same = {key for key in own if own[key] == english.get(key) and len(str(own[key]).split()) > 2}

    assert all(str(value).strip() for value in own.values())
    assert language == "en" or same == set()


#: Words that no sentence of ours in another language has.
ENGLISH = frozenset(
    """the and of with you your this that what which how have not from they there nobody yet is are
    or it its to be would was were will them their one more please skip balanced strengths weaknesses
    threats desirability negative positive""".split()
)
#: Words that are also of another language.
SHARED = {"de": {"was", "will", "not"}, "fr": {"positive", "negative"}}


@pytest.mark.parametrize("language", [each for each in LANGUAGES if each != "en"])
def test_no_sentence_of_another_language_has_english_words(language: str) -> None:
    put = [
        word
        for question in (each for step in wording(language).values() for each in step.values())
        for sentence_ in (question.ask, question.why, *question.thanks, *question.follow.values())
        for word in words(sentence_)
    ]
    said = [word for value in texts(language).values() for word in words(_forms(value))]

    assert {*put, *said} & (ENGLISH - SHARED.get(language, set())) == set()


def _forms(value: object) -> str:
    shown = " ".join(value.values()) if isinstance(value, dict) else str(value)
    return re.sub(r"\{\w+\}", "", shown)


@pytest.mark.parametrize("language", [each for each in LANGUAGES if each != "en"])
@pytest.mark.parametrize("step", steps.SLUGS)
def test_a_step_has_no_english_words_but_the_teams(language: str, step: str) -> None:
    """What the team writes here is a list of names, so that each English word is the guide's."""
    guide, transcript = ScriptedGuide(pace=0), list[Message]()
    draft: Fields = {}
    phase = Phase.ORIENT
    said = []
    for turn, text_ in enumerate(["", *["Ana Ortiz, Zoé Blum, Otto Frei, Lea Roth", "ok"] * 12]):
        at = datetime(2026, 1, 1, tzinfo=UTC)
        transcript += [Message(f"u{turn}", Role.USER, "Ana", text_, at)] if text_ else []
        request = Request(step, phase, transcript, draft, {}, "", "", language)
        *chunks, proposal = guide.reply(request)
        assert isinstance(proposal, Proposal)
        draft, phase = proposal.draft, proposal.phase
        reply = "".join(map(str, chunks))
        said += [reply, *proposal.suggestions]
        transcript.append(Message(f"g{turn}", Role.ASSISTANT, "", reply, at))

    left = {word for each in said for word in words(each)} & ENGLISH
    assert left - SHARED.get(language, set()) == set()


def test_the_code_asks_only_for_texts_there_are_and_fills_their_places() -> None:
    known = {key: places(value) for key, value in texts("en").items()}
    wrong = {
        (key, filled)
        for key, filled in calls()
        if key not in known or filled not in (None, known[key])
    }

    assert wrong == set()


def test_no_text_is_unused() -> None:
    derived = {f"{section}.{key}" for section, keys in DERIVED.items() for key in keys}

    assert set(texts("en")) - mentioned() - derived == set()


@pytest.mark.parametrize("section", DERIVED)
def test_a_section_made_from_data_holds_all_of_it(section: str) -> None:
    told = {key.removeprefix(f"{section}.") for key in texts("en") if key.startswith(f"{section}.")}

    assert told == DERIVED[section]


def test_the_english_facts_about_steps_and_fields_are_the_models() -> None:
    for step in steps.STEPS:
        facts = text("en", f"step.{step.slug}"), text("en", f"purpose.{step.slug}")
        assert facts == (step.name, step.purpose)
        for name, info in MODELS[step.slug].model_fields.items():
            assert text("en", f"field.{step.slug}.{name}") == info.title


@pytest.mark.parametrize(
    ("language", "count", "form"),
    [
        ("en", 0, "other"),
        ("de", 1, "one"),
        ("es", 2, "other"),
        ("fr", 0, "one"),
        ("fr", 2, "other"),
    ],
)
def test_a_count_chooses_the_form(language: str, count: int, form: str) -> None:
    value = texts(language)["count.finding"]
    assert isinstance(value, dict)

    assert text(language, "count.finding", count=count) == value[form].format(count=count)
