"""The debounce contract, rule by rule, on a clock that moves only when it is told to."""

import time

import pytest

from lib.autosave.debouncer import Debouncer

WAIT, MAX_WAIT = 2.0, 10.0
MILLISECOND = 0.001


class FakeClock:
    """Stands still until it is moved."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def move(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def debouncer(clock: FakeClock) -> Debouncer[str]:
    return Debouncer(WAIT, MAX_WAIT, clock)


def check(debouncer: Debouncer[str]) -> str | None:
    """Do what a rerun, a chunk and the sweeper do: ask, and deliver what is due."""
    return debouncer.flush() if debouncer.due else None


# 1 touch


def test_1_only_the_last_of_many_values_is_delivered(
    debouncer: Debouncer[str], clock: FakeClock
) -> None:
    for value in ("a", "ab", "abc"):
        debouncer.touch(value)
    clock.move(WAIT)

    assert [check(debouncer), check(debouncer)] == ["abc", None]


# 2 deadline


def test_2_a_value_is_due_wait_seconds_after_the_last_touch_and_not_before(
    debouncer: Debouncer[str], clock: FakeClock
) -> None:
    debouncer.touch("a")
    clock.move(1.5)
    debouncer.touch("ab")
    due = []
    for seconds in (0.5, 1.499, 0.001):
        clock.move(seconds)
        due.append(debouncer.due)

    assert due == [False, False, True]


def test_2_each_touch_moves_only_the_wait_never_the_longest_wait(
    debouncer: Debouncer[str], clock: FakeClock
) -> None:
    began = clock()
    deadlines = []
    for _ in range(7):
        debouncer.touch("typing")
        deadlines.append(debouncer.deadline)
        clock.move(1.5)

    assert [began + each for each in (2.0, 3.5, 5.0, 6.5, 8.0, 9.5, 10.0)] == deadlines


# 3 anchor


def test_3_under_continuous_touching_deliveries_come_every_max_wait(
    debouncer: Debouncer[str], clock: FakeClock
) -> None:
    began = clock()
    delivered = []
    for _ in range(350):
        debouncer.touch("typing")
        clock.move(0.125)
        if check(debouncer):
            delivered.append(clock() - began)

    assert delivered == [10.0, 20.0, 30.0, 40.0]


def test_3_a_flush_within_a_burst_restarts_the_longest_wait_from_the_flush(
    debouncer: Debouncer[str], clock: FakeClock
) -> None:
    debouncer.touch("a")
    clock.move(1.0)
    debouncer.flush()
    flushed = clock()
    clock.move(0.5)
    for _ in range(9):
        debouncer.touch("b")
        clock.move(1.0)
    debouncer.touch("b")

    assert flushed + MAX_WAIT == debouncer.deadline


def test_3_a_touch_after_a_quiet_wait_starts_a_burst_of_its_own(
    debouncer: Debouncer[str], clock: FakeClock
) -> None:
    debouncer.touch("a")
    debouncer.flush()
    clock.move(60.0)
    debouncer.touch("b")
    began = clock()
    for _ in range(6):
        clock.move(1.5)
        debouncer.touch("b")

    assert began + MAX_WAIT == debouncer.deadline


# 4 a gap of exactly W


def test_4_a_gap_of_exactly_the_wait_is_idle_and_finds_the_deadline_reached(
    debouncer: Debouncer[str], clock: FakeClock
) -> None:
    debouncer.touch("a")
    clock.move(WAIT)

    assert debouncer.touch("b") == "b"


def test_4_a_gap_a_millisecond_shorter_keeps_the_burst_alive_until_max_wait(
    debouncer: Debouncer[str], clock: FakeClock
) -> None:
    began = clock()
    at = None
    debouncer.touch("a")
    while at is None:
        clock.move(WAIT - MILLISECOND)
        at = clock() - began if debouncer.touch("a") else None

    assert MAX_WAIT <= at < MAX_WAIT + WAIT


@pytest.mark.parametrize("now", [0.1, 0.7, 1e9 + 0.1, 123456.789])
def test_4_the_tie_is_idle_however_the_clock_is_rounded(now: float) -> None:
    clock = FakeClock(now)
    debouncer: Debouncer[str] = Debouncer(0.1, 1.0, clock)
    debouncer.touch("a")
    clock.now = debouncer.deadline or 0.0
    check(debouncer)

    assert debouncer.idle


# 5 a tie at the deadline


def test_5_where_the_check_comes_first_the_old_value_goes_and_the_touch_starts_anew(
    debouncer: Debouncer[str], clock: FakeClock
) -> None:
    debouncer.touch("old")
    clock.move(WAIT)
    delivered = check(debouncer)
    at_once = debouncer.touch("new")

    assert ("old", None, clock() + WAIT) == (delivered, at_once, debouncer.deadline)


def test_5_where_the_touch_comes_first_it_delivers_the_new_value_at_once(
    debouncer: Debouncer[str], clock: FakeClock
) -> None:
    debouncer.touch("old")
    clock.move(WAIT)

    assert (debouncer.touch("new"), debouncer.pending) == ("new", False)


# 6 flush


def test_6_flush_delivers_what_is_undelivered_once_and_then_nothing(
    debouncer: Debouncer[str], clock: FakeClock
) -> None:
    debouncer.touch("a")
    flushed = [debouncer.flush(), debouncer.flush()]
    clock.move(60.0)

    assert (flushed, check(debouncer), debouncer.pending) == (["a", None], None, False)


def test_6_flush_with_nothing_pending_does_not_move_the_window(
    debouncer: Debouncer[str], clock: FakeClock
) -> None:
    debouncer.touch("a")
    debouncer.flush()
    flushed = clock()
    clock.move(1.0)
    debouncer.flush()
    for _ in range(9):
        debouncer.touch("b")
        clock.move(1.0)

    assert flushed + MAX_WAIT == debouncer.deadline


def test_6_flush_does_not_forget_the_last_touch(
    debouncer: Debouncer[str], clock: FakeClock
) -> None:
    debouncer.touch("a")
    clock.move(1.0)
    debouncer.flush()
    idle = [debouncer.idle]
    clock.move(1.0)
    idle.append(debouncer.idle)

    assert idle == [False, True]


# 7 cancel


def test_7_cancel_drops_the_value_and_may_be_repeated(
    debouncer: Debouncer[str], clock: FakeClock
) -> None:
    debouncer.touch("a")
    debouncer.cancel()
    debouncer.cancel()
    clock.move(60.0)

    assert (check(debouncer), debouncer.flush(), debouncer.pending) == (None, None, False)


def test_7_cancel_forgets_the_last_touch_and_the_anchor(
    debouncer: Debouncer[str], clock: FakeClock
) -> None:
    debouncer.touch("a")
    clock.move(1.0)
    debouncer.cancel()
    began = clock()
    for _ in range(7):
        debouncer.touch("b")
        clock.move(1.25)
    debouncer.touch("b")

    assert began + MAX_WAIT == debouncer.deadline


# 8 pending


def test_8_pending_says_whether_there_is_an_undelivered_value(
    debouncer: Debouncer[str],
) -> None:
    pending = [debouncer.pending]
    debouncer.touch("")
    pending.append(debouncer.pending)
    debouncer.flush()
    pending.append(debouncer.pending)

    assert pending == [False, True, False]


def test_8_even_none_is_a_value(clock: FakeClock) -> None:
    debouncer: Debouncer[None] = Debouncer(WAIT, MAX_WAIT, clock)
    debouncer.touch(None)

    assert debouncer.pending


# 9 disarmed before the run


def test_9_a_touch_from_inside_the_save_schedules_a_new_one_a_wait_later(
    debouncer: Debouncer[str], clock: FakeClock
) -> None:
    debouncer.touch("a")
    clock.move(WAIT)
    saving = check(debouncer)
    debouncer.touch("b")

    assert ("a", clock() + WAIT) == (saving, debouncer.deadline)


# 10 late checks


def test_10_a_late_check_delivers_once_and_the_next_window_counts_from_it(
    debouncer: Debouncer[str], clock: FakeClock
) -> None:
    for _ in range(3):
        debouncer.touch("a")
        clock.move(1.0)
    clock.move(45.0)
    delivered = [check(debouncer), check(debouncer)]
    run = clock()
    for _ in range(11):
        debouncer.touch("b")
        clock.move(0.9)

    assert (["a", None], run + MAX_WAIT) == (delivered, debouncer.deadline)


# 11 max wait, clock


def test_11_a_max_wait_shorter_than_the_wait_acts_as_the_wait(clock: FakeClock) -> None:
    debouncer: Debouncer[str] = Debouncer(2.0, 0.5, clock)
    debouncer.touch("a")

    assert clock() + 2.0 == debouncer.deadline


def test_11_the_clock_is_one_that_never_jumps() -> None:
    debouncer: Debouncer[str] = Debouncer(WAIT, MAX_WAIT)
    before = time.monotonic()
    debouncer.touch("a")
    after = time.monotonic()
    deadline = debouncer.deadline

    assert deadline is not None
    assert before + WAIT <= deadline <= after + WAIT
