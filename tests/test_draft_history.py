"""Earlier drafts: whatever is taken out of a draft is kept, and what is kept is bounded."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from lib.store import permits
from lib.store.errors import Conflict
from lib.store.port import Closed
from lib.team.process import Process
from lib.workshop.draft_history import (
    MAX_CHARACTERS,
    MAX_KEPT,
    NEWEST,
    Kept,
    taken_out,
    takes_out,
    to_drop,
)
from lib.workshop.records import Draft, EarlierDraft, Fields, StepKey, Team
from lib.workshop.rights import TeamPermit
from lib.workshop.roles import Action
from tests import pages
from tests.fakes import FakeGuide, new_step
from tests.memory_store.store import MemoryStore
from tests.pages import WatchedStore
from tests.test_drafts import Setup, confirm, set_up, typed

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({}, {"a": "new"}, []),
        ({"a": "nurses"}, {"a": "night nurses"}, []),
        ({"a": "nurses"}, {"a": "nurses wait"}, []),
        ({"a": "nurses wait"}, {"a": "nurses always wait"}, []),
        ({"a": "nurses"}, {"a": "nurse"}, ["nurses"]),
        ({"a": "nurses"}, {"a": "n.u.r.s.e.s"}, ["nurses"]),
        ({"a": "nurses"}, {}, ["nurses"]),
        ({"a": ["x", "y"]}, {"a": ["y", "z", "x"]}, []),
        ({"a": ["x", "y"]}, {"a": ["y"]}, ["x"]),
        ({"a": ["x", "y"]}, {}, [["x", "y"]]),
        ({"a": [{"name": "Kurt"}]}, {"a": [{"name": "Kurt", "notes": "late"}]}, []),
        ({"a": [{"name": "Kurt", "notes": "late"}]}, {"a": [{"name": "Kurt"}]}, ["late"]),
        ({"a": "high"}, {"a": "low"}, ["high"]),
        ({"a": 3}, {"a": 4}, [3]),
        ({"a": False}, {"a": True}, []),
        ({"a": True}, {"a": False}, [True]),
    ],
)
def test_what_is_taken_out_of_a_draft(before: Fields, after: Fields, expected: list[Any]) -> None:
    assert [value for _, value in taken_out(before, after)] == expected
    assert takes_out(before, after) == bool(expected)


words = st.lists(st.sampled_from("wait late cold nurse bell".split()), max_size=3).map(" ".join)
drafts = st.fixed_dictionaries({}, optional={"one": words, "many": st.lists(words, max_size=4)})


def words_of(fields: Fields) -> set[str]:
    return set(fields.get("one", "").split()) | {
        word for entry in fields.get("many", []) for word in entry.split()
    }


@settings(deadline=None)  # a busy machine is not a bug
@given(st.lists(drafts, max_size=8))
def test_every_word_that_was_saved_is_in_the_draft_or_in_an_earlier_one(
    saves: list[Fields],
) -> None:
    store = MemoryStore()
    key = new_step(store)
    for revision, fields in enumerate(saves, start=1):
        store.save(key, draft=Draft(fields, revision=revision, base=store.draft(key)))
    found = [store.draft(key).fields, *(each.fields for each in store.earlier_drafts(key, 100))]
    saved = set().union(*map(words_of, saves)) if saves else set()

    assert saved == set().union(*map(words_of, found))


def kept(number: int, seconds: float, size: int = 100) -> Kept:
    return Kept(0, number, AT + timedelta(seconds=seconds), size)


def after_dropping(all_of_them: list[Kept]) -> list[Kept]:
    """Return what is left where each of them came one after the other."""
    left: list[Kept] = []
    for each in all_of_them:
        left.append(each)
        gone = to_drop(left)
        left = [one for one in left if one not in gone]
    return left


def test_who_changes_a_draft_very_often_crowds_out_nobody_elses() -> None:
    hour = [kept(number, number * 60) for number in range(60)]
    minute = [kept(60 + number, 3600 + number / 10) for number in range(600)]
    left = after_dropping([*hour, *minute])

    assert len(left) == MAX_KEPT
    assert set(hour) <= set(left)
    assert left[-NEWEST:] == minute[-NEWEST:]


def test_the_newest_stay_however_soon_one_follows_the_other() -> None:
    ever_sooner = [kept(number, number * (400 - number)) for number in range(180)]
    left = after_dropping(ever_sooner)

    assert len(left) == MAX_KEPT
    assert left[-NEWEST:] == ever_sooner[-NEWEST:]


def test_very_long_drafts_are_kept_up_to_a_bound() -> None:
    left = after_dropping([kept(number, number, MAX_CHARACTERS // 4) for number in range(50)])

    assert [each.revision for each in left] == [46, 47, 48, 49]


def test_one_draft_is_kept_however_long_it_is() -> None:
    assert to_drop([kept(1, 1, 2 * MAX_CHARACTERS)]) == []


# Restoring one


def emptied(setup: Setup) -> EarlierDraft:
    """Have Ben empty what Ada has typed; return the draft as it was."""
    setup.drafts.apply_edit(setup.key, typed("target_user", "nurses"))
    setup.saved()
    setup.drafts.apply_edit(setup.key, typed("target_user", "", "nurses", writer="b", author="Ben"))
    setup.saved()
    (earlier,) = setup.store.earlier_drafts(setup.key, 100)
    return earlier


def test_an_emptied_draft_is_restored_and_that_can_be_undone() -> None:
    setup = set_up()
    earlier = emptied(setup)
    setup.drafts.apply_edit(setup.key, typed("desired_outcome", "sleep", writer="c"))
    setup.drafts.restore_earlier(setup.key, earlier, "Cleo")
    restored = setup.store.draft(setup.key).fields
    (newest, _) = setup.store.earlier_drafts(setup.key, 100)

    assert (earlier.fields, earlier.by) == ({"target_user": "nurses"}, "Ben")
    assert restored == {"target_user": "nurses"}
    assert (newest.fields, newest.by) == ({"desired_outcome": "sleep"}, "Cleo")


def test_a_draft_of_a_complete_step_is_not_restored() -> None:
    setup = set_up()
    earlier = emptied(setup)
    confirm(setup)
    with pytest.raises(Conflict):
        setup.drafts.restore_earlier(setup.key, earlier, "Cleo")

    assert setup.store.draft(setup.key).fields == {}


@pytest.mark.parametrize("why", ["archived", "held"])
def test_a_draft_is_not_restored_while_nothing_may_be_changed(why: str) -> None:
    setup = set_up("persona")
    key, store = setup.key, setup.store
    for revision, fields in enumerate(({"personas": [{"name": "Mara"}]}, {}), start=1):
        store.save(key, draft=Draft(fields, revision=revision, base=store.draft(key)))
    (earlier,) = store.earlier_drafts(key, 9)
    if why == "archived":
        store.archive(key.workshop_id, AT)
    else:
        held = replace(store.agenda(key.workshop_id), open_until="challenge", revision=1)
        store.save_agenda(key.workshop_id, held)
    (team,) = store.teams(key.workshop_id)
    permit = TeamPermit(Action.RESTORE_DRAFT, team.key, team.link, key.step)
    with permits.held(permit), pytest.raises(Closed):
        setup.drafts.restore_earlier(key, earlier, "Cleo")

    assert store.draft(key).fields == {}


def test_what_was_redacted_since_it_was_shown_is_not_restored() -> None:
    setup = set_up()
    earlier = emptied(setup)
    setup.store._rows[setup.key].history = [replace(earlier, fields={"target_user": "█"})]
    setup.drafts.restore_earlier(setup.key, earlier, "Cleo")

    assert setup.store.draft(setup.key).fields == {"target_user": "█"}


def test_a_draft_that_is_no_longer_kept_is_not_restored() -> None:
    setup = set_up()
    with pytest.raises(Conflict):
        setup.drafts.restore_earlier(
            setup.key, EarlierDraft(0, 7, {"target_user": "x"}, "", AT), "Cleo"
        )

    assert setup.store.draft(setup.key).fields == {}


# On the page


@pytest.fixture
def store() -> WatchedStore:
    return WatchedStore()


@pytest.fixture
def process(store: WatchedStore) -> Iterator[Process]:
    with pages.running(store, FakeGuide()) as process:
        yield process


@pytest.fixture
def team(store: WatchedStore) -> Team:
    return pages.new_team(store)


def empty_it(process: Process, key: StepKey) -> None:
    for value in ("Nurses on night shifts", ""):
        process.drafts.edit(key, "target_user", value, by="Ben")
        process.autosave.flush(key)


def texts(page: AppTest) -> str:
    return "\n".join(str(each.value) for each in [*page.caption, *page.markdown])


def test_the_team_finds_and_restores_what_somebody_has_emptied(
    process: Process, store: WatchedStore, team: Team
) -> None:
    key = team.step_key("challenge")
    empty_it(process, key)
    page = pages.opened_step(team, "challenge")
    page.toggle(key=f"earlier/{team.id}/challenge").set_value(True).run()
    (box,) = [each for each in page.selectbox if each.label == "Draft before a change"]

    assert ["Ben changed Who has it" in option for option in box.options] == [True]
    assert "Nurses on night shifts" in texts(page)

    page.button(key="bring-back").click().run()

    assert not page.exception
    assert store.inner.draft(key).fields == {"target_user": "Nurses on night shifts"}
    assert len(store.inner.earlier_drafts(key, 100)) == 1


def test_a_draft_that_only_grew_has_nothing_to_restore(
    process: Process, store: WatchedStore, team: Team
) -> None:
    key = team.step_key("challenge")
    process.drafts.edit(key, "target_user", "Nurses")
    process.autosave.flush(key)
    page = pages.opened_step(team, "challenge")
    page.toggle(key=f"earlier/{team.id}/challenge").set_value(True).run()

    assert "Nothing has been removed from this draft yet." in texts(page)


def test_while_a_workshop_is_archived_the_team_reads_and_restores_nothing(
    process: Process, store: WatchedStore, team: Team
) -> None:
    empty_it(process, team.step_key("challenge"))
    store.inner.archive(team.workshop_id, AT)
    page = pages.opened_step(team, "challenge")
    page.toggle(key=f"earlier/{team.id}/challenge").set_value(True).run()

    assert "Nurses on night shifts" in texts(page)
    assert [each.key for each in page.button if each.key == "bring-back"] == []


def test_while_the_database_is_away_the_page_says_so(
    process: Process, store: WatchedStore, team: Team
) -> None:
    empty_it(process, team.step_key("challenge"))
    page = pages.opened_step(team, "challenge")
    store.away = True
    page.toggle(key=f"earlier/{team.id}/challenge").set_value(True).run()

    assert not page.exception
    assert "Couldn't read the earlier drafts. Try again in a moment." in texts(page)
