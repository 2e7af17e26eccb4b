"""Questions of many pages become few of the database, and no answer is older than it may be."""

import asyncio
import threading
from collections.abc import Awaitable, Iterable, Iterator

import pytest

from lib.access import links
from lib.autosave.autosave import UNSAVED_FOR_LONG, Autosave
from lib.server.polling import FRESH, KEPT, Lookout, Sight
from lib.store.errors import StoreUnavailable
from lib.workshop.ids import new_link
from lib.workshop.records import Draft, Team
from tests.coroutines import run
from tests.fakes import PATIENCE
from tests.memory_store.store import MemoryStore
from tests.test_debouncer import FakeClock
from tests.test_store_contract import question, started

STEP = "challenge"


class Asked(MemoryStore):
    """A store that remembers what it was asked, and may be away or slow."""

    def __init__(self) -> None:
        super().__init__()
        self.looks: list[set[tuple[str, str]]] = []
        self.away = False
        self.answers = threading.Event()
        self.answers.set()

    def fingerprints(self, asked: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
        self.looks.append(set(asked))
        found = super().fingerprints(self.looks[-1])
        assert self.answers.wait(PATIENCE)
        if self.away:
            raise StoreUnavailable("The database is away.")
        return found


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(100.0)


@pytest.fixture
def store() -> Asked:
    return Asked()


@pytest.fixture
def autosave(clock: FakeClock) -> Autosave:
    return Autosave(lambda key, unsaved: None, clock=clock)


@pytest.fixture
def lookout(store: Asked, autosave: Autosave, clock: FakeClock) -> Lookout:
    return Lookout(store, autosave, clock)


@pytest.fixture
def teams(store: Asked) -> Iterator[list[Team]]:
    _, teams = started(store, teams=20)
    yield teams
    store.answers.set()


async def asked_for(store: "Asked") -> None:
    """Wait until the store was asked something."""
    while not store.looks:
        await asyncio.sleep(0.001)


async def together(*asked: Awaitable[Sight | None]) -> list[Sight | None]:
    return list(await asyncio.gather(*asked))


def test_who_asks_gets_what_the_store_says(
    lookout: Lookout, store: Asked, teams: list[Team]
) -> None:
    (expected,) = MemoryStore.fingerprints(store, [(teams[0].link, STEP)]).values()

    assert run(lookout.sight(teams[0].link, STEP)) == Sight(expected, late=False)


def test_of_many_that_ask_at_once_the_first_is_asked_for_and_then_all_others_together(
    lookout: Lookout, store: Asked, teams: list[Team]
) -> None:
    pages = [(team.link, STEP) for team in teams]

    async def ask() -> list[Sight | None]:
        return await together(*(lookout.sight(*page) for page in pages * 5))

    found = run(ask())

    assert all(found)
    assert len(store.looks) <= 2
    assert store.looks[-1] == set(pages)


def test_for_a_second_an_answer_serves_and_then_it_is_asked_for_again(
    lookout: Lookout, store: Asked, teams: list[Team], clock: FakeClock
) -> None:
    async def ask() -> Sight | None:
        return await lookout.sight(teams[0].link, STEP)

    first = run(ask())
    store.append(teams[0].step_key(STEP), [question()])
    clock.now += FRESH

    assert run(ask()) == first

    clock.now += 0.1

    assert run(ask()) != first
    assert len(store.looks) == 2


def test_who_comes_while_an_answer_is_under_way_gets_one_that_was_begun_later(
    lookout: Lookout, store: Asked, teams: list[Team], clock: FakeClock
) -> None:
    async def ask() -> tuple[Sight | None, Sight | None]:
        store.answers.clear()
        early = asyncio.create_task(lookout.sight(teams[0].link, STEP))
        await asked_for(store)
        store.append(teams[0].step_key(STEP), [question()])
        clock.now += FRESH + 0.1
        late = asyncio.create_task(lookout.sight(teams[0].link, STEP))
        # It runs until it waits.
        await asyncio.sleep(0)
        store.answers.set()
        return await early, await late

    early, late = run(ask())

    assert early != late
    assert len(store.looks) == 2


def test_who_goes_away_takes_no_answer_from_the_others(
    lookout: Lookout, store: Asked, teams: list[Team]
) -> None:
    async def ask() -> Sight | None:
        store.answers.clear()
        gone, stays = (asyncio.create_task(lookout.sight(teams[0].link, STEP)) for _ in range(2))
        await asked_for(store)
        gone.cancel()
        # It goes.
        await asyncio.sleep(0)
        store.answers.set()
        return await stays

    assert run(ask()) is not None
    assert len(store.looks) == 1


def test_a_page_that_the_last_look_did_not_ask_about_is_asked_about_at_once(
    lookout: Lookout, store: Asked, teams: list[Team], clock: FakeClock
) -> None:
    run(lookout.sight(teams[0].link, STEP))
    clock.now += FRESH / 2

    assert run(lookout.sight(teams[1].link, STEP)) is not None
    assert store.looks[-1] == {(team.link, STEP) for team in teams[:2]}


def test_a_page_nobody_has_open_any_more_is_not_asked_about(
    lookout: Lookout, store: Asked, teams: list[Team], clock: FakeClock
) -> None:
    run(lookout.sight(teams[0].link, STEP))
    clock.now += KEPT + 0.1
    run(lookout.sight(teams[1].link, STEP))

    assert store.looks == [{(teams[0].link, STEP)}, {(teams[1].link, STEP)}]


def test_what_opens_nothing_is_asked_about_once_or_never(
    lookout: Lookout, store: Asked, teams: list[Team], clock: FakeClock
) -> None:
    unknown = new_link()
    asked = [(unknown, STEP), ("'; --", STEP), ("x" * 5000, STEP), (teams[0].link, "no-step")]

    assert [run(lookout.sight(*each)) for each in asked] == [None] * 4
    assert store.looks == [{(unknown, STEP)}]

    clock.now += FRESH + 0.1
    run(lookout.sight(teams[0].link, STEP))

    assert store.looks[-1] == {(teams[0].link, STEP)}


def test_while_the_database_is_away_a_page_is_told_only_of_what_is_unsaved(
    lookout: Lookout, store: Asked, autosave: Autosave, teams: list[Team], clock: FakeClock
) -> None:
    team = links.team_by_link(store, teams[0].link)
    store.away = True
    autosave.note(team.step_key(STEP), (), Draft({"target_user": "x"}, revision=1))
    found = []
    for waits in (0.0, UNSAVED_FOR_LONG + 0.1):
        clock.now += waits
        found.append(run(lookout.sight(team.link, STEP)))

    assert found == [Sight(None, late=False), Sight(None, late=True)]

    store.away = False
    autosave.flush(team.step_key(STEP))
    said = run(lookout.sight(team.link, STEP))

    assert said is not None
    assert said.fingerprint
    assert not said.late
