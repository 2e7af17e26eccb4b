"""Autosave: nothing that was noted is lost, whatever the store does, and nothing is saved twice."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from lib.autosave.autosave import (
    HOUSEKEEPING_EVERY,
    MAX_DROPPED,
    MAX_UNSAVED,
    Autosave,
    QueueFull,
)
from lib.autosave.unsaved import FIRST_RETRY, LAST_RETRY, NeverSaved, Unsaved
from lib.settings import Settings
from lib.store.errors import StoreUnavailable
from lib.team.process import Process
from lib.workshop.records import Draft, Dropped, StepKey
from lib.workshop.status import Phase
from lib.workshop.transcript import Message, MessageStatus, Role
from tests.fakes import PATIENCE
from tests.fakes import eventually as until
from tests.test_debouncer import FakeClock

KEY = StepKey("w", "t", "challenge")
OTHER = StepKey("w", "t", "persona")
ELSEWHERE = StepKey("x", "t", "challenge")


def message(id_: str, text: str = "words", revision: int = 1) -> Message:
    """A message that is still being written, so that it may change again."""
    return Message(
        id_, Role.ASSISTANT, "Guide", text, datetime(2026, 1, 1, tzinfo=UTC),
        MessageStatus.STREAMING, revision, position=1,
    )  # fmt: skip


def draft(revision: int, **fields: str) -> Draft:
    return Draft(dict(fields), Phase.GATHER, revision)


@dataclass
class FakeStore:
    """Keeps what is saved; fails while told to, and does whatever `inside` is in the middle."""

    saves: list[tuple[StepKey, Unsaved]] = field(default_factory=list)
    tries: int = 0
    failure: Exception | None = None
    inside: Callable[[], object] = lambda: None

    def __call__(self, key: StepKey, unsaved: Unsaved) -> None:
        self.tries += 1
        self.inside()
        if self.failure is not None:
            raise self.failure
        self.saves.append((key, unsaved))

    def texts(self) -> list[list[str]]:
        """What each save stored."""
        return [[each.text for each in saved.messages.values()] for _, saved in self.saves]


DOWN = StoreUnavailable("The database cannot be reached.")


class WatchedLock:
    """The lock of a step's saves; notes when somebody comes while it is held."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.wanted = threading.Event()

    def acquire(self, timeout: float = -1) -> bool:
        if self._lock.locked():
            self.wanted.set()
        return self._lock.acquire(timeout=timeout)

    def release(self) -> None:
        self._lock.release()

    def locked(self) -> bool:
        return self._lock.locked()


def watched(autosave: Autosave, key: StepKey) -> threading.Event:
    """Return an event that is set once somebody wants to save *key* while that is being done."""
    lock = WatchedLock()
    autosave._entries[key].saving = lock  # type: ignore[assignment]
    return lock.wanted


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def store() -> FakeStore:
    return FakeStore()


@pytest.fixture
def autosave(store: FakeStore, clock: FakeClock) -> Autosave:
    return Autosave(store, clock=clock)


# When


def test_five_rapid_messages_then_a_pause_are_saved_together_2_s_after_the_last(
    autosave: Autosave, store: FakeStore, clock: FakeClock
) -> None:
    saved_at = []
    for number in range(5):
        autosave.note(KEY, [message(f"m{number}", f"text {number}")])
        last = clock()
        clock.move(0.25)
    for _ in range(40):
        autosave.poll(KEY)
        saved_at += [clock() - last] if store.saves and not saved_at else []
        clock.move(0.125)

    assert ([2.0], [[f"text {n}" for n in range(5)]]) == (saved_at, store.texts())


def test_continuous_activity_is_saved_at_least_every_10_s(
    autosave: Autosave, store: FakeStore, clock: FakeClock
) -> None:
    began, saved_at = clock(), []
    for revision in range(1, 281):
        autosave.note(KEY, [message("m", f"text {revision}", revision)])
        clock.move(0.125)
        autosave.poll(KEY)
        if len(store.saves) > len(saved_at):
            saved_at.append(clock() - began)

    assert saved_at == [10.0, 20.0, 30.0]


def test_1_only_the_newest_revision_of_a_message_is_saved(
    autosave: Autosave, store: FakeStore, clock: FakeClock
) -> None:
    for revision, text in enumerate(["H", "He", "Hello"], start=1):
        autosave.note(KEY, [message("m", text, revision)])
    clock.move(2.0)
    autosave.poll(KEY)

    assert store.texts() == [["Hello"]]


def test_4_a_note_after_exactly_the_wait_is_due_with_what_was_pending(
    autosave: Autosave, store: FakeStore, clock: FakeClock
) -> None:
    autosave.note(KEY, [message("a", "old")])
    clock.move(2.0)
    autosave.note(KEY, [message("b", "new")])
    autosave.poll(KEY)

    assert store.texts() == [["old", "new"]]


def test_5_where_the_check_comes_first_the_note_starts_a_new_wait(
    autosave: Autosave, store: FakeStore, clock: FakeClock
) -> None:
    autosave.note(KEY, [message("a", "old")])
    clock.move(2.0)
    autosave.poll(KEY)
    autosave.note(KEY, [message("b", "new")])
    autosave.poll(KEY)
    clock.move(2.0)
    autosave.poll(KEY)

    assert store.texts() == [["old"], ["new"]]


def test_6_flush_saves_now_and_never_the_same_twice(
    autosave: Autosave, store: FakeStore, clock: FakeClock
) -> None:
    autosave.note(KEY, [message("m", "once")], draft(1, a="b"))
    flushed = [autosave.flush(KEY), autosave.flush(KEY)]
    clock.move(60.0)
    autosave.poll(KEY)
    autosave.sweep()

    assert (flushed, store.texts()) == ([True, True], [["once"]])


def test_8_pending_is_what_is_not_stored_yet(autosave: Autosave) -> None:
    held = [bool(autosave.pending(KEY))]
    autosave.note(KEY, [message("m")], draft(1, a="b"))
    held.append(autosave.pending(KEY) == Unsaved({"m": message("m")}, draft(1, a="b")))
    autosave.flush(KEY)
    held.append(bool(autosave.pending(KEY)))

    assert held == [False, True, False]


def test_10_late_checks_make_one_save(
    autosave: Autosave, store: FakeStore, clock: FakeClock
) -> None:
    for number in range(4):
        autosave.note(KEY, [message(f"m{number}", f"{number}")])
        clock.move(1.0)
    clock.move(120.0)
    for _ in range(3):
        autosave.poll(KEY)
        autosave.sweep()

    assert store.texts() == [["0", "1", "2", "3"]]


def test_nothing_noted_is_nothing_to_save(
    autosave: Autosave, store: FakeStore, clock: FakeClock
) -> None:
    autosave.note(KEY)
    clock.move(60.0)

    assert (autosave.sweep(), autosave.flush(KEY), store.tries) == (None, True, 0)


# Keys


def test_what_was_noted_under_one_step_is_never_saved_under_another(
    autosave: Autosave, store: FakeStore
) -> None:
    for key in (KEY, OTHER, ELSEWHERE):
        autosave.note(key, [message("m", "/".join(key))], draft(1, key="/".join(key)))
    for key in (OTHER, ELSEWHERE, KEY):
        autosave.flush(key)
    expected = [
        (key, Unsaved({"m": message("m", "/".join(key))}, draft(1, key="/".join(key))))
        for key in (OTHER, ELSEWHERE, KEY)
    ]

    assert expected == store.saves


def test_flushing_a_workshop_leaves_the_others_alone(autosave: Autosave, store: FakeStore) -> None:
    for key in (KEY, OTHER, ELSEWHERE):
        autosave.note(key, [message("m")])
    autosave.flush_workshop("w")

    assert [key for key, _ in store.saves] == [KEY, OTHER]


def test_a_step_that_cannot_be_saved_keeps_no_other_from_being_flushed(clock: FakeClock) -> None:
    saved = []

    def save(key: StepKey, _: Unsaved) -> None:
        if key == KEY:
            raise DOWN
        saved.append(key)

    autosave = Autosave(save, clock=time.monotonic)
    for key in (KEY, OTHER):
        autosave.note(key, [message("m")])
    done = [autosave.flush_workshop("w"), autosave.flush_all(0.05)]

    assert (done, saved) == ([False, False], [OTHER])


# Newer wins


def test_a_late_note_of_an_older_revision_does_not_win(
    autosave: Autosave, store: FakeStore
) -> None:
    autosave.note(KEY, [message("m", "newer", 2)], draft(2, a="newer"))
    autosave.note(KEY, [message("m", "older", 1)], draft(1, a="older"))
    autosave.flush(KEY)

    assert [(KEY, Unsaved({"m": message("m", "newer", 2)}, draft(2, a="newer")))] == store.saves


def test_a_complete_message_never_goes_back_to_partial(
    autosave: Autosave, store: FakeStore
) -> None:
    whole = replace(message("m", "whole", 2), status=MessageStatus.COMPLETE)
    autosave.note(KEY, [whole])
    autosave.note(KEY, [message("m", "part", 3)])

    assert {"m": whole} == autosave.pending(KEY).messages


def test_noting_the_same_again_does_not_put_the_save_off(
    autosave: Autosave, store: FakeStore, clock: FakeClock
) -> None:
    autosave.note(KEY, [message("m", "same")])
    clock.move(1.5)
    autosave.note(KEY, [message("m", "same")])
    clock.move(0.5)
    autosave.poll(KEY)

    assert store.texts() == [["same"]]


# Inside and beside a save


def test_9_a_note_from_inside_the_save_is_saved_a_wait_later(
    autosave: Autosave, store: FakeStore, clock: FakeClock
) -> None:
    autosave.note(KEY, [message("m", "first", 1)])
    store.inside = lambda: autosave.note(KEY, [message("m", "second", 2)])
    autosave.flush(KEY)
    store.inside = lambda: None
    pause = autosave.sweep()
    clock.move(2.0)
    autosave.sweep()

    assert (pause, store.texts()) == (2.0, [["first"], ["second"]])


def test_9_note_poll_and_sweep_inside_the_save_do_not_recurse(
    autosave: Autosave, store: FakeStore, clock: FakeClock
) -> None:
    def inside() -> None:
        clock.move(60.0)
        autosave.note(KEY, [message("m", "second", 2)])
        autosave.poll(KEY)
        autosave.sweep()

    store.inside = inside
    autosave.note(KEY, [message("m", "first", 1)])
    autosave.flush(KEY)

    assert store.tries == 1


def test_a_note_that_is_due_at_once_is_left_to_the_next_poll(store: FakeStore) -> None:
    autosave = Autosave(store, wait=0.0, max_wait=0.0)
    autosave.note(KEY, [message("m")])
    tries = store.tries
    autosave.poll(KEY)

    assert (tries, store.tries) == (0, 1)


def test_a_value_touched_during_a_save_stays_pending(autosave: Autosave, store: FakeStore) -> None:
    autosave.note(KEY, [message("a"), message("b")], draft(1, a="1"))
    store.inside = lambda: autosave.note(KEY, [message("b", "more", 2)], draft(2, a="2"))
    autosave.flush(KEY)

    assert Unsaved({"b": message("b", "more", 2)}, draft(2, a="2")) == autosave.pending(KEY)


def test_a_note_that_falls_due_while_a_save_is_running_is_not_forgotten(
    autosave: Autosave, store: FakeStore, clock: FakeClock
) -> None:
    def inside() -> None:
        store.inside = lambda: None
        autosave.note(KEY, [message("m", "second", 2)])
        clock.move(2.0)
        autosave.note(KEY, [message("m", "third", 3)])  # due at once, and the save is still running

    store.inside = inside
    autosave.note(KEY, [message("m", "first", 1)])
    autosave.flush(KEY)
    autosave.sweep()

    assert store.texts() == [["first"], ["third"]]


def test_saves_of_one_step_never_overlap_and_those_of_two_steps_may() -> None:
    running: dict[StepKey, int] = {KEY: 0, OTHER: 0}
    most: dict[StepKey, int] = {KEY: 0, OTHER: 0}
    both = threading.Barrier(2)
    newest: dict[StepKey, int] = {}

    def save(key: StepKey, unsaved: Unsaved) -> None:
        running[key] += 1
        most[key] = max(most[key], running[key])
        if key not in newest:
            # The first of each step waits for the other's.
            both.wait(PATIENCE)
        # Lets others come in between, where they can.
        time.sleep(0.0005)
        newest[key] = max(each.revision for each in unsaved.messages.values())
        running[key] -= 1

    autosave = Autosave(save, wait=0.0, max_wait=0.0)

    def work(key: StepKey) -> None:
        for _ in range(25):
            with counting:
                revisions[key] += 1
                revision = revisions[key]
            autosave.note(key, [message("m", "x", revision)])
            autosave.flush(key)

    counting = threading.Lock()
    revisions = {KEY: 0, OTHER: 0}
    threads = [threading.Thread(target=work, args=(key,)) for key in (KEY, OTHER) * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    autosave.flush_all(1.0)

    assert ({KEY: 1, OTHER: 1}, False, revisions) == (most, both.broken, newest)


def test_a_slow_save_holds_up_nobody_else() -> None:
    let_go, begun = threading.Event(), threading.Event()
    saved = []

    def save(key: StepKey, _: Unsaved) -> None:
        if key == KEY:
            begun.set()
            let_go.wait(PATIENCE)
        saved.append(key)

    autosave = Autosave(save)
    autosave.note(KEY, [message("m")])
    thread = threading.Thread(target=autosave.flush, args=(KEY,))
    thread.start()
    begun.wait(PATIENCE)
    autosave.note(KEY, [message("n")])  # not even in the same step
    autosave.note(OTHER, [message("o")])
    flushed, seen = (
        autosave.flush(OTHER),
        (len(autosave.report()), len(autosave.pending(KEY).messages)),
    )
    before = list(saved)
    let_go.set()
    thread.join()

    assert (flushed, seen, before) == (True, (1, 2), [OTHER])


def test_flush_waits_for_a_save_that_is_running() -> None:
    begun, saved = threading.Event(), []

    go_on = threading.Event()

    def save(_: StepKey, unsaved: Unsaved) -> None:
        begun.set()
        assert go_on.wait(PATIENCE)
        saved.extend(unsaved.messages)

    autosave = Autosave(save)
    autosave.note(KEY, [message("a")])
    waits = watched(autosave, KEY)
    first = threading.Thread(target=autosave.flush, args=(KEY,), daemon=True)
    first.start()
    assert begun.wait(PATIENCE)
    ended: list[tuple[bool, list[str]]] = []
    second = threading.Thread(
        target=lambda: ended.append((autosave.flush(KEY), list(saved))), daemon=True
    )
    second.start()
    assert waits.wait(PATIENCE)
    before = list(ended)
    go_on.set()
    first.join()
    second.join()

    assert (before, ended, saved) == ([], [(True, ["a"])], ["a"])


def test_flush_leaves_it_at_a_save_it_waited_for_that_failed() -> None:
    entered, go_on = threading.Event(), threading.Event()
    tries: list[StepKey] = []

    def save(key: StepKey, unsaved: Unsaved) -> None:
        tries.append(key)
        entered.set()
        assert go_on.wait(PATIENCE)
        raise RuntimeError("The database does not answer.")

    autosave = Autosave(save)
    autosave.note(KEY, [message("a")])
    waits = watched(autosave, KEY)
    first = threading.Thread(target=autosave.flush, args=(KEY,), daemon=True)
    first.start()
    assert entered.wait(PATIENCE)
    flushed: list[bool] = []
    second = threading.Thread(target=lambda: flushed.append(autosave.flush(KEY)), daemon=True)
    second.start()
    assert waits.wait(PATIENCE)
    go_on.set()
    first.join()
    second.join()

    assert flushed == [False]
    assert tries == [KEY]
    assert not autosave.flush(KEY)
    assert tries == [KEY, KEY]


def test_of_a_workshop_each_step_is_saved_though_one_cannot_be(
    autosave: Autosave, store: FakeStore
) -> None:
    def first_fails() -> None:
        store.failure = DOWN if store.tries == 1 else None

    store.inside = first_fails
    for key in (KEY, OTHER):
        autosave.note(key, [message("m")])

    assert not autosave.flush_workshop("w")
    assert [key for key, _ in store.saves] == [OTHER]


def test_what_keeps_growing_waits_for_its_next_try_after_a_failure(
    autosave: Autosave, store: FakeStore, clock: FakeClock
) -> None:
    store.failure = DOWN
    tried_at: list[float] = []
    store.inside = lambda: tried_at.append(clock())
    # Longer than the debouncer's own longest wait, which is over again and again.
    for revision in range(1, 481):
        autosave.note(KEY, [message("m", f"text {revision}", revision)])
        autosave.poll(KEY)
        clock.move(0.125)
    pauses = [round(after - before, 1) for before, after in pairwise(tried_at)]

    assert pauses == [0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 15.0]


def test_a_sweeper_sleeps_while_its_only_step_is_being_saved(
    autosave: Autosave, store: FakeStore
) -> None:
    pauses: list[float | None] = []
    store.inside = lambda: pauses.append(autosave.sweep())
    autosave.note(KEY, [message("m")])
    autosave.flush(KEY)

    assert pauses == [None]


@pytest.mark.parametrize("revision", [1, 2])
def test_what_is_not_newer_replaces_nothing(autosave: Autosave, revision: int) -> None:
    autosave.note(KEY, [message("m", "held", 2)], draft(2, a="held"))
    autosave.note(KEY, [message("m", "late", revision)], draft(revision, a="late"))
    held = autosave.pending(KEY)

    assert (held.messages["m"].text, held.draft) == ("held", draft(2, a="held"))


# Failures


def test_a_failed_save_is_kept_and_saved_when_the_database_is_back(
    autosave: Autosave, store: FakeStore, clock: FakeClock
) -> None:
    store.failure = DOWN
    autosave.note(KEY, [message("m", "kept")], draft(1, a="b"))
    flushed = autosave.flush(KEY)
    store.failure = None
    clock.move(FIRST_RETRY)
    autosave.sweep()

    assert (flushed, store.texts(), autosave.report()) == (False, [["kept"]], [])


def test_a_failed_save_is_retried_after_half_a_second_doubled_each_time_up_to_15(
    autosave: Autosave, store: FakeStore, clock: FakeClock
) -> None:
    store.failure = DOWN
    autosave.note(KEY, [message("m")])
    clock.move(2.0)
    pauses = []
    for _ in range(8):
        pause = autosave.sweep()
        assert pause is not None
        pauses.append(pause)
        clock.move(pause)

    assert (pauses, store.tries) == ([0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 15.0, 15.0], 8)


def test_polls_and_notes_do_not_hurry_a_retry(
    autosave: Autosave, store: FakeStore, clock: FakeClock
) -> None:
    store.failure = DOWN
    autosave.note(KEY, [message("m", "a", 1)])
    autosave.flush(KEY)
    autosave.flush(KEY)
    autosave.flush(KEY)  # next try in 2 s
    for revision in range(2, 10):
        clock.move(0.2)
        autosave.note(KEY, [message("m", "a" * revision, revision)])
        autosave.poll(KEY)

    assert store.tries == 3


def test_a_database_that_is_away_for_days_is_still_tried_every_15_s(
    autosave: Autosave, store: FakeStore, clock: FakeClock
) -> None:
    store.failure = DOWN
    autosave.note(KEY, [message("m")])
    for _ in range(1200):
        autosave.flush(KEY)

    assert autosave.sweep() == LAST_RETRY


def test_what_can_never_be_saved_is_dropped_and_reported_not_retried(
    autosave: Autosave, store: FakeStore, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    store.failure = NeverSaved("There is no such step.")
    autosave.note(KEY, [message("m", "secret")], draft(1, a="b"))
    autosave.flush(KEY)
    clock.move(60.0)
    autosave.sweep()

    assert (store.tries, autosave.report(), bool(autosave.pending(KEY))) == (1, [], False)
    assert autosave.dropped() == [Dropped(KEY, 1, True, "There is no such step.")]
    assert autosave._characters == 0
    assert "There is no such step." in caplog.text
    assert "secret" not in caplog.text


def test_what_came_while_a_save_was_refused_is_not_dropped_with_it(
    autosave: Autosave, store: FakeStore, clock: FakeClock
) -> None:
    def inside() -> None:
        if store.tries == 1:
            autosave.note(KEY, [message("later", "kept")])

    store.inside, store.failure = inside, NeverSaved("No.")
    autosave.note(KEY, [message("m")])
    autosave.flush(KEY)
    store.failure = None
    autosave.flush(KEY)

    assert store.texts() == [["kept"]]


def test_the_lines_about_what_was_dropped_are_bounded(autosave: Autosave, store: FakeStore) -> None:
    store.failure = NeverSaved("No.")
    for number in range(MAX_DROPPED + 5):
        autosave.note(KEY, [message(str(number))])
        autosave.flush(KEY)

    assert len(autosave.dropped()) == MAX_DROPPED


def test_the_report_says_what_is_unsaved_since_when_and_why(
    autosave: Autosave, store: FakeStore, clock: FakeClock
) -> None:
    autosave.note(OTHER, [message("a"), message("b")], draft(1, a="b"))
    clock.move(1.0)
    autosave.note(KEY, [message("m")])
    store.failure = DOWN
    autosave.flush(OTHER)
    clock.move(0.25)
    lines = [
        (line.key, line.messages, line.draft, line.age, line.failures, line.reason)
        for line in autosave.report()
    ]
    expected = [
        (OTHER, 2, True, 1.25, 1, "The database cannot be reached."),
        (KEY, 1, False, 0.25, 0, ""),
    ]

    assert expected == lines


def test_the_line_of_a_step_is_its_own_and_gone_when_it_is_saved(
    autosave: Autosave, clock: FakeClock
) -> None:
    autosave.note(KEY, [message("a")])
    autosave.note(OTHER, [message("b"), message("c")])
    clock.move(1.5)
    line = autosave.report_of(KEY)

    assert line is not None
    assert (line.messages, line.age) == (1, 1.5)
    assert autosave.report_of(ELSEWHERE) is None

    autosave.flush(KEY)

    assert autosave.report_of(KEY) is None


def test_an_error_without_words_is_reported_by_its_name(
    autosave: Autosave, store: FakeStore
) -> None:
    store.failure = ZeroDivisionError()
    autosave.note(KEY, [message("m")])
    autosave.flush(KEY)

    assert autosave.report()[0].reason == "ZeroDivisionError"


def test_what_came_during_a_save_is_reported_since_it_came(
    autosave: Autosave, store: FakeStore, clock: FakeClock
) -> None:
    def inside() -> None:
        clock.move(1.0)
        autosave.note(KEY, [message("n")])
        clock.move(0.5)

    store.inside = inside
    autosave.note(KEY, [message("m")])
    autosave.flush(KEY)

    assert [line.age for line in autosave.report()] == [0.5]


def test_flush_all_saves_everything_and_says_so(autosave: Autosave, store: FakeStore) -> None:
    for key in (KEY, OTHER, ELSEWHERE):
        autosave.note(key, [message("m")])

    assert (autosave.flush_all(1.0), store.tries) == (True, 3)


def test_flush_all_gives_up_when_its_time_is_over(store: FakeStore, clock: FakeClock) -> None:
    store.failure = DOWN
    autosave = Autosave(store, clock=clock, sleep=clock.move)
    autosave.note(KEY, [message("m")])
    began = clock()
    flushed = autosave.flush_all(1.2)

    assert not flushed
    assert clock() - began == pytest.approx(1.2)
    assert store.tries == 3


def test_flush_all_begins_no_save_once_its_time_is_over(store: FakeStore, clock: FakeClock) -> None:
    store.inside = lambda: clock.move(1.0)
    autosave = Autosave(store, clock=clock, sleep=clock.move)
    for number in range(5):
        autosave.note(KEY._replace(team_id=str(number)), [message("m")])

    assert not autosave.flush_all(2.0)
    assert (store.tries, len(autosave.report())) == (2, 3)


def test_flush_all_does_not_wait_for_a_save_that_hangs() -> None:
    let_go, begun = threading.Event(), threading.Event()

    def save(_: StepKey, __: Unsaved) -> None:
        begun.set()
        let_go.wait(PATIENCE)

    autosave = Autosave(save)
    autosave.note(KEY, [message("m")])
    thread = threading.Thread(target=autosave.flush, args=(KEY,), daemon=True)
    thread.start()
    assert begun.wait(PATIENCE)
    flushed = autosave.flush_all(0.1)
    hangs = thread.is_alive()
    let_go.set()
    thread.join()

    assert not flushed
    assert hangs


def test_flush_all_tries_again_until_the_database_is_back(
    store: FakeStore, clock: FakeClock
) -> None:
    def back_after_the_first() -> None:
        store.failure = DOWN if store.tries == 1 else None

    store.inside = back_after_the_first
    autosave = Autosave(store, clock=clock, sleep=clock.move)
    autosave.note(KEY, [message("m")])

    assert (autosave.flush_all(3.0), store.tries) == (True, 2)


def test_a_process_shares_its_seconds_among_all_it_does_at_its_end(clock: FakeClock) -> None:
    given: list[tuple[str, float]] = []

    class Slow:
        """Takes all the time it is given."""

        def __getattr__(self, name: str) -> Callable[[float], bool]:
            def takes(within: float) -> bool:
                given.append((name, within))
                clock.move(within)
                return False

            return takes

        def report(self) -> list[object]:
            return []

        def close(self) -> None:
            """Take no time."""

    slow: Any = Slow()
    saved = Process(Settings(), slow, slow, slow, slow, clock).close()

    assert not saved
    assert given == [("stop_all", 3.25), ("stop", 1.625), ("flush_all", 1.625)]


# Room


def test_a_note_that_does_not_fit_is_refused_with_a_sentence_and_changes_nothing(
    store: FakeStore, clock: FakeClock
) -> None:
    autosave = Autosave(store, clock=clock, limit=100)
    autosave.note(KEY, [message("m", "x" * 60)])
    with pytest.raises(QueueFull, match=r"^The database .*\.$"):
        autosave.note(OTHER, [message("n", "y" * 41)])

    assert ([KEY], {"m"}) == (
        [line.key for line in autosave.report()],
        set(autosave.pending(KEY).messages),
    )


def test_what_takes_no_more_room_still_fits_when_all_is_full(
    store: FakeStore, clock: FakeClock
) -> None:
    autosave = Autosave(store, clock=clock, limit=60)
    autosave.note(KEY, [message("m", "x" * 60, 1)])
    autosave.note(KEY, [message("m", "y" * 60, 2)])

    assert autosave.pending(KEY).messages["m"].text == "y" * 60


def test_a_save_makes_room_again(store: FakeStore, clock: FakeClock) -> None:
    autosave = Autosave(store, clock=clock, limit=100)
    for revision in range(1, 20):
        autosave.note(KEY, [message("m", "x" * 40, revision)], draft(revision, a="y" * 40))
        autosave.flush(KEY)

    assert len(store.saves) == 19


def test_a_draft_takes_room_like_any_text(store: FakeStore, clock: FakeClock) -> None:
    autosave = Autosave(store, clock=clock, limit=100)
    with pytest.raises(QueueFull):
        autosave.note(KEY, draft=draft(1, a="x" * 100))

    assert not autosave.pending(KEY)


def test_what_came_during_a_save_still_takes_its_room(store: FakeStore, clock: FakeClock) -> None:
    autosave = Autosave(store, clock=clock, limit=100)
    store.inside = lambda: autosave.note(KEY, [message("n", "y" * 40)])
    autosave.note(KEY, [message("m", "x" * 60)])
    autosave.flush(KEY)
    with pytest.raises(QueueFull):
        autosave.note(OTHER, [message("o", "z" * 61)])

    autosave.note(OTHER, [message("o", "z" * 60)])


def test_after_a_save_nothing_is_said_of_the_failures_before_it(
    autosave: Autosave, store: FakeStore
) -> None:
    store.failure = DOWN
    autosave.note(KEY, [message("m")])
    autosave.flush(KEY)
    store.failure = None
    autosave.flush(KEY)
    autosave.note(KEY, [message("n")])

    assert [(line.failures, line.reason) for line in autosave.report()] == [(0, "")]


def test_the_room_of_a_process_is_64_mi_characters() -> None:
    assert MAX_UNSAVED == 64 * 2**20


# The sweeper


def test_sweeping_forgets_steps_that_are_saved_and_idle(
    autosave: Autosave, clock: FakeClock
) -> None:
    for number in range(50):
        autosave.note(KEY._replace(team_id=str(number)), [message("m")])
    clock.move(2.0)
    autosave.sweep()
    clock.move(2.0)
    autosave.sweep()

    assert len(autosave._entries) == 0


def test_housekeeping_is_done_at_start_and_then_every_minute(
    store: FakeStore, clock: FakeClock
) -> None:
    done: list[float] = []

    def tidy() -> bool:
        done.append(clock.now)
        return len(done) < 3

    autosave = Autosave(store, clock=clock, housekeeping=tidy)
    start = clock.now
    pauses = [autosave.run_housekeeping() for _ in range(5)]
    clock.move(HOUSEKEEPING_EVERY)
    autosave.run_housekeeping()

    # What is left over is done at once, and between two parts the sweeper saves.
    assert pauses == [0.0, 0.0, HOUSEKEEPING_EVERY, HOUSEKEEPING_EVERY, HOUSEKEEPING_EVERY]
    assert done == [start, start, start, start + HOUSEKEEPING_EVERY]


def test_housekeeping_that_fails_is_logged_and_done_again(
    store: FakeStore, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    tries = []

    def tidy() -> bool:
        tries.append(clock.now)
        raise DOWN

    autosave = Autosave(store, clock=clock, housekeeping=tidy)
    autosave.run_housekeeping()
    clock.move(HOUSEKEEPING_EVERY)
    autosave.run_housekeeping()

    assert len(tries) == 2
    assert str(DOWN) in caplog.text


def test_the_sweeper_does_the_housekeeping_though_nothing_is_noted(store: FakeStore) -> None:
    tidied = threading.Event()

    def tidy() -> bool:
        tidied.set()
        return False

    autosave = Autosave(store, housekeeping=tidy)
    autosave.start()
    try:
        assert tidied.wait(PATIENCE)
    finally:
        autosave.stop()


@pytest.fixture
def sweeping(store: FakeStore) -> Autosave:
    autosave = Autosave(store, wait=0.05, max_wait=0.2)
    autosave.start()
    yield autosave
    autosave.stop()


def test_the_sweeper_saves_for_a_tab_that_is_idle_or_gone(
    sweeping: Autosave, store: FakeStore
) -> None:
    sweeping.note(KEY, [message("m", "from a closed tab")])

    assert until(lambda: store.texts() == [["from a closed tab"]])


def test_the_sweeper_saves_every_burst_not_only_the_first(
    sweeping: Autosave, store: FakeStore
) -> None:
    for revision in range(1, 6):
        sweeping.note(KEY, [message("m", str(revision), revision)])
        assert until(lambda: not sweeping.pending(KEY))

    assert store.texts() == [["1"], ["2"], ["3"], ["4"], ["5"]]


def test_the_sweeper_lives_through_failures_and_retries(
    sweeping: Autosave, store: FakeStore
) -> None:
    store.failure = RuntimeError("a bug in the store")
    sweeping.note(KEY, [message("m", "kept")])
    assert until(lambda: store.tries)
    store.failure = None

    assert until(lambda: store.texts() == [["kept"]])


def test_the_sweeper_takes_up_what_another_threads_save_left_over(store: FakeStore) -> None:
    autosave = Autosave(store, wait=0.05, max_wait=0.1)

    def inside() -> None:
        store.inside = lambda: None
        # The sweeper finds this save running.
        found.append(wanted.wait(PATIENCE))
        autosave.note(KEY, [message("m", "second", 2)])

    found: list[bool] = []
    store.inside = inside
    autosave.note(KEY, [message("m", "first", 1)])
    wanted = watched(autosave, KEY)
    autosave.start()
    autosave.flush(KEY)
    saved = until(lambda: store.texts() == [["first"], ["second"]])
    autosave.stop()

    assert found == [True]
    assert saved


def test_a_stopped_sweeper_leaves_what_is_unsaved_to_flush_all(store: FakeStore) -> None:
    autosave = Autosave(store)
    autosave.start()
    autosave.note(KEY, [message("m", "last words")])
    autosave.stop()
    before = store.texts()
    autosave.flush_all(1.0)

    assert (before, store.texts()) == ([], [["last words"]])


# All of it at once


class Autosaving(RuleBasedStateMachine):
    """
    A flaky store, three steps and a clock, in any order.

    The store takes whatever it is given, so it sees every mistake: a message twice, an older one
    after a newer, one under a wrong key.
    """

    keys = st.sampled_from([KEY, OTHER, ELSEWHERE])
    ids = st.sampled_from(["a", "b", "c"])

    def __init__(self) -> None:
        super().__init__()
        self.clock = FakeClock()
        self.failing = False
        self.noted: dict[tuple[StepKey, str], int] = {}
        self.noted_at: dict[StepKey, float] = {}
        self.stored: dict[tuple[StepKey, str], int] = {}
        self.autosave = Autosave(self.save, clock=self.clock)

    def save(self, key: StepKey, unsaved: Unsaved) -> None:
        if self.failing:
            raise DOWN
        found = {id_: each.revision for id_, each in unsaved.messages.items()}
        if unsaved.draft is not None:
            found["draft"] = unsaved.draft.revision
        assert found, "an empty save"
        for id_, revision in found.items():
            assert revision > self.stored.get((key, id_), 0), "saved twice, or older after newer"
            self.stored[key, id_] = revision

    def next(self, key: StepKey, id_: str) -> int:
        self.noted[key, id_] = self.noted.get((key, id_), 0) + 1
        return self.noted[key, id_]

    @rule(key=keys, id_=ids)
    def note_a_message(self, key: StepKey, id_: str) -> None:
        revision = self.next(key, id_)
        self.autosave.note(key, [message(id_, f"{key} {revision}", revision)])

    @rule(key=keys, id_=ids)
    def note_a_reply_and_its_draft(self, key: StepKey, id_: str) -> None:
        revision, of_draft = self.next(key, id_), self.next(key, "draft")
        self.autosave.note(key, [message(id_, f"{key} {revision}", revision)], draft(of_draft))

    @rule(key=keys, id_=ids)
    def note_an_older_revision_late(self, key: StepKey, id_: str) -> None:
        held = self.autosave.pending(key).messages.get(id_)
        if held is not None and held.revision > 1:
            self.autosave.note(key, [message(id_, "late", held.revision - 1)])

    @rule(seconds=st.sampled_from([0.001, 0.5, 1.999, 2.0, 10.0, 3600.0]))
    def time_passes(self, seconds: float) -> None:
        self.clock.move(seconds)

    @rule(key=keys)
    def poll(self, key: StepKey) -> None:
        self.autosave.poll(key)

    @rule(key=keys)
    def flush(self, key: StepKey) -> None:
        assert self.autosave.flush(key) == (self.unsaved_of(key) == {})

    @rule()
    def sweep(self) -> None:
        pause = self.autosave.sweep()
        assert (pause is None) == (self.autosave.report() == [])
        assert pause is None or 0.0 < pause <= LAST_RETRY

    @precondition(lambda self: not self.failing)
    @rule()
    def the_database_goes_away(self) -> None:
        self.failing = True

    @precondition(lambda self: self.failing)
    @rule()
    def the_database_is_back(self) -> None:
        self.failing = False

    @rule()
    def left_alone_with_a_working_database_everything_is_saved(self) -> None:
        self.failing = False
        self.clock.move(LAST_RETRY)
        self.autosave.sweep()
        assert self.noted == self.stored

    def unsaved_of(self, key: StepKey) -> dict[str, int]:
        return {
            id_: revision
            for (of, id_), revision in self.noted.items()
            if of == key and revision != self.stored.get((of, id_))
        }

    @invariant()
    def nothing_noted_is_lost(self) -> None:
        for key in (KEY, OTHER, ELSEWHERE):
            pending = self.autosave.pending(key)
            held = {id_: each.revision for id_, each in pending.messages.items()}
            if pending.draft is not None:
                held["draft"] = pending.draft.revision
            assert self.unsaved_of(key) == held

    @invariant()
    def what_is_counted_is_what_is_held(self) -> None:
        held = sum(self.autosave.pending(key).characters for key in (KEY, OTHER, ELSEWHERE))
        assert held == self.autosave._characters

    def teardown(self) -> None:
        self.failing = False
        assert self.autosave.flush_all(1.0)
        assert self.noted == self.stored


TestAutosaving = Autosaving.TestCase
TestAutosaving.settings = settings(
    max_examples=60,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
