"""What is typed is saved while it is typed: in a real browser, with its tab closed in mid-sentence."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Request, expect

from lib.store import open_store
from lib.store.port import Store
from lib.ui.navigation import TYPED
from lib.workshop.records import Fields, Team
from tests import pages
from tests.app_server import AppServer
from tests.browser.profiles import Lend
from tests.browser.walker import Walker, still
from tests.fakes import eventually
from tests.pages import watching
from tests.quick_server import QuickServer

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


@pytest.fixture
def team(store: Store) -> Team:
    return pages.new_team(watching(store))


@pytest.fixture
def tab(walker: Walker, team: Team) -> Walker:
    """Return somebody with the form of their team's first step before them."""
    return at_form(walker, team, "Ada")


def at_form(walker: Walker, team: Team, name: str, step: str = "challenge") -> Walker:
    walker.enter(team.link, name, step)
    walker.edit_tab()
    return walker


@pytest.fixture
def elsewhere(profile: Lend, app: AppServer) -> Callable[[], Walker]:
    """Return a function that sits somebody down at another machine."""
    return lambda: Walker(profile().new_page(), app.url)


def drafted(store: Store, team: Team, step: str = "challenge") -> Fields:
    return store.draft(team.step_key(step)).fields


#: Lets what waits for half a second and longer wait for `passBy`. Playwright's own clock would be that
#: of all pages that share this one's profile.
STOP = """() => {
  let now = Date.now(), last = 1e9;
  const waiting = new Map(), { setTimeout, clearTimeout } = window;
  Date.now = () => now;
  window.setTimeout = (call, ms = 0, ...given) => {
    if (ms < 500) return setTimeout(call, ms, ...given);
    waiting.set(++last, { at: now + ms, call: () => call(...given) });
    return last;
  };
  window.clearTimeout = (id) => waiting.delete(id) || clearTimeout(id);
  window.passBy = (ms) => {
    const end = now + ms;
    const due = () => [...waiting].filter(([, { at }]) => at <= end).sort(([, a], [, b]) => a.at - b.at)[0];
    for (let first = due(); first; first = due()) {
      waiting.delete(first[0]);
      now = first[1].at;
      first[1].call();
    }
    now = end;
  };
}"""


class Stopped:
    """A page whose clock stands still; what it delivers meanwhile."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self.delivered: list[str] = []
        page.on("request", self._asked)
        page.evaluate(STOP)

    def _asked(self, request: Request) -> None:
        if request.url.endswith(TYPED):
            self.delivered.append(request.post_data or "")

    def pass_by(self, seconds: float) -> list[str]:
        """Let so many of the page's seconds pass; return all that was delivered until then."""
        self._page.evaluate("ms => window.passBy(ms)", seconds * 1000)
        # What was asked is told in order: this answer comes after it.
        self._page.evaluate("1")
        return self.delivered


# When it is saved


def test_what_is_typed_is_saved_2_s_after_a_pause_while_the_field_keeps_the_focus(
    tab: Walker, store: Store, team: Team
) -> None:
    field = tab.field("Who has it")
    field.focus()
    stopped = Stopped(tab.page)
    field.press_sequentially("People who sign")

    assert stopped.pass_by(1.9) == []
    assert len(stopped.pass_by(0.2)) == 1
    assert eventually(lambda: drafted(store, team) == {"target_user": "People who sign"})
    expect(field).to_be_focused()


def test_who_never_pauses_is_saved_every_10_s(tab: Walker, store: Store, team: Team) -> None:
    field = tab.field("Who has it")
    field.focus()
    stopped = Stopped(tab.page)
    for _ in range(9):
        tab.page.keyboard.type("on and ")

        assert stopped.pass_by(1) == []
    tab.page.keyboard.type("on and ")

    assert len(stopped.pass_by(1)) == 1
    # A draft holds no white space at its ends.
    assert eventually(lambda: drafted(store, team) == {"target_user": ("on and " * 10).strip()})
    expect(field).to_have_value("on and " * 10)


def test_a_tab_closed_in_mid_sentence_loses_no_character_and_another_machine_goes_on(
    tab: Walker, store: Store, team: Team, elsewhere: Callable[..., Walker]
) -> None:
    field = tab.field("Who has it")
    field.focus()
    # No pause comes to an end: only the closing delivers.
    Stopped(tab.page)
    field.press_sequentially("People who sign up and th")
    tab.page.close()

    assert eventually(lambda: drafted(store, team) == {"target_user": "People who sign up and th"})
    other = at_form(elsewhere(), team, "Ada")
    expect(other.field("Who has it")).to_have_value("People who sign up and th")


def test_a_reload_in_mid_sentence_loses_no_character(tab: Walker, store: Store, team: Team) -> None:
    tab.field("Who has it").press_sequentially("People who si")
    tab.page.reload()
    tab.edit_tab()
    field = tab.field("Who has it")
    expect(field).to_have_value("People who si")
    field.press("End")
    field.press_sequentially("gn up")

    assert eventually(lambda: drafted(store, team) == {"target_user": "People who sign up"})
    assert store.asides(team.step_key("challenge")) == []


def test_a_tab_that_is_hidden_saves_at_once(tab: Walker, store: Store, team: Team) -> None:
    field = tab.field("Who has it")
    field.focus()
    stopped = Stopped(tab.page)
    field.press_sequentially("Peop")

    assert stopped.delivered == []

    tab.page.evaluate(
        "Object.defineProperty(document, 'visibilityState', { value: 'hidden' });"
        "document.dispatchEvent(new Event('visibilitychange'));"
    )

    assert eventually(lambda: drafted(store, team) == {"target_user": "Peop"})


def test_confirming_at_once_confirms_with_the_last_word(
    tab: Walker, store: Store, team: Team
) -> None:
    pages.draft(watching(store), team, "challenge")
    field = tab.field("Who has it")
    expect(field).not_to_have_value("")
    expect(tab.page.get_by_role("button", name="Confirm this step")).to_be_enabled()
    field.press("Control+End")
    field.press_sequentially(" at night")
    tab.confirm()
    tab.at("Stakeholder Mapping")
    confirmed = store.artifacts(team.key)["challenge"].fields["target_user"]

    assert confirmed == pages.outcome("challenge")["target_user"] + " at night"
    assert store.asides(team.step_key("challenge")) == []


def test_a_server_that_is_killed_while_somebody_types_costs_no_character(
    page: Any, tmp_path: Path
) -> None:
    server = QuickServer(f"sqlite:///{tmp_path / 'own.db'}", tmp_path / "app.log", pace=0)
    server.start()
    store = open_store(server.database_url)
    team = pages.new_team(watching(store))
    tab = at_form(Walker(page, server.url), team, "Ada")
    field = tab.field("Who has it")
    field.press_sequentially("People who sign up ")
    assert eventually(lambda: bool(drafted(store, team)))
    server.kill()
    # It is tried, in vain.
    with page.expect_event("requestfailed", lambda request: request.url.endswith(TYPED)):
        field.press_sequentially("and leave ")
    server.start()
    # Streamlit's own word about the connection takes the focus while it is shown.
    tab.connected()
    field.press("End")
    field.press_sequentially("within a year")

    assert eventually(
        lambda: (
            drafted(store, team) == {"target_user": "People who sign up and leave within a year"}
        )
    )
    assert store.asides(team.step_key("challenge")) == []
    expect(field).to_have_value("People who sign up and leave within a year")
    store.close()
    server.kill()


# Several at once


def test_two_who_type_into_different_fields_both_see_both(
    tab: Walker, store: Store, team: Team, elsewhere: Callable[..., Walker]
) -> None:
    ben = at_form(elsewhere(), team, "Ben")
    tab.field("Who has it").press_sequentially("Newcomers")
    ben.field("Desired outcome").press_sequentially("They stay")

    expect(tab.field("Desired outcome")).to_have_value("They stay")
    expect(ben.field("Who has it")).to_have_value("Newcomers")
    assert drafted(store, team) == {"target_user": "Newcomers", "desired_outcome": "They stay"}


def test_of_two_who_type_into_the_same_field_the_second_sees_both_and_decides(
    tab: Walker, store: Store, team: Team, elsewhere: Callable[..., Walker]
) -> None:
    ben = at_form(elsewhere(), team, "Ben")
    ben.field("Who has it").press_sequentially("Members")
    tab.field("Who has it").fill("Newcomers")
    tab.field("Who has it").press("Tab")
    assert eventually(lambda: drafted(store, team) == {"target_user": "Newcomers"})
    told = ben.page.get_by_text("someone else changed this at the same time")
    expect(told).to_be_visible()
    expect(ben.page.get_by_test_id("stMarkdown").filter(has_text="Members")).to_be_visible()
    ben.page.get_by_role("button", name="Use this instead").click(delay=50)

    expect(ben.field("Who has it")).to_have_value("Members")
    assert drafted(store, team) == {"target_user": "Members"}
    expect(ben.page.get_by_text("before it was replaced")).to_be_visible()
    ben.page.get_by_role("button", name="Discard").click(delay=50)
    expect(ben.page.get_by_role("button", name="Discard")).to_have_count(0)
    assert store.asides(team.step_key("challenge")) == []


def test_what_the_guide_drafts_meanwhile_moves_neither_text_nor_caret(
    tab: Walker, store: Store, team: Team
) -> None:
    field = tab.field("Who has it")
    field.press_sequentially("Peple")
    for _ in range(3):
        field.press("ArrowLeft")
    key = team.step_key("challenge")
    assert eventually(lambda: bool(store.draft(key).fields))
    held = store.draft(key)
    news = held.fields | {"desired_outcome": "They stay"}
    store.save(key, draft=replace(held, fields=news, revision=held.revision + 1, base=held))
    expect(tab.field("Desired outcome")).to_have_value("They stay")
    expect(field).to_be_focused()
    tab.page.keyboard.type("o")

    expect(field).to_have_value("People")
    assert eventually(lambda: drafted(store, team) == news | {"target_user": "People"})


def unsent_texts(app: AppServer, team: Team) -> set[str]:
    """Return all that was typed and not sent in a team, whoever typed it."""
    with closing(database_of(app)) as database:
        texts = database.execute("SELECT text FROM unsent WHERE team_id = ?", [team.id])
        return {text for (text,) in texts}


def database_of(app: AppServer) -> sqlite3.Connection:
    return sqlite3.connect(app.database_url.removeprefix("sqlite:///"))


def joined(context: BrowserContext, app: AppServer, team: Team, name: str) -> Walker:
    """Return somebody who opens the team's link in a new tab of a browser."""
    walker = Walker(context.new_page(), app.url)
    walker.enter(team.link, name)
    return walker


def test_an_unsent_message_is_back_in_the_browser_it_was_typed_in(
    tab: Walker, store: Store, team: Team, elsewhere: Callable[..., Walker], app: AppServer
) -> None:
    tab.box.press_sequentially("What I have not s")
    assert eventually(lambda: unsent_texts(app, team) == {"What I have not s"})
    tab.page.close()
    teammate = elsewhere()
    teammate.enter(team.link, "Ada")
    again = joined(tab.page.context, app, team, "Ada")
    expect(again.box).to_have_value("What I have not s")
    expect(teammate.box).to_have_value("")
    again.box.press("End")
    again.box.press_sequentially("ent")
    again.box.press("Enter")
    expect(again.own_messages).to_contain_text(["What I have not sent"])

    assert eventually(lambda: unsent_texts(app, team) == {""})
    assert eventually(lambda: not left_behind(again))


def left_behind(walker: Walker) -> list[str]:
    """Return the names of the unsent texts a browser keeps."""
    names = walker.page.evaluate("Object.keys(localStorage)")
    return [name for name in names if "/unsent/" in name]


def test_closing_a_tab_offline_asks_and_the_text_is_back(
    tab: Walker, team: Team, app: AppServer
) -> None:
    context = tab.page.context
    # Nothing is asked while what is typed can be stored.
    tab.box.press_sequentially("On")
    assert eventually(lambda: unsent_texts(app, team) == {"On"})
    context.set_offline(True)
    tab.box.press_sequentially("ly here")
    tab.box.press("Enter")
    tab.box.press_sequentially("And this is not se")
    with tab.page.expect_event("dialog") as asked:
        tab.page.close(run_before_unload=True)
    assert asked.value.type == "beforeunload"
    with tab.page.expect_event("close"):
        asked.value.accept()
    context.set_offline(False)
    again = joined(context, app, team, "Ada")

    expect(again.own_messages).to_contain_text(["Only here"])
    expect(again.box).to_have_value("And this is not se")


def test_what_is_typed_into_a_form_offline_is_saved_when_the_link_is_opened_again(
    tab: Walker, store: Store, team: Team, app: AppServer
) -> None:
    context = tab.page.context
    context.set_offline(True)
    tab.field("Who has it").press_sequentially("Night nurses")
    with tab.page.expect_event("dialog") as asked:
        tab.page.close(run_before_unload=True)
    with tab.page.expect_event("close"):
        asked.value.accept()
    context.set_offline(False)
    assert drafted(store, team) == {}
    again = joined(context, app, team, "Ada")
    again.edit_tab()

    expect(again.field("Who has it")).to_have_value("Night nurses")
    assert eventually(lambda: drafted(store, team) == {"target_user": "Night nurses"})
    assert eventually(lambda: not left_behind(again))


def test_a_tab_with_nothing_unsaved_closes_without_a_question(tab: Walker) -> None:
    tab.box.press_sequentially("Hm")
    asked: list[str] = []
    tab.page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    with tab.page.expect_event("close"):
        tab.page.close(run_before_unload=True)

    assert asked == []


def test_a_browser_whose_clock_is_set_back_still_saves_what_is_typed(
    tab: Walker, team: Team, app: AppServer, store: Store
) -> None:
    tab.field("Who has it").press_sequentially("Nurses")
    assert eventually(lambda: drafted(store, team) == {"target_user": "Nurses"})
    tab.box.press_sequentially("Before")
    assert eventually(lambda: unsent_texts(app, team) == {"Before"})
    tab.page.evaluate("const real = Date.now; Date.now = () => real() - 3_600_000")
    tab.box.press_sequentially(" and after")
    tab.field("Who has it").press_sequentially(" at night")

    assert eventually(lambda: unsent_texts(app, team) == {"Before and after"})
    assert eventually(lambda: drafted(store, team) == {"target_user": "Nurses at night"})


def test_two_tabs_of_which_one_was_duplicated_keep_what_is_typed_in_each(
    tab: Walker, team: Team, app: AppServer
) -> None:
    tab.box.press_sequentially("What the first")
    assert eventually(lambda: unsent_texts(app, team) == {"What the first"})
    # As the browser duplicates a tab: the new one begins with a copy of what the first one keeps.
    with tab.page.expect_popup() as opened:
        tab.page.evaluate("open(location.href)")
    other = Walker(opened.value, tab.url)
    expect(other.box).to_have_value("What the first")
    other.box.fill("What the second one types")
    other.page.close()
    tab.box.press("End")
    tab.box.press_sequentially(" one types")
    tab.page.close()

    texts = {"What the second one types", "What the first one types"}
    assert eventually(lambda: unsent_texts(app, team) == texts)


def test_a_tab_that_is_loaded_again_goes_on_under_its_name(
    tab: Walker, team: Team, app: AppServer
) -> None:
    tab.box.press_sequentially("What I")
    assert eventually(lambda: unsent_texts(app, team) == {"What I"})
    tab.page.reload()
    expect(tab.box).to_have_value("What I")
    tab.box.press("End")
    tab.box.press_sequentially(" type")
    tab.page.close()

    assert eventually(lambda: unsent_texts(app, team) == {"What I type"})


# For everybody


@pytest.fixture
def at_persona(walker: Walker, store: Store, team: Team) -> Walker:
    pages.bring_to(watching(store), team, "persona")
    pages.draft(watching(store), team, "persona")
    return at_form(walker, team, "Ada", "persona")


def unfold(walker: Walker) -> None:
    for summary in walker.form.locator("details:not([open]) > summary").all():
        summary.click()


def test_every_input_has_a_label_a_screen_reader_says(at_persona: Walker) -> None:
    unfold(at_persona)
    inputs = at_persona.form.locator("input, textarea, select")
    labels = inputs.evaluate_all("all => all.map((one) => one.labels[0]?.textContent.trim() ?? '')")

    assert len(labels) > 10
    assert all(labels)
    assert inputs.evaluate_all("all => new Set(all.map((one) => one.id)).size") == len(labels)


def test_the_form_can_be_filled_by_keyboard_alone(
    at_persona: Walker, store: Store, team: Team
) -> None:
    keyboard = at_persona.page.keyboard
    before = drafted(store, team, "persona")["personas"]
    at_persona.form.locator("summary").first.focus()
    keyboard.press("Space")
    keyboard.press("Tab")
    expect(at_persona.field("Name")).to_be_focused()
    keyboard.press("End")
    keyboard.type(" Ann")
    keyboard.press("Tab")

    expect(at_persona.form.locator("summary").first).to_have_text(before[0]["name"] + " Ann")
    assert eventually(
        lambda: drafted(store, team, "persona")["personas"][0]["name"] == before[0]["name"] + " Ann"
    )
    assert drafted(store, team, "persona")["personas"][1:] == before[1:]


def test_an_entry_that_was_removed_can_be_put_back(
    walker: Walker, store: Store, team: Team
) -> None:
    step = "stakeholder-mapping"
    pages.bring_to(watching(store), team, step)
    pages.draft(watching(store), team, step)
    form = at_form(walker, team, "Ada", step).form
    before = drafted(store, team, step)["stakeholders"]
    second = form.locator("summary").nth(1)
    second.click()
    form.get_by_role("button", name="Remove this one").and_(form.locator(":visible")).click()
    fewer = [before[0], *before[2:]]
    assert eventually(lambda: drafted(store, team, step)["stakeholders"] == fewer)
    back = form.get_by_role("button", name=f"Put “{before[1]['name']}” back")
    expect(back).to_be_focused()
    back.press("Enter")

    assert eventually(lambda: drafted(store, team, step)["stakeholders"] == before)
    expect(form.locator("summary")).to_have_text([each["name"] for each in before])
    expect(second).to_be_focused()
    expect(form.locator("details[open]")).to_have_count(1)


def test_the_form_fits_a_phone(at_persona: Walker, store: Store, team: Team) -> None:
    at_persona.page.set_viewport_size({"width": 390, "height": 844})
    unfold(at_persona)
    page = at_persona.page
    still(page)
    sizes = at_persona.form.locator("input, textarea, select, button").evaluate_all(
        "all => all.map((one) => one.getBoundingClientRect()).map((r) => [r.left, r.right, r.height])"
    )

    assert all(left >= 0 and right <= 390 for left, right, _ in sizes)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    tall = at_persona.form.locator("textarea").evaluate_all(
        "all => all.every((one) => one.scrollHeight <= one.clientHeight + 2)"
    )
    assert tall
