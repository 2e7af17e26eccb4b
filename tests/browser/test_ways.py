"""Teams come in by a code and a QR code, and are out when their link is changed: in real Chromium."""

import pytest
from playwright.sync_api import Page, expect

from lib.store.port import Store
from lib.ui.review import qr_page
from tests.app_server import AppServer
from tests.browser.profiles import Lend
from tests.browser.walker import Walker
from tests.pages import bring_to, watching
from tests.scene import new_team

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


def test_a_late_joiner_types_a_code_and_is_at_the_teams_step_until_the_link_is_changed(
    page: Page, profile: Lend, app: AppServer, store: Store
) -> None:
    team = new_team(app.database_url)
    bring_to(watching(store), team, "user-research")
    facilitator = Walker(page, app.url)
    review = f"{app.url}/review?workshop={team.workshop_id}"
    page.goto(f"{review}&show=people")
    page.get_by_role("button", name="Create a code").click(delay=50)
    page.get_by_text("has a new code").wait_for()
    shown = page.locator("strong").filter(has_text="-").first.inner_text()
    page.get_by_role("link", name="QR code", exact=True).click(delay=50)
    picture = page.get_by_alt_text(f"QR code of the link of {team.name}")
    expect(picture).to_be_visible()
    assert picture.get_attribute("src") == qr_page.picture(f"{app.url}/?team={team.link}")
    expect(page.get_by_role("heading", name=shown)).to_be_visible()
    assert f"show=qr&of={team.id}" in page.url
    page.reload()
    expect(picture).to_be_visible()

    late = Walker(profile().new_page(), app.url)
    late.page.set_viewport_size({"width": 390, "height": 800})
    late.page.goto(app.url)
    box = late.page.get_by_role("textbox", name="Your team's code")
    box.fill("WRON-GCDE")
    late.page.get_by_role("button", name="Join").click(delay=50)
    late.page.get_by_text("This code does not open a team").wait_for()
    expect(box).to_have_value("WRON-GCDE")
    box.fill(shown.lower())
    box.press("Enter")
    late.page.get_by_role("textbox", name="Your name").fill("Ada")
    late.page.get_by_role("button", name="Go to our workshop").click(delay=50)
    late.at("User Research")

    facilitator.page.goto(f"{review}&show=people")
    page.get_by_role("button", name="Replace or revoke").click(delay=50)
    page.get_by_role("button", name="Replace the link").click(delay=50)
    page.get_by_text("has a new link").wait_for()
    expect(late.page.get_by_text("You don't have access to this page")).to_be_visible()
    assert store.teams(team.workshop_id)[0].link != team.link
