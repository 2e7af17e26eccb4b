"""A reply outlives its server and can be stopped from another one, in a real browser (promise P4)."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from lib.store import open_store
from lib.store.port import Store
from lib.ui.components.bubbles import THINKING
from lib.workshop.transcript import Message, MessageStatus, Role
from tests.app_server import AppServer
from tests.browser.walker import Walker, still
from tests.fakes import eventually
from tests.postgres import PostgresServer
from tests.quick_server import QuickServer
from tests.scene import new_team

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

LONG = "Half of the newcomers leave within a year, most of them before christmas."

#: Seconds a reply takes to be saved once it was on screen, and a little for a busy machine.
SAVED_AFTER = 2.5

#: Seconds a chunk, for a reply that is still being written when a busy machine has got elsewhere.
SLOWLY = 1.5

Serve = Callable[[str, float], AppServer]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Return a function that starts a server on a database, its guide so many seconds a chunk."""
    started: list[AppServer] = []

    def start(url: str, pace: float) -> AppServer:
        server = QuickServer(url, tmp_path / f"{len(started)}.log", pace=pace)
        started.append(server)
        server.start()
        return server

    yield start
    for server in started:
        server.kill()


def entered(page: Any, server: AppServer) -> tuple[Walker, str]:
    """Start a workshop and go into its first step; return the tab, and the team's address."""
    tab = Walker(page, server.url)
    team = new_team(server.database_url, greeted=True)
    tab.enter(team.link, "Ada")
    return tab, f"{tab.url}/?team={team.link}"


def button(tab: Walker, name: str) -> Locator:
    return tab.page.get_by_role("button", name=name, exact=True)


def growing(tab: Walker) -> str:
    """Return what the reply that is being written says on screen, without its author."""
    said = tab.page.locator(".bubble.growing .said").filter(has_not_text=THINKING)
    return said.inner_text().strip() if said.count() else ""


def stored(store: Store) -> list[Message]:
    team = store.teams(store.workshops()[0].id)[0]
    return store.messages(team.step_key("challenge"))


def roles(store: Store) -> list[Role]:
    return [each.role for each in stored(store)]


def words(text: str) -> str:
    """Return the letters of *text*: what Markdown looks like differs on screen."""
    return "".join(each for each in text if each.isalnum())


@pytest.mark.postgres
def test_what_was_on_screen_for_two_seconds_survives_a_kill_and_retry_goes_on(
    page: Any, serve: Serve, postgres: PostgresServer
) -> None:
    url = postgres.new_database()
    server, store = serve(url, 0.5), open_store(url)
    tab, _ = entered(page, server)
    tab.send(LONG)
    assert eventually(lambda: len(words(growing(tab))) > 20, 30)
    on_screen = words(growing(tab))
    assert eventually(lambda: words(stored(store)[-1].text).startswith(on_screen))
    assert stored(store)[-1].status is MessageStatus.STREAMING
    server.kill()
    server.start()
    expect(button(tab, "Retry")).to_be_visible()
    expect(button(tab, "Stop")).to_have_count(0)
    kept = stored(store)[-1]

    assert kept.status is MessageStatus.INTERRUPTED
    assert words(kept.text).startswith(on_screen)
    assert on_screen in words(tab.messages.last.inner_text())

    button(tab, "Retry").click(delay=50)
    expect(button(tab, "Retry")).to_have_count(0)
    assert eventually(lambda: stored(store)[-1].status is MessageStatus.COMPLETE, 60)
    tab.settled()

    assert roles(store) == [Role.ASSISTANT, Role.USER, Role.ASSISTANT]
    assert stored(store)[-1].id == kept.id
    expect(tab.messages).to_have_count(3)
    expect(tab.own_messages).to_have_count(1)
    store.close()


@pytest.mark.postgres
def test_a_tab_that_moves_to_another_server_sees_the_reply_grow_stops_and_retries_it_there(
    page: Any, serve: Serve, postgres: PostgresServer
) -> None:
    url = postgres.new_database()
    here, there = serve(url, SLOWLY), serve(url, 0.01)
    store = open_store(url)
    tab, address = entered(page, here)
    tab.send(LONG)
    assert eventually(lambda: len(words(growing(tab))) > 5, 30)
    tab.join(address.replace(here.url, there.url), "Ada")

    expect(button(tab, "Stop")).to_be_visible()
    expect(button(tab, "Retry")).to_have_count(0)
    first = words(growing(tab))
    assert eventually(lambda: len(words(growing(tab))) > len(first), 30)
    assert words(growing(tab)).startswith(first)

    on_screen = words(growing(tab))
    button(tab, "Stop").click(delay=50)
    expect(button(tab, "Retry")).to_be_visible()
    # Its writer gives way.
    at_its_writers = Walker(page.context.new_page(), here.url)
    at_its_writers.join(address, "Ada")
    expect(button(at_its_writers, "Retry")).to_be_visible()
    at_its_writers.page.close()
    stopped = stored(store)[-1]
    # What it says no longer grows.
    still(tab.page)

    assert stopped.status is MessageStatus.INTERRUPTED
    assert words(stopped.text).startswith(on_screen)
    assert stored(store)[-1] == stopped

    button(tab, "Retry").click(delay=50)
    expect(button(tab, "Retry")).to_have_count(0)
    assert eventually(lambda: stored(store)[-1].status is MessageStatus.COMPLETE, 60)
    tab.settled()

    assert roles(store) == [Role.ASSISTANT, Role.USER, Role.ASSISTANT]
    assert stored(store)[-1].id == stopped.id
    expect(tab.messages).to_have_count(3)
    store.close()


@pytest.mark.postgres
def test_a_page_on_another_server_offers_retry_by_itself_when_the_writer_died(
    page: Any, serve: Serve, postgres: PostgresServer
) -> None:
    url = postgres.new_database()
    here, there = serve(url, SLOWLY), serve(url, 0.01)
    tab, address = entered(page, here)
    tab.send(LONG)
    assert eventually(lambda: len(words(growing(tab))) > 5, 30)
    tab.join(address.replace(here.url, there.url), "Ada")
    expect(button(tab, "Stop")).to_be_visible()
    here.kill()

    expect(button(tab, "Retry")).to_be_visible()
    expect(button(tab, "Stop")).to_have_count(0)
    expect(tab.page.locator(".bubble.growing")).to_have_count(0)


def test_what_is_typed_stays_where_it_is_while_a_reply_comes_and_goes(
    page: Any, serve: Serve, tmp_path: Path
) -> None:
    tab, _ = entered(page, serve(f"sqlite:///{tmp_path / 'workshop.db'}", 0.1))
    # At its foot: a text of two lines makes it higher.
    tab.box.evaluate(
        "(box) => { ends = new Set(); setInterval(() => ends.add(box.getBoundingClientRect().bottom), 20) }"
    )
    tab.send(LONG)
    expect(button(tab, "Stop")).to_be_visible()
    tab.settled()
    # The greeting is none of the script's, so the guide asks where this belongs.
    page.get_by_text("It was just talk").wait_for()
    still(page)

    assert len(page.evaluate("[...ends]")) == 1
