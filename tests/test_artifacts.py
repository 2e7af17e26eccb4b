"""Artifacts: strict where a team confirms, lenient where a guide or a form drafts."""

import copy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lib.workshop import steps
from lib.workshop.artifacts.models import MODELS
from lib.workshop.artifacts.normalise import (
    ArtifactRefused,
    dumped,
    inner_type,
    item_type,
    normalised,
    parsed,
    shaped,
)
from lib.workshop.fields import is_blank, without_blanks
from lib.workshop.records import Fields
from tests.test_criteria import GOOD

Path = tuple[str | int, ...]


def at(fields: Any, path: Path) -> Any:
    for part in path:
        fields = fields[part]
    return fields


def changed(step: str, path: Path, value: Any) -> Fields:
    """The good artifact of *step* with one place set to *value*."""
    fields = copy.deepcopy(GOOD[step])
    at(fields, path[:-1])[path[-1]] = value
    return fields


def of_length(step: str, path: Path, length: int) -> Fields:
    """The good artifact of *step* with a list made *length* long, out of its own entries."""
    entries = at(GOOD[step], path)
    entries = copy.deepcopy([*entries, *[entries[-1]] * length][:length])
    fields = changed(step, path, entries)
    # Ideas that go away must not be selected: that is another rule.
    return fields | {"selected_idea_titles": ["Shared bed"]} if path[0] == "clusters" else fields


def problems(step: str, fields: Fields) -> list[str]:
    try:
        parsed(step, fields)
    except ArtifactRefused as exc:
        return exc.problems
    return []


# Strict


def test_every_step_yields_an_artifact_of_its_own() -> None:
    assert tuple(MODELS) == steps.SLUGS
    assert len(set(MODELS.values())) == 10


@pytest.mark.parametrize("step", steps.SLUGS)
def test_a_whole_artifact_is_accepted_and_comes_back_as_it_was(step: str) -> None:
    once = dumped(parsed(step, GOOD[step]))

    assert dumped(parsed(step, once)) == once
    assert normalised(step, once) == normalised(step, GOOD[step])


#: Every list, with the fewest and the most entries it takes.
BOUNDS: list[tuple[str, Path, int, int]] = [
    ("stakeholder-mapping", ("stakeholders",), 1, 200),
    ("user-research", ("interview_questions",), 1, 8),
    ("user-research", ("insights",), 1, 200),
    ("sense-making", ("themes",), 2, 5),
    ("sense-making", ("themes", 0, "evidence"), 1, 50),
    ("sense-making", ("pains",), 1, 5),
    ("sense-making", ("gains",), 1, 5),
    ("persona", ("personas",), 1, 3),
    ("persona", ("personas", 0, "goals"), 1, 5),
    ("persona", ("personas", 0, "pains"), 1, 5),
    ("persona", ("personas", 0, "gains"), 1, 5),
    ("reframe", ("hmw_statements",), 1, 20),
    ("reframe", ("insights_applied",), 1, 50),
    ("ideation", ("clusters",), 2, 12),
    ("ideation", ("clusters", 0, "ideas"), 2, 100),
    ("ideation", ("selected_idea_titles",), 1, 4),
    ("concept", ("concepts",), 1, 4),
    ("concept", ("concepts", 0, "swot", "strengths"), 3, 3),
    ("concept", ("concepts", 0, "swot", "weaknesses"), 3, 3),
    ("concept", ("concepts", 0, "swot", "opportunities"), 3, 3),
    ("concept", ("concepts", 0, "swot", "threats"), 3, 3),
    ("validate", ("step_summaries",), 9, 10),
    ("validate", ("step_summaries", 0, "key_outputs"), 1, 3),
    ("validate", ("next_steps",), 3, 5),
]


@pytest.mark.parametrize(("step", "path", "fewest", "most"), BOUNDS)
def test_a_list_is_accepted_from_its_fewest_to_its_most_entries(
    step: str, path: Path, fewest: int, most: int
) -> None:
    lengths = sorted({*range(fewest, min(most, 12)), most - 1, most} - {fewest - 1})
    accepted = [n for n in lengths if not problems(step, of_length(step, path, n))]

    assert accepted == lengths


@pytest.mark.parametrize(("step", "path", "fewest", "most"), BOUNDS)
def test_a_list_is_refused_with_one_entry_too_few_or_too_many(
    step: str, path: Path, fewest: int, most: int
) -> None:
    lengths = [fewest - 1, most + 1]

    assert [n for n in lengths if not problems(step, of_length(step, path, n))] == []


@pytest.mark.parametrize(("count", "fits"), [(3, False), (4, True), (8, True), (9, False)])
def test_a_journey_has_4_to_8_stages(count: int, fits: bool) -> None:
    stages = GOOD["journey-mapping"]["stages"]
    plain = [stage | {"is_dip": False} for stage in stages] * 3
    fields = GOOD["journey-mapping"] | {"stages": [stages[2], *plain][:count]}

    assert (problems("journey-mapping", fields) == []) is fits


@pytest.mark.parametrize(("dips", "fits"), [(0, False), (1, True), (2, False)])
def test_a_journey_has_exactly_one_dip(dips: int, fits: bool) -> None:
    stages = [
        stage | {"is_dip": place < dips}
        for place, stage in enumerate(GOOD["journey-mapping"]["stages"])
    ]
    said = problems("journey-mapping", GOOD["journey-mapping"] | {"stages": stages})

    assert (said == []) is fits


#: Places with a rule of their own: what fits, and what does not any more.
PLACES: list[tuple[str, Path, list[Any], list[Any]]] = [
    ("challenge", ("hmw_statement",), ["word " * 24], ["word " * 25, "", " "]),
    ("challenge", ("altitude",), ["specific", "balanced", "broad", None], ["high", 3]),
    ("stakeholder-mapping", ("stakeholders", 0, "category"), ["core", "direct"], ["users", None]),
    ("stakeholder-mapping", ("stakeholders", 0, "power"), ["high", "medium", "low"], ["some", ""]),
    ("persona", ("personas", 0, "age"), [18, 100, None], [17, 101, "old"]),
    ("journey-mapping", ("stages", 0, "emotion"), ["positive", "neutral"], ["happy", None]),
    ("reframe", ("hmw_statements", 0, "selected"), [True], [False, "perhaps"]),
    ("ideation", ("selected_idea_titles",), [["shared BED"]], [["Nobody had this idea"]]),
    ("ideation", ("clusters", 0, "ideas", 0, "source"), ["team", "mind-mapping"], ["elsewhere"]),
    ("concept", ("concepts", 0, "name"), ["Two words", "One two three four"], ["One", "a b c d e"]),
    ("concept", ("concepts", 0, "feasibility", "technical"), [1, 5], [0, 6, None]),
    ("concept", ("concepts", 0, "billboard"), [None], [{"headline": "Only this"}]),
    ("validate", ("confidence", "score"), [1, 10], [0, 11, None]),
    ("validate", ("confidence", "research_quality"), ["thin", "moderate", "strong"], ["good"]),
]


@pytest.mark.parametrize(("step", "path", "fit", "misfit"), PLACES)
def test_a_place_with_a_rule_takes_what_fits_and_nothing_else(
    step: str, path: Path, fit: list[Any], misfit: list[Any]
) -> None:
    tried = [(value, problems(step, changed(step, path, value)) == []) for value in [*fit, *misfit]]

    assert tried == [*((value, True) for value in fit), *((value, False) for value in misfit)]


@pytest.mark.parametrize(("words", "fits"), [(5, False), (6, True), (10, True), (11, False)])
def test_a_billboard_headline_has_6_to_10_words(words: int, fits: bool) -> None:
    billboard = {
        "headline": " ".join(["word"] * words),
        "subheadline": "Dig this spring",
        "call_to_action": "Ask us",
    }
    fields = changed("concept", ("concepts", 0, "billboard"), billboard)

    assert (problems("concept", fields) == []) is fits


@pytest.mark.parametrize("step", steps.SLUGS)
def test_every_required_field_that_is_missing_is_named_by_its_title(step: str) -> None:
    required = [info.title for info in MODELS[step].model_fields.values() if info.is_required()]

    assert problems(step, {}) == [f"{title}: still empty." for title in required]


@pytest.mark.parametrize("step", steps.SLUGS)
def test_a_field_nobody_knows_is_refused(step: str) -> None:
    assert problems(step, GOOD[step] | {"mood": "good"})


def test_a_problem_says_where_it_is_in_the_words_of_the_form() -> None:
    fields = changed("persona", ("personas", 0, "age"), 7)

    assert problems("persona", fields) == [
        "Personas › no. 1 › Age: input should be greater than or equal to 18."
    ]


# Lenient


@pytest.mark.parametrize("step", steps.SLUGS)
def test_normalising_keeps_a_whole_artifact_as_it_is(step: str) -> None:
    kept = normalised(step, GOOD[step])

    assert dumped(parsed(step, kept)) == dumped(parsed(step, GOOD[step]))


@pytest.mark.parametrize(
    ("step", "raw", "expected"),
    [
        ("challenge", {"target_user": "  nurses\x00 "}, {"target_user": "nurses"}),
        ("challenge", {"target_user": None, "altitude": "sky-high", "else": 1}, {}),
        ("sense-making", {"pains": "one alone"}, {"pains": ["one alone"]}),
        ("sense-making", {"pains": list("abcdefg")}, {"pains": list("abcde")}),
        ("sense-making", {"pains": ["two\nlines", " ", None]}, {"pains": ["two lines"]}),
        ("persona", {"personas": [{"age": "7"}]}, {"personas": [{"age": 18}]}),
        ("persona", {"personas": [{"age": float("nan")}]}, {}),
        ("validate", {"confidence": {"score": 99}}, {"confidence": {"score": 10}}),
        ("validate", {"confidence": "high"}, {}),
        ("challenge", {"target_user": 3}, {"target_user": "3"}),
    ],
)
def test_normalising_makes_the_best_of_it(step: str, raw: Fields, expected: Fields) -> None:
    assert normalised(step, raw) == expected


@pytest.mark.parametrize(
    ("step", "name", "typed", "expected"),
    [
        ("sense-making", "pains", list("abcdefg"), list("abcdefg")),
        ("persona", "personas", [{"age": 7}], [{"age": 7}]),
        ("challenge", "target_user", "   ", None),
        ("challenge", "target_user", " nurses ", "nurses"),
        ("sense-making", "pains", ["", " "], None),
    ],
)
def test_what_people_type_is_shaped_but_never_cut_or_clamped(
    step: str, name: str, typed: Any, expected: Any
) -> None:
    assert shaped(step, name, typed) == expected


@pytest.mark.parametrize("value", [None, "", " \n", [], {}])
def test_nothing_in_any_form_is_blank(value: Any) -> None:
    assert is_blank(value)


@pytest.mark.parametrize("value", [0, False, "x", [""], {"a": ""}])
def test_anything_else_is_not_blank(value: Any) -> None:
    assert not is_blank(value)


def test_blanks_are_left_out_all_the_way_down() -> None:
    typed = {"a": [{"b": " ", "c": [None, ""]}, {"b": "x"}], "d": 0, "e": {}}

    assert without_blanks(typed) == {"a": [{"b": "x"}], "d": 0}


# Whatever comes


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["core", "HIGH ", "yes", "\ud800", "1e999", "7", "-3.5"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def of_model(model: Any, depth: int = 0) -> st.SearchStrategy[Any]:
    """Mappings that have the names of a model and anything, or nearly the right thing, in them."""
    fields = {name: of_kind(inner_type(info)) for name, info in model.model_fields.items()}
    return st.fixed_dictionaries({}, optional=fields)


def of_kind(kind: Any) -> st.SearchStrategy[Any]:
    if hasattr(kind, "model_fields"):
        return of_model(kind) | anything
    if getattr(kind, "__origin__", None) is list:
        return st.lists(of_kind(item_type(kind)), max_size=7) | anything
    return anything


nearly = {step: of_model(model) for step, model in MODELS.items()}
fuzzed = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("step", steps.SLUGS)
def test_whatever_a_guide_proposes_is_normalised_once_and_for_all(step: str) -> None:
    @fuzzed
    @given(nearly[step])
    def holds(raw: Fields) -> None:
        once = normalised(step, raw)

        assert normalised(step, once) == once
        assert set(once) <= set(MODELS[step].model_fields)
        assert without_blanks(once) == once

    holds()


@pytest.mark.parametrize("step", steps.SLUGS)
def test_whatever_is_confirmed_is_accepted_or_refused_in_sentences(step: str) -> None:
    @fuzzed
    @given(nearly[step])
    def holds(raw: Fields) -> None:
        said = problems(step, raw)

        assert all(sentence.endswith(".") and "\n" not in sentence for sentence in said)

    holds()


@pytest.mark.parametrize("step", steps.SLUGS)
def test_whatever_is_typed_is_shaped(step: str) -> None:
    @fuzzed
    @given(st.sampled_from(list(MODELS[step].model_fields)), anything)
    def holds(name: str, typed: Any) -> None:
        once = shaped(step, name, typed)

        assert shaped(step, name, once) == once

    holds()
