"""What a person does at a browser, in words; widgets are found by key, role or label."""

import re
from collections.abc import Sequence

from playwright.sync_api import Locator, Page, expect

#: Milliseconds a page may take on a busy machine.
PATIENCE = 30_000


#: Frames in which nothing moves until a page counts as still: they take longer on a busy machine.
_FRAMES = 30

_STILL = """(frames) => new Promise((done) => {
  let before = "", same = 0;
  const look = () => {
    const places = [...document.querySelectorAll("*")].map((each) => {
      const { x, y, width, height } = each.getBoundingClientRect();
      return [x, y, width, height];
    });
    const now = JSON.stringify(places);
    same = now === before ? same + 1 : 0;
    before = now;
    same < frames ? requestAnimationFrame(look) : done();
  };
  look();
})"""


def still(page: Page) -> None:
    """Wait until the page has run to its end, its letters are there, and nothing moves any more."""
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    page.evaluate("document.fonts.ready")
    page.evaluate(_STILL, _FRAMES)


class Walker:
    """Somebody at a browser tab."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        page.set_default_timeout(PATIENCE)
        expect.set_options(timeout=PATIENCE)

    # The front door

    def enter(self, link: str, name: str, step: str = "challenge") -> None:
        """Open a step by its address, as somebody whose name is known, and wait for its greeting."""
        self.page.goto(f"{self.url}/{step}?team={link}&member={name}")
        self.box.wait_for()
        self.greeted()

    def front_door(self) -> None:
        """Open the front door, and wait until nothing on it moves any more."""
        self.page.goto(self.url)
        # The browser loads this box later than the others, and it moves the buttons.
        self.page.get_by_test_id("stSelectbox").get_by_role("combobox").wait_for()

    def open_demo(self) -> None:
        """Open the demo at the front door, which makes it where there is none."""
        self.front_door()
        self.page.get_by_role("button", name="Open the demo").click(delay=50)
        self.page.wait_for_url(re.compile(r"/review\?workshop="))

    def start_workshop(self, title: str, challenge: str, teams: Sequence[str]) -> dict[str, str]:
        """Start a workshop; return each team's address as the facilitator copies it."""
        self.front_door()
        self.page.get_by_role("textbox", name="Title").fill(title)
        self.page.get_by_role("textbox", name="The challenge in a sentence").fill(challenge)
        self.page.get_by_role("textbox", name="Teams, one per line").fill("\n".join(teams))
        self.page.get_by_role("button", name="Start").click(delay=50)
        self.page.wait_for_url(re.compile("/review"))
        codes = self.page.get_by_test_id("stCode").filter(has_text="team=")
        expect(codes).to_have_count(len(teams))
        expect(codes.last).to_be_visible()
        return dict(zip(teams, [text.strip() for text in codes.all_inner_texts()], strict=True))

    def join(self, address: str, name: str = "") -> None:
        """Open a team's address, say who one is, and go in."""
        self.page.goto(address)
        if name:
            self.page.get_by_role("textbox", name="Your name").fill(name)
        self.page.get_by_role("button", name="Go to our workshop").click(delay=50)
        self.box.wait_for()

    # A step's page

    @property
    def box(self) -> Locator:
        """The box a message is typed into."""
        return self.page.get_by_test_id("chat-text")

    @property
    def suggestions(self) -> Locator:
        """What the guide suggests to say next, a button each."""
        return self.page.get_by_role("group", name="Suggested replies").get_by_role("button")

    @property
    def messages(self) -> Locator:
        """Every message on the page, in order."""
        return self.page.locator(".bubble:not(.growing)")

    @property
    def own_messages(self) -> Locator:
        """The messages of people, without the guide's."""
        return self.page.locator(".bubble.user")

    @property
    def said(self) -> list[str]:
        """The texts on the page, authors included, in order."""
        return self.messages.all_inner_texts()

    def at(self, name: str) -> None:
        """Wait until the page of the step called *name* is there."""
        expect(
            self.page.get_by_role("heading", name=re.compile(rf"^\d+\. {name}$"))
        ).to_be_visible()

    def greeted(self) -> None:
        """Wait until the guide has spoken and nothing is being written."""
        expect(self.messages.first).to_be_visible()
        self.settled()

    def settled(self) -> None:
        """Wait until no reply is being written."""
        expect(self.page.get_by_role("button", name="Stop", exact=True)).to_have_count(0)

    def connected(self) -> None:
        """Wait until the page has found its server again, and no dialog says that it has not."""
        app = self.page.get_by_test_id("stApp")
        expect(app).to_have_attribute("data-test-connection-state", "CONNECTED")
        expect(self.page.get_by_role("dialog")).to_have_count(0)

    def send(self, text: str) -> None:
        """Type a message and send it, without waiting for anything."""
        self.box.fill(text)
        self.box.press("Enter")

    def say(self, text: str) -> None:
        """Send a message and wait for the whole answer."""
        before = self.messages.count()
        self.send(text)
        expect(self.messages).to_have_count(before + 2)
        self.settled()

    def edit_tab(self) -> None:
        """Show the form beside the conversation."""
        self.page.get_by_role("tab", name="Edit").click(delay=50)
        expect(self.form.locator("[data-field]").first).to_be_visible()

    @property
    def form(self) -> Locator:
        """The form the draft is typed into."""
        return self.page.locator(".st-key-draft-panel form")

    def field(self, label: str) -> Locator:
        """The input of the form that is labelled so."""
        return self.form.get_by_label(label, exact=True)

    def confirm(self) -> None:
        """Confirm the step."""
        button = self.page.get_by_role("button", name="Confirm this step")
        expect(button).to_be_enabled()
        button.click(delay=50)

    def open(self, name: str) -> None:
        """Go to another step by the rail."""
        self.rail(name).click(delay=50)
        self.at(name)

    def rail(self, name: str) -> Locator:
        """The way to the step called *name* in the rail."""
        rail = self.page.get_by_test_id("stSidebar")
        return rail.get_by_role("link", name=re.compile(rf"\d+\. {name}$"))
