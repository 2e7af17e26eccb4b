"""Nothing sent is lost: in a real browser, on SQLite and on PostgreSQL."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from lib.store import open_store
from lib.store.port import Decision, Store
from lib.workshop.records import StepKey, Team
from lib.workshop.status import Change, Event, Status
from lib.workshop.transcript import Message, MessageStatus, Role
from tests.app_server import AppServer
from tests.browser.walker import Walker
from tests.fakes import eventually
from tests.quick_server import QuickServer
from tests.scene import new_team

pytestmark = [
    pytest.mark.browser,
    pytest.mark.postgres,
    pytest.mark.timeout(240),
    # One worker runs all of it: a server and a database are made for all of them.
    pytest.mark.xdist_group("saving"),
]


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[tuple[str, float], AppServer]]:
    """Return the servers these tests share, by engine and pace: to start one takes long."""
    started: dict[tuple[str, float], AppServer] = {}
    yield started
    for server in started.values():
        server.kill()


#: The engines differ in what a kill leaves behind and in how two writers meet.
EITHER_ENGINE = pytest.mark.parametrize("engine", ["sqlite", "postgresql"])

#: The guide takes about ten seconds for a reply.
SLOW = pytest.mark.parametrize("pace", [0.5], ids=["slow"])


@pytest.fixture
def engine() -> str:
    return "postgresql"


@pytest.fixture
def pace() -> float:
    """Return the seconds between two chunks of the guide's replies."""
    return 0.01


@pytest.fixture
def server(
    request: pytest.FixtureRequest,
    servers: dict[tuple[str, float], AppServer],
    engine: str,
    pace: float,
    tmp_path: Path,
) -> AppServer:
    key = engine, pace
    if key not in servers:
        is_sqlite = engine == "sqlite"
        url = f"sqlite:///{tmp_path / 'own.db'}" if is_sqlite else _new_database(request)
        servers[key] = QuickServer(url, tmp_path / "app.log", pace=pace)
    servers[key].ready()
    return servers[key]


def _new_database(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue("postgres").new_database())


@pytest.fixture
def store(server: AppServer) -> Iterator[Store]:
    """Return a look into the database beside the app's own."""
    with closing(open_store(server.database_url)) as store:
        yield store


@pytest.fixture
def tab(page: Any, server: AppServer) -> Walker:
    return Walker(page, server.url)


@pytest.fixture
def address(tab: Walker, server: AppServer) -> str:
    """Start a workshop and go into its first step, where the guide has spoken."""
    team = new_team(server.database_url, greeted=True)
    tab.enter(team.link, "Ada")
    return f"{tab.url}/?team={team.link}"


LONG = "Half of the newcomers leave within a year, most of them before christmas."


def first_step(store: Store) -> StepKey:
    return the_team(store).step_key("challenge")


def the_team(store: Store) -> Team:
    return store.teams(store.workshops()[0].id)[0]


def stored(store: Store, step: str = "challenge") -> list[Message]:
    return store.messages(the_team(store).step_key(step))


def sent(store: Store, step: str = "challenge") -> list[str]:
    return [message.text for message in stored(store, step) if message.role is Role.USER]


def open_second_step(store: Store) -> None:
    start = Change("stakeholder-mapping", Event.START, Status.NOT_STARTED, Status.IN_PROGRESS)
    store.apply(the_team(store).key, Decision([start], "", datetime.now(UTC)))


def way(tab: Walker, label: str) -> Locator:
    """The way to the step before or after, at the top of a step's page."""
    return tab.page.locator(".st-key-moves").get_by_role("link", name=label)


def is_growing(store: Store) -> bool:
    """Whether some of a reply is stored, and it is being written."""
    last = stored(store)[-1]
    return last.status is MessageStatus.STREAMING and bool(last.text)


def is_last(store: Store, status: MessageStatus) -> Callable[[], bool]:
    return lambda: stored(store)[-1].status is status


@EITHER_ENGINE
def test_a_message_sent_just_before_next_or_back_is_there(
    tab: Walker, address: str, store: Store
) -> None:
    open_second_step(store)
    tab.page.reload()
    here, there = "Challenge", "Stakeholder Mapping"
    ways: list[tuple[str, str, Callable[[], object]]] = [
        ("before Next", there, lambda: way(tab, "Next").click(delay=50)),
        ("before Back", here, lambda: way(tab, "Back").click(delay=50)),
        ("before the rail", there, lambda: tab.rail(there).click(delay=50)),
        ("before the browser's back", here, tab.page.go_back),
    ]
    for text, to, leave in ways:
        expect(way(tab, "Back" if to == here else "Next")).to_be_enabled()
        tab.send(text)
        leave()
        tab.at(to)
        tab.greeted()

    def kept() -> list[list[str]]:
        return [sent(store), sent(store, "stakeholder-mapping")]

    expected = [
        ["before Next", "before the rail"],
        ["before Back", "before the browser's back"],
    ]
    assert eventually(lambda: kept() == expected), kept()


@EITHER_ENGINE
def test_five_messages_typed_too_fast_are_all_there_once_in_order(
    tab: Walker, address: str, store: Store
) -> None:
    texts = [f"Message number {number}" for number in range(1, 6)]
    for text in texts:
        tab.send(text)

    assert eventually(lambda: sent(store) == texts)
    tab.page.reload()
    tab.box.wait_for()
    for text in texts:
        expect(tab.own_messages.filter(has_text=text)).to_have_count(1)


@pytest.mark.parametrize("pace", [1.3], ids=["very slow"])
def test_a_growing_reply_is_saved_every_few_seconds(
    tab: Walker, address: str, store: Store
) -> None:
    tab.send(LONG)
    assert eventually(is_last(store, MessageStatus.STREAMING))
    texts: list[str] = [""]
    while is_last(store, MessageStatus.STREAMING)():
        if (text := stored(store)[-1].text) != texts[-1]:
            texts.append(text)
        # Longer than a look into the database takes: it has other things to do.
        time.sleep(0.1)

    # It takes half a minute: what is saved only at its end, or every 10 s, is not there as often.
    assert len(texts) > 5
    assert all(after.startswith(before) for before, after in pairwise(texts))
    assert is_last(store, MessageStatus.COMPLETE)()


@SLOW
def test_a_reply_goes_on_when_its_tab_is_closed_and_a_second_tab_follows_it(
    tab: Walker, address: str, store: Store
) -> None:
    tab.send(LONG)
    assert eventually(is_last(store, MessageStatus.STREAMING))
    second = Walker(tab.page.context.new_page(), tab.url)
    second.join(address, "Ben")
    tab.page.close()

    expect(second.page.get_by_role("button", name="Stop", exact=True)).to_have_count(1)
    second.settled()
    whole = stored(store)[-1]
    assert whole.status is MessageStatus.COMPLETE
    expect(second.messages.last).to_contain_text(whole.text.split()[-2])


@SLOW
def test_reloading_in_the_middle_of_a_reply_picks_it_up(
    tab: Walker, address: str, store: Store
) -> None:
    tab.send(LONG)
    assert eventually(is_last(store, MessageStatus.STREAMING))
    tab.page.reload()
    tab.box.wait_for()
    expect(tab.messages).to_have_count(3)
    tab.settled()

    assert [m.status for m in stored(store)] == [MessageStatus.COMPLETE] * 3


@EITHER_ENGINE
@SLOW
def test_a_killed_server_costs_nothing_that_was_sent_and_retry_goes_on_with_the_turn(
    tab: Walker, address: str, store: Store, server: AppServer
) -> None:
    tab.send(LONG)
    assert eventually(lambda: is_growing(store))
    before = stored(store)
    server.kill()
    server.start()
    retry = tab.page.get_by_role("button", name="Retry")
    expect(retry).to_be_visible()
    kept = stored(store)[-1]
    retry.click(delay=50)
    expect(retry).to_have_count(0)
    tab.settled()
    after = stored(store)

    assert kept.status is MessageStatus.INTERRUPTED
    assert kept.text.startswith(before[-1].text)
    assert after[:-1] == before[:-1]
    assert (after[-1].id, after[-1].position) == (kept.id, 3)
    assert [(m.role, m.text) for m in after[1:-1]] == [(Role.USER, LONG)]
    assert after[-1].status is MessageStatus.COMPLETE


@SLOW
def test_stop_and_retry_in_the_browser(tab: Walker, address: str, store: Store) -> None:
    tab.send(LONG)
    tab.page.get_by_role("button", name="Stop", exact=True).click(delay=50)
    tab.page.get_by_role("button", name="Retry").click(delay=50)
    expect(tab.page.get_by_role("button", name="Retry")).to_have_count(0)
    tab.settled()

    assert [m.status for m in stored(store)] == [MessageStatus.COMPLETE] * 3


def test_what_is_edited_by_hand_is_saved_and_there_after_a_reload(
    tab: Walker, address: str, store: Store
) -> None:
    tab.page.get_by_role("tab", name="Edit").click(delay=50)
    field = tab.page.get_by_role("textbox", name="Who has it")
    field.fill("newcomers in their first year")
    field.press("Tab")

    assert eventually(
        lambda: (
            store.draft(first_step(store)).fields.get("target_user")
            == "newcomers in their first year"
        )
    )
    tab.page.reload()
    tab.page.get_by_role("tab", name="Edit").click(delay=50)
    expect(tab.page.get_by_role("textbox", name="Who has it")).to_have_value(
        "newcomers in their first year"
    )


def test_a_message_the_page_could_not_send_is_delivered_when_the_page_is_left(
    tab: Walker, address: str, store: Store
) -> None:
    deaf = False
    dropped: list[Any] = []

    def relay(socket: Any) -> None:
        server = socket.connect_to_server()
        socket.on_message(lambda message: dropped.append(message) if deaf else server.send(message))
        server.on_message(socket.send)

    tab.page.route_web_socket("**/_stcore/stream", relay)
    tab.page.reload()
    tab.greeted()
    deaf = True
    tab.send(LONG)
    while not dropped:
        # The relay runs only while the driver is waited for: `eventually` would not let it.
        tab.page.wait_for_timeout(50)
    unsent = sent(store)
    tab.page.goto("about:blank")

    assert unsent == []
    assert eventually(lambda: sent(store) == [LONG])
