"""Cards in the conversation: a press is in the draft, and what another person changed stays."""

from dataclasses import replace

import pytest
from playwright.sync_api import expect

from lib.store.port import Store
from lib.workshop.read_back import Asked, ReadBack
from lib.workshop.records import Team
from lib.workshop.transcript import MessageStatus
from lib.workshop.updates import Outcome
from tests.app_server import AppServer
from tests.browser.walker import Walker
from tests.pages import bring_to, draft, watching
from tests.scene import greeting, new_team

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


def asked(store: Store, team: Team, step: str, id_: str) -> None:
    key = team.step_key(step)
    (placed,) = store.append(key, [replace(greeting(), status=MessageStatus.STREAMING)])
    whole = placed.revised("How does each stage feel?", MessageStatus.COMPLETE)
    store.finish(key, whole, Outcome(read_back=ReadBack(asked=Asked(id_))))


def test_an_emotion_and_the_one_dip_are_pressed_on_a_phone(
    walker: Walker, app: AppServer, store: Store
) -> None:
    team = new_team(app.database_url)
    bring_to(watching(store), team, "journey-mapping")
    draft(watching(store), team, "journey-mapping")
    key = team.step_key("journey-mapping")
    before = store.draft(key).fields["stages"]
    asked(store, team, "journey-mapping", "emotion")
    walker.page.set_viewport_size({"width": 390, "height": 844})
    walker.enter(team.link, "Ada", "journey-mapping")
    card = walker.page.locator('[class*="st-key-transcript"]')
    first = card.get_by_role("group", name=before[0]["name"], exact=True)
    first.get_by_text("negative").click()
    expect(first.get_by_role("radio", name="negative")).to_be_checked()
    walker.page.reload()
    expect(first.get_by_role("radio", name="negative")).to_be_checked()

    asked(store, team, "journey-mapping", "dip")
    last = card.get_by_role("group", name=before[-1]["name"], exact=True)
    walker.page.reload()
    dip = last.get_by_role("radio", name="The dip")
    dip.check()
    expect(walker.page.get_by_text("Confirm this step")).to_be_visible()
    walker.page.reload()
    expect(dip).to_be_checked()

    after = store.draft(key).fields["stages"]
    assert [each["emotion"] for each in after] == [
        "negative",
        *(each["emotion"] for each in before[1:]),
    ]
    assert [each["is_dip"] for each in after] == [*(False for _ in before[1:]), True]
