"""A server that is away, as a team sees it: one quiet line, and nothing taken from whoever types."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from faults.tab import RESEND_EVERY
from tests.app_server import AppServer
from tests.browser.test_following import Looks
from tests.browser.walker import Walker
from tests.quick_server import serving
from tests.scene import new_team

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[AppServer]:
    """Return a server that this test may kill."""
    with serving(tmp_path, pace=0.005) as server:
        yield server


def line(page: Page) -> Locator:
    return page.get_by_text("The server cannot be reached.")


def test_a_killed_server_is_told_in_a_line_that_takes_no_focus_and_goes_by_itself(
    page: Page, server: AppServer
) -> None:
    walker = Walker(page, server.url)
    walker.enter(new_team(server.database_url).link, "Ada")
    walker.box.focus()
    page.evaluate(
        """() => { window.dialogs = 0; const look = () => {
            const seen = document.querySelector('[role="dialog"]')?.getBoundingClientRect();
            window.dialogs += seen?.width ? 1 : 0; requestAnimationFrame(look); }; look(); }"""
    )
    server.kill()
    expect(line(page)).to_be_visible()
    # Streamlit's dialog comes about 3 s after the server went; by the page's clock it has been due.
    page.evaluate("() => new Promise((done) => setTimeout(done, 5000))")
    page.keyboard.type("still here", delay=30)

    expect(line(page)).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(walker.box).to_be_focused()
    expect(walker.box).to_have_value("still here")

    server.start()
    expect(line(page)).to_be_hidden()
    expect(walker.box).to_have_value("still here")
    assert page.evaluate("window.dialogs") <= 2


def test_a_message_that_waits_is_sent_again_and_keeps_away_from_a_press(
    page: Page, server: AppServer
) -> None:
    looks = Looks(page)
    walker = Walker(page, server.url)
    walker.enter(new_team(server.database_url).link, "Ada")
    with server.silent():
        walker.send("Does it wait?")
        pressing = page.evaluate("setInterval(() => document.body.click(), 100)")
        # Its first sending is over.
        looks.within(page, 0.5)
        _, while_pressed = looks.within(page, 2 * RESEND_EVERY)
        page.evaluate("(timer) => clearInterval(timer)", pressing)
        _, later = looks.within(page, 2 * RESEND_EVERY)

    assert (while_pressed, later > 0) == (0, True)
    expect(walker.messages.filter(has_text="Does it wait?")).to_have_count(1)


def test_there_is_no_menu_and_no_button_to_deploy(walker: Walker, app: AppServer) -> None:
    walker.page.goto(app.url)
    expect(walker.page.get_by_role("heading", name="Start a workshop")).to_be_visible()

    expect(walker.page.get_by_role("button", name="Main menu")).to_have_count(0)
    expect(walker.page.get_by_text("Deploy")).to_have_count(0)
