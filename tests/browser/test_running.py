"""Running a workshop in real browsers: one timer for all, messages, a hold, a call for help."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from lib.facilitation import controls
from lib.guide.scripted import ScriptedGuide
from lib.settings import Settings
from lib.store.port import Store
from lib.team import confirm
from lib.team.process import assemble
from lib.workshop import agenda as agenda_
from lib.workshop.agenda import Timer
from lib.workshop.records import Team
from tests import scene
from tests.app_server import AppServer
from tests.browser.profiles import Lend
from tests.browser.test_following import Looks
from tests.browser.walker import PATIENCE, Walker, still
from tests.fakes import eventually
from tests.test_criteria import GOOD

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

Tabs = Callable[..., Walker]

#: Has everything the server tells a page come four seconds later.
LATE = """
    const { addEventListener } = WebSocket.prototype;
    WebSocket.prototype.addEventListener = function (kind, listener, ...rest) {
        const late = (event) => setTimeout(() => listener.call(this, event), 4000);
        addEventListener.call(this, kind, kind === "message" ? late : listener, ...rest);
    };
"""


@pytest.fixture
def tabs(profile: Lend, app: AppServer) -> Tabs:
    """Return a function that opens a tab on a machine of its own, its clock as far off as asked."""

    def tab(*, clock_ahead: timedelta = timedelta(0)) -> Walker:
        page = profile().new_page()
        if clock_ahead:
            ahead = clock_ahead.total_seconds() * 1000
            page.add_init_script(
                f"const real = Date.now.bind(Date); Date.now = () => real() + {ahead};"
            )
        return Walker(page, app.url)

    return tab


@pytest.fixture
def team(app: AppServer) -> Team:
    return scene.new_team(app.database_url)


def now() -> datetime:
    return datetime.now(UTC)


def pace(store: Store, team: Team, change: Any) -> None:
    controls.change_agenda(store, team.workshop_id, change)


def clock(page: Page) -> Locator:
    return page.locator(".countdown .shown")


def seconds(page: Page) -> int:
    found = re.search(r"(\d+):(\d\d)", clock(page).inner_text())
    assert found is not None
    return int(found[1]) * 60 + int(found[2])


def complete(store: Store, team: Team, step: str) -> None:
    """Confirm a step from another server; what is held is not started."""
    process = assemble(Settings(), store, ScriptedGuide(pace=0))
    for name, value in GOOD[step].items():
        process.drafts.edit(team.step_key(step), name, value)
    confirm.confirm(process.store, process.drafts, team.step_key(step), actor="Ada", at=now())


def open_review(walker: Walker, team: Team) -> None:
    walker.page.goto(f"{walker.url}/review?workshop={team.workshop_id}")
    walker.page.get_by_text("Open to the teams").first.wait_for()


def test_the_timer_is_the_same_on_every_page_and_survives_a_reload(
    tabs: Tabs, team: Team, store: Store
) -> None:
    facilitator, one = tabs(), tabs()
    other = tabs(clock_ahead=timedelta(hours=3))
    one.enter(team.link, "Ada")
    open_review(facilitator, team)
    facilitator.page.get_by_role("button", name="Start", exact=True).click(delay=50)
    expect(clock(one.page)).to_contain_text("Challenge")
    other.enter(team.link, "Ben")
    expect(clock(other.page)).to_contain_text("Challenge")
    timer = store.agenda(team.workshop_id).timer
    assert timer is not None
    assert timer.ends_at is not None
    one.page.reload()
    expect(clock(one.page)).to_contain_text("Challenge")
    shown = [(seconds(each.page), now()) for each in (facilitator, one, other)]

    for left, at in shown:
        assert abs(left - (timer.ends_at - at).total_seconds()) < 3


def test_a_page_that_is_long_on_its_way_shows_the_same_timer(
    tabs: Tabs, team: Team, store: Store
) -> None:
    pace(store, team, lambda each: agenda_.started(each, "challenge", now()))
    tab = tabs()
    tab.page.add_init_script(LATE)
    tab.enter(team.link, "Ada")
    timer = store.agenda(team.workshop_id).timer
    assert timer is not None
    assert timer.ends_at is not None
    ends_at = timer.ends_at

    assert eventually(
        lambda: abs(seconds(tab.page) - (ends_at - now()).total_seconds()) < 2, PATIENCE / 1000
    )


def test_the_timer_ticks_without_a_rerun_and_says_calmly_that_it_is_over(
    tabs: Tabs, team: Team, store: Store
) -> None:
    tab = tabs()
    tab.enter(team.link, "Ada")
    ends_at = now() + timedelta(seconds=8)
    pace(
        store,
        team,
        lambda each: agenda_.extended(
            agenda_.Agenda(each.plan, Timer("challenge", ends_at)), 0, now()
        ),
    )
    expect(clock(tab.page)).to_contain_text(re.compile(r"Challenge · 0:0\d"))
    over = "Time for Challenge is up. Please finish soon."
    expect(clock(tab.page)).to_have_text(over)

    expect(tab.page.locator(".countdown [role=status]")).to_have_text(over)
    assert now() >= ends_at


def test_a_message_comes_with_the_next_look_of_the_teams_page_until_it_is_closed(
    tabs: Tabs, team: Team, store: Store
) -> None:
    facilitator, tab, mate = tabs(), tabs(), tabs()
    looks = Looks(tab.page)
    for each, name in ((tab, "Ada"), (mate, "Ben")):
        each.enter(team.link, name)
    tab.box.fill("I am still typing")
    tab.box.evaluate("each => { each.dataset.mine = 'yes' }")
    open_review(facilitator, team)
    # Drawn once more: what is chosen has been to the server and back.
    facilitator.page.get_by_role("button", name="Refresh").click(delay=50)
    still(facilitator.page)
    facilitator.page.get_by_text("Write to the teams").click(delay=50)
    for whom in ("To", "Nudge"):
        box = facilitator.page.get_by_role("combobox", name=re.compile(f"^{whom}")).first
        expect(box).to_have_value("All teams")
    facilitator.page.get_by_role("textbox", name="Message").fill("Ten more minutes, then coffee")
    facilitator.page.get_by_role("button", name="Send", exact=True).click(delay=50)
    facilitator.page.get_by_text("Sent. It stays").wait_for()
    expect(facilitator.page.get_by_role("textbox", name="Message")).to_have_value("")
    before = looks.looks
    shown = tab.page.get_by_text("Ten more minutes, then coffee")
    expect(shown).to_be_visible()
    # In looks, not seconds, which a busy machine stretches: the answer of one may be a second old.
    after = looks.looks - before
    expect(tab.box).to_be_focused()
    tab.page.get_by_role("button", name="Got it").click(delay=50)
    expect(shown).to_have_count(0)
    expect(mate.page.get_by_text("Ten more minutes, then coffee")).to_have_count(0)

    assert after <= 2
    expect(tab.box).to_have_value("I am still typing")
    assert tab.box.get_attribute("data-mine") == "yes", "the box was made anew"


def test_a_held_step_opens_on_the_teams_page_when_the_hold_is_lifted(
    tabs: Tabs, team: Team, store: Store
) -> None:
    tab = tabs()
    tab.enter(team.link, "Ada")
    tab.box.fill("Half a thought")
    pace(store, team, lambda each: agenda_.opened_until(each, "challenge"))
    tab.page.goto(f"{tab.url}/stakeholder-mapping?team={team.link}&member=Ada")
    tab.at("Challenge")
    expect(tab.box).to_have_value("Half a thought")
    expect(tab.page.get_by_text("is not open yet").first).to_be_visible()
    complete(store, team, "challenge")
    expect(tab.page.get_by_text("Your facilitator will open the next step.").first).to_be_visible()
    pace(store, team, lambda each: agenda_.opened_until(each, ""))
    tab.page.get_by_role("link", name="On to Stakeholder Mapping").click(delay=50)

    tab.at("Stakeholder Mapping")
    tab.greeted()


def test_a_team_that_is_stuck_is_seen_and_either_side_lowers_the_flag(
    tabs: Tabs, team: Team, store: Store
) -> None:
    facilitator, tab = tabs(), tabs()
    tab.enter(team.link, "Ada")
    open_review(facilitator, team)
    tab.page.get_by_role("button", name="We are stuck").click(delay=50)
    tab.page.get_by_role("textbox", name="What would help?").fill("Who is our user?")
    tab.page.get_by_role("button", name="Call the facilitator").click(delay=50)
    expect(tab.page.get_by_role("button", name="We can continue")).to_be_visible()
    facilitator.page.get_by_role("button", name="Refresh").click(delay=50)
    expect(facilitator.page.get_by_text("Who is our user?").first).to_be_visible()
    facilitator.page.get_by_role("button", name="Close the help call").click(delay=50)

    expect(tab.page.get_by_role("button", name="We are stuck")).to_be_visible()
    (record,) = store.desk(team.workshop_id).records
    assert (record.note.author, [each.by for each in record.closings]) == ("Ada", ["Facilitator"])
