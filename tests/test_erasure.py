"""What is erased stays erased: a server that was at work on it is well, and no page does the erasing."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from lib.guide.scripted import ScriptedGuide
from lib.server.health import health
from lib.settings import Settings
from lib.store import open_store
from lib.store.port import Decision, Store
from lib.team.process import Process, assemble
from lib.ui import navigation
from lib.workshop import steps
from lib.workshop.records import Draft, StepKey, Team
from lib.workshop.status import Change, Event, Status
from tests import pages
from tests.fakes import FakeGuide, eventually, new_step, question
from tests.pages import NOW, watching
from tests.test_debouncer import FakeClock
from tests.test_store_contract import opens, store

__all__ = ["opens", "store"]

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def guide() -> FakeGuide:
    return FakeGuide()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def process(store: Store, guide: FakeGuide, clock: FakeClock) -> Iterator[Process]:
    process = assemble(Settings(), store, guide, clock)
    yield process
    guide.go_on()
    process.replies.stop_all(2)


def erase(store: Store, key: StepKey) -> None:
    store.delete(key.workshop_id, LONG_AGO)

    def is_gone() -> bool:
        # A workshop somebody is writing to at this moment is left to the next round.
        store.prune()
        return key.workshop_id not in [each.id for each in store.workshops()]

    assert eventually(is_gone)


def test_erasing_while_a_reply_is_written_leaves_the_server_ready(
    process: Process, store: Store, guide: FakeGuide, clock: FakeClock
) -> None:
    key = new_step(store)
    guide.hold()
    process.replies.ask(key, [question("Who leaves?")])
    assert eventually(lambda: bool(guide.requests))
    erase(store, key)
    guide.go_on()
    assert eventually(lambda: process.replies.live(key) is None)
    clock.move(3_600.0)

    def is_saved_or_dropped() -> bool:
        # One of the reply's two threads may still be at its last save.
        process.autosave.sweep()
        return process.autosave.report() == []

    assert eventually(is_saved_or_dropped)
    assert health(process).ready
    assert {line.key for line in process.autosave.dropped()} == {key}


def test_erasing_while_a_draft_is_unsaved_leaves_the_server_ready(
    process: Process, store: Store, clock: FakeClock
) -> None:
    key = new_step(store)
    store.save(key, (), Draft({"target_user": "nurses"}, revision=1))
    process.drafts.edit(key, "target_user", "young nurses")
    erase(store, key)
    clock.move(3_600.0)
    process.autosave.sweep()

    assert process.autosave.report() == []
    assert health(process).ready
    assert [(line.key, line.draft) for line in process.autosave.dropped()] == [(key, True)]


# Opening writes nothing


@pytest.fixture
def house(sqlite_url: str) -> Iterator[Process]:
    opened = open_store(sqlite_url)
    with pages.running(watching(opened), ScriptedGuide(pace=0)) as process:
        yield process


def _written(statements: list[str]) -> list[str]:
    return [each for each in statements if not each.lstrip().upper().startswith(("SELECT", "WITH"))]


def _opens(team: Team) -> dict[str, Callable[[], object]]:
    """Return how each page is opened, by its name."""
    review = {navigation.WORKSHOP: team.workshop_id}
    found: dict[str, Callable[[], object]] = {
        "front door": lambda: pages.opened(navigation.FRONT_DOOR),
        "list": lambda: pages.opened(navigation.REVIEW),
        "team's way in": lambda: pages.opened(
            navigation.FRONT_DOOR, **navigation.query(team.link, "")
        ),
        "review": lambda: pages.opened(navigation.REVIEW, **review),
    }
    for show in (navigation.PEOPLE, navigation.QR):
        query = review | {navigation.SHOW: show}
        found[show] = lambda query=query: pages.opened(navigation.REVIEW, **query)  # type: ignore[misc]
    for step in steps.SLUGS:
        query = review | {"at": team.id, "step": step}
        found[f"{step} beside the table"] = lambda query=query: pages.opened(  # type: ignore[misc]
            navigation.REVIEW, **query
        )
        found[step] = lambda step=step: pages.opened_step(team, step)  # type: ignore[misc]
    return found


def _waiting(store: pages.WatchedStore) -> Team:
    """Return a team that confirmed a step in the moment in which the hold on the next was lifted."""
    team = pages.new_team(store, "Waiting")
    confirmed = Change("challenge", Event.CONFIRM, Status.IN_PROGRESS, Status.COMPLETE)
    store.inner.apply(team.key, Decision([confirmed], "Ada", NOW, pages.outcome("challenge")))
    assert store.inner.waiting_teams() == [team.key]
    return team


def test_opening_a_page_writes_nothing(house: Process, sqlite_url: str, tmp_path: Path) -> None:
    """With something due for erasure, and expired, in the database: every page only reads."""
    store = pages.watching(house.store.inner)  # type: ignore[attr-defined]
    team, due = pages.new_team(store), pages.new_team(store, "Due")
    pages.bring_to(store, team, steps.SLUGS[-1])
    # The guide greets who comes in first; that is a message, and not of this matter.
    pages.opened_step(team, steps.SLUGS[-1])
    assert eventually(lambda: house.replies.live(team.step_key(steps.SLUGS[-1])) is None)
    house.autosave.flush_all(2)
    store.inner.delete(due.workshop_id, LONG_AGO)
    waiting = _waiting(store)
    store.inner.keep_pass("expired", LONG_AGO + timedelta(days=1))
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        written = {}
        for name, open_ in _opens(team).items():
            seen.clear()
            open_()
            written[name] = _written(seen)
        seen.clear()
        pages.opened(navigation.REVIEW, **{navigation.WORKSHOP: due.workshop_id})
        pages.opened_step(due, "challenge")
        written["what is due"] = _written(seen)
        seen.clear()
        pages.opened_step(waiting, "challenge")
        written["a step that waits to be started"] = _written(seen)
    finally:
        event.remove(Engine, "before_cursor_execute", note)

    assert {name: found for name, found in written.items() if found} == {}
    assert store.inner.workshop(due.workshop_id).erase_at == LONG_AGO
