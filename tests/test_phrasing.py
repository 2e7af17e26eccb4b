"""How-Might-We questions that the guide puts together: grammatical whatever a team wrote, or none."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.guide.scripted import phrasing, say
from lib.workshop.records import LANGUAGES

LANGUAGES_ = pytest.mark.parametrize("language", LANGUAGES)

#: How a composed question begins.
OPENINGS = {
    "en": ("How might we ", "Given that "),
    "de": ("Wie könnten wir ",),
    "es": ("¿Cómo podríamos ", "Dado que "),
    "fr": ("Comment pourrions-nous ", "Étant donné que "),
}

DOUBLED = re.compile(
    r"\b(?:that that|que que|dass dass|que qu['’]|so that so|to to|for for|para para|pour pour|"
    r"given that that|with this: the|there is nothing)\b",
    re.IGNORECASE,
)

#: What teams write where a part of a question is asked for: each kind in each language.
WRITTEN = {
    "en": (
        "Invoices", "the night nurses in their first year", "Less waiting", "That we all know",
        "That nobody waits more than ten minutes", "to find out where to stand", "Know whom to ask",
        "Nobody calls back, and they wait for hours.", "Shame", "Nothing", "Money",
        "How might we see them sooner?", "it is mostly the nurses", "For freelancers",
        "When the pager goes, she stays behind", "so that they stay and bring a friend", "so…",
    ),
    "de": (
        "Rechnungen", "die Nachtpfleger im ersten Jahr", "Weniger Warten", "Dass alle Bescheid wissen",
        "dass niemand länger als zehn Minuten wartet", "herausfinden, wohin sie soll", "Geld",
        "Niemand ruft zurück, und sie warten stundenlang.", "Wie könnten wir sie früher sehen?",
        "Wenn der Pieper geht, bleibt sie zurück", "damit sie bleiben", "Für Freiberufler",
    ),
    "es": (
        "Facturas", "los mayores que viven solos", "Menos espera", "Que cada uno sepa cuándo le toca",
        "que a las nueve ya no quedan citas", "saber dónde ponerse", "Dinero", "Que",
        "Nadie contesta, y esperan durante horas.", "¿Cómo podríamos verlos antes?", "para que se queden",
        "Cuando suena el teléfono, nadie lo coge", "Para las enfermeras",
    ),
    "fr": (
        "Les factures", "les infirmières de nuit", "Moins d'attente", "Que chacun sache quand c'est son tour",
        "qu'ils n'attendent plus", "savoir où se mettre", "L'argent",
        "Personne ne rappelle, et ils attendent des heures.", "Comment pourrions-nous les voir plus tôt ?",
        "Quand le téléphone sonne, personne ne répond", "pour qu'ils restent", "Pour les infirmières",
    ),
}  # fmt: skip
LONG = " ".join(["waiting"] * 60)

PARTS = st.sampled_from([LONG, *(text for each in WRITTEN.values() for text in each)])
ANY_PART = PARTS | st.lists(PARTS, min_size=2, max_size=3).map(", ".join) | st.text(max_size=80)


def assert_sound(asked: str, language: str) -> None:
    assert asked.startswith(OPENINGS[language]), asked
    assert asked.endswith("?"), asked
    assert len(re.findall(r"[?？؟]", asked)) == 1, asked
    assert not DOUBLED.search(asked), asked
    assert "…" not in asked, asked


@given(language=st.sampled_from(list(LANGUAGES)), who=ANY_PART, problem=ANY_PART, outcome=ANY_PART)
@settings(max_examples=400, deadline=None)
def test_a_composed_question_is_sound_and_short(
    language: str, who: str, problem: str, outcome: str
) -> None:
    questions = phrasing.variants(who, problem, outcome, language)
    is_theirs = phrasing.OPENING.match(problem) or phrasing.OPENING.match(outcome)

    for asked in [] if is_theirs else questions.values():
        assert_sound(asked, language)
        assert len(asked.split()) < 25


@LANGUAGES_
@pytest.mark.parametrize("told", [text for each in WRITTEN.values() for text in each])
def test_each_kind_of_answer_makes_a_sound_question(language: str, told: str) -> None:
    parts = {"given_that": told, "immediate_goal": told, "deeper_goal": told, "persona": "Ines"}
    if phrasing.OPENING.match(told):
        return

    for asked in phrasing.variants(told, told, told, language).values():
        assert_sound(asked, language)
    assert_sound(phrasing.four_parts(parts, language), language)


@given(
    language=st.sampled_from(list(LANGUAGES)),
    given_that=ANY_PART,
    goal=ANY_PART,
    deeper=ANY_PART,
    person=st.sampled_from(["Ines", "Doña Pilar", "the nurse", "that one"]),
)
@settings(max_examples=400, deadline=None)
def test_four_parts_make_a_sound_question(
    language: str, given_that: str, goal: str, deeper: str, person: str
) -> None:
    statement = {"given_that": given_that, "immediate_goal": goal, "deeper_goal": deeper}
    asked = phrasing.four_parts(statement | {"persona": person}, language)

    if asked:
        assert_sound(asked, language)
        assert len(asked.split()) <= 60


@LANGUAGES_
def test_three_questions_for_a_plain_answer(language: str) -> None:
    who, problem, outcome = {
        "en": ("The night nurses", "Nobody calls back", "That everybody knows whom to ask"),
        "de": ("Die Nachtpflege", "Niemand ruft zurück", "Dass alle wissen, wen sie fragen"),
        "es": ("Los mayores", "Nadie contesta", "Que cada uno sepa cuándo le toca"),
        "fr": ("Les infirmières", "Personne ne rappelle", "Que chacun sache qui appeler"),
    }[language]

    assert {
        "en": {
            "specific": "How might we change this for the night nurses: “Nobody calls back”?",
            "balanced": "How might we make sure that everybody knows whom to ask?",
            "broad": "How might we rethink what this is like for the night nurses?",
        },
        "de": {
            "specific": "Wie könnten wir für diese Menschen (Die Nachtpflege) etwas daran ändern: "
            "„Niemand ruft zurück“?",
            "balanced": "Wie könnten wir erreichen, dass alle wissen, wen sie fragen?",
            "broad": "Wie könnten wir neu denken, wie es diesen Menschen geht (Die Nachtpflege)?",
        },
        "es": {
            "specific": "¿Cómo podríamos cambiar esto para los mayores: «Nadie contesta»?",
            "balanced": "¿Cómo podríamos conseguir que cada uno sepa cuándo le toca?",
            "broad": "¿Cómo podríamos hacer que esto sea muy distinto para los mayores?",
        },
        "fr": {
            "specific": "Comment pourrions-nous changer cela pour les infirmières : "
            "« Personne ne rappelle » ?",
            "balanced": "Comment pourrions-nous faire en sorte que chacun sache qui appeler ?",
            "broad": "Comment pourrions-nous repenser cette expérience pour les infirmières ?",
        },
    }[language] == phrasing.variants(who, problem, outcome, language)


def test_four_parts_are_one_sentence_where_the_grammar_is_certain() -> None:
    english = phrasing.four_parts(
        {
            "given_that": "Nobody calls back",
            "persona": "Ines",
            "immediate_goal": "find out whom to ask",
            "deeper_goal": "she stays",
        },
        "en",
    )
    spanish = phrasing.four_parts(
        {
            "given_that": "que a las nueve ya no quedan citas",
            "persona": "Pilar",
            "immediate_goal": "saber cuándo le toca",
            "deeper_goal": "que no tenga que molestar a Marisa",
        },
        "es",
    )

    assert english == (
        "Given that nobody calls back, how might we help Ines to find out whom to ask, "
        "so that she stays?"
    )
    assert spanish == (
        "Dado que a las nueve ya no quedan citas, ¿cómo podríamos ayudar a Pilar a saber cuándo le "
        "toca para que no tenga que molestar a Marisa?"
    )


def test_a_bracket_is_never_parted() -> None:
    told = (
        "3 weeks to a refund (target: 5 days), even where the shop took the piece back at once, yes"
    )
    asked = phrasing.variants("customers", told, "x", "en")

    assert asked["specific"] == "How might we change this for customers: “3 weeks to a refund”?"


def test_a_german_clause_keeps_its_order() -> None:
    parts = {"immediate_goal": "reden", "deeper_goal": "wiederkommen", "persona": "Emre"}
    asked = phrasing.four_parts(parts | {"given_that": "Dass alle sich umdrehen"}, "de")

    assert asked == (
        "Wie könnten wir Emre bei „reden“ helfen, angesichts dessen, dass alle sich umdrehen, "
        "und mit dem Ziel „wiederkommen“?"
    )


@pytest.mark.parametrize(
    "quoted", ["„Geh weg“, sagt er", "«Geh weg», sagt er", "“Geh weg”, sagt er"]
)
def test_quotes_inside_quotes_are_single(quoted: str) -> None:
    assert say.flat(quoted) == "‘Geh weg’, sagt er"


def test_other_parts_stand_in_quotation_marks() -> None:
    parts = {"given_that": "Shame", "immediate_goal": "Nothing", "deeper_goal": "Money"}

    assert phrasing.four_parts(parts | {"persona": "Ines"}, "en") == (
        "How might we help Ines with “Nothing”, given “Shame” and with the aim “Money”?"
    )


@LANGUAGES_
def test_what_would_be_too_long_is_not_composed(language: str) -> None:
    assert phrasing.variants(LONG, LONG, LONG, language) == {}


@pytest.mark.parametrize(
    ("language", "asked"),
    [
        ("en", "How might we see them sooner?"),
        ("de", "Wie könnten wir sie früher sehen?"),
        ("es", "¿Cómo podríamos verlos antes?"),
        ("fr", "Comment pourrions-nous les voir plus tôt ?"),
        ("en", "كيف يمكننا مساعدة الأمهات؟"),
    ],
)
def test_a_whole_question_is_taken_as_it_is(language: str, asked: str) -> None:
    assert phrasing.question(asked, language) == asked
