"""Operations on a draft: they apply to the draft as it is by then, or not at all."""

import json

import pytest

from lib.workshop.read_back import (
    Asked,
    Card,
    Change,
    DoesNotFit,
    Offer,
    Operation,
    Place,
    ReadBack,
    Taken,
    applied,
    as_json,
    from_json,
)

PAINS = {"pains": ["late", "cold", "loud"]}


def test_an_entry_that_has_moved_is_still_found():
    gone = Operation(Change.REMOVE, ("pains", 0), was="loud")
    assert applied(PAINS, [gone]) == {"pains": ["late", "cold"]}


def test_all_operations_fit_or_none_is_applied():
    before = json.dumps(PAINS)
    both = [
        Operation(Change.REMOVE, ("pains", 0), was="late"),
        Operation(Change.SET, ("pains", 1), "freezing", was="chilly"),
    ]
    with pytest.raises(DoesNotFit):
        applied(PAINS, both)
    assert json.dumps(PAINS) == before


def test_of_two_equal_entries_only_the_one_at_its_place_is_removed():
    twice = {"pains": ["late", "cold", "late"]}
    assert applied(twice, [Operation(Change.REMOVE, ("pains", 2), was="late")]) == {
        "pains": ["late", "cold"]
    }
    with pytest.raises(DoesNotFit):
        applied(twice, [Operation(Change.REMOVE, ("pains", 1), was="late")])


def test_adding_makes_the_list_and_never_doubles_an_entry():
    add = Operation(Change.ADD, ("personas", 0, "goals", 0), "sleep")
    with pytest.raises(DoesNotFit):
        applied({}, [add])
    fields = applied({"personas": [{"name": "Ada"}]}, [add, add])
    assert fields == {"personas": [{"name": "Ada", "goals": ["sleep"]}]}
    assert applied({}, [Operation(Change.ADD, ("pains", 0), "late")]) == {"pains": ["late"]}


def test_a_field_that_is_filled_by_now_is_not_overwritten():
    fill = Operation(Change.ADD, ("target_user",), "nurses")
    assert applied({}, [fill, fill]) == {"target_user": "nurses"}
    with pytest.raises(DoesNotFit):
        applied({"target_user": "pupils"}, [fill])


def test_a_field_that_became_empty_is_gone():
    gone = Operation(Change.REMOVE, ("pains", 0), was="late")
    assert applied({"pains": ["late"]}, [gone]) == {}


def test_a_read_back_survives_json():
    put = Operation(Change.ADD, ("pains", 0), "late")
    place = Place(("pains",), "Pains")
    whole = ReadBack(
        (Taken("m1", "Ada", "late", place, (put,), (Place(("gains",), "Gains"),)),),
        (
            Offer(
                "Remove it",
                "“late” goes out.",
                (Operation(Change.REMOVE, ("pains", 0), was="late"),),
            ),
        ),
        Asked("pains", "topic"),
        Card(("pains",), 0, ("name",)),
    )
    assert from_json(json.loads(json.dumps(as_json(whole)))) == whole
    assert from_json({}) == ReadBack()
