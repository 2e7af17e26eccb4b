"""Nothing sent is lost: in a real browser, on SQLite and on PostgreSQL."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from lib.store import open_store
from lib.store.port import Store
from lib.transcript import Message, MessageStatus, Role
from lib.workshop import StepKey, Team
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
def servers() -> Iterator[dict[tuple[str, str], AppServer]]:
    """Return the servers these tests share, by engine and pace: to start one takes long."""
    started: dict[tuple[str, str], AppServer] = {}
    yield started
    for server in started.values():
        server.kill()


#: The engines differ in what a kill leaves behind and in how two writers meet.
EITHER_ENGINE = pytest.mark.parametrize("engine", ["sqlite", "postgresql"])

#: The guide takes about ten seconds for a reply.
SLOW = pytest.mark.parametrize("pace", ["0.5"], ids=["slow"])


@pytest.fixture
def engine() -> str:
    return "postgresql"


@pytest.fixture
def pace() -> str:
    """Return the seconds between two chunks of the guide's replies."""
    return "0.01"


@pytest.fixture
def server(
    request: pytest.FixtureRequest,
    servers: dict[tuple[str, str], AppServer],
    engine: str,
    pace: str,
    tmp_path: Path,
) -> AppServer:
    key = engine, pace
    if key not in servers:
        is_sqlite = engine == "sqlite"
        url = f"sqlite:///{tmp_path / 'own.db'}" if is_sqlite else _new_database(request)
        servers[key] = QuickServer(url, tmp_path / "app.log", GUIDE_PACE=pace)
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


def stored(store: Store) -> list[Message]:
    return store.messages(first_step(store))


def sent(store: Store) -> list[str]:
    return [message.text for message in stored(store) if message.role is Role.USER]


def is_last(store: Store, status: MessageStatus) -> Callable[[], bool]:
    return lambda: stored(store)[-1].status is status


@EITHER_ENGINE
def test_a_message_sent_just_before_next_or_back_is_there(
    tab: Walker, address: str, store: Store
) -> None:
    tab.send("People sign up and leave.")
    tab.rail("Challenge").click(delay=50)
    tab.send("And one more thing.")
    tab.page.go_back()

    assert eventually(
        lambda: sent(store) == ["People sign up and leave.", "And one more thing."], 8
    ), (sent(store), tab.page.url, tab.page.evaluate("JSON.stringify(sessionStorage)"))


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


@pytest.mark.parametrize("pace", ["1.3"], ids=["very slow"])
def test_a_growing_reply_is_saved_every_few_seconds(
    tab: Walker, address: str, store: Store
) -> None:
    tab.send(LONG)
    assert eventually(is_last(store, MessageStatus.STREAMING))
    lengths: list[int] = []
    while is_last(store, MessageStatus.STREAMING)():
        lengths.append(len(stored(store)[-1].text))
        time.sleep(0.5)
    longest_pause = max(
        len([1 for each in lengths if each == length]) * 0.5 for length in set(lengths[1:])
    )

    assert longest_pause <= 4
    assert len(lengths) * 0.5 > 20
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
    assert eventually(is_last(store, MessageStatus.STREAMING))
    time.sleep(2.5)
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
    assert kept.text
    assert [m.id for m in after] == [m.id for m in after[:-1]] + [kept.id]
    assert [m.role for m in after] == [Role.ASSISTANT, Role.USER, Role.ASSISTANT]
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

    def relay(socket: Any) -> None:
        server = socket.connect_to_server()
        socket.on_message(lambda message: None if deaf else server.send(message))
        server.on_message(socket.send)

    tab.page.route_web_socket("**/_stcore/stream", relay)
    tab.page.reload()
    tab.greeted()
    deaf = True
    tab.send(LONG)
    tab.page.wait_for_timeout(500)
    unsent = sent(store)
    tab.page.goto("about:blank")

    assert unsent == []
    assert eventually(lambda: sent(store) == [LONG])
