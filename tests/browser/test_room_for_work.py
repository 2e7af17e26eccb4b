"""What a team needs is in sight, in real Chromium: its draft with Confirm, its facilitator's words."""

import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Locator, Page, expect

from lib.facilitation import controls
from lib.store.port import Store
from lib.workshop.ids import new_id
from lib.workshop.records import Team
from tests import pages
from tests.app_server import ROOT
from tests.browser.walker import Walker, still
from tests.pages import watching

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

LAPTOP, PHONE = {"width": 1366, "height": 768}, {"width": 390, "height": 844}

#: The height in pixels of what is read of a draft at once, on a laptop with nothing above it.
ENOUGH = 400


@pytest.fixture
def team(store: Store) -> Team:
    return pages.new_team(watching(store))


def opened(walker: Walker, team: Team, step: str, size: object) -> Page:
    walker.page.set_viewport_size(size)  # type: ignore[arg-type]
    walker.enter(team.link, "Ada", step)
    still(walker.page)
    return walker.page


def draft(page: Page) -> Locator:
    return page.get_by_role("tabpanel", name="Draft")


def room(panel: Locator) -> int:
    """Return the pixels of *panel* that are inside the window."""
    return int(
        panel.evaluate(
            """(each) => {
                const { top, bottom } = each.getBoundingClientRect();
                return Math.min(bottom, innerHeight) - Math.max(top, 0);
            }"""
        )
    )


@pytest.mark.parametrize(
    ("step", "last"), [("challenge", "How might we"), ("user-research", "Insights")]
)
def test_a_draft_is_read_to_its_end_with_confirm_in_view(
    walker: Walker, store: Store, team: Team, step: str, last: str
) -> None:
    pages.bring_to(watching(store), team, step)
    pages.draft(watching(store), team, step)
    page = opened(walker, team, step, LAPTOP)
    confirm = page.get_by_role("button", name="Confirm this step")
    panel = page.locator(".st-key-draft-panel")
    box = walker.box.bounding_box()

    expect(confirm).to_be_enabled()
    expect(confirm).to_be_in_viewport(ratio=1)
    assert room(panel) >= ENOUGH

    # The page itself stays where it is: only the panel scrolls.
    draft(page).get_by_text(last, exact=True).scroll_into_view_if_needed()
    expect(draft(page).get_by_text(last, exact=True)).to_be_in_viewport(ratio=1)
    expect(confirm).to_be_in_viewport(ratio=1)
    panel.hover()
    page.mouse.wheel(0, 20_000)
    expect(draft(page).locator("p:visible, li:visible, td:visible").last).to_be_in_viewport()
    expect(confirm).to_be_in_viewport(ratio=1)
    assert walker.box.bounding_box() == box


def test_on_a_phone_confirm_follows_the_end_of_the_draft(
    walker: Walker, store: Store, team: Team
) -> None:
    pages.draft(watching(store), team, "challenge")
    page = opened(walker, team, "challenge", PHONE)
    expect(walker.box).to_be_in_viewport(ratio=1)
    confirm = page.get_by_role("button", name="Confirm this step")
    confirm.scroll_into_view_if_needed()

    expect(draft(page).locator("p:visible, li:visible").last).to_be_in_viewport()


WORDS = (
    "Write down what you heard, in the words of the people you talked to. We compare in a while. "
    * 4,
    "Who has the big marker?",
    "Ten minutes left: " + "please bring your How-might-we question to the big table. " * 3,
)


def told(store: Store, team: Team, *words: str) -> None:
    for text in words:
        controls.post_message(
            store,
            team.workshop_id,
            new_id(),
            text,
            team_id=team.id,
            author="Iris",
            at=datetime.now(UTC),
        )


@pytest.mark.parametrize("size", [LAPTOP, PHONE], ids=["laptop", "phone"])
def test_the_newest_message_and_its_button_are_in_view(
    walker: Walker, store: Store, team: Team, size: object
) -> None:
    told(store, team, *WORDS)
    page = opened(walker, team, "challenge", size)
    bulletin = page.locator(".st-key-bulletin")
    newest = bulletin.get_by_text("Ten minutes left")
    expect(newest).to_be_in_viewport(ratio=1)
    expect(bulletin.get_by_role("button", name="Got it")).to_be_in_viewport(ratio=1)
    expect(walker.box).to_be_in_viewport(ratio=1)
    assert bulletin.evaluate("(each) => each.scrollHeight <= each.clientHeight")

    page.get_by_role("button", name="2 more").click(delay=50)
    earlier = page.get_by_test_id("stPopoverBody")
    expect(earlier.get_by_text(re.compile("big marker|Write down"))).to_have_count(2)
    expect(earlier.get_by_text("Who has the big marker?")).to_be_in_viewport(ratio=1)
    page.keyboard.press("Escape")
    bulletin.get_by_role("button", name="Got it").click(delay=50)

    expect(bulletin.get_by_text("Who has the big marker?")).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("button", name="1 more")).to_be_visible()


# Forms


def test_a_paste_that_is_too_long_stays_and_the_form_says_so(walker: Walker) -> None:
    page = walker.page
    page.set_viewport_size(LAPTOP)  # type: ignore[arg-type]
    walker.front_door()
    challenge = page.get_by_role("textbox", name="The challenge in a sentence")
    challenge.focus()
    # As a paste comes: all at once.
    page.keyboard.insert_text("why " * 200)
    page.get_by_role("textbox", name="Teams, one per line").fill("Ladder crew")
    title = page.get_by_role("textbox", name="Title")
    title.fill("Newcomers")
    title.press("Enter")
    error = page.get_by_test_id("stForm").get_by_role("alert")

    expect(error).to_contain_text("The challenge is 299 characters too long")
    expect(error).to_be_in_viewport(ratio=1)
    expect(challenge).to_have_value("why " * 200)


def test_no_box_refuses_a_paste() -> None:
    """Streamlit's `max_chars` refuses the whole of it and leaves the box empty, without a word."""
    files = [file for folder in ("lib", "pages") for file in (ROOT / folder).rglob("*.py")]
    limited = [each.name for each in files if re.search(r"max_chars\s*=", each.read_text("utf-8"))]

    assert files
    assert limited == []
