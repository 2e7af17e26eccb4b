"""An open step's page follows what others do in real Chromium, and asks nothing while it is hidden."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, Request, expect

from lib.store.port import Decision, Store
from lib.ui import navigation
from lib.ui.components.polling import EVERY
from lib.workshop.ids import new_link
from lib.workshop.records import Team
from lib.workshop.rights import NO_TEAM
from lib.workshop.status import Change, Event, Status
from tests.app_server import AppServer
from tests.browser.test_review import HIDE
from tests.browser.walker import Walker, still
from tests.scene import new_team
from tests.test_store_contract import question

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

STEP = "challenge"

#: Shows the page, and returns how often it asks before that is done.
ASKS_AT_ONCE = f"""() => {{
  const asked = window.fetch;
  let asks = 0;
  window.fetch = (...given) => {{ asks += 1; return asked(...given); }};
  ({HIDE})("visible");
  window.fetch = asked;
  return asks;
}}"""


class Looks:
    """What a page asks the server by itself."""

    def __init__(self, page: Page) -> None:
        self.looks = self.reruns = 0
        page.on("request", self._asked)
        page.on("websocket", lambda socket: socket.on("framesent", self._sent))

    def _asked(self, request: Request) -> None:
        self.looks += request.url.endswith(navigation.LOOK)

    def _sent(self, _frame: object) -> None:
        self.reruns += 1

    def within(self, page: Page, seconds: float) -> tuple[int, int]:
        """
        Return how often the page looks within *seconds*, and how often it is drawn anew.

        By the page's own clock: what it has set for earlier comes before that.
        """
        before = self.looks, self.reruns
        page.evaluate("ms => new Promise((done) => setTimeout(done, ms))", seconds * 1000)
        return self.looks - before[0], self.reruns - before[1]

    def times(self, page: Page, times: int) -> int:
        """Wait until the page has looked so often; return how often it was drawn anew meanwhile."""
        before = self.reruns
        for _ in range(times):
            page.wait_for_event("request", lambda request: request.url.endswith(navigation.LOOK))
        return self.reruns - before


@pytest.fixture
def team(app: AppServer) -> Team:
    return new_team(app.database_url, greeted=True)


@pytest.fixture
def looks(page: Page, app: AppServer, team: Team) -> Looks:
    looks = Looks(page)
    page.goto(f"{app.url}/{STEP}?{urlencode({'team': team.link, 'member': 'Ada'})}")
    expect(page.get_by_role("textbox", name="Tell the guide …")).to_be_enabled()
    still(page)
    return looks


def told(page: Page, looks: Looks, store: Store, team: Team) -> None:
    """Check that what others say comes with one of the next two looks: within 5 s, as promised."""
    before = looks.looks
    store.append(team.step_key(STEP), [question("Who is left out?")])
    expect(page.get_by_text("Who is left out?")).to_be_visible()

    assert 2 * EVERY <= 6
    assert looks.looks - before <= 2


def test_a_page_looks_every_few_seconds_and_is_drawn_only_where_something_is_new(
    page: Page, looks: Looks, store: Store, team: Team
) -> None:
    asked, drawn = looks.within(page, 1.5 * EVERY)

    assert asked <= 2
    assert drawn == 0
    assert looks.times(page, 2) == 0

    told(page, looks, store, team)


def test_a_hidden_page_asks_nothing_and_looks_at_once_when_it_is_shown(
    page: Page, looks: Looks, store: Store, team: Team
) -> None:
    page.evaluate(HIDE, "hidden")
    store.append(team.step_key(STEP), [question("Who is left out?")])

    # One may be under way still.
    looks.within(page, EVERY / 2)
    assert looks.within(page, 2.5 * EVERY) == (0, 0)

    asks = page.evaluate(ASKS_AT_ONCE)
    expect(page.get_by_text("Who is left out?")).to_be_visible()

    assert asks == 1


def test_a_page_that_is_pressed_is_asked_for_only_when_that_is_over(
    page: Page, looks: Looks, store: Store, team: Team
) -> None:
    pressing = page.evaluate("setInterval(() => document.body.click(), 100)")
    store.append(team.step_key(STEP), [question("Who is left out?")])
    assert looks.times(page, 3) == 0

    page.evaluate("(timer) => clearInterval(timer)", pressing)
    expect(page.get_by_text("Who is left out?")).to_be_visible()


@pytest.mark.parametrize("way", ["the browser's back", "a link"])
def test_a_poll_never_overtakes_the_way_to_another_page(
    page: Page, app: AppServer, store: Store, team: Team, way: str
) -> None:
    """A page that is slow to come, slower than a press, is not replaced by the page that was left."""
    second = "stakeholder-mapping"
    start = Change(second, Event.START, Status.NOT_STARTED, Status.IN_PROGRESS)
    store.apply(team.key, Decision([start], "", datetime.now(UTC)))
    is_slow = False
    held: list[Any] = []

    def relay(socket: Any) -> None:
        server = socket.connect_to_server()
        socket.on_message(server.send)
        server.on_message(
            lambda message: held.append((socket, message)) if is_slow else socket.send(message)
        )

    page.route_web_socket("**/_stcore/stream", relay)
    tab = Walker(page, app.url)
    tab.enter(team.link, "Ada")
    tab.open("Stakeholder Mapping")
    tab.greeted()
    still(page)
    store.append(team.step_key(second), [question("Who is left out?")])
    is_slow = True
    if way == "a link":
        page.get_by_test_id("stMain").get_by_role("link", name="Back").click(delay=50)
    else:
        page.evaluate("() => { history.back(); }")
    with page.expect_response(lambda response: response.url.endswith(navigation.LOOK)):
        page.evaluate(f"() => {{ setTimeout({HIDE}, 1200, 'visible'); }}")
    page.evaluate("new Promise((done) => setTimeout(done, 300))")
    is_slow = False
    for socket, message in held:
        socket.send(message)

    tab.at("Challenge")
    still(page)
    tab.at("Challenge")


def test_a_page_whose_link_is_taken_away_is_closed_by_itself(
    page: Page, looks: Looks, store: Store, team: Team
) -> None:
    store.change_link(team.key, new_link(), revoked=True)

    expect(page.get_by_text(NO_TEAM)).to_be_visible()
    still(page)
    assert looks.within(page, 2.5 * EVERY) == (0, 0)
