"""How many messages a team may send: what is over waits in its box, and nothing is lost."""

from collections.abc import Iterator
from typing import Any

import pytest

from lib.access.token_bucket import Buckets, Rate
from lib.team import chat_input
from lib.team.process import Process
from lib.workshop.records import Team
from lib.workshop.transcript import Role
from tests import pages
from tests.fakes import FakeGuide
from tests.pages import WatchedStore, entry
from tests.test_debouncer import FakeClock


@pytest.fixture
def store() -> WatchedStore:
    return WatchedStore()


@pytest.fixture
def process(store: WatchedStore) -> Iterator[Process]:
    with pages.running(store, FakeGuide()) as process:
        yield process


@pytest.fixture
def team(store: WatchedStore, process: Process) -> Team:
    return pages.new_team(store)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    """The clock of a server whose teams may send two messages at once, and one a second."""
    clock = FakeClock()
    monkeypatch.setattr(chat_input, "_sending", Buckets(Rate(burst=2, per_second=1), clock))
    return clock


def said(store: WatchedStore, team: Team) -> list[str]:
    found = store.inner.messages(team.step_key("challenge"))
    return [each.text for each in found if each.role is Role.USER]


def test_messages_over_the_rate_wait_in_the_box_and_come_later_in_order(
    store: WatchedStore, team: Team, clock: FakeClock
) -> None:
    entries = [entry(text) for text in ("one", "two", "three", "four")]
    app = pages.opened_step(team, "challenge")
    pages.send(app, team, "challenge", *entries)
    assert said(store, team) == ["one", "two"]
    shown = [each.value for each in (*app.info, *app.warning, *app.error, *app.caption, *app.toast)]
    shown += [each.value for each in pages.drawn(app.run()).info]

    for text in ("three", "four"):
        clock.move(1)
        pages.send(app, team, "challenge", *entries)
        assert said(store, team)[-1] == text
    assert said(store, team) == ["one", "two", "three", "four"]
    assert any(chat_input.TOO_MANY in each for each in shown)


def test_what_a_box_delivers_by_itself_is_held_to_the_same_rate(
    store: WatchedStore, process: Process, team: Team, clock: FakeClock
) -> None:
    entries: list[Any] = [entry(text) for text in ("one", "two", "three")]
    chat_input.deliver(process, team, "challenge", "Ada", entries)
    assert said(store, team) == ["one", "two"]
    clock.move(3)
    chat_input.deliver(process, team, "challenge", "Ada", entries[2:])

    assert said(store, team) == ["one", "two", "three"]


def test_one_team_holds_up_no_other(
    store: WatchedStore, process: Process, team: Team, clock: FakeClock
) -> None:
    other = pages.new_team(store, "Others")
    for each in (team, other):
        chat_input.deliver(process, each, "challenge", "Ada", [entry("one"), entry("two")])

    assert said(store, team) == said(store, other) == ["one", "two"]
