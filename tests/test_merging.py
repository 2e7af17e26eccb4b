"""Merging: what only one side changed is there, and nothing both changed is lost unseen."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.team.merge import Merged, merge
from lib.workshop import alignment

texts = st.sampled_from(["", "a", "b", "c"])
values = st.recursive(
    texts, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner), max_leaves=8
)


@settings(deadline=None)  # a busy machine is not a bug
@given(values, values)
def test_where_one_side_changed_nothing_the_other_is_the_result(base: Any, other: Any) -> None:
    assert merge(base, base, other) == Merged(other, clash=False)
    assert merge(base, other, base) == Merged(other, clash=False)


@settings(deadline=None)  # a busy machine is not a bug
@given(values, values)
def test_where_both_changed_the_same_way_there_is_no_clash(base: Any, both: Any) -> None:
    assert merge(base, both, both) == Merged(both, clash=False)


entries = st.lists(st.text("abc", min_size=1, max_size=2), max_size=4)


@settings(deadline=None)  # a busy machine is not a bug
@given(entries, entries, entries)
def test_what_either_added_to_a_list_is_in_the_result(
    base: list[str], mine: list[str], theirs: list[str]
) -> None:
    merged = merge(base, base + mine, base + theirs)

    assert not merged.clash
    assert merged.value[: len(base)] == base
    assert set(mine) | set(theirs) <= set(merged.value)


@pytest.mark.parametrize(
    ("base", "mine", "theirs", "expected"),
    [
        ("a", "b", "c", Merged("c", clash=True)),
        ({"a": 1}, {}, {"a": 1, "b": 2}, Merged({"b": 2}, clash=False)),
        ({"a": 1}, {}, {"a": 2}, Merged({"a": 2}, clash=True)),
        (None, {"a": 1}, {"b": 2}, Merged({"b": 2, "a": 1}, clash=False)),
        (["a", "b"], ["a", "x"], ["y", "b"], Merged(["y", "x"], clash=False)),
        (["a", "b", "c"], ["a", "c"], ["a", "b", "z"], Merged(["a", "z"], clash=False)),
        (["a", "b"], ["a"], ["a", "x"], Merged(["a", "x"], clash=True)),
        (["a", "b"], ["a", "x"], ["a"], Merged(["a"], clash=True)),
        (["a", "b", "c"], ["a", "x"], ["b", "c"], Merged(["x"], clash=False)),
        (["a"], ["a", "x", "y"], ["a", "x"], Merged(["a", "x", "y"], clash=False)),
        (["a", "a"], ["a", "a", "a"], ["a"], Merged(["a", "a"], clash=False)),
        (["a", "b", "c"], ["c", "a", "b"], ["a", "B", "c"], Merged(["c", "a", "B"], clash=False)),
        (["a", "b", "c"], ["c", "a", "b"], ["b", "c", "a"], Merged(["c", "b", "a"], clash=False)),
        (["a", "b", "c"], ["c", "a", "b"], ["a", "c", "b"], Merged(["a", "c", "b"], clash=True)),
        (
            [{"name": "Kurt", "power": "high"}],
            [{"name": "Mara", "power": "high"}],
            [{"name": "Kurt", "power": "high", "notes": "chief"}],
            Merged(
                [
                    {"name": "Mara", "power": "high"},
                    {"name": "Kurt", "power": "high", "notes": "chief"},
                ],
                clash=True,
            ),
        ),
        (
            [{"name": "Kurt"}, {"name": "Mara"}],
            [{"name": "Mara", "notes": "late"}],
            [{"name": "Kurt"}, {"name": "Mara", "power": "low"}],
            Merged([{"name": "Mara", "power": "low", "notes": "late"}], clash=False),
        ),
    ],
    ids=[
        "same words",
        "one removes what the other left",
        "one removes what the other changed",
        "both begin",
        "different entries",
        "one removes, the other goes on elsewhere",
        "I remove what they changed",
        "they remove what I changed",
        "both shorten",
        "both add the same, I add more",
        "equal entries",
        "I move, they change",
        "both move another one",
        "both move the same one elsewhere",
        "what is typed for one record never lands in another",
        "an entry in front is removed",
    ],
)
def test_two_changes_come_to(base: Any, mine: Any, theirs: Any, expected: Merged) -> None:
    assert merge(base, mine, theirs) == expected


def test_two_who_begin_a_list_both_have_their_entries_in_it() -> None:
    assert merge(None, ["mine"], ["theirs"]) == (["theirs", "mine"], False)


# Two people at one list: each of its entries meets one of these fates.

FATES = (
    *("kept", "kept", "kept", "mine changes", "theirs changes", "mine removes", "theirs removes"),
    *("both change", "both remove", "mine removes, theirs changes", "theirs removes, mine changes"),
)
CONFLICTS = {"both change", "mine removes, theirs changes", "theirs removes, mine changes"}


def record(name: str) -> dict[str, str]:
    return {"name": name, "power": "high"}


def changed(entry: Any, by: str) -> Any:
    return f"{entry} {by}" if isinstance(entry, str) else entry | {"notes": f"by {by}"}


def side(base: list[Any], fates: list[str], me: str, other: str) -> list[Any]:
    """Return what one side made of *base*."""
    removes = {f"{me} removes", "both remove", f"{me} removes, {other} changes"}
    changes = {f"{me} changes", "both change", f"{other} removes, {me} changes"}
    return [
        changed(entry, me) if fate in changes else entry
        for entry, fate in zip(base, fates, strict=True)
        if fate not in removes
    ]


@st.composite
def two_at_a_list(draw: st.DrawFn) -> tuple[list[Any], list[str], list[Any], list[Any], set[int]]:
    """Return a list, the fate of each entry, what both sides made of it, and which were moved."""
    make = draw(st.sampled_from([str, record]))
    # The last two stay, so that what is added between and behind them replaces nothing.
    fates = [*draw(st.lists(st.sampled_from(FATES), max_size=6)), "stays", "stays"]
    base = [make(f"{number} {'abcdefgh'[number] * 6}") for number in range(len(fates))]
    mine, theirs = side(base, fates, "mine", "theirs"), side(base, fates, "theirs", "mine")
    # Moved by one of them: an entry that neither touches otherwise.
    kept = [entry for entry, fate in zip(base, fates, strict=True) if fate == "kept"]
    moved_ = draw(st.lists(st.sampled_from(kept), max_size=1)) if kept else []
    for entry in moved_:
        mover = draw(st.sampled_from([mine, theirs]))
        mover.remove(entry)
        mover.insert(draw(st.integers(0, len(mover) - 2)), entry)
    for who, whose in (("I", mine), ("they", theirs)):
        for number in range(draw(st.integers(0, 2))):
            place = len(whose) - draw(st.integers(0, 1))
            whose.insert(place, make(f"added by {who * 9} {number}"))
    return base, fates, mine, theirs, {base.index(entry) for entry in moved_}


def holding(fates: list[str], base: list[Any], *wanted: str) -> list[Any]:
    return [entry for entry, fate in zip(base, fates, strict=True) if fate in wanted]


LISTS = settings(deadline=None, max_examples=200)  # a busy machine is not a bug


@LISTS
@given(two_at_a_list())
def test_every_entry_and_every_change_of_two_is_there_once(
    given_: tuple[list[Any], list[str], list[Any], list[Any], set[int]],
) -> None:
    base, fates, mine, theirs, moved_ = given_
    merged = merge(base, mine, theirs)
    expected = [
        *holding(fates, base, "kept", "stays"),
        *(changed(each, "mine") for each in holding(fates, base, "mine changes")),
        *(changed(each, "theirs") for each in holding(fates, base, "theirs changes")),
        *(changed(each, "theirs") for each in holding(fates, base, "both change")),
        *(changed(each, "theirs") for each in holding(fates, base, "mine removes, theirs changes")),
        *(each for each in (*mine, *theirs) if "added" in str(each)),
    ]
    still = [
        each for at, each in enumerate(base) if fates[at] in ("kept", "stays") and at not in moved_
    ]

    assert merged.clash == bool(CONFLICTS & set(fates))
    assert sorted(map(str, merged.value)) == sorted(map(str, expected))
    assert [each for each in merged.value if each in still] == still


@LISTS
@given(two_at_a_list())
def test_merging_again_changes_nothing(
    given_: tuple[list[Any], list[str], list[Any], list[Any], set[int]],
) -> None:
    base, _, mine, theirs, _ = given_
    value = merge(base, mine, theirs).value

    assert merge(base, mine, value).value == value
    assert merge(base, theirs, value).value == value


@LISTS
@given(two_at_a_list())
def test_without_a_conflict_it_does_not_matter_who_comes_first(
    given_: tuple[list[Any], list[str], list[Any], list[Any], set[int]],
) -> None:
    base, _fates, mine, theirs, _ = given_
    one, other = merge(base, mine, theirs), merge(base, theirs, mine)

    assert one.clash == other.clash
    if not one.clash:
        assert sorted(map(str, one.value)) == sorted(map(str, other.value))


def test_records_are_known_by_their_names_wherever_they_are() -> None:
    base = [record(f"Person {number}") for number in range(20)]
    mine = [changed(each, "mine") for each in reversed(base)]
    theirs = [each | {"power": f"low, {each['name']}"} for each in base]
    expected = [each | {"power": f"low, {each['name']}"} for each in mine]

    assert merge(base, mine, theirs) == Merged(expected, clash=False)


def test_what_is_moved_beside_a_removed_entry_takes_no_entrys_place() -> None:
    base = ["0 aaaaaa", "1 bbbbbb", "2 cccccc", "3 dddddd", "4 eeeeee"]
    mine = ["2 cccccc", "0 aaaaaa", "3 dddddd mine", "4 eeeeee"]

    assert merge(base, mine, [*base[:3], base[4]]).clash


anything = st.lists(st.text("abc", min_size=1, max_size=3), max_size=6, unique=True)


@LISTS
@given(anything, anything, anything)
def test_whatever_two_do_to_a_list_nothing_is_lost_unseen_or_doubled(
    base: list[str], mine: list[str], theirs: list[str]
) -> None:
    merged = merge(base, mine, theirs)
    everywhere = set(base) & set(mine) & set(theirs)
    added = (set(mine) | set(theirs)) - set(base)

    assert len(merged.value) == len(set(merged.value))
    assert everywhere | (set(theirs) - set(base)) <= set(merged.value)
    assert merged.clash or added <= set(merged.value)
    assert merged.clash or not (set(base) - set(mine) & set(theirs)) & set(merged.value)


def compared(count: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """Return how many pairs of entries are compared when two change lists of *count* entries."""
    times = 0
    compare = alignment.likeness

    def counted(one: Any, other: Any) -> float:
        nonlocal times
        times += 1
        return compare(one, other)

    monkeypatch.setattr(alignment, "likeness", counted)
    base = [record(f"Person {number}") for number in range(count)]
    mine = [changed(each, "mine") for each in base[::2]]
    theirs = [record(f"Somebody else {number}") for number in range(count)]
    merge(base, mine, theirs)
    monkeypatch.setattr(alignment, "likeness", compare)
    return times


def test_a_list_twice_as_long_takes_twice_as_long(monkeypatch: pytest.MonkeyPatch) -> None:
    short, long = compared(1_000, monkeypatch), compared(2_000, monkeypatch)

    assert 0 < long <= 2 * short + alignment.MAX_COMPARED
