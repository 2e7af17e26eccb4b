"""A house with a passcode, in real Chromium."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from lib.store import open_store
from tests.app_server import AppServer
from tests.browser.walker import Walker
from tests.quick_server import serving
from tests.scene import new_team

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

PASSCODE = "open sesame"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[AppServer]:
    with serving(tmp_path, FACILITATOR_PASSCODE=PASSCODE, pace=0.005) as server:
        yield server


def test_the_passcode_leads_to_the_page_that_was_asked_for_and_signing_out_closes_it(
    page: Any, server: AppServer
) -> None:
    team = new_team(server.database_url)
    walker = Walker(page, server.url)
    asked = f"{server.url}/review?workshop={team.workshop_id}"
    page.goto(asked)
    box, go = page.get_by_label("Passcode"), page.get_by_role("button", name="Continue")

    box.fill("something else")
    go.click(delay=50)
    expect(page.get_by_role("alert").filter(has_text="passcode is wrong")).to_be_visible()
    expect(box).to_have_value("something else")
    expect(page.get_by_text("Newcomers")).to_have_count(0)

    box.fill(PASSCODE)
    box.press("Enter")
    expect(page.get_by_role("heading", name="Newcomers")).to_be_visible()
    assert page.url == asked
    (kept,) = [each for each in page.context.cookies() if each["name"] == "throughline_pass"]
    assert (kept["httpOnly"], kept["sameSite"]) == (True, "Lax")

    walker.front_door()
    page.get_by_role("button", name="Sign out").click(delay=50)
    expect(page.get_by_label("Passcode")).to_be_visible()
    page.goto(asked)
    expect(page.get_by_label("Passcode")).to_be_visible()
    assert page.context.cookies() == [] or kept not in page.context.cookies()

    # A team has its link, and needs nothing else.
    walker.enter(team.link, "Ada")
    store = open_store(server.database_url)
    assert len(store.messages(team.step_key("challenge"))) == 1
    store.close()
