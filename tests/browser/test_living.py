"""Going back in a real browser: a finished workshop is revised, caught up with, and given back."""

from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import expect

from lib.guide.scripted import ScriptedGuide
from lib.settings import load
from lib.store import open_store
from lib.store.port import Store
from lib.team import confirm, reopen
from lib.team.process import Process, assemble
from lib.workshop import steps
from lib.workshop.ids import new_id, new_link
from lib.workshop.records import Team, Workshop
from lib.workshop.status import Event, Status
from tests.app_server import AppServer
from tests.browser.walker import Walker, still
from tests.fakes import eventually
from tests.scene import greeting
from tests.test_criteria import GOOD

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

NOW = datetime.now(UTC)


@pytest.fixture
def process(app: AppServer) -> Any:
    """A second look into the shared app's database, with a guide of its own."""
    store = open_store(app.database_url)
    process = assemble(load(), store, ScriptedGuide(pace=0))
    yield process
    process.close()


@pytest.fixture
def team(process: Process) -> Team:
    """A team that has finished all ten steps."""
    workshop = Workshop(new_id(), "Garden", "Half of them never get a plot.", NOW)
    team = Team(workshop.id, new_id(), "Ladder crew", new_link(), 1)
    process.store.create_workshop(workshop, [team])
    for slug in steps.SLUGS:
        key = team.step_key(slug)
        # Else it would speak when the step is reopened, and add to a draft that is to stay as it is.
        process.store.append(key, [greeting()])
        for name, value in GOOD[slug].items():
            process.drafts.edit(key, name, value)
        confirm.confirm(process.store, process.drafts, key, actor="Ada", at=NOW)
    return team


@pytest.fixture
def tab(page: Any, app: AppServer) -> Walker:
    return Walker(page, app.url)


def open_at(tab: Walker, team: Team, step: str) -> None:
    tab.page.goto(f"{tab.url}/{step}?team={team.link}&member=Ada")
    tab.at(steps.step(step).name)


def revise(tab: Walker, name: str = "Revise") -> None:
    tab.page.get_by_role("button", name="Revise this step").click(delay=50)
    dialog = tab.page.get_by_role("dialog")
    dialog.get_by_role("button", name=name, exact=True).click(delay=50)


def statuses(store: Store, team: Team) -> dict[str, Status]:
    return {step: state.status for step, state in store.steps(team.key).items()}


def stale(store: Store, team: Team) -> list[str]:
    found = statuses(store, team).items()
    return [step for step, status in found if status is Status.NEEDS_REGENERATION]


def test_a_complete_step_is_read_only_and_viewing_it_changes_nothing(
    tab: Walker, team: Team, process: Process
) -> None:
    before = process.store.standing(team.key)
    open_at(tab, team, "persona")

    expect(tab.page.get_by_text("the conversation is closed")).to_be_visible()
    expect(tab.box).to_have_count(0)
    assert process.store.standing(team.key) == before


def test_the_dialog_names_what_goes_stale_before_anything_happens_and_undo_gives_it_back(
    tab: Walker, team: Team, process: Process
) -> None:
    before = process.store.standing(team.key).states
    open_at(tab, team, "concept")
    tab.page.get_by_role("button", name="Revise this step").click(delay=50)
    dialog = tab.page.get_by_role("dialog")

    expect(dialog.get_by_text("Validate")).to_be_visible()
    assert process.store.standing(team.key).states == before
    dialog.get_by_role("button", name="Revise", exact=True).click(delay=50)
    tab.page.get_by_text("is open again").wait_for()
    assert stale(process.store, team) == ["validate"]
    tab.page.get_by_role("button", name="Undo reopening").click(delay=50)
    tab.page.get_by_text("Undone. Everything is as it was before.").wait_for()
    assert process.store.standing(team.key).states == before


def test_a_stale_step_says_what_changed_and_is_kept_drafted_anew_or_caught_up_with(
    tab: Walker, team: Team, process: Process
) -> None:
    open_at(tab, team, "reframe")
    revise(tab)
    tab.page.get_by_text("is open again").wait_for()
    assert stale(process.store, team) == ["ideation", "concept", "validate"]
    key = team.step_key("reframe")
    rows = [dict(each) for each in GOOD["reframe"]["hmw_statements"]]
    chosen = next(each for each in rows if each["selected"])
    chosen["full_statement"] = chosen["full_statement"].replace("?", " by May?")
    process.drafts.edit(key, "hmw_statements", rows)
    assert process.autosave.flush(key)
    tab.page.reload()
    tab.confirm()

    tab.at("Ideation")
    expect(tab.page.get_by_text("Reframing Challenge has changed since this was")).to_be_visible()
    expect(tab.page.get_by_text("by May?").first).to_be_visible()
    tab.page.get_by_role("button", name="Regenerate").click(delay=50)
    tab.page.get_by_text("I have drafted this step anew").or_(
        tab.page.get_by_text("I went through all of it once more")
    ).first.wait_for()
    told = [event.event for event in process.store.events(team.workshop_id)]
    assert told[-1] is Event.REGENERATE


def test_a_stale_step_is_kept_as_still_valid_with_one_click(
    tab: Walker, team: Team, process: Process
) -> None:
    key, (store, drafts) = team.step_key("concept"), (process.store, process.drafts)
    reopen.revise(store, drafts, key, actor="Ben", at=NOW)
    sheets = [{**each, "usp": f"{each['usp']} Really."} for each in GOOD["concept"]["concepts"]]
    drafts.edit(key, "concepts", sheets)
    confirm.confirm(store, drafts, key, actor="Ben", at=NOW)
    assert stale(store, team) == ["validate"]
    open_at(tab, team, "validate")
    expect(tab.page.get_by_text("Concept Development has changed since this was")).to_be_visible()
    tab.page.get_by_role("button", name="Still valid").click(delay=50)
    tab.page.get_by_text("stays as it is").wait_for()

    assert stale(store, team) == []
    assert store.events(team.workshop_id)[-1].event is Event.STILL_VALID


def test_a_step_that_is_confirmed_unchanged_gives_its_dependants_back(
    tab: Walker, team: Team, process: Process
) -> None:
    open_at(tab, team, "journey-mapping")
    revise(tab)
    tab.page.get_by_text("is open again").wait_for()
    tab.confirm()
    tab.page.get_by_text("10 of 10 steps complete").wait_for()

    assert set(statuses(process.store, team).values()) == {Status.COMPLETE}


def test_starting_over_archives_and_greets_anew(tab: Walker, team: Team, process: Process) -> None:
    open_at(tab, team, "validate")
    tab.page.get_by_text("History", exact=True).click(delay=50)
    # A fold that is still opening moves what is in it.
    still(tab.page)
    tab.page.get_by_role("button", name="Start this step over").click(delay=50)
    dialog = tab.page.get_by_role("dialog")
    dialog.get_by_role("button", name="Start over", exact=True).click(delay=50)
    tab.page.get_by_text("Validate starts over").wait_for()
    tab.greeted()

    key = team.step_key("validate")
    assert eventually(lambda: [m.position for m in process.store.messages(key)] == [1])
    reset = process.store.events(team.workshop_id)[-1]
    archived = process.store.snapshots(team.workshop_id, [reset.id])["validate"]
    assert reset.event is Event.RESET
    assert archived.draft.fields == process.store.artifacts(team.key)["validate"].fields
    assert process.store.messages(key)[0].era > archived.state.era
