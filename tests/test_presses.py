"""No press is lost, whatever else asks for the page while it is being drawn."""

import contextlib
from collections.abc import Iterator
from contextlib import closing

import pytest

from faults.tab import Tab
from lib.store import open_store
from lib.store.errors import StoreUnavailable
from lib.store.port import Store
from lib.ui.pending_clicks import AGAIN, DOUBLE, Presses
from lib.workshop.records import Team
from lib.workshop.status import Status
from tests.fakes import eventually
from tests.quick_server import QuickServer, serving
from tests.scene import new_team
from tests.servers import Server
from tests.test_criteria import GOOD
from tests.test_debouncer import FakeClock

#: One worker starts the server.
pytestmark = pytest.mark.xdist_group("presses")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[QuickServer]:
    with serving(tmp_path_factory.mktemp("presses"), pace=0) as server:
        yield server


@pytest.fixture
def store(server: QuickServer) -> Iterator[Store]:
    with closing(open_store(server.database_url)) as store:
        yield store


@pytest.fixture
def team(server: QuickServer, store: Store) -> Team:
    """A team whose first step may be confirmed."""
    team = new_team(server.database_url, greeted=True)
    writer = Server(store, team.step_key("challenge"))
    writer.write("challenge", GOOD["challenge"])
    assert writer.save("challenge")
    return team


# What is pressed, free of pages


def test_a_run_carries_out_what_was_pressed_before_it_and_what_it_was_told() -> None:
    presses = Presses()
    given_up, mine = presses.known(), presses.known()
    presses.note(("confirm", ""), given_up)
    next_one = presses.known()
    presses.note(("revise", ""), next_one)

    assert not presses.take(("confirm", ""), mine)
    assert presses.take(("confirm", ""), next_one)
    assert not presses.take(("confirm", ""), given_up)
    assert presses.take(("revise", ""), next_one)
    assert presses.known() == {}


def test_what_a_run_forgets_is_what_it_knew_of() -> None:
    presses = Presses()
    presses.note(("confirm", ""), {})
    first = presses.known()
    presses.note(("revise", ""), presses.known())
    presses.note(("confirm", ""), presses.known())
    presses.forget(first)

    assert {key for key, _ in presses.known()} == {"confirm", "revise"}


def test_the_second_of_a_double_click_and_a_press_after_a_failure_make_the_same() -> None:
    clock = FakeClock()
    presses = Presses(clock)

    def made(*content: str, fails: bool = False) -> str:
        with contextlib.suppress(StoreUnavailable), presses.once("start", *content) as id_:
            if fails:
                raise StoreUnavailable("The database is away.")
        return id_

    first, second, other = made("a"), made("a"), made("b")
    clock.move(DOUBLE)
    later, failed = made("b"), made("c", fails=True)
    clock.move(AGAIN - 1)
    again = made("c")
    clock.move(DOUBLE)
    anew = made("c")

    assert first == second
    assert failed == again
    assert len({first, other, later, failed, anew}) == 5


def test_a_double_click_counts_from_when_the_first_is_carried_out() -> None:
    clock = FakeClock()
    presses = Presses(clock)
    with presses.once("start", "a") as first:
        clock.move(DOUBLE + 1)
    with presses.once("start", "a") as second:
        pass

    assert first == second


# Over the wire


# Several times: which of its parts the page is drawing when it is asked for again is chance.
@pytest.mark.parametrize("_time", range(8))
def test_a_press_counts_though_the_page_is_asked_for_before_its_button_is_drawn(
    server: QuickServer, store: Store, team: Team, _time: int
) -> None:
    tab = Tab(team.link, "Ada", drawn=lambda *_: None, confirmed=lambda _: None)
    tab.open(server.port, "challenge")
    assert tab.watch(30, lambda: "confirm" in tab.page.buttons)
    begun = tab.page.begun_runs

    assert tab.press("confirm")
    assert tab.watch(10, lambda: tab.page.begun_runs > begun and tab.page.elements > 0)
    tab.rerun()

    def is_complete() -> bool:
        tab.watch(0.1)
        return store.steps(team.key)["challenge"].status is Status.COMPLETE

    assert eventually(is_complete)
    tab.close()
