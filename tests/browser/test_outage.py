"""The database goes away and comes back under a browser: nobody is disturbed, nothing is lost."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from lib.autosave.autosave import UNSAVED_FOR_LONG
from lib.server.endpoints import READY
from lib.store import open_store
from lib.store.port import Store
from lib.workshop.records import StepKey
from lib.workshop.transcript import Message, MessageStatus, Role
from tests import proxy
from tests.app_server import AppServer
from tests.browser.walker import Walker, still
from tests.fakes import eventually
from tests.postgres import PostgresServer
from tests.proxy import Proxy
from tests.quick_server import QuickServer
from tests.scene import new_team

pytestmark = [
    pytest.mark.browser,
    pytest.mark.postgres,
    pytest.mark.timeout(240),
    pytest.mark.xdist_group("own-postgres"),
]

#: Seconds until everything is saved once the database is back.
SAVED_WITHIN = 90.0

LONG = "Half of the newcomers leave within a year, most of them before christmas."


@pytest.fixture
def url(own_postgres: PostgresServer) -> str:
    return own_postgres.new_database()


@pytest.fixture
def line(own_postgres: PostgresServer) -> Iterator[Proxy]:
    with proxy.before(own_postgres) as made:
        yield made


@pytest.fixture
def server(line: Proxy, url: str, tmp_path: Path) -> Iterator[AppServer]:
    server = QuickServer(proxy.through(line, url), tmp_path / "app.log", pace=0.25)
    server.start()
    yield server
    server.kill()


@pytest.fixture
def store(server: AppServer, url: str) -> Iterator[Store]:
    """Return a look into the database past the line."""
    store = open_store(url)
    yield store
    store.close()


@pytest.fixture
def tab(page: Any, server: AppServer, url: str) -> Walker:
    """Return somebody in a team's first step, greeted."""
    walker = Walker(page, server.url)
    walker.enter(new_team(url, greeted=True).link, "Ada")
    return walker


def first_step(store: Store) -> StepKey:
    return store.teams(store.workshops()[0].id)[0].step_key("challenge")


def stored(store: Store) -> list[Message]:
    return store.messages(first_step(store))


def sent(store: Store) -> list[str]:
    return [message.text for message in stored(store) if message.role is Role.USER]


def all_answered(store: Store) -> bool:
    last = stored(store)[-1]
    return last.role is Role.ASSISTANT and last.status is MessageStatus.COMPLETE


def health(tab: Walker) -> dict[str, Any]:
    """Return what the server says of itself."""
    try:
        with urllib.request.urlopen(f"{tab.url}{READY}", timeout=60) as answer:
            return dict(json.load(answer))
    except urllib.error.HTTPError as exc:
        return dict(json.load(exc))


def undisturbed(tab: Walker) -> None:
    """Check that nothing red or yellow stands on the page, and no dialog over it."""
    for sign in ("stAlert", "stException", "stToast", "stDialog"):
        expect(tab.page.get_by_test_id(sign)).to_have_count(0)


@pytest.mark.parametrize("trouble", [Proxy.swallow, Proxy.refuse], ids=["silent", "gone"])
def test_a_database_that_is_away_disturbs_nobody_and_everything_is_saved_when_it_is_back(
    tab: Walker, line: Proxy, store: Store, trouble: Callable[[Proxy], None]
) -> None:
    before = tab.said
    trouble(line)
    tab.send("They feel alone.")
    tab.send("Nobody shows them around.")
    tab.page.get_by_role("tab", name="Edit").click(delay=50)
    field = tab.page.get_by_role("textbox", name="Who has it")
    field.fill("newcomers in their first year")
    field.press("Tab")
    tab.box.fill("And what I have not sent")
    # It has been tried, in vain.
    assert eventually(lambda: bool(health(tab)["unsaved"]["why"]))
    undisturbed(tab)
    during, unsent = tab.said, tab.box.input_value()
    held = sent(store)
    line.forward()

    assert during[: len(before)] == before
    assert unsent == "And what I have not sent"
    assert held == []
    assert eventually(lambda: len(sent(store)) == 2, within=SAVED_WITHIN)
    assert eventually(lambda: all_answered(store), within=SAVED_WITHIN)
    assert eventually(
        lambda: (
            store.draft(first_step(store)).fields.get("target_user")
            == "newcomers in their first year"
        ),
        within=SAVED_WITHIN,
    )
    tab.settled()
    expect(tab.own_messages).to_have_count(2)
    undisturbed(tab)

    assert sent(store) == ["They feel alone.", "Nobody shows them around."]
    assert tab.box.input_value() == "And what I have not sent"


def test_a_quiet_line_comes_after_30_s_and_goes_by_itself_when_all_is_saved(
    tab: Walker, line: Proxy, store: Store
) -> None:
    told = tab.page.get_by_text("Not saved since")
    line.refuse()
    tab.page.get_by_role("tab", name="Edit").click(delay=50)
    field = tab.page.get_by_role("textbox", name="Who has it")
    field.fill("newcomers in their first year")
    field.press("Tab")
    tab.box.fill("And what I have not sent")
    # With the first look after thirty seconds, by the server's clock.
    expect(told).to_be_visible(timeout=120_000)
    assert health(tab)["unsaved"]["since_seconds"] > UNSAVED_FOR_LONG
    undisturbed(tab)
    line.forward()
    expect(told).to_have_count(0, timeout=120_000)

    assert store.draft(first_step(store)).fields["target_user"] == "newcomers in their first year"
    assert tab.box.input_value() == "And what I have not sent"


def test_a_database_that_is_killed_in_a_conversation_costs_nothing(
    tab: Walker, store: Store, own_postgres: PostgresServer
) -> None:
    tab.send(LONG)
    # Before its first word a reply reads what it needs: without a database it ends in an error.
    growing = tab.page.locator(".bubble.growing")
    expect(growing).to_be_visible()
    expect(growing).not_to_contain_text("The guide is thinking")

    assert sent(store) == [LONG]
    own_postgres.kill()
    assert eventually(lambda: health(tab)["database"] != "answers")
    tab.send("They feel alone.")
    # It was asked for in vain: by a page that was drawn meanwhile.
    still(tab.page)
    undisturbed(tab)
    own_postgres.start()

    def all_there() -> bool:
        return len(sent(store)) == 2 and all_answered(store)

    end = time.monotonic() + SAVED_WITHIN
    while not all_there():
        assert time.monotonic() < end, stored(store)
        time.sleep(0.2)
    tab.settled()
    found = stored(store)

    assert sent(store) == [LONG, "They feel alone."]
    assert {each.status for each in found} == {MessageStatus.COMPLETE}
    assert [each.position for each in found] == list(range(1, len(found) + 1))
    expect(tab.messages).to_have_count(len(found))
    expect(tab.own_messages).to_contain_text([LONG, "They feel alone."])
