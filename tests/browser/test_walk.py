"""A person's walk: a whole workshop, from the front door to the last step, in real Chromium."""

from typing import Any

import pytest
from playwright.sync_api import expect

from lib.store import open_store
from lib.workshop import steps
from lib.workshop.status import Status
from lib.workshop.transcript import MessageStatus, Role
from tests import recorded_workshop as recorded
from tests.browser.walker import Walker
from tests.quick_server import QuickServer

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

#: Where the browser is closed, in the middle of the reply to this message.
CLOSED_AT = ("persona", 1)


def test_a_team_walks_ten_steps_and_closes_its_browser_half_way(
    browser: Any, tmp_path: Any
) -> None:
    server = QuickServer(f"sqlite:///{tmp_path / 'walk.db'}", tmp_path / "app.log", pace=0.004)
    server.start()
    context = browser.new_context(viewport={"width": 1366, "height": 800})
    walker = Walker(context.new_page(), server.url)
    links = walker.start_workshop(recorded.TITLE, recorded.CHALLENGE, [recorded.TEAM, "Hose crew"])
    walker.join(links[recorded.TEAM], "Ada")
    for step in steps.STEPS:
        walker.at(step.name)
        walker.greeted()
        for place, text in enumerate(recorded.MESSAGES[step.slug]):
            if (step.slug, place) == CLOSED_AT:
                walker.send(text)
                expect(walker.own_messages.filter(has_text=text)).to_have_count(1)
                context.close()
                context = browser.new_context(viewport={"width": 1366, "height": 800})
                walker = Walker(context.new_page(), server.url)
                walker.join(links[recorded.TEAM], "Ada")
                walker.at(step.name)
                walker.settled()
            else:
                walker.say(text)
        walker.confirm()
    walker.page.get_by_text("your workshop is complete").wait_for()
    context.close()
    assert server.stop() == 0

    _check_what_is_stored(f"sqlite:///{tmp_path / 'walk.db'}")


def _check_what_is_stored(url: str) -> None:
    store = open_store(url)
    (workshop,) = store.workshops()
    team = store.teams(workshop.id)[0]
    said = {
        step: [m.text for m in store.messages(team.step_key(step)) if m.role is Role.USER]
        for step in steps.SLUGS
    }
    stored = [m for step in steps.SLUGS for m in store.messages(team.step_key(step))]
    states = store.steps(team.key)
    versions = store.artifacts(team.key)
    store.close()

    assert said == {step: list(texts) for step, texts in recorded.MESSAGES.items()}
    assert {m.status for m in stored} == {MessageStatus.COMPLETE}
    assert {state.status for state in states.values()} == {Status.COMPLETE}
    assert set(versions) == set(steps.SLUGS)
