"""A workshop without a pointer: every step of it by Tab, arrows, Enter and letters."""

import pytest
from playwright.sync_api import Page, expect

from lib.store import open_store
from lib.store.port import Store
from lib.workshop.records import Team
from tests.app_server import AppServer
from tests.browser.walker import Walker
from tests.servers import Server
from tests.test_criteria import GOOD

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

#: The name of what has the focus, within components too.
FOCUSED = """() => {
  let on = document.activeElement;
  while (on?.shadowRoot?.activeElement) on = on.shadowRoot.activeElement;
  const name = on.getAttribute('aria-label') || on.labels?.[0]?.innerText
    || (on.matches('a, button, summary, [role="tab"]') && on.innerText) || '';
  return name.trim();
}"""

#: Whether what has the focus, or what is around it, looks different without it.
MARKED = """async () => {
  let on = document.activeElement;
  while (on?.shadowRoot?.activeElement) on = on.shadowRoot.activeElement;
  const around = [on, on.parentElement, on.parentElement?.parentElement].filter(Boolean);
  const drawn = () => new Promise(
    (done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  const look = async () => {
    await drawn();
    return JSON.stringify(around.map((each) => {
      const { outline, boxShadow, borderTopColor, backgroundColor } = getComputedStyle(each);
      return [outline, boxShadow, borderTopColor, backgroundColor];
    }));
  };
  const held = await look();
  on.blur();
  const left = await look();
  on.focus();
  return held !== left;
}"""

#: How often Tab may be pressed until something is reached.
FAR = 60


def tab_to(page: Page, name: str) -> None:
    """Press Tab until what is called *name* has the focus, which has to be seen."""
    passed: list[str] = []
    for _ in range(FAR):
        page.keyboard.press("Tab")
        focused: str = page.evaluate(FOCUSED)
        # A button with an icon has the name of the icon in a line before its own.
        if any(each.startswith(name) for each in focused.splitlines()):
            assert page.evaluate(MARKED), f"Nothing shows that {name} has the focus."
            return
        passed.append(focused[:40])
    raise AssertionError(f"Tab never reached {name}: {passed}")


def only_team(store: Store) -> Team:
    (workshop,) = [each for each in store.workshops() if each.title == "By keyboard"]
    (team,) = store.teams(workshop.id)
    return team


def nearly_finished(store: Store, team: Team) -> str:
    """Write the draft of the first step but for one field; return what belongs there."""
    rest = dict(GOOD["challenge"])
    question = rest.pop("hmw_statement")
    server = Server(store, team.step_key("challenge"))
    server.write("challenge", rest)
    assert server.save("challenge")
    return str(question)


def test_from_the_front_door_to_a_message_an_edit_and_a_confirmed_step_without_a_pointer(
    page: Page, walker: Walker, app: AppServer
) -> None:
    # No colour is on its way to another one while it is looked at.
    page.emulate_media(reduced_motion="reduce")
    page.goto(app.url)
    expect(page.get_by_test_id("stSelectbox").get_by_role("combobox")).to_be_visible()
    for name, text in [
        ("Title", "By keyboard"),
        ("The challenge in a sentence", "Half of them leave."),
        ("Teams, one per line", "Ladder crew"),
    ]:
        tab_to(page, name)
        page.keyboard.type(text)
    tab_to(page, "Start")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="By keyboard")).to_be_visible()

    store = open_store(app.database_url)
    team = only_team(store)
    question = nearly_finished(store, team)
    page.goto(f"{app.url}/?team={team.link}")
    expect(page.get_by_role("button", name="Go to our workshop")).to_be_visible()
    tab_to(page, "Your name")
    page.keyboard.type("Ada")
    tab_to(page, "Go to our workshop")
    page.keyboard.press("Enter")
    walker.box.wait_for()
    walker.greeted()

    tab_to(page, "Tell the guide")
    page.keyboard.type("Newcomers leave")
    page.keyboard.press("Enter")
    expect(walker.own_messages).to_have_count(1)
    walker.settled()
    tab_to(page, "Draft")
    page.keyboard.press("ArrowRight")
    tab_to(page, "How might we")
    page.keyboard.press("Control+A")
    page.keyboard.type(question)
    confirm = page.get_by_role("button", name="Confirm this step")
    expect(confirm).to_be_enabled()
    tab_to(page, "Confirm this step")
    page.keyboard.press("Enter")

    walker.at("Stakeholder Mapping")
    store.close()
