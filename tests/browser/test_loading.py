"""While a page loads nothing jumps, in real Chromium: everything is drawn where it will stay."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.app_server import AppServer
from tests.browser.walker import still
from tests.scene import new_team

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

#: What a page may shift in all while it loads: what browsers' makers call good is 0.1.
STEADY = 0.1

#: A page's shifts, as Chromium counts them: the share of the page that moved, times how far.
WATCH = """
window.shifts = [];
new PerformanceObserver(list => {
  for (const { value, hadRecentInput } of list.getEntries()) {
    if (!hadRecentInput) window.shifts.push(value);
  }
}).observe({ type: "layout-shift", buffered: true });
"""


@pytest.fixture
def fresh(browser: Browser) -> Iterator[BrowserContext]:
    """Return a browser that has never been here: nothing is in its cache."""
    context = browser.new_context(viewport={"width": 1366, "height": 800})
    context.add_init_script(WATCH)
    yield context
    context.close()


@pytest.mark.parametrize("which", ["front door", "step", "review"])
def test_nothing_jumps_while_a_page_loads(
    fresh: BrowserContext, app: AppServer, which: str
) -> None:
    team = new_team(app.database_url, greeted=True)
    address = {
        "front door": "/",
        "step": f"/challenge?team={team.link}&member=Ada",
        "review": f"/review?workshop={team.workshop_id}",
    }[which]
    page = fresh.new_page()
    page.goto(f"{app.url}{address}")
    still(page)
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0)
    shifts = page.evaluate("window.shifts")

    assert sum(shifts) < STEADY, shifts
