"""The facilitator's table in real Chromium: what changes by itself, and what stays where it is."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, WebSocket, expect

from lib.store import open_store
from lib.store.port import Store
from lib.ui.components.status_table import LOOK_EVERY
from lib.workshop.ids import new_id, new_link
from lib.workshop.records import Team, Workshop
from lib.workshop.transcript import Message, Role
from tests.app_server import AppServer
from tests.browser.walker import PATIENCE, still

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

#: Playwright cannot put a tab behind another one: the page is told so.
HIDE = """state => {
  Object.defineProperty(document, "visibilityState", { configurable: true, get: () => state });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


class Review:
    """A facilitator who looks at a workshop of 24 teams."""

    def __init__(self, page: Page, app: AppServer, store: Store) -> None:
        self.page, self.store = page, store
        workshop = Workshop(new_id(), "Newcomers", "Half of them leave.", datetime.now(UTC))
        self.teams = [
            Team(workshop.id, new_id(), f"Team {n:02}", new_link(), n) for n in range(1, 25)
        ]
        store.create_workshop(workshop, self.teams)
        for team in self.teams:
            self.say(team, *[f"Word {n}" for n in range(team.position)])
        self.sent = 0
        page.on("websocket", self._listen)
        page.set_default_timeout(PATIENCE)
        expect.set_options(timeout=PATIENCE)
        page.goto(f"{app.url}/review?workshop={workshop.id}")
        expect(self.rows).to_have_count(24)
        # Streamlit loads what its boxes are drawn with after the page: they grow, once.
        expect(page.get_by_test_id("stSelectbox").get_by_role("combobox").last).to_be_visible()
        still(page)

    def _listen(self, socket: WebSocket) -> None:
        socket.on("framesent", self._asked)

    def _asked(self, _frame: object) -> None:
        self.sent += 1

    def say(self, team: Team, *texts: str) -> None:
        said = [Message(new_id(), Role.USER, "Ada", text, datetime.now(UTC)) for text in texts]
        self.store.append(team.step_key("challenge"), said)

    @property
    def rows(self) -> Locator:
        return self.page.get_by_test_id("status-table").locator("tbody tr")

    def row(self, team: Team) -> Locator:
        return self.rows.filter(has_text=team.name)

    def cell(self, team: Team, column: int) -> Locator:
        return self.row(team).locator("th, td").nth(column).locator("button")

    def sort_downwards(self, label: str) -> Locator:
        """Sort by a column, the highest first; return its heading."""
        heads = self.page.get_by_test_id("status-table").get_by_role("columnheader")
        heading = heads.filter(has=self.page.get_by_role("button", name=label, exact=True))
        for order in ("ascending", "descending"):
            heading.get_by_role("button").click(delay=50)
            expect(heading).to_have_attribute("aria-sort", order)
        return heading

    @property
    def looked(self) -> str:
        return self.page.get_by_test_id("looked").inner_text()

    def asks_within(self, seconds: float) -> int:
        """Return how often the page asks the server within *seconds* of its own clock."""
        before = self.sent
        self.page.evaluate("ms => new Promise((done) => setTimeout(done, ms))", seconds * 1000)
        return self.sent - before

    def asks(self) -> None:
        """Wait until the page asks the server."""
        before = self.sent
        while self.sent == before:
            self.asks_within(0.1)


@pytest.fixture
def review(page: Page, app: AppServer) -> Iterator[Review]:
    store = open_store(app.database_url)
    yield Review(page, app, store)
    store.close()


#: Columns of the table.
TEAM, PROGRESS, CHALLENGE, MESSAGES = 0, 1, 3, 14


def test_a_look_brings_what_is_new_and_moves_nothing_that_is_there(review: Review) -> None:
    page, team = review.page, review.teams[3]
    review.sort_downwards("Messages")
    expect(review.rows.first).to_contain_text("Team 24")
    review.cell(team, CHALLENGE).click(delay=50)
    said = page.get_by_role("group", name="Message from Ada")
    expect(said).to_have_count(team.position)
    scroller = page.get_by_test_id("status-table").locator("xpath=..")
    scroller.evaluate("each => each.scrollTo(120, 300)")
    said.first.evaluate("each => getSelection().selectAllChildren(each.querySelector('.said'))")
    places = [page.get_by_role("heading", name="1. Challenge").bounding_box()]
    looked = review.looked
    review.say(team, "One more", "And another", *["Word"] * 30)

    expect(review.rows.first).to_contain_text(team.name)
    assert review.cell(team, MESSAGES).inner_text().strip() == str(team.position + 32)
    assert review.looked != looked
    assert review.cell(team, CHALLENGE).get_attribute("aria-pressed") == "true"
    assert scroller.evaluate("each => [each.scrollLeft, each.scrollTop]") == [120, 300]
    assert page.evaluate("String(getSelection())") == "Word 0"
    assert [page.get_by_role("heading", name="1. Challenge").bounding_box()] == places
    expect(said).to_have_count(team.position)

    news = page.get_by_test_id("news")
    expect(news).to_have_text("32 new messages in the open step · Show")
    news.click(delay=50)
    expect(said).to_have_count(team.position + 32)
    expect(news).to_be_hidden()


def test_nobody_asks_while_the_page_is_hidden_and_it_asks_at_once_when_it_is_shown(
    review: Review,
) -> None:
    # In less than twice the time between two looks there are at most two of them.
    assert review.asks_within(1.8 * LOOK_EVERY) <= 2
    review.asks()

    review.page.evaluate(HIDE, "hidden")
    # One may be under way still.
    review.asks_within(0.3)
    assert review.asks_within(2.2 * LOOK_EVERY) == 0

    review.say(review.teams[0], "While nobody looked")
    review.page.evaluate(HIDE, "visible")
    # Before its next time comes, by the page's own clock.
    assert review.asks_within(LOOK_EVERY / 2) == 1
    expect(review.cell(review.teams[0], MESSAGES)).to_have_text("2")


def test_the_table_is_walked_with_the_arrow_keys_and_opened_with_enter(review: Review) -> None:
    page, (first, second, *_) = review.page, review.teams
    review.cell(first, TEAM).focus()
    for key in ("ArrowDown", "ArrowRight", "ArrowRight", "ArrowRight"):
        page.keyboard.press(key)
    expect(review.cell(second, CHALLENGE)).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="Team 02 · 1. Challenge")).to_be_visible()
    expect(review.cell(second, CHALLENGE)).to_have_attribute("aria-pressed", "true")


def test_sorting_is_kept_when_the_page_is_loaded_anew(review: Review) -> None:
    heading = review.sort_downwards("Team")
    review.page.reload()

    expect(heading).to_have_attribute("aria-sort", "descending")
    expect(review.rows.first).to_contain_text("Team 24")


@pytest.mark.parametrize(("label", "kind"), [("CSV", "csv"), ("Excel", "xlsx")])
def test_the_table_is_a_file_away(review: Review, label: str, kind: str, tmp_path: Path) -> None:
    with review.page.expect_download() as wanted:
        review.page.locator(".st-key-status-files").get_by_role("button", name=label).click(
            delay=50
        )
    wanted.value.save_as(tmp_path / "table")
    beginning = {"csv": b"\xef\xbb\xbfteam,challenge,", "xlsx": b"PK"}[kind]

    assert wanted.value.suggested_filename == f"newcomers-status.{kind}"
    assert (tmp_path / "table").read_bytes().startswith(beginning)


def test_a_step_that_is_opened_leaves_the_table_where_it_is_and_as_it_was_scrolled(
    review: Review,
) -> None:
    tables = review.page.get_by_test_id("status-table")
    tables.locator("xpath=..").evaluate("each => each.scrollTo(0, 200)")
    tables.evaluate("each => { each.dataset.mine = 'yes' }")
    review.page.evaluate(
        """() => { window.most = 0; new MutationObserver(() => {
          const now = document.querySelectorAll('[data-testid=status-table]').length;
          window.most = Math.max(window.most, now);
        }).observe(document.body, { childList: true, subtree: true }) }"""
    )
    review.cell(review.teams[9], CHALLENGE).click(delay=50)
    expect(review.page.get_by_role("heading", name="1. Challenge")).to_be_visible()

    assert tables.get_attribute("data-mine") == "yes"
    assert review.page.evaluate("window.most") <= 1
    assert tables.locator("xpath=..").evaluate("each => each.scrollTop") == 200
