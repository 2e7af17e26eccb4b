"""The tour of the demo in a browser: it begins once, is skipped, resumed, and holds nobody up."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.app_server import AppServer
from tests.browser.walker import Walker, still

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


@pytest.fixture
def review(walker: Walker, app: AppServer) -> Page:
    """Return the demo's review, as somebody finds it who has never been here."""
    walker.page.goto(app.url)
    walker.page.get_by_role("button", name="Open the demo").click(delay=50)
    walker.page.wait_for_url(re.compile(r"/review\?workshop="))
    expect(card(walker.page)).to_be_visible()
    return walker.page


def card(page: Page) -> Locator:
    return page.get_by_role("region", name="Tour of the demo")


def button(page: Page, name: str) -> Locator:
    return card(page).get_by_role("button", name=name, exact=True)


def test_the_tour_leads_through_six_stops_by_keyboard_and_does_not_come_back(review: Page) -> None:
    start = review.get_by_role("button", name="Take the tour")
    start.focus()
    review.keyboard.press("Enter")
    expect(button(review, "Next")).to_be_focused()
    titles = []
    for place in range(1, 7):
        expect(card(review)).to_contain_text(f"{place} of 6")
        titles.append(card(review).get_by_role("heading").inner_text())
        review.keyboard.press("Enter")
    expect(card(review)).to_be_hidden()
    expect(start).to_be_focused()
    review.reload()
    expect(start).to_be_visible()
    still(review)

    assert len(set(titles)) == 6
    expect(card(review)).to_be_hidden()


@pytest.mark.parametrize("way", ["Escape", "Skip the tour"])
def test_a_skipped_tour_stays_away_until_somebody_takes_it(review: Page, way: str) -> None:
    if way == "Escape":
        review.keyboard.press("Escape")
    else:
        button(review, way).click(delay=50)
    expect(card(review)).to_be_hidden()
    review.reload()
    start = review.get_by_role("button", name="Take the tour")
    expect(start).to_be_visible()
    still(review)
    expect(card(review)).to_be_hidden()
    start.click(delay=50)

    expect(card(review)).to_contain_text("1 of 6")


def test_a_reload_in_the_middle_goes_on_at_the_same_stop(review: Page) -> None:
    button(review, "Next").click(delay=50)
    expect(card(review)).to_contain_text("2 of 6")
    review.reload()

    expect(card(review)).to_contain_text("2 of 6")


def test_the_page_can_be_used_beside_the_tour_which_takes_no_focus(review: Page) -> None:
    box = review.get_by_role("textbox", name="Find a team")
    box.click(delay=50)
    box.press_sequentially("Night", delay=50)
    rows = review.get_by_test_id("status-table").locator("tbody tr")
    expect(rows).to_have_count(1)

    expect(box).to_be_focused()
    expect(box).to_have_value("Night")
    expect(card(review)).to_contain_text("1 of 6")


def test_a_stop_leads_to_the_step_it_speaks_of_in_another_tab(review: Page) -> None:
    button(review, "Next").click(delay=50)
    with review.context.expect_page() as opened:
        card(review).get_by_role("link").click(delay=50)

    expect(opened.value.get_by_text("has changed since this was made")).to_be_visible()
    expect(card(review)).to_contain_text("2 of 6")
