"""Suggested replies in a browser: one click or key says what a button says, once."""

import pytest
from playwright.sync_api import expect

from tests.app_server import AppServer
from tests.browser.walker import Walker
from tests.scene import new_team

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


@pytest.fixture
def team(walker: Walker, app: AppServer) -> Walker:
    walker.enter(new_team(app.database_url).link, "Ada")
    return walker


def test_a_suggested_reply_outlasts_a_reload_and_a_double_click_says_it_once(
    team: Walker,
) -> None:
    expect(team.suggestions.first).to_be_visible()
    offered = team.suggestions.all_inner_texts()
    team.page.reload()
    expect(team.suggestions).to_have_text(offered)

    team.suggestions.last.dblclick(delay=20)
    expect(team.own_messages).to_have_count(1)
    team.settled()
    expect(team.messages).to_have_count(3)

    assert offered[-1] in team.said[1]
    expect(team.suggestions.first).to_be_visible()
    team.page.reload()
    expect(team.messages).to_have_count(3)
    expect(team.own_messages).to_have_count(1)


def test_suggested_replies_are_gone_while_a_reply_is_written(team: Walker) -> None:
    expect(team.suggestions.first).to_be_visible()
    team.suggestions.first.click()

    expect(team.suggestions).to_have_count(0)
    team.settled()
    expect(team.suggestions.first).to_be_visible()


def test_a_suggested_reply_is_taken_by_keyboard_and_the_box_has_the_focus_then(
    team: Walker,
) -> None:
    said = team.suggestions.last.inner_text()
    team.box.focus()
    team.page.keyboard.press("Shift+Tab")
    expect(team.suggestions.last).to_be_focused()
    team.page.keyboard.press("Enter")

    expect(team.own_messages).to_have_count(1)
    assert said in team.own_messages.inner_text()
    expect(team.box).to_be_focused()
