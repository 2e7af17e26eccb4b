"""Interviews in a browser: a file is dropped, and a pressed sentence is in the draft, with its source."""

import pytest
from playwright.sync_api import expect

from lib.store.port import Store
from tests.app_server import AppServer
from tests.browser.walker import Walker
from tests.pages import bring_to, watching
from tests.scene import new_team

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

TEXT = """WEBVTT

00:00:03.000 --> 00:00:05.000
<v Moderator>How was the last time?</v>

00:00:06.000 --> 00:00:09.000
<v Ada>I waited alone for <b>hours</b>. Nobody told me why.</v>
"""

DROP = """(drop, text) => {
  const data = new DataTransfer();
  data.items.add(new File([text], "Ada.vtt"));
  drop.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
}"""


def test_a_dropped_interview_is_read_and_a_pressed_sentence_is_a_finding(
    walker: Walker, app: AppServer, store: Store
) -> None:
    team = new_team(app.database_url)
    bring_to(watching(store), team, "user-research")
    page = walker.page
    walker.enter(team.link, "Cleo", "user-research")
    page.get_by_role("tab", name="Interviews").click()
    page.locator(".drop").evaluate(DROP, TEXT)
    sentence = page.get_by_role("button", name="Nobody told me why.")
    sentence.click()
    expect(sentence).to_have_attribute("aria-pressed", "true")
    page.reload()
    page.get_by_role("tab", name="Interviews").click()
    page.get_by_role("button", name="Ada.vtt").click()
    expect(sentence).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_text("I waited alone for hours.")).to_be_visible()
    (found,) = store.draft(team.step_key("user-research")).fields["insights"]

    assert (found["source"], found["quote"]) == ("Ada", "Nobody told me why.")
    assert found["origin"] == "Ada.vtt, 00:00:06"
