"""
Every page as people see it: in light and dark, at a desk and on a phone, held to WCAG 2 A and AA.

`make images` has the same run leave its pictures in `docs/images/`, where the README shows them.
"""

import io
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect

from lib import demo
from lib.guide.scripted import ScriptedGuide
from lib.settings import Settings
from lib.store import open_store
from lib.team import process
from lib.workshop import steps
from tests.app_server import ROOT
from tests.browser import profiles
from tests.browser.walker import PATIENCE, still
from tests.fakes import eventually
from tests.quick_server import QuickServer

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(240),
    # One worker runs all of it: the demo is made once.
    pytest.mark.xdist_group("look"),
]

IMAGES = ROOT / "docs" / "images"

#: Bytes a picture may have: a README should not take long to load.
MOST = 150_000

RULES = {
    "resultTypes": ["violations"],
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    },
}

#: What Streamlit's own elements do that we cannot mend: the rule, the selector, and why it stays.
EXEMPT: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True)
class Room:
    """The demo on a server of its own: its address, its workshop, and its teams by name."""

    url: str
    #: The same behind a passcode.
    guarded: str
    workshop: str
    links: dict[str, str]
    ids: dict[str, str]

    def step(self, team: str, step: str) -> str:
        """Return the address of a team's step, as Ada opens it."""
        return f"{self.url}/{step}?team={self.links[team]}&member=Ada"

    def review(self, rest: str = "") -> str:
        """Return the address of the facilitator's page."""
        return f"{self.url}/review?workshop={self.workshop}{rest}"


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    folder = tmp_path_factory.mktemp("look")
    address = f"sqlite:///{folder / 'demo.db'}"
    store = open_store(address)
    parts = process.assemble(Settings(database_url=address), store, ScriptedGuide(pace=0))
    workshop = demo.open_or_create(store, parts.drafts, datetime.now(UTC))
    teams = store.teams(workshop.id)
    parts.close()
    server = QuickServer(address, folder / "app.log")
    guarded = QuickServer(address, folder / "guarded.log", FACILITATOR_PASSCODE="open sesame")
    server.start()
    guarded.start()
    yield Room(
        server.url,
        guarded.url,
        workshop.id,
        {team.name: team.link for team in teams},
        {team.name: team.id for team in teams},
    )
    server.stop()
    guarded.stop()


# The pages, and what is done on each before it is looked at


def _as_it_is(page: Page) -> None:
    """Touch nothing."""


def _edit(page: Page) -> None:
    page.get_by_role("tab", name="Edit").click(delay=50)
    expect(page.locator(".st-key-draft-panel form [data-field]").first).to_be_visible()


def _ask_to_revise(page: Page) -> None:
    page.get_by_role("button", name="Revise this step").click(delay=50)
    expect(page.get_by_role("dialog").get_by_role("button", name="Cancel")).to_be_visible()


def _make_a_code(page: Page) -> None:
    page.get_by_role("button", name="Create a code").first.click(delay=50)
    expect(page.get_by_text("has a new code")).to_be_visible()


@dataclass(frozen=True)
class Scene:
    """A page in some state: where it is, a text that shows that it is there, and what is done."""

    address: Callable[[Room], str]
    shows: str
    act: Callable[[Page], None] = _as_it_is
    #: What the browser remembers of the demo's tour.
    tour: str = "over"


SCENES = {
    "front-door": Scene(lambda room: room.url, "Start a workshop"),
    "team-front-door": Scene(
        lambda room: f"{room.url}/?team={room.links['Late shift']}", "Welcome, Late shift"
    ),
    "closed-door": Scene(
        lambda room: f"{room.url}/?team=unknown", "You don't have access to this page"
    ),
    "step-started": Scene(
        lambda room: room.step("Late shift", "challenge"), "Who feels this most?"
    ),
    "step": Scene(lambda room: room.step("Night shift", "sense-making"), "Ashamed to ring"),
    "step-form": Scene(
        lambda room: room.step("Night shift", "sense-making"), "Ashamed to ring", _edit
    ),
    "step-interrupted": Scene(
        lambda room: room.step("Front desk", "user-research"), "This reply was interrupted"
    ),
    "step-complete": Scene(lambda room: room.step("Ward 3", "concept"), "Revise this step"),
    "step-stale": Scene(
        lambda room: room.step("Window table", "sense-making"), "has changed since this was made"
    ),
    "step-reopening": Scene(
        lambda room: room.step("Ward 3", "persona"), "Revise this step", _ask_to_revise
    ),
    "review": Scene(lambda room: room.review(), demo.TITLE),
    "review-tour": Scene(lambda room: room.review(), "Your workshop at a glance", tour="0"),
    "review-step": Scene(
        lambda room: room.review(f"&at={room.ids['Night shift']}&step=user-research"),
        "Night shift · 3. User Research",
    ),
    "review-list": Scene(lambda room: f"{room.url}/review", demo.TITLE),
    "people": Scene(lambda room: room.review("&show=people"), "People and links", _make_a_code),
    "qr": Scene(lambda room: room.review(f"&show=qr&of={room.ids['Ward 3']}"), "Ward 3"),
    "gate": Scene(lambda room: f"{room.guarded}/review", "For facilitators"),
}

#: What team members open on a phone, and the front door.
ON_A_PHONE = [
    "front-door",
    "team-front-door",
    "step-started",
    "step",
    "step-form",
    "step-interrupted",
    "step-complete",
    "step-stale",
    "step-reopening",
    "review-tour",
]

DESK, PHONE = {"width": 1366, "height": 800}, {"width": 375, "height": 740}


THEMES = ("light", "dark")


@pytest.fixture(scope="module")
def quiet(browser: Browser) -> Iterator[BrowserContext]:
    """Return a browser profile for all scenes: what one page has compiled, the next need not."""
    context = browser.new_context(reduced_motion="reduce", timezone_id="Europe/Zurich")
    profiles.keep(context)
    context.set_default_timeout(PATIENCE)
    yield context
    context.close()


Open = Callable[..., Page]


@pytest.fixture
def opened(quiet: BrowserContext, room: Room) -> Iterator[Open]:
    """Return a function that opens a scene, and waits until nothing moves any more."""

    def open_(name: str, theme: Any, size: Any) -> Page:
        scene = SCENES[name]
        page = quiet.new_page()
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=theme)
        page.add_init_script(f"localStorage.setItem('throughline/tour', '{scene.tour}')")
        expect.set_options(timeout=PATIENCE)
        page.goto(scene.address(room))
        expect(page.get_by_text(scene.shows).first).to_be_visible()
        expect(page.get_by_test_id("stSkeleton")).to_have_count(0)
        still(page)
        scene.act(page)
        still(page)
        return page

    yield open_
    for page in profiles.opened(quiet):
        page.close()


def violations(page: Page) -> list[str]:
    """Return what axe objects to, a line each: the rule, where, and why."""
    response = Axe().run(page, options=RULES).response
    found = [
        (each["id"], str(node["target"]), " ".join((node.get("failureSummary") or "").split()))
        for each in response["violations"]
        for node in each["nodes"]
    ]
    return [
        f"{rule}: {where}: {why}"
        for rule, where, why in found
        if not any(rule == known and selector in where for known, selector, _ in EXEMPT)
    ]


def kept(page: Page, name: str) -> None:
    """Leave a picture of the page in the documentation, where that was asked for."""
    if not os.environ.get("THROUGHLINE_IMAGES"):
        return
    IMAGES.mkdir(exist_ok=True)
    size = page.viewport_size or DESK
    # In a corner, where nothing shows that it is under the pointer.
    page.mouse.move(size["width"] - 1, size["height"] - 1)
    still(page)
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    picture.quantize(256, dither=Image.Dither.NONE).save(IMAGES / f"{name}.png", optimize=True)


def in_turn(page: Page) -> Iterator[str]:
    """Show a page in each theme, in light first, as it was opened; yield which."""
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)
        expect(page.get_by_test_id("stApp")).to_have_css("color-scheme", theme)
        still(page)
        yield theme


#: The widths in pixels of a phone, a tablet, a laptop and a large screen; the largest first.
WIDTHS = (1920, 1366, 768, 390)

#: What is wider than its place: of the page itself, and of what scrolls in it.
RUNS_OUT = """() => ["html", '[data-testid="stMain"]', ".st-key-draft-panel", ".st-key-result"]
    .filter((each) => {
        const found = document.querySelector(each);
        return found && found.scrollWidth > found.clientWidth;
    })"""


def fits(page: Page) -> None:
    """Show a page in every width; fail where it can be scrolled sideways."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        # Asked from here: the page's policy forbids it to evaluate a text again and again.
        fitting = eventually(lambda: page.evaluate(RUNS_OUT) == [], within=10)
        assert fitting, f"{page.url} at {width} px: {page.evaluate(RUNS_OUT)}"


@pytest.mark.parametrize("name", SCENES)
def test_a_page_meets_wcag_aa_in_light_and_dark(opened: Open, name: str) -> None:
    page = opened(name, "light", DESK)
    for theme in in_turn(page):
        kept(page, f"{name}-{theme}")

        assert violations(page) == [], theme
    fits(page)


@pytest.fixture
def visited(quiet: BrowserContext, room: Room) -> Iterator[Page]:
    """Return a page on which the tour is over."""
    page = quiet.new_page()
    page.add_init_script("localStorage.setItem('throughline/tour', 'over')")
    expect.set_options(timeout=PATIENCE)
    yield page
    page.close()


def test_no_complete_step_scrolls_sideways_at_any_width(visited: Page, room: Room) -> None:
    for step in steps.SLUGS:
        visited.goto(room.step("Ward 3", step))
        expect(visited.get_by_role("button", name="Revise this step")).to_be_visible()
        fits(visited)


def test_no_result_search_or_chart_scrolls_sideways_at_any_width(visited: Page, room: Room) -> None:
    for step in ("stakeholder-mapping", "user-research", "journey-mapping", "reframe"):
        visited.set_viewport_size(DESK)  # type: ignore[arg-type]
        visited.goto(room.review(f"&at={room.ids['Ward 3']}&step={step}"))
        visited.get_by_role("tab", name="Result").click(delay=50)
        expect(visited.get_by_role("tabpanel", name="Result").locator("table")).to_be_visible()
        fits(visited)
    visited.get_by_role("textbox", name="Search drafts and artifacts").fill("home")
    visited.keyboard.press("Enter")
    expect(visited.locator(".st-key-matches")).to_be_visible()
    visited.get_by_text("Over time", exact=True).click(delay=50)
    expect(visited.get_by_test_id("stVegaLiteChart").first).to_be_visible()
    fits(visited)


def test_a_list_is_a_table_where_there_is_room_and_cards_where_there_is_none(
    visited: Page, room: Room
) -> None:
    visited.set_viewport_size(DESK)  # type: ignore[arg-type]
    visited.goto(room.step("Ward 3", "journey-mapping"))
    result = visited.locator(".st-key-result")
    label = result.locator("td strong", has_text="Emotion").first

    expect(label).to_be_visible()
    expect(result.locator("thead")).to_be_hidden()

    # As wide as a page for reading would have it.
    visited.add_style_tag(content=".st-key-result { min-width: 60rem }")
    expect(result.locator("thead")).to_be_visible()
    expect(label).to_be_hidden()
    assert result.locator("table").evaluate("(each) => each.scrollWidth <= each.clientWidth")


@pytest.mark.parametrize("name", ON_A_PHONE)
def test_a_page_on_a_phone_meets_wcag_aa_and_does_not_scroll_sideways(
    opened: Open, name: str
) -> None:
    page = opened(name, "light", PHONE)
    for theme in in_turn(page):
        kept(page, f"{name}-phone-{theme}")
        widths = page.evaluate(
            """() => [document.documentElement, document.querySelector('[data-testid="stMain"]')]
                .map((each) => each.scrollWidth)"""
        )

        assert max(widths) <= PHONE["width"]
        # Its colours are those of the desk.
        assert theme == "dark" or violations(page) == []


def test_in_the_dark_the_words_on_a_dialogs_button_are_dark_too(opened: Open) -> None:
    # The shade around a dialog keeps axe from judging what is on it.
    page = opened("step-reopening", "dark", DESK)
    words = page.get_by_role("dialog").get_by_role("button", name="Revise").locator("p")

    expect(words).to_have_css("color", "rgb(6, 35, 31)")


def test_who_wants_no_motion_gets_no_transition_however_short(opened: Open) -> None:
    # Streamlit's tables set a colour and read it back at once: in a transition it is still the old one.
    page = opened("review", "light", DESK)
    page.evaluate("document.body.append(document.createElement('i'))")

    expect(page.locator("body > i")).to_have_css("transition-property", "none")


def test_what_is_wrong_is_found(page: Page) -> None:
    page.set_content(
        '<html lang="en"><title>x</title><main><p style="color: #999">pale</p><input></main></html>'
    )
    rules = {each.partition(":")[0] for each in violations(page)}

    assert rules == {"color-contrast", "label"}


@pytest.mark.parametrize("name", ["step", "step-stale"])
def test_on_a_phone_the_box_is_in_reach_and_the_draft_one_tap_away(opened: Open, name: str) -> None:
    page = opened(name, "light", PHONE)
    box = page.get_by_test_id("chat-text")
    box.scroll_into_view_if_needed()
    expect(page.get_by_test_id("stSidebar")).not_to_be_in_viewport()
    expect(box).to_be_in_viewport()
    page.get_by_role("link", name="Our draft").click(delay=50)

    expect(page.locator("#draft")).to_be_in_viewport()
    expect(page).to_have_url(re.compile("team="))


@pytest.mark.parametrize("name", ["step", "step-interrupted", "step-stale"])
def test_at_a_desk_the_box_is_in_sight_whatever_stands_above_it(opened: Open, name: str) -> None:
    page = opened(name, "light", DESK)

    expect(page.get_by_test_id("chat-text")).to_be_in_viewport(ratio=1)


# The documentation


def used() -> list[Path]:
    """Return the pictures the README shows."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    return [ROOT / name for name in re.findall(r'"(docs/images/[^"]+)"', readme)]


def test_the_readme_shows_each_picture_in_light_and_dark_and_none_is_heavy() -> None:
    pictures = {each.name for each in used()}
    other = {"light": "dark", "dark": "light"}
    pairs = {
        re.sub(r"(light|dark)(?=\.png)", lambda found: other[found[0]], name) for name in pictures
    }

    assert pictures
    assert pairs == pictures
    assert [each.name for each in used() if not 0 < each.stat().st_size <= MOST] == []
