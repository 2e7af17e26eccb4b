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
    effect,
    from_json,
    reverse,
    stands,
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


def test_what_was_done_is_reverted_exactly():
    fields = {"pains": ["late", "cold", "loud"], "personas": [{"name": "Ada"}]}
    given = [
        Operation(Change.REMOVE, ("pains", 0), was="loud"),
        Operation(Change.ADD, ("pains", 9), "wet"),
        Operation(Change.ADD, ("pains", 0), "late"),
        Operation(Change.ADD, ("personas", 0, "goals", 0), "sleep", entries=({"name": "Ada"},)),
    ]
    after, done = effect(fields, given)
    assert after["pains"] == ["late", "cold", "wet"]
    # What was there already is not taken out with the rest.
    assert [each.path for each in done] == [("pains", 2), ("pains", 2), ("personas", 0, "goals", 0)]
    assert applied(after, reverse(done)) == fields


def test_what_was_changed_since_does_not_stand():
    add = [Operation(Change.ADD, ("pains", 0), "late")]
    gone = [Operation(Change.REMOVE, ("pains", 0), was="late")]
    assert stands({"pains": ["cold", "late"]}, add)
    assert not stands({"pains": ["very late"]}, add)
    assert stands({}, gone)
    assert not stands({"pains": ["late"]}, gone)


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
