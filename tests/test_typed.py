"""What is typed: every edit is taken in once, whichever way it comes; junk does nothing."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient
from streamlit.testing.v1 import AppTest

from lib.server import endpoints
from lib.store.errors import StoreUnavailable
from lib.store.port import Closed, Decision
from lib.team import draft_input
from lib.team.edits import Edit
from lib.team.process import Process
from lib.ui import navigation
from lib.workshop.agenda import Agenda
from lib.workshop.ids import new_id, new_link
from lib.workshop.records import Aside, Fields, StepKey, Team
from lib.workshop.rights import Facts, Permit
from lib.workshop.roles import AccessRefused
from lib.workshop.status import Change, Event, Status, decide
from lib.workshop.transcript import MAX_NAME
from tests import pages
from tests.fakes import FakeGuide
from tests.memory_store.store import MemoryStore
from tests.pages import WatchedStore

ADA = new_id()
BEN = new_id()


@pytest.fixture
def store() -> WatchedStore:
    return WatchedStore()


@pytest.fixture(autouse=True)
def process(store: WatchedStore) -> Iterator[Process]:
    with pages.running(store, FakeGuide()) as process:
        yield process


@pytest.fixture
def team(store: WatchedStore) -> Team:
    return pages.new_team(store)


@pytest.fixture
def key(team: Team) -> StepKey:
    return team.step_key("challenge")


def edit(field: str, value: object, was: object = None, **more: Any) -> dict[str, Any]:
    """One field as a form sends it."""
    sent: dict[str, Any] = {"field": field, "value": value, "was": was, "writer": ADA}
    return sent | {"revision": 1, "epoch": 0, "sent": []} | more


def said(*edits: Any, step: str = "challenge", member: str = "Ada") -> dict[str, Any]:
    return {"step": step, "member": member, "edits": list(edits)}


def unsent(text: Any, revision: Any = 1, writer: Any = ADA, **more: Any) -> dict[str, Any]:
    what = {"text": text, "revision": revision}
    return {"step": "challenge", "member": "Ada", "writer": writer, "unsent": what} | more


def stored(store: WatchedStore, key: StepKey) -> Fields:
    return store.inner.draft(key).fields


def asides(store: WatchedStore, key: StepKey) -> list[tuple[str, object]]:
    return [(each.author, each.value) for each in store.inner.asides(key)]


def confirm(store: WatchedStore, team: Team) -> None:
    statuses = {slug: state.status for slug, state in store.inner.steps(team.key).items()}
    changes = decide(statuses, "challenge", Event.CONFIRM)
    store.inner.apply(team.key, Decision(changes, "Ada", datetime.now(UTC)))


# By a request of its own


def test_what_is_delivered_is_stored_before_the_browser_is_told_so(
    store: WatchedStore, process: Process, team: Team, key: StepKey
) -> None:
    told = draft_input.deliver(process, team, said(edit("target_user", " Nurses ")))

    assert stored(store, key) == {"target_user": "Nurses"}
    assert told == {
        "stored": True,
        "behind": {},
        "revision": 1,
        "fields": {"target_user": "Nurses"},
        "same": ["target_user"],
        "aside": [],
    }


def test_what_cannot_be_stored_now_is_kept_and_the_browser_is_told_to_say_it_again(
    store: WatchedStore, process: Process, team: Team, key: StepKey
) -> None:
    process.drafts.current(key)
    store.away = True
    told = draft_input.deliver(process, team, said(edit("target_user", "Nurses")))
    store.away = False

    assert told["stored"] is False
    assert stored(store, key) == {}
    assert process.autosave.flush(key)
    assert stored(store, key) == {"target_user": "Nurses"}


def test_what_is_said_again_when_the_database_is_back_is_taken_in_once(
    store: WatchedStore, process: Process, team: Team, key: StepKey
) -> None:
    process.drafts.current(key)
    store.away = True
    for _ in range(3):
        draft_input.deliver(process, team, said(edit("target_user", "Nurses")))
    store.away = False
    told = draft_input.deliver(process, team, said(edit("target_user", "Nurses")))

    assert (told["stored"], told["revision"], told["aside"]) == (True, 1, [])
    assert stored(store, key) == {"target_user": "Nurses"}


#: What is done elsewhere while this server cannot reach the database.
ENDS: dict[str, Callable[[MemoryStore, Team], object]] = {
    "link replaced": lambda store, team: store.change_link(team.key, new_link(), revoked=False),
    "link revoked": lambda store, team: store.change_link(team.key, new_link(), revoked=True),
    "archived": lambda store, team: store.archive(team.workshop_id, datetime.now(UTC)),
    "deleted": lambda store, team: store.delete(team.workshop_id, datetime(2126, 1, 1, tzinfo=UTC)),
}


@pytest.mark.parametrize("end", ENDS)
def test_what_came_in_an_outage_is_dropped_if_its_right_has_ended(
    store: WatchedStore, process: Process, team: Team, key: StepKey, end: str
) -> None:
    draft_input.deliver(process, team, said(edit("target_user", "Nurses")))
    store.away = True
    ENDS[end](store.inner, team)
    late = edit("target_user", "Somebody else", "Nurses", writer=BEN)
    told = draft_input.deliver(process, team, said(late))
    store.away = False
    process.autosave.flush(key)

    assert told["stored"] is False
    assert (stored(store, key), asides(store, key)) == ({"target_user": "Nurses"}, [])
    assert process.drafts.current(key).fields == {"target_user": "Nurses"}
    assert not process.autosave.pending(key)


@pytest.mark.parametrize("end", ENDS)
def test_what_is_dropped_is_never_called_stored(
    store: WatchedStore,
    process: Process,
    team: Team,
    end: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The database cannot be reached when the edit comes, and is back when it is saved."""
    draft_input.deliver(process, team, said(edit("target_user", "Nurses")))
    ENDS[end](store.inner, team)
    facts = store.inner.facts
    answers = iter([StoreUnavailable("The database cannot be reached.")])

    def away_at_first(permit: Any) -> Any:
        for exc in answers:
            raise exc
        return facts(permit)

    monkeypatch.setattr(store.inner, "facts", away_at_first)
    late = edit("target_user", "Somebody else", "Nurses", writer=BEN)

    with pytest.raises((AccessRefused, Closed)):
        draft_input.deliver(process, team, said(late))


def test_what_came_in_an_outage_is_kept_beside_a_step_that_is_held_now(
    store: WatchedStore, process: Process, team: Team
) -> None:
    """And once, though its form sends it again when the database is back."""
    step = "stakeholder-mapping"
    start = Change(step, Event.START, Status.NOT_STARTED, Status.IN_PROGRESS)
    store.inner.apply(team.key, Decision([start], "", datetime.now(UTC)))
    key = team.step_key(step)
    process.drafts.current(key)
    sent = said(edit("stakeholders", [{"name": "Nurses"}]), step=step)
    store.away = True
    draft_input.deliver(process, team, sent)
    store.inner.save_agenda(team.workshop_id, Agenda(open_until="challenge", revision=1))
    store.away = False
    for _ in range(2):
        assert draft_input.deliver(process, team, sent)["stored"]
    kept = store.inner.asides(key)

    assert stored(store, key) == {}
    assert [(each.field, str(each.value).count("Nurses")) for each in kept] == [("stakeholders", 1)]
    assert process.drafts.current(key).fields == {}


def test_no_conflict_is_kept_if_the_right_ends_right_after_it_was_checked(
    store: WatchedStore,
    process: Process,
    team: Team,
    key: StepKey,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    draft_input.deliver(process, team, said(edit("target_user", "Nurses", writer=BEN)))
    check = store.inner.facts

    def checked_then_revoked(permit: Permit) -> Facts | None:
        found = check(permit)
        monkeypatch.undo()
        store.inner.change_link(team.key, new_link(), revoked=True)
        return found

    monkeypatch.setattr(store.inner, "facts", checked_then_revoked)
    with pytest.raises(AccessRefused):
        draft_input.deliver(process, team, said(edit("target_user", "Cooks")))

    assert (stored(store, key), asides(store, key)) == ({"target_user": "Nurses"}, [])


def test_what_was_accepted_before_an_outage_outlives_what_is_dropped(
    store: WatchedStore, process: Process, team: Team, key: StepKey
) -> None:
    process.drafts.apply_edit(key, Edit("target_user", "Nurses", None, ADA, 1, "Ada", 0))
    store.away = True
    ENDS["link replaced"](store.inner, team)
    late = edit("desired_outcome", "Nothing", writer=BEN)
    draft_input.deliver(process, team, said(late))
    store.away = False
    process.autosave.flush(key)

    assert (stored(store, key), asides(store, key)) == ({"target_user": "Nurses"}, [])


def test_a_server_that_knows_no_draft_takes_nothing_in_while_the_database_is_away(
    store: WatchedStore, process: Process, team: Team
) -> None:
    store.away = True
    with pytest.raises(StoreUnavailable):
        draft_input.deliver(process, team, said(edit("target_user", "Nurses")))


def test_a_repeat_that_comes_late_does_not_undo_what_came_since(
    store: WatchedStore, process: Process, team: Team, key: StepKey
) -> None:
    first, second = edit("target_user", "Nur"), edit("target_user", "Nurses", "Nur", revision=2)
    draft_input.deliver(process, team, said(second | {"was": None}))
    told = draft_input.deliver(process, team, said(first))

    assert stored(store, key) == {"target_user": "Nurses"}
    assert (told["stored"], told["behind"]) == (False, {"target_user": 2})
    assert (told["same"], told["aside"], asides(store, key)) == ([], [], [])


def test_an_edit_with_too_low_a_number_is_stored_once_it_has_a_higher_one(
    store: WatchedStore, process: Process, team: Team, key: StepKey
) -> None:
    """A browser of the release before numbers its edits by a clock, which may be set back."""
    draft_input.deliver(process, team, said(edit("target_user", "Nurses", revision=90)))
    low = edit("target_user", "Night nurses", "Nurses", revision=10)
    told = draft_input.deliver(process, team, said(low))
    again = draft_input.deliver(
        process, team, said(low | {"revision": told["behind"]["target_user"] + 1})
    )

    assert (told["stored"], again["stored"]) == (False, True)
    assert stored(store, key) == {"target_user": "Night nurses"}


def test_what_was_sent_and_is_in_the_draft_is_what_the_next_edit_changes(
    store: WatchedStore, process: Process, team: Team, key: StepKey
) -> None:
    """Ben has taken out what Ada sent and has no answer to: her next edit is of what he took out."""
    draft_input.deliver(process, team, said(edit("target_user", "Nur")))
    draft_input.deliver(process, team, said(edit("target_user", "", "Nur", writer=BEN)))
    later = edit("target_user", "Nurses", revision=2, sent=["Nur"], sent_as=[[ADA, 1]])
    told = draft_input.deliver(process, team, said(later))

    assert (stored(store, key), told["aside"]) == ({}, ["target_user"])
    assert asides(store, key) == [("Ada", "Nurses")]


@pytest.mark.parametrize(
    "junk", [None, 3, "x", [3], [[ADA]], [[ADA, "1"]], [["junk", 1]], [[ADA, 1], [ADA, 2]]]
)
def test_junk_about_what_was_sent_is_passed_over(
    store: WatchedStore, process: Process, team: Team, key: StepKey, junk: object
) -> None:
    draft_input.deliver(process, team, said(edit("target_user", "Nur")))
    later = edit("target_user", "Nurses", revision=2, sent=["Nur"], sent_as=junk)
    draft_input.deliver(process, team, said(later))

    assert stored(store, key) == {"target_user": "Nurses"}


def test_of_four_values_sent_before_the_newest_three_count(
    store: WatchedStore, process: Process, team: Team, key: StepKey
) -> None:
    draft_input.deliver(process, team, said(edit("target_user", "Nurs")))
    later = edit("target_user", "Nurses", revision=5, sent=["N", "Nu", "Nur", "Nurs"])
    told = draft_input.deliver(process, team, said(later))

    assert (stored(store, key), told["aside"]) == ({"target_user": "Nurses"}, [])


def test_the_edits_of_one_request_are_taken_in_by_their_revisions(
    store: WatchedStore, process: Process, team: Team, key: StepKey
) -> None:
    later = edit("desired_outcome", "They sleep", revision=8)
    draft_input.deliver(process, team, said(later, edit("target_user", "Nurses", revision=7)))

    assert stored(store, key) == {"target_user": "Nurses", "desired_outcome": "They sleep"}


def test_typing_on_before_the_answer_came_is_no_quarrel_with_oneself(
    store: WatchedStore, process: Process, team: Team, key: StepKey
) -> None:
    draft_input.deliver(process, team, said(edit("target_user", "Nur")))
    # The answer was lost: as far as the tab knows the field still holds nothing.
    told = draft_input.deliver(
        process, team, said(edit("target_user", "Nurses", revision=2, sent=["Nur"]))
    )

    assert told["aside"] == []
    assert stored(store, key) == {"target_user": "Nurses"}


def test_two_tabs_with_different_fields_lose_nothing(
    store: WatchedStore, process: Process, team: Team, key: StepKey
) -> None:
    draft_input.deliver(process, team, said(edit("target_user", "Nurses")))
    theirs = edit("desired_outcome", "They sleep", writer=BEN)
    draft_input.deliver(process, team, said(theirs, member="Ben"))

    assert stored(store, key) == {"target_user": "Nurses", "desired_outcome": "They sleep"}


def test_of_two_tabs_with_the_same_field_the_second_is_told_and_both_are_kept(
    store: WatchedStore, process: Process, team: Team, key: StepKey
) -> None:
    draft_input.deliver(process, team, said(edit("target_user", "Nurses")))
    theirs = edit("target_user", "Doctors", writer=BEN)
    told = draft_input.deliver(process, team, said(theirs, member="Ben"))

    assert (told["stored"], told["same"], told["aside"]) == (True, [], ["target_user"])
    assert told["fields"] == {"target_user": "Nurses"}
    assert asides(store, key) == [("Ben", "Doctors")]


def test_what_comes_for_a_step_that_was_confirmed_is_set_aside(
    store: WatchedStore, process: Process, team: Team, key: StepKey
) -> None:
    confirm(store, team)
    told = draft_input.deliver(process, team, said(edit("target_user", "Nurses")))

    assert (told["stored"], told["aside"]) == (True, ["target_user"])
    assert (stored(store, key), asides(store, key)) == ({}, [("Ada", "Nurses")])


def test_what_was_typed_in_another_life_of_the_step_is_set_aside(
    store: WatchedStore, process: Process, team: Team, key: StepKey
) -> None:
    told = draft_input.deliver(process, team, said(edit("target_user", "Nurses", epoch=3)))

    assert told["aside"] == ["target_user"]
    assert stored(store, key) == {}


def test_an_edit_without_a_name_is_its_teams(
    store: WatchedStore, process: Process, team: Team, key: StepKey
) -> None:
    confirm(store, team)
    draft_input.deliver(process, team, said(edit("target_user", "Nurses"), member=" \n "))

    assert asides(store, key) == [(team.name, "Nurses")]


def test_a_name_is_one_clean_line(
    store: WatchedStore, process: Process, team: Team, key: StepKey
) -> None:
    confirm(store, team)
    draft_input.deliver(
        process, team, said(edit("target_user", "N"), member="A\x00da\n <b>" + "x" * 99)
    )
    ((author, _),) = asides(store, key)

    assert author == ("Ada <b>" + "x" * 99)[:MAX_NAME]


def test_a_step_nobody_has_opened_takes_nothing_in(
    store: WatchedStore, process: Process, team: Team
) -> None:
    with pytest.raises(KeyError):
        draft_input.deliver(
            process, team, said(edit("personas", [{"name": "Ada"}]), step="persona")
        )

    assert stored(store, team.step_key("persona")) == {}


DEEP: Any = json.loads("[" * 800 + "]" * 800)

JUNK = {
    "nothing": None,
    "a text": "text",
    "a list": ["target_user", "x"],
    "no value": {"field": "target_user", "revision": 1},
    "an unknown field": edit("mood", "bright"),
    "a field that is a list": edit("target_user", "x") | {"field": ["target_user"]},
    "no revision": edit("target_user", "x", revision=0),
    "a bool for a revision": edit("target_user", "x", revision=True),
    "a text for a revision": edit("target_user", "x", revision="1"),
    "a fraction for a revision": edit("target_user", "x", revision=1.5),
    "a revision beyond JavaScript's": edit("target_user", "x", revision=2**53),
    "a bool for an epoch": edit("target_user", "x", epoch=False),
    "a writer that is no id": edit("target_user", "x", writer="ada"),
    "a writer that is a list": edit("target_user", "x", writer=[ADA]),
}


@pytest.mark.parametrize("junk", JUNK.values(), ids=JUNK.keys())
def test_what_no_form_of_ours_sends_is_passed_over_and_its_neighbours_are_taken_in(
    store: WatchedStore, process: Process, team: Team, key: StepKey, junk: object
) -> None:
    draft_input.deliver(
        process, team, said(junk, edit("desired_outcome", "They sleep", revision=9))
    )

    assert stored(store, key) == {"desired_outcome": "They sleep"}


@pytest.mark.parametrize("value", [DEEP, {"a": DEEP}, 1e308 * 10, {"x": 1}, [[["x"]]]])
@pytest.mark.parametrize("field", ["target_user", "altitude"])
def test_a_value_of_another_shape_does_not_get_into_the_draft(
    store: WatchedStore, process: Process, team: Team, key: StepKey, field: str, value: object
) -> None:
    before = edit(field, value, was=value, sent=[value] * 9)
    draft_input.deliver(process, team, said(before))
    kept = stored(store, key)

    assert all(isinstance(each, str) for each in kept.values())
    assert "altitude" not in kept


@pytest.mark.parametrize("edits", [None, 7, "text", {"0": edit("target_user", "x")}])
def test_edits_that_are_no_list_are_passed_over(
    store: WatchedStore, process: Process, team: Team, key: StepKey, edits: object
) -> None:
    told = draft_input.deliver(process, team, said() | {"edits": edits})

    assert (told["stored"], stored(store, key)) == (True, {})


# What nobody has sent yet


def kept(store: WatchedStore, key: StepKey, writer: str = ADA) -> str | None:
    found = store.inner.unsent(key, writer)
    return found.text if found else None


def test_an_unsent_text_is_kept_and_the_newest_revision_wins(
    store: WatchedStore, process: Process, team: Team, key: StepKey
) -> None:
    told = draft_input.deliver(process, team, unsent("They\x00 le\ud83d", 2))
    draft_input.deliver(process, team, unsent("Th", 1))

    assert told == {"stored": True, "revision": 2}
    assert kept(store, key) == "They le"


@pytest.mark.parametrize("revision", [1, 7])
def test_stored_is_answered_only_for_what_was_stored(
    store: WatchedStore, process: Process, team: Team, key: StepKey, revision: int
) -> None:
    """A clock set back, or a tab restored from a backup, sends a revision that is not newer."""
    draft_input.deliver(process, team, unsent("They leave", 7))
    told = draft_input.deliver(process, team, unsent("They leave us", revision))

    assert told == {"stored": False, "revision": 7}
    assert kept(store, key) == "They leave"

    again = draft_input.deliver(process, team, unsent("They leave us", told["revision"] + 1))

    assert again == {"stored": True, "revision": 8}
    assert kept(store, key) == "They leave us"


def test_an_unsent_text_that_arrives_twice_is_stored(process: Process, team: Team) -> None:
    told = [draft_input.deliver(process, team, unsent("They leave", 1)) for _ in range(2)]

    assert told == [{"stored": True, "revision": 1}] * 2


def recalled(process: Process, team: Team, writer: Any, member: str = "Ada") -> Any:
    said = {"step": "challenge", "member": member, "writer": writer, "recall": writer}
    return draft_input.deliver(process, team, said)


def test_an_unsent_text_is_read_only_by_its_secret_id(process: Process, team: Team) -> None:
    draft_input.deliver(process, team, unsent("I would rather not say", 3))
    nothing = {"text": "", "revision": 0}
    guesses = (BEN, "", "Ada", None, [ADA], {"writer": ADA}, True)

    assert recalled(process, team, ADA) == {"text": "I would rather not say", "revision": 3}
    assert [recalled(process, team, each) for each in guesses] == [nothing] * len(guesses)


def test_a_teammate_of_the_same_name_neither_sees_nor_deletes_an_unsent_text(
    store: WatchedStore, process: Process, team: Team, key: StepKey
) -> None:
    draft_input.deliver(process, team, unsent("I would rather not say", 3))
    for member in ("Ada", ""):
        app = pages.opened_step(team, "challenge", member)

        assert "rather not say" not in json.dumps(pages.box(app))

    draft_input.deliver(process, team, unsent("", 9, writer=BEN, instead_of=ADA))

    assert kept(store, key) == "I would rather not say"


NO_TEXT = {
    "a bool for a revision": unsent("x", revision=True),
    "infinity": unsent("x", revision=float("inf")),
    "a revision beyond JavaScript's": unsent("x", revision=2**53),
    "a number for a text": unsent(7),
    "a deep text": unsent(DEEP),
    "no id": unsent("x", writer="ada"),
    "nothing": unsent("x") | {"unsent": None},
}


@pytest.mark.parametrize("junk", NO_TEXT.values(), ids=NO_TEXT.keys())
def test_an_unsent_text_that_no_box_of_ours_sends_is_refused(
    store: WatchedStore, process: Process, team: Team, key: StepKey, junk: dict[str, Any]
) -> None:
    with pytest.raises((KeyError, TypeError)):
        draft_input.deliver(process, team, junk)

    assert kept(store, key) is None


# With the page's next rerun


def typed_in(app: AppTest, team: Team, *edits: Any) -> AppTest:
    """Let the form of the first step send *edits*, as the browser does with a rerun."""
    app.session_state[f"form/{team.id}/challenge"] = {"edits": list(edits)}
    return pages.drawn(app.run())


def test_what_comes_with_a_rerun_is_in_the_draft_that_run_shows(
    process: Process, team: Team, key: StepKey
) -> None:
    app = pages.opened_step(team, "challenge")
    typed_in(app, team, edit("target_user", "Nurses"))

    assert process.drafts.current(key).fields == {"target_user": "Nurses"}
    assert any("Nurses" in each.value for each in app.markdown)


def test_what_comes_by_both_ways_is_taken_in_once(
    store: WatchedStore, process: Process, team: Team, key: StepKey
) -> None:
    app = pages.opened_step(team, "challenge")
    draft_input.deliver(process, team, said(edit("target_user", "Nurses")))
    draft_input.deliver(process, team, said(edit("target_user", "Doctors", "Nurses", writer=BEN)))
    typed_in(app, team, edit("target_user", "Nurses"))

    assert process.drafts.current(key).fields == {"target_user": "Doctors"}
    assert asides(store, key) == []


def test_what_was_discarded_does_not_come_back_with_the_next_rerun(
    store: WatchedStore, team: Team, key: StepKey
) -> None:
    app = pages.opened_step(team, "challenge")
    late = edit("target_user", "Nurses", epoch=3)
    typed_in(app, team, late)

    assert asides(store, key) == [("Ada", "Nurses")]

    pages.drawn(app.button(key=f"discard/target_user/{ADA}/1").click().run())
    typed_in(app, team, late)

    assert asides(store, key) == []


def test_words_that_came_after_what_was_shown_are_not_discarded_with_it(
    store: WatchedStore, team: Team, key: StepKey
) -> None:
    store.inner.set_aside(key, Aside("target_user", ADA, "Ada", "Nurses", 1, 0))
    app = pages.opened_step(team, "challenge")
    shown = app.button(key=f"discard/target_user/{ADA}/1")
    store.inner.set_aside(key, Aside("target_user", ADA, "Ada", "Nurses at night", 2, 0))
    pages.drawn(shown.click().run())

    assert asides(store, key) == [("Ada", "Nurses at night")]


def test_what_was_set_aside_can_be_used_and_what_it_replaces_is_kept_in_its_stead(
    store: WatchedStore, process: Process, team: Team, key: StepKey
) -> None:
    app = pages.opened_step(team, "challenge")
    draft_input.deliver(process, team, said(edit("target_user", "Nurses")))
    theirs = edit("target_user", "Doctors", writer=BEN)
    draft_input.deliver(process, team, said(theirs, member="Ben"))
    pages.drawn(app.run())
    pages.drawn(app.button(key=f"use/target_user/{BEN}/1").click().run())

    assert stored(store, key) == {"target_user": "Doctors"}
    assert asides(store, key) == [("", "Nurses")]


def test_what_was_set_aside_from_a_field_that_is_no_more_is_shown_and_may_be_discarded(
    store: WatchedStore, team: Team, key: StepKey
) -> None:
    store.inner.set_aside(key, Aside("mood", ADA, "Ada", ["Tired", "Late"], 1, 0))
    app = pages.opened_step(team, "challenge")
    shown = [each.value for each in app.markdown if "Tired" in each.value]
    offered = [each.key for each in app.button if each.key and "/mood/" in each.key]
    pages.drawn(app.button(key=f"discard/mood/{ADA}/1").click().run())

    assert len(shown) == 1
    assert offered == [f"discard/mood/{ADA}/1"]
    assert asides(store, key) == []


@pytest.mark.parametrize("state", [None, 7, "text", {"0": 1}, [None], [[]], [{"field": []}]])
def test_a_state_no_form_of_ours_has_is_passed_over(
    process: Process, team: Team, key: StepKey, state: object
) -> None:
    app = pages.opened_step(team, "challenge")
    app.session_state[f"form/{team.id}/challenge"] = {"edits": state}
    pages.drawn(app.run())

    assert process.drafts.current(key).fields == {}


def test_what_cannot_be_taken_in_with_a_rerun_breaks_no_page_and_is_with_the_next(
    store: WatchedStore, process: Process, team: Team, key: StepKey
) -> None:
    app = pages.opened_step(team, "challenge")
    draft_input.deliver(process, team, said(edit("target_user", "Nurses")))
    clash = edit("target_user", "Doctors", writer=BEN)
    store.away = True
    typed_in(app, team, clash)
    store.away = False
    typed_in(app, team, clash)

    assert asides(store, key) == [("Ada", "Doctors")]


# The route


@pytest.fixture
def client() -> TestClient:
    answer = endpoints.receiving(draft_input.deliver, draft_input.MAX_TYPED)
    return TestClient(Starlette(routes=[Route(navigation.TYPED, answer, methods=["POST"])]))


def post(client: TestClient, body: bytes | dict[str, Any]) -> tuple[int, bytes]:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = client.post(navigation.TYPED, content=data)
    return answer.status_code, answer.content


def test_the_route_says_what_became_of_what_it_took_in(client: TestClient, team: Team) -> None:
    status, body = post(client, {"link": team.link} | said(edit("target_user", "Nurses")))

    assert (status, json.loads(body)["same"]) == (200, ["target_user"])


def test_whatever_is_wrong_gets_the_same_empty_answer(client: TestClient, team: Team) -> None:
    whole = {"link": team.link} | said(edit("target_user", "x"))
    wrong: list[bytes | dict[str, Any]] = [
        *(whole | {"link": link} for link in ("A" * 32, "", "\x00", 7, None, [DEEP])),
        *(whole | {"step": step} for step in ("persona", "no-such-step", 7, None)),
        {"link": team.link} | unsent("x", revision=True),
        *(b"", b"{", b"[]", b"7", b"null", b"{}", b"\xff\xfe", b"[" * 99_999),
        json.dumps({"link": team.link} | unsent("x", 1)).replace("1}", "1e999}").encode(),
    ]

    assert {post(client, each) for each in wrong} == {(404, b"")}


def test_what_is_too_much_is_refused_before_it_is_read(client: TestClient) -> None:
    assert post(client, b" " * (draft_input.MAX_TYPED + 1)) == (413, b"")


def test_what_cannot_be_taken_in_now_is_left_to_the_browser(
    client: TestClient, store: WatchedStore, team: Team
) -> None:
    store.away = True
    whole = {"link": team.link} | said(edit("target_user", "x"))

    assert post(client, whole) == (503, b"")
