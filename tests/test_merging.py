"""Merging: what only one side changed is there, and nothing both changed is lost unseen."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.merging import Merged, merge

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
        (["a", "b"], ["a"], ["a", "x"], Merged(["a", "x"], clash=False)),
        (["a", "b", "c"], ["a", "x"], ["b", "c"], Merged(["b", "c"], clash=True)),
    ],
    ids=[
        "same words",
        "one removes what the other left",
        "one removes what the other changed",
        "both begin",
        "different entries",
        "one removes, the other goes on elsewhere",
        "an entry that is still written stays",
        "both shorten",
    ],
)
def test_two_changes_come_to(base: Any, mine: Any, theirs: Any, expected: Merged) -> None:
    assert merge(base, mine, theirs) == expected


def test_two_who_begin_a_list_both_have_their_entries_in_it() -> None:
    assert merge(None, ["mine"], ["theirs"]) == (["theirs", "mine"], False)
