"""What a page is made of comes from its own server, in real Chromium; and nothing is asked elsewhere."""

import pytest
from playwright.sync_api import Page, expect

from tests.app_server import AppServer
from tests.browser.walker import PATIENCE
from tests.scene import new_team

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

LISTEN = """window.refused = []; document.addEventListener("securitypolicyviolation", (event) =>
  window.refused.push(`${event.effectiveDirective} ${event.blockedURI}`));"""


def refused(page: Page) -> list[str]:
    found: list[str] = page.evaluate("window.refused")
    return found


def test_every_page_is_drawn_within_its_policy(page: Page, app: AppServer) -> None:
    page.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    page.add_init_script(LISTEN)
    team = new_team(app.database_url, greeted=True)
    review = f"{app.url}/review?workshop={team.workshop_id}"

    page.goto(app.url)
    expect(page.get_by_role("button", name="Start", exact=True)).to_be_visible()
    assert refused(page) == []

    page.goto(f"{app.url}/challenge?team={team.link}&member=Ada")
    expect(page.get_by_test_id("chat-text")).to_be_enabled()
    page.get_by_role("tab", name="Edit").click(delay=50)
    expect(page.locator(".st-key-draft-panel form [data-field]").first).to_be_visible()
    assert refused(page) == []

    page.goto(f"{review}&at={team.id}&step=challenge")
    expect(page.get_by_test_id("status-table").get_by_text("Ladder crew")).to_be_visible()
    page.locator(".st-key-pulse summary").click(delay=50)
    expect(
        page.get_by_test_id("stVegaLiteChart").first.locator("canvas, svg").first
    ).to_be_visible()
    with page.expect_download() as file:
        page.get_by_role("button", name="CSV").first.click(delay=50)
    assert file.value.suggested_filename.endswith(".csv")
    assert refused(page) == []

    page.goto(f"{review}&show=qr")
    picture = page.get_by_alt_text(f"QR code of the link of {team.name}")
    expect(picture).to_be_visible()
    assert picture.evaluate("each => each.naturalWidth") > 0
    assert refused(page) == []


def test_what_is_not_from_here_is_refused(page: Page, app: AppServer) -> None:
    page.add_init_script(LISTEN)
    page.goto(app.url)
    page.evaluate("fetch('https://elsewhere.example/').catch(() => null)")
    page.evaluate(
        "document.body.append(Object.assign(new Image(), {src: 'https://elsewhere.example/x'}))"
    )
    page.evaluate(
        "document.body.append(Object.assign(document.createElement('script'), "
        "{src: 'https://elsewhere.example/x.js'}))"
    )
    page.wait_for_function("window.refused.length >= 3")

    assert {each.split()[0] for each in refused(page)} == {
        "connect-src",
        "img-src",
        "script-src-elem",
    }
