"""The store behind a pooler that gives every transaction another connection to PostgreSQL."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from lib.store import open_store
from lib.store.port import Store
from lib.workshop.ids import new_id, new_link
from lib.workshop.records import Draft, Team, Workshop
from lib.workshop.status import Phase
from lib.workshop.transcript import Message, MessageStatus, Role
from tests.pooler import Pooler, PoolerMissing
from tests.postgres import PostgresServer

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(60)]

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)

STEP = "challenge"

#: Teams that are at work at the same time, on two servers: more than the pooler has connections.
TEAMS, CONNECTIONS = 8, 2

TURNS = 12


@pytest.fixture
def url(postgres: PostgresServer) -> Iterator[str]:
    """Return the address of an empty database by way of the pooler."""
    folder = postgres.folder.with_name(f"pooler-{new_id()}")
    try:
        pooler = Pooler(postgres, folder, size=CONNECTIONS)
    except PoolerMissing as exc:
        pytest.skip(str(exc))
    empty = postgres.new_database()
    try:
        pooler.ready(empty)
        yield pooler.url(empty)
    finally:
        pooler.stop()


@pytest.fixture
def stores(url: str) -> Iterator[list[Store]]:
    """Return two servers' stores on that database, which the first has made."""
    opened: list[Store] = [open_store(url) for _ in range(2)]
    yield opened
    for store in opened:
        store.close()


@pytest.fixture
def teams(stores: list[Store]) -> list[Team]:
    workshop = Workshop(new_id(), "Newcomers", "Half of them leave.", AT)
    added = [
        Team(workshop.id, new_id(), f"Team {place}", new_link(), place)
        for place in range(1, TEAMS + 1)
    ]
    stores[0].create_workshop(workshop, added)
    return added


def works(store: Store, team: Team, failures: list[BaseException]) -> None:
    """Say, answer and draft, and look at all of it after each turn, as pages do."""
    key, page = team.step_key(STEP), (team.link, STEP)
    seen = set()
    try:
        for turn in range(1, TURNS + 1):
            reply = Message(new_id(), Role.ASSISTANT, "Guide", "I", AT, MessageStatus.STREAMING)
            store.append(key, [Message(new_id(), Role.USER, "Ada", f"{turn}?", AT), reply])
            written = store.messages(key)[-1].revised(f"{turn}!", MessageStatus.COMPLETE)
            store.save(key, [written], Draft({"problem": str(turn)}, Phase.GATHER, turn))
            seen.add(store.fingerprints([page])[page])
            cells = store.overview(team.workshop_id)
            (own,) = [c for c in cells if (c.team_id, c.state.step) == (team.id, STEP)]
            assert own.messages == 2 * turn
        assert len(seen) == TURNS
    except BaseException as exc:
        failures.append(exc)


def test_many_at_work_at_once_lose_nothing(stores: list[Store], teams: list[Team]) -> None:
    failures: list[BaseException] = []
    threads = [
        threading.Thread(target=works, args=(stores[place % 2], team, failures))
        for place, team in enumerate(teams)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    said = [text for turn in range(1, TURNS + 1) for text in (f"{turn}?", f"{turn}!")]

    assert failures == []
    for team in teams:
        key = team.step_key(STEP)
        assert [message.text for message in stores[0].messages(key)] == said
        assert stores[1].draft(key).fields == {"problem": str(TURNS)}


def test_of_two_who_take_over_a_reply_one_gets_it(
    url: str, stores: list[Store], teams: list[Team]
) -> None:
    key = teams[0].step_key(STEP)
    growing = Message(new_id(), Role.ASSISTANT, "Guide", "I", AT, MessageStatus.STREAMING)
    dead = open_store(url, lease=0.001)
    dead.append(key, [growing])
    dead.close()
    while stores[0].messages(key)[-1].status is MessageStatus.STREAMING:
        pass
    both = threading.Barrier(2)
    taken: list[Message | None] = []

    def take(store: Store) -> None:
        both.wait()
        taken.append(store.take_over(key, growing.id))

    threads = [threading.Thread(target=take, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [each is None for each in taken].count(True) == 1
