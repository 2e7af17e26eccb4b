"""A whole room: a facilitator and three teams, each in a browser of its own."""

import pytest
from playwright.sync_api import Locator, expect

from tests import recorded_workshop as recorded
from tests.app_server import AppServer
from tests.browser.profiles import Lend
from tests.browser.walker import Walker

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

MEMBERS = {"Ladder crew": "Ada", "Hose crew": "Ben", "Drivers": "Cem"}

#: Columns of the facilitator's table.
CHALLENGE, STAKEHOLDERS = 3, 4


@pytest.fixture
def browsers(profile: Lend, app: AppServer) -> list[Walker]:
    """Return four people, each with a browser of their own."""
    return [Walker(profile().new_page(), app.url) for _ in range(4)]


def cell(desk: Walker, team: str, column: int) -> Locator:
    """Return a cell of the facilitator's table."""
    row = desk.page.get_by_test_id("status-table").locator("tbody tr").filter(has_text=team)
    return row.locator("th, td").nth(column)


def test_a_facilitator_and_three_teams_go_through_an_afternoon_together(
    browsers: list[Walker],
) -> None:
    desk, *at_tables = browsers
    links = desk.start_workshop(recorded.TITLE, recorded.CHALLENGE, list(MEMBERS))
    teams = dict(zip(MEMBERS, at_tables, strict=True))
    for name, walker in teams.items():
        walker.join(links[name], MEMBERS[name])
        walker.at("Challenge")
        walker.greeted()

    # Each says something of its own: the facilitator's table counts it, and nobody else sees it.
    for name, walker in teams.items():
        walker.say(f"The {name.lower()} knows who leaves.")
    for name, walker in teams.items():
        expect(cell(desk, name, CHALLENGE)).to_contain_text("in progress")
        said = " ".join(walker.said)
        assert [other for other in MEMBERS if f"The {other.lower()} knows" in said] == [name]

    # One team comes to the end of a step; the table says so by itself.
    ahead = teams["Ladder crew"]
    for text in recorded.MESSAGES["challenge"]:
        ahead.say(text)
    ahead.confirm()
    ahead.at("Stakeholder Mapping")
    ahead.greeted()
    expect(cell(desk, "Ladder crew", CHALLENGE)).to_contain_text("complete")
    expect(cell(desk, "Ladder crew", STAKEHOLDERS)).to_contain_text("in progress")
    expect(cell(desk, "Hose crew", STAKEHOLDERS)).to_contain_text("not open")

    # The facilitator reads along where it is needed.
    cell(desk, "Hose crew", CHALLENGE).get_by_role("button").click(delay=50)
    expect(desk.page.get_by_text("The hose crew knows who leaves.").first).to_be_visible()

    # A team goes back: what that makes stale is told in the table, with its cause.
    for text in recorded.MESSAGES["stakeholder-mapping"]:
        ahead.say(text)
    ahead.confirm()
    ahead.at("User Research")
    ahead.open("Challenge")
    ahead.page.get_by_role("button", name="Revise this step").click(delay=50)
    dialog = ahead.page.get_by_role("dialog")
    dialog.get_by_role("button", name="Revise", exact=True).click(delay=50)
    expect(cell(desk, "Ladder crew", STAKEHOLDERS)).to_contain_text("look again")
    expect(cell(desk, "Ladder crew", STAKEHOLDERS)).to_contain_text("after Challenge")
    expect(cell(desk, "Drivers", CHALLENGE)).to_contain_text("in progress")
