"""A hold: what waits behind it, what opens by itself, and what is never lost."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from lib.facilitation import controls, held_steps
from lib.guide.scripted import ScriptedGuide
from lib.store.errors import StoreUnavailable
from lib.team import confirm as completion
from lib.team.process import Process
from lib.ui import navigation
from lib.workshop import agenda, notes
from lib.workshop.notes import Note
from lib.workshop.records import Team
from lib.workshop.rights import ARCHIVED, HELD
from lib.workshop.status import Event, Status
from lib.workshop.views import OPENS_NEXT
from tests.pages import (
    NOW,
    WatchedStore,
    box,
    bring_to,
    confirm,
    conversation,
    draft,
    drawn,
    entry,
    heading,
    keys,
    links,
    new_team,
    opened,
    opened_step,
    running,
    send,
)


@pytest.fixture
def store() -> WatchedStore:
    return WatchedStore()


@pytest.fixture(autouse=True)
def process(store: WatchedStore) -> Iterator[Process]:
    with running(store, ScriptedGuide(pace=0)) as process:
        yield process


@pytest.fixture
def team(store: WatchedStore) -> Team:
    return new_team(store)


def hold(store: WatchedStore, team: Team, until: str) -> None:
    controls.change_agenda(
        store.inner, team.workshop_id, lambda each: agenda.opened_until(each, until)
    )


def statuses(store: WatchedStore, team: Team) -> dict[str, Status]:
    return {step: state.status for step, state in store.inner.steps(team.key).items()}


def confirm_by_hand(process: Process, store: WatchedStore, team: Team, step: str) -> None:
    draft(store, team, step)
    key = team.step_key(step)
    completion.confirm(process.store, process.drafts, key, actor="Ada", at=NOW)


def said(app: object) -> str:
    return "\n".join(str(each.value) for kind in ("info", "caption") for each in app.get(kind))


# Behind the hold


def test_confirming_the_last_open_step_completes_it_and_starts_no_other(
    process: Process, store: WatchedStore, team: Team
) -> None:
    hold(store, team, "challenge")
    confirm_by_hand(process, store, team, "challenge")
    found = statuses(store, team)

    assert found["challenge"] is Status.COMPLETE
    assert found["stakeholder-mapping"] is Status.NOT_STARTED


def test_before_the_hold_every_step_starts_as_ever(
    process: Process, store: WatchedStore, team: Team
) -> None:
    hold(store, team, "stakeholder-mapping")
    confirm_by_hand(process, store, team, "challenge")

    assert statuses(store, team)["stakeholder-mapping"] is Status.IN_PROGRESS


def test_a_team_at_the_hold_reads_that_its_facilitator_opens_the_next_step(
    process: Process, store: WatchedStore, team: Team
) -> None:
    hold(store, team, "challenge")
    confirm_by_hand(process, store, team, "challenge")
    app = opened_step(team, "challenge")

    assert any(OPENS_NEXT in each.value for each in app.caption)
    assert "Next" not in links(app)


@pytest.mark.parametrize("step", ["stakeholder-mapping", "persona"])
def test_a_held_step_opened_by_its_address_leads_to_where_the_team_waits(
    process: Process, store: WatchedStore, team: Team, step: str
) -> None:
    hold(store, team, "challenge")
    confirm_by_hand(process, store, team, "challenge")
    app = opened_step(team, step)

    assert heading(app) == "1. Challenge"
    assert any(OPENS_NEXT in each.value for each in app.info)
    assert statuses(store, team)["stakeholder-mapping"] is Status.NOT_STARTED


def test_once_the_hold_is_lifted_the_step_opens_by_itself(
    process: Process, store: WatchedStore, team: Team
) -> None:
    hold(store, team, "challenge")
    confirm_by_hand(process, store, team, "challenge")
    app = opened_step(team, "challenge")
    hold(store, team, "")
    drawn(app.run())
    started = [e for e in store.inner.events(team.workshop_id) if e.event is Event.START]

    assert statuses(store, team)["stakeholder-mapping"] is Status.IN_PROGRESS
    assert "Next" in links(app)
    assert [each.step for each in started] == ["challenge", "stakeholder-mapping"]


def started(store: WatchedStore, team: Team) -> list[str]:
    """Return the steps that were started, in order."""
    return [e.step for e in store.inner.events(team.workshop_id) if e.event is Event.START]


def test_a_lifted_hold_starts_the_step_before_anybody_opens_a_page(
    process: Process, store: WatchedStore, team: Team
) -> None:
    hold(store, team, "challenge")
    confirm_by_hand(process, store, team, "challenge")
    before = started(store, team)
    hold(store, team, "persona")

    assert before == ["challenge"]
    assert started(store, team) == ["challenge", "stakeholder-mapping"]


def test_a_hold_lifted_while_a_step_is_confirmed_is_swept_up_once(
    process: Process, store: WatchedStore, team: Team
) -> None:
    """The confirming server still saw the hold; a page that is opened meanwhile starts nothing."""
    hold(store, team, "challenge")
    confirm_by_hand(process, store, team, "challenge")
    open_again = replace(store.inner.agenda(team.workshop_id), open_until="", revision=2)
    store.inner.save_agenda(team.workshop_id, open_again)
    opened_step(team, "challenge")
    before = started(store, team)
    for _ in range(2):
        process.autosave._housekeeping_at = 0.0
        process.autosave.run_housekeeping()

    assert before == ["challenge"]
    assert started(store, team) == ["challenge", "stakeholder-mapping"]


@pytest.mark.parametrize("closed", ["held", "archived"])
def test_a_sweep_starts_no_step_that_is_closed(
    process: Process, store: WatchedStore, team: Team, closed: str
) -> None:
    hold(store, team, "challenge")
    confirm_by_hand(process, store, team, "challenge")
    if closed == "archived":
        open_again = replace(store.inner.agenda(team.workshop_id), open_until="", revision=2)
        store.inner.save_agenda(team.workshop_id, open_again)
        store.inner.archive(team.workshop_id, NOW)
    held_steps.start_released(store.inner, NOW)

    assert started(store, team) == ["challenge"]


# A step that had begun


def begun(store: WatchedStore, team: Team) -> None:
    """Bring a team into the second step, let it talk there, then hold it."""
    bring_to(store, team, "stakeholder-mapping")
    send(opened_step(team, "stakeholder-mapping"), team, "stakeholder-mapping", entry("Lena?"))
    hold(store, team, "challenge")


def test_a_conversation_begun_before_the_hold_can_be_read(store: WatchedStore, team: Team) -> None:
    begun(store, team)
    app = opened_step(team, "stakeholder-mapping")

    assert "Lena?" in conversation(app)
    assert any(each.value == HELD for each in app.info)
    assert "confirm" not in keys(app)


def test_what_is_sent_into_a_held_step_goes_back_into_its_box_with_the_reason(
    store: WatchedStore, team: Team
) -> None:
    begun(store, team)
    app = opened_step(team, "stakeholder-mapping")
    before = conversation(app)
    late = entry("One more thing")
    send(app, team, "stakeholder-mapping", late)
    told = box(app)

    assert told is not None
    assert told["refused"] == [{"id": late["id"], "sentence": HELD}]
    assert conversation(app) == before


def test_a_lifted_hold_gives_the_step_back_as_it_was(store: WatchedStore, team: Team) -> None:
    begun(store, team)
    app = opened_step(team, "stakeholder-mapping")
    hold(store, team, "")
    drawn(app.run())

    assert "Lena?" in conversation(app)
    assert "confirm" in keys(app)
    assert not any(each.value == HELD for each in app.info)


def test_a_complete_step_behind_the_hold_is_not_revised(store: WatchedStore, team: Team) -> None:
    bring_to(store, team, "persona")
    hold(store, team, "challenge")
    app = opened_step(team, "sense-making")

    assert {"revise", "reset", "restore"}.isdisjoint(keys(app))


def test_while_the_database_is_away_a_held_step_stays_held(store: WatchedStore, team: Team) -> None:
    begun(store, team)
    app = opened_step(team, "stakeholder-mapping")
    store.away = True
    drawn(app.run())

    assert any(each.value == HELD for each in app.info)


# An archived workshop


def test_an_archived_workshop_is_read_only_and_says_so(store: WatchedStore, team: Team) -> None:
    confirm(store, team, "challenge")
    store.inner.archive(team.workshop_id, NOW)
    app = opened_step(team, "stakeholder-mapping")

    assert any(each.value == ARCHIVED for each in app.info)
    assert {"confirm", "raise-flag", "reset"}.isdisjoint(keys(app))


def test_a_message_to_an_archived_workshop_stays_in_its_box(
    store: WatchedStore, team: Team
) -> None:
    app = opened_step(team, "challenge")
    store.inner.archive(team.workshop_id, NOW)
    late = entry("Wait!")
    send(app, team, "challenge", late)
    told = box(app)

    assert told is not None
    assert told["refused"] == [{"id": late["id"], "sentence": ARCHIVED}]
    assert "Wait!" not in [each.text for each in store.inner.messages(team.step_key("challenge"))]


def test_an_edit_of_an_archived_workshop_waits_in_its_form(
    process: Process, store: WatchedStore, team: Team
) -> None:
    """The form sends it again until the server has stored it: once the workshop is back."""
    from lib.store.port import Closed
    from lib.team import draft_input
    from lib.workshop.ids import new_id

    store.inner.archive(team.workshop_id, NOW)
    edit = {
        "field": "target_user",
        "value": "Newcomers",
        "was": None,
        "writer": new_id(),
        "revision": 1,
        "epoch": 0,
    }
    said = {"step": "challenge", "member": "Ada", "edits": [edit]}
    key = team.step_key("challenge")
    with pytest.raises(Closed):
        draft_input.deliver(process, team, said)
    kept = store.inner.asides(key), store.inner.draft(key).fields
    store.inner.archive(team.workshop_id, None)
    draft_input.deliver(process, team, said)

    assert kept == ([], {})
    assert store.inner.draft(key).fields == {"target_user": "Newcomers"}


# A deleted workshop


def test_a_deleted_workshop_says_a_sentence_and_comes_back_when_that_is_undone(
    store: WatchedStore, team: Team
) -> None:
    from datetime import timedelta

    app = opened_step(team, "challenge")
    store.inner.delete(team.workshop_id, NOW + timedelta(days=7))
    drawn(app.run())
    closed = heading(app), box(app)
    store.inner.delete(team.workshop_id, None)
    drawn(app.run())

    assert closed == ("This workshop is closed", None)
    assert heading(app) == "1. Challenge"


def test_a_team_coming_in_by_its_link_reads_that_its_workshop_is_deleted(
    store: WatchedStore, team: Team
) -> None:
    from datetime import timedelta

    store.inner.delete(team.workshop_id, NOW + timedelta(days=7))
    app = opened(navigation.FRONT_DOOR, team=team.link)

    assert heading(app) == "This workshop is closed"


def test_whoever_looks_when_its_time_has_come_erases_nothing(
    store: WatchedStore, team: Team
) -> None:
    """The sweeper does: opening a page writes nothing."""
    store.inner.delete(team.workshop_id, NOW)
    app = opened_step(team, "challenge")
    left = len(store.inner.workshops())
    store.inner.prune()
    drawn(app.run())

    assert left == 1
    assert app.error
    assert store.inner.workshops() == []


# What a team is told


def test_a_message_is_on_the_teams_page_until_it_is_closed(store: WatchedStore, team: Team) -> None:
    sent = controls.post_message(
        store.inner,
        team.workshop_id,
        "note",
        "Five *more* minutes",
        team_id=None,
        author="Eva",
        at=NOW,
    )
    app = opened_step(team, "challenge")
    shown = [each.value for each in app.markdown if "Five" in each.value]
    drawn(app.button(key=f"close-note/{sent.id}").click().run())

    assert len(shown) == 1
    assert "Five \\*more\\* minutes" in shown[0]
    assert "Eva" in shown[0]
    assert not any("Five" in each.value for each in app.markdown)
    assert store.inner.desk(team.workshop_id).records[0].closings[0].by == "Ada"


def test_a_team_raises_its_flag_with_words_and_lowers_it(store: WatchedStore, team: Team) -> None:
    app = opened_step(team, "challenge")
    app.text_input(key="stuck-words").set_value("Who is the user?")
    drawn(app.button(key="raise-flag").click().run())
    raised = notes.raised(store.inner.desk(team.workshop_id).records)
    drawn(app.button(key="lower-flag").click().run())
    record = store.inner.desk(team.workshop_id).records[0]

    assert [(each.text, each.author) for each in raised] == [("Who is the user?", "Ada")]
    assert [each.by for each in record.closings] == ["Ada"]
    assert "raise-flag" in keys(app)


def test_a_flag_that_cannot_be_raised_keeps_its_words_and_says_so(
    store: WatchedStore, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    def post(*_: object) -> None:
        raise StoreUnavailable("The database is away.")

    app = opened_step(team, "challenge")
    monkeypatch.setattr(store.inner, "post", post)
    app.text_input(key="stuck-words").set_value("Who is the user?")
    drawn(app.button(key="raise-flag").click().run())

    assert any("Couldn't send that" in each.value for each in app.warning)
    assert app.text_input(key="stuck-words").value == "Who is the user?"


def test_a_flag_of_which_nobody_knows_whether_it_was_raised_is_raised_once(
    store: WatchedStore, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = store.inner.post

    def cut_off(workshop_id: str, note: Note) -> None:
        post(workshop_id, note)
        raise StoreUnavailable("The database is away.")

    app = opened_step(team, "challenge")
    with monkeypatch.context() as patch:
        patch.setattr(store.inner, "post", cut_off)
        drawn(app.button(key="raise-flag").click().run())
    drawn(app.button(key="raise-flag").click().run())
    drawn(app.button(key="lower-flag").click().run())
    once = len(store.inner.desk(team.workshop_id).records)
    drawn(app.button(key="raise-flag").click().run())

    assert once == 1
    assert len(notes.raised(store.inner.desk(team.workshop_id).records)) == 1


def test_a_page_with_nothing_new_asks_one_question(store: WatchedStore, team: Team) -> None:
    controls.post_message(
        store.inner, team.workshop_id, "note", "Hi", team_id=None, author="Eva", at=NOW
    )
    app = opened_step(team, "challenge")
    drawn(app.run())
    store.calls.clear()
    drawn(app.run())

    assert [name for name, _ in store.calls] == ["fingerprints"]
    assert any("Hi" in each.value for each in app.markdown)
