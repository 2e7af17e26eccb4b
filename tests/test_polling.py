"""The polls of many pages become few queries, and no answer is older than a second."""

import asyncio
import threading
from collections.abc import Awaitable, Iterable, Iterator

import pytest

from lib.access import links
from lib.autosave.autosave import UNSAVED_FOR_LONG, Autosave
from lib.server.polling import FRESH, KEPT, Poller, PollResult
from lib.store.errors import StoreUnavailable
from lib.workshop.ids import new_link
from lib.workshop.records import Draft, Team
from tests.coroutines import run
from tests.fakes import PATIENCE
from tests.memory_store.store import MemoryStore
from tests.test_debouncer import FakeClock
from tests.test_store_contract import question, started

STEP = "challenge"


class RecordingStore(MemoryStore):
    """A store that records its queries, and may be away or slow."""

    def __init__(self) -> None:
        super().__init__()
        self.queries: list[set[tuple[str, str]]] = []
        self.away = False
        self.answers = threading.Event()
        self.answers.set()

    def fingerprints(self, pages: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
        self.queries.append(set(pages))
        found = super().fingerprints(self.queries[-1])
        assert self.answers.wait(PATIENCE)
        if self.away:
            raise StoreUnavailable("The database is away.")
        return found


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(100.0)


@pytest.fixture
def store() -> RecordingStore:
    return RecordingStore()


@pytest.fixture
def autosave(clock: FakeClock) -> Autosave:
    return Autosave(lambda key, unsaved: None, clock=clock)


@pytest.fixture
def poller(store: RecordingStore, autosave: Autosave, clock: FakeClock) -> Poller:
    return Poller(store, autosave, clock)


@pytest.fixture
def teams(store: RecordingStore) -> Iterator[list[Team]]:
    _, teams = started(store, teams=20)
    yield teams
    store.answers.set()


async def queried(store: RecordingStore) -> None:
    """Wait until the store has had a query."""
    while not store.queries:
        await asyncio.sleep(0.001)


async def together(*polls: Awaitable[PollResult | None]) -> list[PollResult | None]:
    return list(await asyncio.gather(*polls))


def test_a_poll_returns_the_stores_fingerprint(
    poller: Poller, store: RecordingStore, teams: list[Team]
) -> None:
    (expected,) = MemoryStore.fingerprints(store, [(teams[0].link, STEP)]).values()

    assert run(poller.poll(teams[0].link, STEP)) == PollResult(expected, late=False)


def test_many_polls_at_once_become_two_queries(
    poller: Poller, store: RecordingStore, teams: list[Team]
) -> None:
    pages = [(team.link, STEP) for team in teams]

    async def ask() -> list[PollResult | None]:
        return await together(*(poller.poll(*page) for page in pages * 5))

    found = run(ask())

    assert all(found)
    assert len(store.queries) <= 2
    assert store.queries[-1] == set(pages)


def test_an_answer_is_reused_for_a_second(
    poller: Poller, store: RecordingStore, teams: list[Team], clock: FakeClock
) -> None:
    async def ask() -> PollResult | None:
        return await poller.poll(teams[0].link, STEP)

    first = run(ask())
    store.append(teams[0].step_key(STEP), [question()])
    clock.now += FRESH

    assert run(ask()) == first

    clock.now += 0.1

    assert run(ask()) != first
    assert len(store.queries) == 2


def test_a_poll_during_a_query_gets_a_later_answer(
    poller: Poller, store: RecordingStore, teams: list[Team], clock: FakeClock
) -> None:
    async def ask() -> tuple[PollResult | None, PollResult | None]:
        store.answers.clear()
        early = asyncio.create_task(poller.poll(teams[0].link, STEP))
        await queried(store)
        store.append(teams[0].step_key(STEP), [question()])
        clock.now += FRESH + 0.1
        late = asyncio.create_task(poller.poll(teams[0].link, STEP))
        # It runs until it waits for the query.
        await asyncio.sleep(0)
        store.answers.set()
        return await early, await late

    early, late = run(ask())

    assert early != late
    assert len(store.queries) == 2


def test_a_cancelled_poll_does_not_cancel_the_others(
    poller: Poller, store: RecordingStore, teams: list[Team]
) -> None:
    async def ask() -> PollResult | None:
        store.answers.clear()
        gone, stays = (asyncio.create_task(poller.poll(teams[0].link, STEP)) for _ in range(2))
        await queried(store)
        gone.cancel()
        # The cancellation is delivered.
        await asyncio.sleep(0)
        store.answers.set()
        return await stays

    assert run(ask()) is not None
    assert len(store.queries) == 1


def test_a_page_new_to_the_poller_is_queried_at_once(
    poller: Poller, store: RecordingStore, teams: list[Team], clock: FakeClock
) -> None:
    run(poller.poll(teams[0].link, STEP))
    clock.now += FRESH / 2

    assert run(poller.poll(teams[1].link, STEP)) is not None
    assert store.queries[-1] == {(team.link, STEP) for team in teams[:2]}


def test_a_closed_page_is_not_queried(
    poller: Poller, store: RecordingStore, teams: list[Team], clock: FakeClock
) -> None:
    run(poller.poll(teams[0].link, STEP))
    clock.now += KEPT + 0.1
    run(poller.poll(teams[1].link, STEP))

    assert store.queries == [{(teams[0].link, STEP)}, {(teams[1].link, STEP)}]


def test_a_link_that_opens_no_team_is_queried_at_most_once(
    poller: Poller, store: RecordingStore, teams: list[Team], clock: FakeClock
) -> None:
    unknown = new_link()
    wrong = [(unknown, STEP), ("'; --", STEP), ("x" * 5000, STEP), (teams[0].link, "no-step")]

    assert [run(poller.poll(*each)) for each in wrong] == [None] * 4
    assert store.queries == [{(unknown, STEP)}]

    clock.now += FRESH + 0.1
    run(poller.poll(teams[0].link, STEP))

    assert store.queries[-1] == {(teams[0].link, STEP)}


def test_during_an_outage_a_poll_reports_unsaved_changes(
    poller: Poller, store: RecordingStore, autosave: Autosave, teams: list[Team], clock: FakeClock
) -> None:
    team = links.team_by_link(store, teams[0].link)
    store.away = True
    autosave.note(team.step_key(STEP), (), Draft({"target_user": "x"}, revision=1))
    found = []
    for waits in (0.0, UNSAVED_FOR_LONG + 0.1):
        clock.now += waits
        found.append(run(poller.poll(team.link, STEP)))

    assert found == [PollResult(None, late=False), PollResult(None, late=True)]

    store.away = False
    autosave.flush(team.step_key(STEP))
    result = run(poller.poll(team.link, STEP))

    assert result is not None
    assert result.fingerprint
    assert not result.late
