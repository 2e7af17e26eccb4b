"""A clock that is set back, or ten minutes off, neither delays nor reorders what people see."""

import ast
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lib.facilitation.timeline import statuses_over_time
from lib.store import backdating as store_clock
from lib.store.port import Store
from lib.store.sql.store import SqlStore
from lib.workshop import agenda, clock
from lib.workshop.clock import SteadyClock
from lib.workshop.notes import Kind, Note
from lib.workshop.records import EventRecord, StepKey, Team
from lib.workshop.status import Event, Status
from lib.workshop.transcript import MessageStatus
from tests.test_store_contract import Opens, key, opens, question, reply, store, team

__all__ = ["key", "opens", "store", "team"]

ROOT = Path(__file__).resolve().parent.parent
AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
TEN_MINUTES = timedelta(minutes=10)

#: What the clocks of the servers say that one thing after the other is done by.
CLOCKS: dict[str, Callable[[int], datetime]] = {
    "two servers, ten minutes apart": lambda turn: AT + turn % 2 * TEN_MINUTES,
    "set back at each look": lambda turn: AT - turn * TEN_MINUTES,
    "stands still": lambda _: AT,
}


class Wall:
    """A server's own clock, which may be set, and the seconds that go by."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        self.seconds = 0.0

    def clock(self) -> SteadyClock:
        """Return the clock of a process on this server."""
        return SteadyClock(lambda: self.at, lambda: self.seconds)


def test_a_server_clock_that_is_set_back_changes_nothing() -> None:
    wall = Wall(AT)
    now = wall.clock()
    wall.at, wall.seconds = AT - TEN_MINUTES, 5.0

    assert now() == AT + timedelta(seconds=5)


def test_servers_ten_minutes_apart_agree_on_the_database_clock() -> None:
    walls = [Wall(AT), Wall(AT - TEN_MINUTES)]
    clocks = [wall.clock() for wall in walls]
    for now, wall in zip(clocks, walls, strict=True):
        now.follow(lambda: AT + timedelta(hours=1))
        now.follow(lambda: None)
        wall.seconds = 5.0

    assert [now() for now in clocks] == [AT + timedelta(hours=1, seconds=5)] * 2


def test_a_reading_counts_from_the_middle_of_its_round_trip() -> None:
    wall = Wall(AT)
    now = wall.clock()

    def slow() -> datetime:
        wall.seconds += 2.0
        return AT

    now.follow(slow)

    assert now() == AT + timedelta(seconds=1)


def test_a_store_reads_its_databases_clock(store: Store) -> None:
    there = store.read_clock()

    # Memory and SQLite have none: their one server's clock is the only one.
    assert there is None or abs(there - datetime.now(UTC)) < timedelta(hours=1)


def test_a_store_without_a_clock_knows_the_newest_time_it_holds(
    store: Store, team: Team, key: StepKey
) -> None:
    later = clock.utc_now() + TEN_MINUTES
    with store_clock.dated(later):
        store.append(key, [question()])
    has_own_clock = store.read_clock() is not None or not isinstance(store, SqlStore)

    assert store.newest_time() == (None if has_own_clock else later)


@pytest.mark.parametrize(
    ("newest", "begins"),
    [
        (None, AT),
        (AT - TEN_MINUTES, AT),
        (AT + TEN_MINUTES, AT + TEN_MINUTES),
        (AT + timedelta(days=1), AT),
    ],
    ids=["nothing", "older", "set back", "was wrong"],
)
def test_a_process_begins_no_earlier_than_what_is_stored(
    newest: datetime | None, begins: datetime
) -> None:
    wall = Wall(AT)
    now = wall.clock()
    now.catch_up(newest)
    wall.seconds = 5.0

    assert now() == begins + timedelta(seconds=5)


def test_the_timer_ends_at_one_moment_on_every_server() -> None:
    here, there = (Wall(at).clock() for at in (AT, AT - TEN_MINUTES))
    for now in (here, there):
        now.follow(lambda: AT)
    timer = agenda.started(agenda.Agenda(), "challenge", here()).timer
    assert timer is not None

    assert timer.remaining(there()) == timer.remaining(here()) == 20 * 60.0


def test_one_module_alone_reads_a_clock() -> None:
    """Ids need no order, and a provider's date is compared with the provider's clock first."""
    exempt = {"workshop/clock.py", "workshop/ids.py", "guide/openai_compatible/retry.py"}
    readings = {("datetime", "now"), ("datetime", "utcnow"), ("time", "time"), ("time", "time_ns")}
    found = {
        (str(path.relative_to(ROOT / "lib")), node.value.id, node.attr)
        for path in (ROOT / "lib").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    }

    assert {place for place in found if place[1:] in readings and place[0] not in exempt} == set()
    assert clock.utc_now().tzinfo is UTC


@pytest.mark.parametrize("at", CLOCKS.values(), ids=CLOCKS.keys())
def test_what_was_sent_is_read_in_its_order(
    store: Store, team: Team, key: StepKey, at: Callable[[int], datetime]
) -> None:
    """A team's conversation, its facilitator's notes and the flags, newest last on every page."""
    sent = [f"{turn}" for turn in range(6)]
    for turn, text in enumerate(sent):
        store.append(key, [question(text, created_at=at(turn))])
        # No id tells the order either.
        note = Note(f"note-{9 - turn}", Kind.MESSAGE, None, "Facilitator", text, at(turn))
        store.post(team.workshop_id, note)
        flag = replace(note, id=f"flag-{9 - turn}", kind=Kind.FLAG, team_id=team.id)
        store.post(team.workshop_id, flag)
    briefing, desk = store.briefing(team.key), store.desk(team.workshop_id)

    assert [message.text for message in store.messages(key)] == sent
    assert [note.text for note in briefing.messages] == sent
    assert [note.text for note in briefing.flags] == sent
    assert [record.note.text for record in desk.records] == [text for text in sent for _ in "ab"]


def test_a_dead_writer_is_dead_though_the_clock_was_set_back(opens: Opens, key: StepKey) -> None:
    with store_clock.dated(clock.utc_now() + TEN_MINUTES):
        opens(lease=10.0).append(key, [question(), reply()])
    now = opens(lease=10.0)
    (_, growing) = now.messages(key)
    later = now.append(key, [question("And?")], reply=reply("answered"))

    assert growing.status is MessageStatus.INTERRUPTED
    assert [each.text for each in later] == ["And?", "answered"]


def test_nobody_is_kept_out_for_longer_though_the_clock_was_set_back(store: Store) -> None:
    with store_clock.dated(clock.utc_now() + TEN_MINUTES):
        for _ in range(10):
            store.attempt("passcode", "somebody", 900.0)

    assert store.attempt("passcode", "somebody", 900.0) == 1


def test_a_chart_shows_an_event_no_later_than_the_one_behind_it() -> None:
    first, second = (
        EventRecord(f"{place}", "t1", step, event, before, after, "Ada", step, at)
        for place, (step, event, before, after, at) in enumerate(
            [
                (
                    "challenge",
                    Event.CONFIRM,
                    Status.IN_PROGRESS,
                    Status.COMPLETE,
                    AT + TEN_MINUTES,
                ),
                ("persona", Event.START, Status.NOT_STARTED, Status.IN_PROGRESS, AT),
            ]
        )
    )
    (shown,) = statuses_over_time([first, second], "t1", [AT], 60)

    assert shown["challenge"] is Status.COMPLETE
    assert shown["persona"] is Status.IN_PROGRESS
