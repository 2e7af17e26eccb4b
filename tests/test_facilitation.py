"""Running a workshop from the facilitator's page: the agenda, notes, flags, copies and the end."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from streamlit.testing.v1 import AppTest

from lib.access.links import NO_TEAM
from lib.facilitation import archive, controls
from lib.guide.scripted import ScriptedGuide
from lib.settings import Settings
from lib.store.errors import Conflict, StoreUnavailable
from lib.team.process import Process
from lib.ui import navigation, pending_clicks
from lib.workshop import agenda as agenda_
from lib.workshop import notes
from lib.workshop.agenda import MINUTES, Agenda
from lib.workshop.notes import Note, NoteRefused
from lib.workshop.records import Team, Workshop
from tests.fakes import eventually
from tests.pages import NOW, WatchedStore, drawn, entry, keys, new_team, opened, running, send
from tests.pages import opened_step as step_opened


@pytest.fixture
def store() -> WatchedStore:
    return WatchedStore()


@pytest.fixture(autouse=True)
def process(store: WatchedStore) -> Iterator[Process]:
    with running(store, ScriptedGuide(pace=0), settings=Settings(delete_grace=3)) as process:
        yield process


@pytest.fixture
def team(store: WatchedStore) -> Team:
    return new_team(store)


def review(team: Team) -> AppTest:
    return opened(navigation.REVIEW, workshop=team.workshop_id)


def press(app: AppTest, key: str) -> AppTest:
    return drawn(app.button(key=key).click().run())


def now_agenda(store: WatchedStore, team: Team) -> Agenda:
    return store.inner.agenda(team.workshop_id)


def workshop(store: WatchedStore, team: Team) -> Workshop:
    return store.inner.workshop(team.workshop_id)


# Changing the agenda


def test_two_facilitators_at_once_lose_neithers_change(store: WatchedStore, team: Team) -> None:
    first = iter([True])

    def hold(agenda: Agenda) -> Agenda:
        if next(first, False):
            controls.change_agenda(
                store.inner, team.workshop_id, lambda each: agenda_.planned(each, {"persona": 50})
            )
        return agenda_.opened_until(agenda, "persona")

    after = controls.change_agenda(store.inner, team.workshop_id, hold)

    assert after == now_agenda(store, team)
    assert (after.plan["persona"], after.open_until) == (50, "persona")


def test_an_agenda_that_keeps_changing_is_a_conflict_in_the_end(
    store: WatchedStore, team: Team
) -> None:
    minutes = iter(range(30, 100))

    def never(agenda: Agenda) -> Agenda:
        plan = {"persona": next(minutes)}
        controls.change_agenda(
            store.inner, team.workshop_id, lambda each: agenda_.planned(each, plan)
        )
        return agenda_.opened_until(agenda, "persona")

    with pytest.raises(Conflict):
        controls.change_agenda(store.inner, team.workshop_id, never)

    assert now_agenda(store, team).open_until == ""


def test_a_change_that_changes_nothing_stores_nothing(store: WatchedStore, team: Team) -> None:
    controls.change_agenda(store, team.workshop_id, lambda each: agenda_.paused(each, NOW))

    assert [name for name, _ in store.calls] == ["agenda"]


def test_the_timer_is_started_paused_extended_and_ended(store: WatchedStore, team: Team) -> None:
    app = review(team)
    app.selectbox(key="timer-step").set_value("persona")
    drawn(app.run())
    press(app, "timer-start")
    running_ = now_agenda(store, team).timer
    press(app, "timer-pause")
    paused = now_agenda(store, team).timer
    press(app, "timer-more")
    more = now_agenda(store, team).timer
    press(app, "timer-resume")
    again = now_agenda(store, team).timer
    press(app, "timer-stop")

    assert running_ is not None
    assert paused is not None
    assert more is not None
    assert again is not None
    assert (running_.step, running_.is_paused) == ("persona", False)
    assert paused.is_paused
    assert paused.left == pytest.approx(MINUTES["persona"] * 60, abs=30)
    assert more.left == pytest.approx(paused.left + 300)
    assert not again.is_paused
    assert now_agenda(store, team).timer is None


def test_the_minutes_are_planned(store: WatchedStore, team: Team) -> None:
    app = review(team)
    app.number_input(key="minutes/0/persona").set_value(45)
    press(app, "save-plan")

    assert now_agenda(store, team).plan == {**MINUTES, "persona": 45}


def test_steps_are_held_and_released(store: WatchedStore, team: Team) -> None:
    app = review(team)
    drawn(app.selectbox(key="hold/").set_value("persona").run())
    held = now_agenda(store, team).open_until
    drawn(app.selectbox(key="hold/persona").set_value("").run())

    assert held == "persona"
    assert now_agenda(store, team).open_until == ""


# Writing to the teams


def test_a_message_goes_to_all_teams_or_to_one(store: WatchedStore, team: Team) -> None:
    app = review(team)
    app.text_area(key="message-text/0").set_value("Coffee \n now")
    press(app, "send-message/0")
    app.selectbox(key="message-to").set_value(team.id)
    app.text_area(key="message-text/1").set_value("Only you")
    press(app, "send-message/1")
    sent = [each.note for each in store.inner.desk(team.workshop_id).records]

    assert [(each.team_id, each.text) for each in sent] == [
        (None, "Coffee now"),
        (team.id, "Only you"),
    ]


def test_a_message_of_which_nobody_knows_whether_it_was_kept_is_sent_once(
    store: WatchedStore, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = store.inner.post

    def cut_off(workshop_id: str, note: Note) -> None:
        post(workshop_id, note)
        raise StoreUnavailable("The database is away.")

    app = review(team)
    app.text_area(key="message-text/0").set_value("Coffee now")
    with monkeypatch.context() as patch:
        patch.setattr(store.inner, "post", cut_off)
        press(app, "send-message/0")
    press(app, "send-message/0")
    (sent,) = store.inner.desk(team.workshop_id).records

    assert sent.note.text == "Coffee now"
    assert app.text_area(key="message-text/1").value == ""


def test_a_double_click_nudges_once_and_a_press_later_once_more(
    store: WatchedStore, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = review(team)
    monkeypatch.setattr(pending_clicks, "DOUBLE", 60.0)
    press(press(app, "nudge"), "nudge")
    after_two = len(store.inner.desk(team.workshop_id).records)
    monkeypatch.setattr(pending_clicks, "DOUBLE", 0.0)
    press(press(app, "nudge"), "nudge")

    assert after_two == 1
    assert len(store.inner.desk(team.workshop_id).records) == 2


def test_a_message_without_words_is_not_sent_and_says_so(store: WatchedStore, team: Team) -> None:
    app = review(team)
    app.text_area(key="message-text/0").set_value("  \n ")
    press(app, "send-message/0")

    assert any("Please write a message" in each.value for each in app.warning)
    assert store.inner.desk(team.workshop_id).records == ()


def test_a_message_that_cannot_be_sent_stays_in_its_box(
    store: WatchedStore, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    def post(*_: object) -> None:
        raise StoreUnavailable("The database is away.")

    monkeypatch.setattr(store.inner, "post", post)
    app = review(team)
    app.text_area(key="message-text/0").set_value("Coffee now")
    press(app, "send-message/0")

    assert any("Your text is still here" in each.value for each in app.warning)
    assert app.text_area(key="message-text/0").value == "Coffee now"


def test_a_nudge_is_a_message_in_one_click(store: WatchedStore, team: Team) -> None:
    app = review(team)
    app.selectbox(key="nudge-step").set_value("persona")
    drawn(app.run())
    press(app, "nudge")

    assert [each.note.text for each in store.inner.desk(team.workshop_id).records] == [
        "Your facilitator asks you to move on to Persona Development."
    ]


@pytest.mark.parametrize("text", ["x" * 501, "ab " * 400])
def test_a_note_that_is_too_long_is_refused_with_its_length(text: str) -> None:
    with pytest.raises(NoteRefused, match="characters too long; the limit is 500"):
        notes.accepted(text)


def test_what_no_database_can_hold_is_taken_out_of_a_note() -> None:
    assert notes.accepted("a\x00b \ud800 c") == "ab c"


def test_a_raised_flag_is_on_the_facilitators_page_until_it_is_lowered(
    store: WatchedStore, team: Team
) -> None:
    flag = controls.ask_for_help(store.inner, team.key, "Who *is* the user?", author="Ada", at=NOW)
    app = review(team)
    shown = [each.value for each in app.markdown if "is stuck" in each.value]
    press(app, f"lower/{flag.id}")
    record = store.inner.desk(team.workshop_id).records[0]

    assert "Who \\*is\\* the user?" in shown[0]
    assert not any("is stuck" in each.value for each in app.markdown)
    assert [each.by for each in record.closings] == ["Facilitator"]


# Copying


def test_a_copy_has_the_same_teams_and_plan_fresh_links_and_no_work(
    store: WatchedStore, team: Team
) -> None:
    send(step_opened(team, "challenge"), team, "challenge", entry("Hello"))
    controls.change_agenda(
        store.inner,
        team.workshop_id,
        lambda each: agenda_.started(agenda_.planned(each, {"persona": 50}), "persona", NOW),
    )
    original = workshop(store, team)
    copy = archive.duplicate(store.inner, original, "copy", at=NOW + timedelta(days=1))
    (twin,) = store.inner.teams(copy.id)

    assert copy == replace(
        original, id=copy.id, title="Newcomers (copy)", created_at=NOW + timedelta(days=1)
    )
    assert (twin.name, twin.position) == (team.name, team.position)
    assert len({twin.link, team.link, copy.id, original.id, twin.id, team.id}) == 6
    assert store.inner.messages(twin.step_key("challenge")) == []
    assert store.inner.agenda(copy.id) == Agenda(
        agenda_.planned(Agenda(), {"persona": 50}).plan, revision=1
    )


def test_a_copy_that_was_begun_is_completed(store: WatchedStore, team: Team) -> None:
    plan = lambda each: agenda_.planned(each, {"persona": 50})  # noqa: E731
    controls.change_agenda(store.inner, team.workshop_id, plan)
    original = workshop(store, team)
    first = archive.duplicate(store.inner, original, "copy", at=NOW)
    twins = store.inner.teams("copy")
    again = archive.duplicate(store.inner, original, "copy", at=NOW)

    assert again == first
    assert store.inner.teams("copy") == twins
    assert store.inner.agenda("copy").plan["persona"] == 50


def test_a_copy_of_what_was_put_away_is_not_put_away(store: WatchedStore, team: Team) -> None:
    store.inner.archive(team.workshop_id, NOW)
    store.inner.delete(team.workshop_id, NOW + timedelta(days=1))
    copy = archive.duplicate(store.inner, workshop(store, team), "copy", at=NOW)

    assert (copy.archived_at, copy.erase_at) == (None, None)
    assert store.inner.workshop(copy.id) == copy


def test_the_facilitator_lands_on_the_copy(store: WatchedStore, team: Team) -> None:
    app = press(review(team), "duplicate")

    assert app.title[0].value == "Newcomers \\(copy\\)"
    assert len(store.inner.workshops()) == 2


def test_a_copy_of_which_nobody_knows_whether_it_was_stored_is_made_once(
    store: WatchedStore, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = store.inner.create_workshop

    def cut_off(workshop: Workshop, teams: Sequence[Team]) -> None:
        create(workshop, teams)
        raise StoreUnavailable("The database is away.")

    app = review(team)
    with monkeypatch.context() as patch:
        patch.setattr(store.inner, "create_workshop", cut_off)
        press(app, "duplicate")
    press(app, "duplicate")

    assert app.title[0].value == "Newcomers \\(copy\\)"
    assert len(store.inner.workshops()) == 2


# Putting away


def test_an_archived_workshop_leaves_the_list_and_comes_back(
    store: WatchedStore, team: Team
) -> None:
    app = review(team)
    press(app, f"archive/{team.workshop_id}")
    archived = workshop(store, team).archived_at
    door = opened(navigation.FRONT_DOOR)
    offered = keys(door)
    press(door, f"unarchive/{team.workshop_id}")

    assert archived is not None
    assert f"unarchive/{team.workshop_id}" in offered
    assert workshop(store, team).archived_at is None
    assert f"unarchive/{team.workshop_id}" not in keys(door)


def test_deleting_asks_first_and_names_what_goes(store: WatchedStore, team: Team) -> None:
    send(step_opened(team, "challenge"), team, "challenge", entry("Hello"))
    app = press(review(team), "delete")
    words = "\n".join(each.value for each in app.markdown)
    number = len(store.inner.messages(team.step_key("challenge")))

    assert f"its 1 team and {number} messages" in words
    assert "erased in 3 days" in words
    assert workshop(store, team).erase_at is None


def test_a_deletion_is_undone_until_its_time_has_come(store: WatchedStore, team: Team) -> None:
    app = press(review(team), "delete")
    press(app, "delete-yes")
    erase_at = workshop(store, team).erase_at
    again = review(team)
    press(again, f"undo-delete/{team.workshop_id}")

    assert erase_at is not None
    assert timedelta(days=2.9) < erase_at - NOW < timedelta(days=3.1)
    assert workshop(store, team).erase_at is None


def test_a_due_workshop_is_in_no_list_and_a_deleted_one_is(store: WatchedStore, team: Team) -> None:
    later = new_team(store, "Later")
    store.inner.delete(team.workshop_id, NOW - timedelta(seconds=1))
    store.inner.delete(later.workshop_id, NOW + timedelta(days=1))
    app = opened(navigation.FRONT_DOOR)

    assert f"undo-delete/{later.workshop_id}" in keys(app)
    assert f"undo-delete/{team.workshop_id}" not in keys(app)


def test_a_due_workshop_opened_by_its_address_is_unknown(store: WatchedStore, team: Team) -> None:
    store.inner.delete(team.workshop_id, NOW - timedelta(seconds=1))

    assert "There is no workshop at this address" in review(team).warning[0].value
    assert [each.value for each in step_opened(team, "challenge").error] == [NO_TEAM]
    by_link = opened(navigation.FRONT_DOOR, **navigation.query(team.link, ""))
    assert [each.value for each in by_link.error] == [NO_TEAM]


def test_the_process_erases_what_is_due_though_nobody_opens_a_page(
    store: WatchedStore, process: Process, team: Team
) -> None:
    store.inner.delete(team.workshop_id, NOW - timedelta(seconds=1))
    process.autosave.start()

    assert eventually(lambda: store.inner.workshops() == [])


def test_a_grace_of_no_days_erases_at_once(store: WatchedStore, team: Team) -> None:
    archive.delete(store.inner, team.workshop_id, at=NOW, days=0)

    assert store.inner.workshops() == []
