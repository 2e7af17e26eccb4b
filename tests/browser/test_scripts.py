"""The scripts of our elements in real Chromium: fetched once, and again where they could not be had."""

import re
from collections import Counter
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect
from pytest_playwright.pytest_playwright import CreateContextCallback

from lib.ui import assets
from tests.app_server import AppServer
from tests.browser.walker import Walker
from tests.scene import new_team

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

#: How many bytes each script has cost this page, by its name.
FETCHED = """() => Object.fromEntries(performance.getEntriesByType("resource")
  .filter(({ name }) => name.includes("/throughline/scripts/"))
  .map(({ name, transferSize }) => [name.split("/").at(-1), transferSize]))"""

ALL = {each.name for each in (Path(assets.__file__).parent / "components").glob("*.js")}


def test_each_is_fetched_once_however_often_a_page_is_drawn(
    new_context: CreateContextCallback, app: AppServer
) -> None:
    # A profile of its own: another one may have them already.
    walker = Walker(new_context().new_page(), app.url)
    walker.enter(new_team(app.database_url, greeted=True).link, "Ada")
    walker.say("Half of the newcomers leave within a year.")
    walker.edit_tab()
    at_first = walker.page.evaluate(FETCHED)
    walker.page.reload()
    walker.box.wait_for()
    walker.edit_tab()
    again = walker.page.evaluate(FETCHED)

    assert at_first.keys() == again.keys() == ALL
    assert min(at_first.values()) > 0
    assert set(again.values()) == {0}


@pytest.mark.parametrize("lost", ["chat_box.js", "input.js", "component.js"])
def test_what_could_not_be_had_is_asked_for_until_it_can(
    page: Page, app: AppServer, lost: str
) -> None:
    times: Counter[str] = Counter()

    def fail(route: Route) -> None:
        times[lost] += 1
        route.abort() if times[lost] <= 3 else route.continue_()

    page.route(re.compile(rf"/throughline/scripts/.*/{lost}"), fail)
    walker = Walker(page, app.url)
    walker.enter(new_team(app.database_url, greeted=True).link, "Ada")

    expect(walker.box).to_be_enabled()
    assert times[lost] > 3
    # Whatever is still asked for has nobody to answer it when the page is gone.
    page.unroute_all(behavior="ignoreErrors")


def test_a_script_of_another_version_is_not_here(page: Page, app: AppServer) -> None:
    there = app.url + assets.ROUTE.format(version=assets.VERSION, name="polling.js")
    other = app.url + assets.ROUTE.format(version="0" * 16, name="polling.js")
    outside = app.url + assets.ROUTE.format(version=assets.VERSION, name="look.py")
    answers = [page.request.get(each) for each in (there, other, outside)]

    assert [each.status for each in answers] == [200, 404, 404]
    assert "immutable" in answers[0].headers["cache-control"]
    assert "immutable" not in answers[1].headers["cache-control"]
