"""What a server says of its own health."""

import json
from collections.abc import Iterator

import pytest

from lib.server.health import health
from lib.store.errors import StoreUnavailable
from lib.team.process import Process
from lib.workshop.records import Draft, Team
from tests import pages
from tests.fakes import FakeGuide, placed
from tests.pages import WatchedStore
from tests.test_debouncer import FakeClock


@pytest.fixture
def store() -> WatchedStore:
    return WatchedStore()


@pytest.fixture
def team(store: WatchedStore) -> Team:
    return pages.new_team(store)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(0.0)


@pytest.fixture
def process(store: WatchedStore, clock: FakeClock) -> Iterator[Process]:
    def save(*_: object) -> None:
        raise StoreUnavailable("The database's disk is full.")

    store.inner.save = save  # type: ignore[method-assign]
    with pages.running(store, FakeGuide(), clock) as assembled:
        yield assembled
        del store.inner.save


def test_a_server_whose_database_answers_and_that_holds_nothing_is_ready(process: Process) -> None:
    told = {
        "ready": True,
        "database": "answers",
        "unsaved": {"steps": 0, "messages": 0, "since_seconds": 0.0, "why": [], "dropped": 0},
    }

    assert health(process).as_dict() == told


def test_a_server_whose_database_is_away_is_not_ready(
    process: Process, store: WatchedStore
) -> None:
    store.away = True

    assert not health(process).ready
    assert health(process).as_dict()["database"] == "The database is away."


def test_what_is_unsaved_is_counted_with_its_age_and_reason_and_without_its_text(
    process: Process, team: Team, clock: FakeClock
) -> None:
    secret = [placed("Nobody may read this.", 1), placed("Nor this.", 2)]
    process.autosave.note(team.step_key("challenge"), secret)
    process.autosave.note(team.step_key("persona"), (), Draft({"name": "Ada"}, revision=1))
    process.autosave.flush(team.step_key("challenge"))
    clock.now = 12.0
    told = health(process).as_dict()

    assert told["unsaved"] == {
        "steps": 2,
        "messages": 2,
        "since_seconds": 12.0,
        "why": ["The database's disk is full."],
        "dropped": 0,
    }
    for word in ("Nobody", "Nor this", "Ada", team.name, team.link, team.id):
        assert word not in json.dumps(told)


def test_a_server_is_ready_until_something_has_been_unsaved_for_30_s(
    process: Process, team: Team, clock: FakeClock
) -> None:
    process.autosave.note(team.step_key("challenge"), [placed("Well?", 1)])
    clock.now = 30.0

    assert health(process).ready

    clock.now = 30.1

    assert not health(process).ready


def test_what_a_bug_says_while_saving_is_not_told(
    store: WatchedStore, team: Team, caplog: pytest.LogCaptureFixture
) -> None:
    with pages.running(store, FakeGuide()) as assembled:
        assembled.autosave.note(team.step_key("challenge"), [placed("Well?", 1)])

        def bug(*_: object) -> None:
            raise TypeError("Nobody may read this.")

        store.inner.save = bug  # type: ignore[method-assign]
        assembled.autosave.flush(team.step_key("challenge"))

        assert health(assembled).why == ("See the server's log for the reason.",)
        assert "Nobody may read this." in caplog.text
        del store.inner.save


def test_the_oldest_change_of_all_steps_decides_whether_a_server_is_ready(
    process: Process, team: Team, clock: FakeClock
) -> None:
    process.autosave.note(team.step_key("challenge"), (), Draft({"target_user": "x"}, revision=1))
    clock.move(40.0)
    process.autosave.note(team.step_key("persona"), (), Draft({"personas": []}, revision=1))

    assert health(process).unsaved_since == 40.0
    assert not health(process).ready
