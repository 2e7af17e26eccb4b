"""A server whose pages are in a folder, as behind a proxy that shares a host, in real Chromium."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Response, expect

from lib.store import open_store
from tests.app_server import AppServer
from tests.browser.walker import Walker
from tests.quick_server import serving
from tests.scene import new_team
from tests.test_store_contract import question

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    folder = tmp_path_factory.mktemp("folder")
    with serving(folder, STREAMLIT_SERVER_BASE_URL_PATH="work/shops") as server:
        yield server


def test_everything_a_page_asks_for_is_found(page: Page, server: AppServer) -> None:
    kinds: dict[str, str] = {}

    def note(answer: Response) -> None:
        if "/throughline/" in answer.url:
            kind = answer.headers.get("content-type", "").partition(";")[0]
            kinds[answer.url.rpartition("/")[2]] = f"{answer.status} {kind}"

    page.on("response", note)
    team = new_team(server.database_url, greeted=True)
    store = open_store(server.database_url)
    tab = Walker(page, server.url)
    tab.enter(team.link, "Ada")
    tab.say("Half of the newcomers leave within a year.")
    with page.expect_response("**/throughline/typed"):
        tab.box.fill("Perhaps")
    store.append(team.step_key("challenge"), [question("Who is left out?")])
    expect(page.get_by_text("Who is left out?")).to_be_visible()
    store.close()

    assert {kinds[each] for each in kinds if each.endswith(".js")} == {"200 text/javascript"}
    assert kinds["look"] == "200 application/json"
    assert kinds["typed"] == "200 application/json"
