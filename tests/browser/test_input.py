"""Bad input gets a sentence and loses nothing; what people type is shown as they typed it."""

import re
from contextlib import closing

import pytest
from playwright.sync_api import expect

from lib.store import open_store
from lib.workshop.transcript import MAX_CHARACTERS, Role
from tests.app_server import AppServer
from tests.browser.walker import Walker, still
from tests.scene import new_team

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


@pytest.fixture
def team(walker: Walker, app: AppServer) -> Walker:
    walker.enter(new_team(app.database_url).link, "Ada")
    return walker


def test_an_empty_message_is_not_sent(team: Walker) -> None:
    team.send("   ")

    expect(team.page.get_by_test_id("chat-send")).to_be_disabled()
    expect(team.messages).to_have_count(1)


def test_a_message_over_the_limit_is_refused_and_stays_in_the_box(team: Walker) -> None:
    team.box.fill("x" * (MAX_CHARACTERS + 1))
    team.box.press("Enter")

    expect(team.page.get_by_text("Your text is still in the box")).to_be_visible()
    assert len(team.box.input_value()) == MAX_CHARACTERS + 1


def test_a_paste_of_a_megabyte_is_kept_whole(team: Walker, app: AppServer) -> None:
    # No line twice: one that is missing, doubled or elsewhere is noticed, and so is the last letter.
    lines = "".join(f"{n}. Jonas: nobody told me where to go. " for n in range(30_000))
    pasted = f"{lines[:999_999]}Z"
    team.say(pasted)

    button = team.page.get_by_role("button", name="Show all 1,000,000 characters")
    # The end of a reply moves what is above it: between down and up of a mouse the button would go.
    still(team.page)
    button.click(delay=50)
    expect(button).to_have_count(0)
    assert team.messages.nth(1).locator(".said").text_content() == pasted
    with closing(open_store(app.database_url)) as store:
        (workshop, *_) = store.workshops()
        step = store.teams(workshop.id)[0].step_key("challenge")

        assert [m.text for m in store.messages(step) if m.role is Role.USER] == [pasted]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("nul\x00inside", "nulinside"),
        ("مرحبا بكم في الفريق", "مرحبا بكم في الفريق"),
        ("family 👨‍👩‍👧‍👦 together", "family 👨‍👩‍👧‍👦 together"),
        ("**not bold** <b>nor this</b>", "**not bold** <b>nor this</b>"),
        ("1. one\n2. two", "1. one"),
    ],
    ids=["nul", "rtl", "zwj", "markup", "list"],
)
def test_what_was_typed_is_shown_as_it_was_typed(team: Walker, text: str, shown: str) -> None:
    team.say(text)

    expect(team.messages.nth(1)).to_contain_text(shown)


def test_a_lone_surrogate_is_left_out_and_its_neighbours_kept(team: Walker) -> None:
    team.box.evaluate("(box) => { box.value = 'a' + String.fromCharCode(0xd83d) + 'b'; }")
    team.box.dispatch_event("input")
    team.box.press("Enter")

    expect(team.messages.nth(1)).to_contain_text(re.compile("a\ufffd?b"))


def test_a_picture_in_a_message_calls_nobody(team: Walker) -> None:
    asked: list[str] = []
    team.page.on("request", lambda request: asked.append(request.url))
    team.say("![](http://picture.invalid/?data=1) <img src='http://picture.invalid/2'>")

    assert [url for url in asked if "picture.invalid" in url] == []


@pytest.mark.parametrize("link", ["nonsense", "A" * 32, "'; DROP TABLE teams; --"])
def test_a_link_that_leads_nowhere_says_so_and_gives_nothing_away(
    walker: Walker, link: str
) -> None:
    walker.page.goto(f"{walker.url}/challenge?team={link}")

    expect(walker.page.get_by_text("This link does not open a team.")).to_be_visible()


def test_an_unknown_page_leads_to_the_front_door(walker: Walker) -> None:
    walker.page.goto(f"{walker.url}/no-such-page")

    expect(walker.page.get_by_text("Page not found")).to_be_visible()


def test_a_locked_step_leads_to_the_current_one_with_a_word_of_explanation(team: Walker) -> None:
    locked = team.page.url.replace("/challenge", "/persona")
    team.page.goto(locked)

    team.at("Challenge")
    expect(team.page.get_by_text("is not open yet")).to_be_visible()
