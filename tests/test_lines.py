"""Lines made from two drafts: what was added, changed and removed, each with its operations."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.workshop import steps
from lib.workshop.artifacts.lines import between
from lib.workshop.artifacts.places import put
from lib.workshop.clock import utc_now
from lib.workshop.fields import without_blanks
from lib.workshop.read_back import Change, DoesNotFit, Operation, Place, applied, reverse
from lib.workshop.records import Fields
from lib.workshop.transcript import Message, Role
from tests.living_workshop import VARIANTS
from tests.test_differences import STAGES, maps, people


def says(author: str, text: str) -> Message:
    return Message(f"of-{author}", Role.USER, author, text, utc_now())


def shown(step: str, before: Fields, after: Fields, *messages: Message) -> list[tuple[str, str]]:
    return [(line.place.label, line.text) for line in between(step, before, after, messages)]


def walked(step: str, before: Fields, after: Fields) -> None:
    operations = [each for line in between(step, before, after) for each in line.operations]
    assert without_blanks(applied(before, operations)) == without_blanks(after)
    assert without_blanks(applied(after, reverse(operations))) == without_blanks(before)


@pytest.mark.parametrize("step", steps.SLUGS)
def test_the_lines_make_one_draft_of_the_other_and_back(step: str) -> None:
    for old in VARIANTS[step]:
        for new in VARIANTS[step]:
            walked(step, old, new)


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
def test_whatever_changed_the_lines_hold_it_all(given_: tuple[str, Any, Any]) -> None:
    step, *both = given_
    before, after = map(without_blanks, both)

    walked(step, before, after)
    assert bool(between(step, before, after)) == (before != after)


def test_each_new_entry_and_field_is_a_line() -> None:
    after = {"themes": [{"name": "Waiting", "evidence": ["An hour"]}], "pains": ["late", "cold"]}

    assert shown("sense-making", {"pains": ["late"]}, after) == [
        ("Themes", "Waiting; Evidence: An hour"),
        ("Pains", "cold"),
    ]


def test_a_line_inside_an_entry_finds_it_again_once_it_has_moved() -> None:
    after = {"stages": [STAGES[0] | {"goals": "Sleep"}, *STAGES[1:]]}
    [line] = between("journey-mapping", {"stages": STAGES}, after)

    assert (line.place.label, line.text) == ("Stages › Hear › What they want", "Sleep")
    moved = {"stages": [STAGES[2], STAGES[0]]}
    assert applied(moved, line.operations)["stages"][1]["goals"] == "Sleep"
    with pytest.raises(DoesNotFit):
        applied({"stages": STAGES[1:]}, line.operations)


def test_a_line_names_the_member_who_wrote_it() -> None:
    said = says("Ada", "the buses are late"), says("Bo", "and it is cold")
    after = {"pains": ["late buses", "cold", "no light"]}

    lines = between("sense-making", {}, after, said)
    assert [(line.author, line.message) for line in lines] == [
        ("Ada", "of-Ada"),
        ("Bo", "of-Bo"),
        ("", "of-Bo"),
    ]


def test_only_a_text_that_was_added_can_go_elsewhere() -> None:
    before = {"target_user": "Nurses"}
    after = {"target_user": "Night nurses", "problem_statement": "Late", "altitude": "broad"}
    lines = {line.place.label: line.elsewhere for line in between("challenge", before, after)}

    assert lines["Who has it"] == lines["Altitude"] == ()
    assert [place.label for place in lines["Problem"]] == ["Desired outcome", "How might we"]


def test_a_text_becomes_an_entry_in_a_list_of_entries() -> None:
    add = put("sense-making", Place(("themes",), "Themes"), "Waiting")

    assert applied({"themes": [{"name": "Cost"}]}, [add]) == {
        "themes": [{"name": "Cost"}, {"name": "Waiting"}]
    }
    with pytest.raises(DoesNotFit):
        put("stakeholder-mapping", Place(("stakeholders", 0, "power"), "Power"), "Nurses")


def test_of_two_entries_with_one_name_neither_is_taken_for_the_other() -> None:
    set_ = Operation(Change.SET, ("personas", 0, "age"), 30, 29, ({"name": "Ada"},))

    with pytest.raises(DoesNotFit):
        applied({"personas": [{"name": "Bo"}, {"name": "Ada"}, {"name": "Ada"}]}, [set_])
