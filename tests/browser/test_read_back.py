"""What a reply took, in two browsers: pressed by keyboard, typed into while others change it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from lib.settings import Settings
from lib.store.port import Store
from lib.team.process import Process, assemble
from lib.workshop.records import StepKey
from lib.workshop.status import Phase
from lib.workshop.transcript import Message, MessageStatus, Role
from tests.app_server import AppServer
from tests.browser.profiles import Lend
from tests.browser.walker import Walker
from tests.fakes import FakeGuide, question
from tests.scene import new_team

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


def answered(store: Store, key: StepKey) -> Process:
    """Have another server store a reply that put two texts into the draft."""
    process = assemble(Settings(), store, FakeGuide())
    blank = Message("said", Role.ASSISTANT, "Guide", "", datetime.now(UTC), MessageStatus.STREAMING)
    *_, placed = store.append(key, [question("<i>nurses</i> leave")], reply=blank)
    base, whole = process.drafts.current(key), placed.revised("Noted.", MessageStatus.COMPLETE)
    proposed = {"problem_statement": "<i>They</i> leave", "target_user": "Nurses"}
    process.drafts.note_reply(key, whole, base, proposed, Phase.GATHER)
    process.autosave.flush(key)
    return process


def button(page: Page, name: str) -> Any:
    return page.get_by_role("button", name=name)


def test_lines_are_pressed_by_keyboard_and_everyone_sees_it(
    walker: Walker, app: AppServer, store: Store, profile: Lend
) -> None:
    team = new_team(app.database_url)
    key = team.step_key("challenge")
    walker.enter(team.link, "Ada")
    walker.greeted()
    process = answered(store, key)
    page = walker.page
    expect(page.get_by_text("Problem: <i>They</i> leave")).to_be_visible()
    expect(button(page, "Undo everything this reply changed")).to_be_in_viewport()

    # Typed while a teammate changes the same draft.
    button(page, "Edit “Nurses”").focus()
    page.keyboard.press("Enter")
    page.keyboard.type(" at")
    process.drafts.edit(key, "desired_outcome", "They stay")
    process.autosave.flush(key)
    expect(page.get_by_text("They stay").first).to_be_visible()
    page.keyboard.type(" night")
    page.keyboard.press("Enter")
    expect(page.get_by_text("now “Nurses at night” (Ada)")).to_be_visible()
    expect(button(page, "Undo: now “Nurses at night” (Ada)")).to_be_focused()

    other = Walker(profile().new_page(), app.url)
    other.enter(team.link, "Bo")
    expect(other.page.get_by_text("now “Nurses at night” (Ada)")).to_be_visible()
    button(other.page, "Undo everything this reply changed").click(delay=50)
    expect(page.get_by_text("Undone by Bo")).to_be_visible()

    assert store.draft(key).fields == {"desired_outcome": "They stay"}
    button(page, "Put back everything this reply changed").focus()
    page.keyboard.press("Enter")
    expect(button(page, "Undo everything this reply changed")).to_be_focused()
    assert store.draft(key).fields["target_user"] == "Nurses at night"
