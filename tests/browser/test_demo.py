"""The demo in real Chromium: from the front door to a room of five teams, and back into it."""

import pytest
from playwright.sync_api import expect

from lib import demo
from tests.browser.walker import Walker

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def test_the_front_door_leads_to_a_demo_with_five_teams_and_each_click_to_the_same(
    walker: Walker,
) -> None:
    addresses = []
    for _ in range(2):
        walker.open_demo()
        expect(walker.page.get_by_role("heading", name=demo.TITLE)).to_be_visible()
        addresses.append(walker.page.url)
    rows = walker.page.get_by_test_id("status-table").locator("tbody tr")

    assert addresses[0] == addresses[1]
    expect(rows).to_have_count(5)


def test_somebody_writes_in_the_demo_and_is_answered(walker: Walker) -> None:
    walker.open_demo()
    walker.page.get_by_text("Team links").click(delay=50)
    codes = walker.page.get_by_test_id("stCode").filter(has_text="team=")
    expect(codes).to_have_count(5)
    walker.join(codes.last.inner_text().strip(), "Ada")
    walker.greeted()
    walker.say("patients who are sent home after five o'clock")

    assert "patients who are sent home after five o'clock" in walker.said[-2]
