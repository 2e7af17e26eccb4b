"""Differences between two artifacts, as people read them."""

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.workshop import steps
from lib.workshop.artifacts.diff import Difference, Kind, differences
from lib.workshop.artifacts.models import MODELS
from lib.workshop.dependencies import same_fields
from lib.workshop.records import Fields
from tests.living_workshop import VARIANTS, edited
from tests.test_criteria import GOOD

STAGES = [{"name": name, "action": f"{name} it"} for name in ("Hear", "Sign", "Wait", "Leave")]


def told(step: str, before: Fields, after: Fields) -> list[tuple[str, str, str, str]]:
    return [
        (each.label, each.kind.value, each.before, each.after)
        for each in differences(step, before, after)
    ]


@pytest.mark.parametrize("step", steps.SLUGS)
def test_an_artifact_differs_from_itself_in_nothing(step: str) -> None:
    assert differences(step, GOOD[step], copy.deepcopy(GOOD[step])) == []


def test_a_field_is_called_what_the_form_calls_it() -> None:
    before = {"personas": [{"name": "Mara", "quote": "Late again."}]}
    after = {"personas": [{"name": "Mara", "quote": "Nobody called."}]}

    assert differences("persona", before, after) == [
        Difference(
            ("personas", 0, "quote"),
            "Personas › Mara › Quote",
            Kind.CHANGED,
            "Late again.",
            "Nobody called.",
        )
    ]


def test_what_was_empty_is_added_and_what_was_emptied_is_removed() -> None:
    found = told("challenge", {"target_user": "Nurses"}, {"altitude": "broad", "target_user": " "})

    assert found == [
        ("Who has it", "removed", "Nurses", ""),
        ("Altitude", "added", "", "broad"),
    ]


def test_a_new_first_entry_makes_the_others_no_different() -> None:
    after = {"stages": [{"name": "Rest", "goals": "Sleep"}, *STAGES]}

    assert told("journey-mapping", {"stages": STAGES}, after) == [
        ("Stages › Rest", "added", "", "Stage: Rest; What they want: Sleep")
    ]


def test_a_removed_entry_is_told_whole() -> None:
    after = {"stages": [STAGES[0], *STAGES[2:]]}

    assert told("journey-mapping", {"stages": STAGES}, after) == [
        ("Stages › Sign", "removed", "Stage: Sign; What they do: Sign it", "")
    ]


def test_an_entry_that_keeps_its_place_was_renamed() -> None:
    after = {"stages": [STAGES[0], STAGES[1] | {"name": "Join"}, *STAGES[2:]]}

    assert told("journey-mapping", {"stages": STAGES}, after) == [
        ("Stages › Join › Stage", "changed", "Sign", "Join")
    ]


def test_entries_that_changed_places_are_told_as_an_order() -> None:
    after = {"stages": [STAGES[1], STAGES[0], *STAGES[2:]]}

    assert told("journey-mapping", {"stages": STAGES}, after) == [
        (
            "Stages › Order",
            "changed",
            "Hear; Sign; Wait; Leave",
            "Sign; Hear; Wait; Leave",
        )
    ]


def test_a_mark_is_told_as_yes_or_no() -> None:
    before = {"hmw_statements": [{"given_that": "Late", "full_statement": "How?"}]}
    after = {"hmw_statements": [before["hmw_statements"][0] | {"selected": True}]}

    assert told("reframe", before, after) == [
        ("Reframed questions › Late › Goes on", "changed", "no", "yes")
    ]


def test_lines_of_a_list_are_told_one_by_one() -> None:
    before = {"pains": ["Late", "Cold", "Far"]}
    after = {"pains": ["Late", "Wet", "Far", "Dear"]}

    assert told("sense-making", before, after) == [
        ("Pains", "changed", "Cold", "Wet"),
        ("Pains", "added", "", "Dear"),
    ]


def test_fields_inside_fields_are_reached() -> None:
    rating = edited("concept", "concepts", 0, "feasibility", "technical", value=1)
    [found] = differences("concept", GOOD["concept"], rating)

    assert found.path == ("concepts", 0, "feasibility", "technical")
    assert found.label.endswith(" › Feasibility › Technical")
    assert found.after == "1"


def test_a_long_name_is_cut_in_a_label_and_whole_in_the_text() -> None:
    finding = "Nobody at the gate knows where the newcomers are supposed to go"
    [found] = differences("user-research", {}, {"insights": [{"finding": finding}]})

    assert found.label == "Insights › Nobody at the gate knows where the newc…"
    assert finding in found.after


@pytest.mark.parametrize("step", steps.SLUGS)
def test_every_field_that_differs_is_named(step: str) -> None:
    for old in VARIANTS[step]:
        for new in VARIANTS[step]:
            names = {each.path[0] for each in differences(step, old, new)}
            unchanged = {name: value for name, value in old.items() if name not in names}
            changed = {name: value for name, value in new.items() if name in names}

            assert same_fields(unchanged | changed, new)


texts = st.sampled_from(["", "a", "b", "A", "c d"])
lines = st.lists(texts, max_size=4)
people = st.lists(
    st.fixed_dictionaries(
        {}, optional={"name": texts, "quote": texts, "age": st.integers(18, 20), "goals": lines}
    ),
    max_size=4,
)
maps = st.fixed_dictionaries(
    {},
    optional={
        "themes": st.lists(
            st.fixed_dictionaries({}, optional={"name": texts, "evidence": lines}), max_size=3
        ),
        "pains": lines,
        "gains": lines,
    },
)


@settings(deadline=None)
@given(
    st.one_of(
        st.tuples(st.just("sense-making"), maps, maps),
        st.tuples(
            st.just("persona"),
            people.map(lambda listed: {"personas": listed}),
            people.map(lambda listed: {"personas": listed}),
        ),
    )
)
def test_something_is_told_exactly_where_something_differs(given_: tuple[str, Any, Any]) -> None:
    step, before, after = given_
    found = differences(step, before, after)

    assert (found == []) == same_fields(before, after)
    for each in found:
        assert each.path[0] in MODELS[step].model_fields
        assert each.label
        assert each.before != each.after
        assert (each.kind is Kind.ADDED) == (each.before == "")
        assert (each.kind is Kind.REMOVED) == (each.after == "")
