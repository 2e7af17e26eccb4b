"""The agenda: a plan, a timer that is a moment, and a hold; no clock but the one that is given."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.workshop import agenda as agenda_
from lib.workshop import steps
from lib.workshop.agenda import LEAST_MINUTES, MINUTES, MOST_LEFT, MOST_MINUTES, Agenda, Timer

NOW = datetime(2026, 3, 1, 14, 0, tzinfo=UTC)

seconds = st.floats(0, 3 * 86_400, allow_nan=False)
minutes = st.integers(1, 60)
slugs = st.sampled_from(steps.SLUGS)


def after(passed: float) -> datetime:
    return NOW + timedelta(seconds=passed)


def left(agenda: Agenda, now: datetime) -> float:
    assert agenda.timer is not None
    return agenda.timer.remaining(now)


# The plan


def test_the_minutes_of_the_ten_steps_fit_into_an_afternoon() -> None:
    assert list(MINUTES) == list(steps.SLUGS)
    assert 180 <= sum(MINUTES.values()) <= 240


def test_a_plan_changes_the_steps_it_names_and_no_other() -> None:
    changed = agenda_.planned(Agenda(), {"persona": 45})

    assert changed.plan == {**MINUTES, "persona": 45}


@given(st.dictionaries(slugs, st.integers()))
def test_whatever_is_planned_every_step_has_minutes_within_bounds(plan: dict[str, int]) -> None:
    found = agenda_.planned(Agenda(), plan).plan

    assert list(found) == list(steps.SLUGS)
    assert all(LEAST_MINUTES <= each <= MOST_MINUTES for each in found.values())


# The timer


def test_a_step_is_started_with_the_minutes_planned_for_it() -> None:
    running = agenda_.started(agenda_.planned(Agenda(), {"persona": 7}), "persona", NOW)

    assert running.timer == Timer("persona", after(420))


@given(seconds)
def test_a_timer_counts_down_to_nothing_and_no_further(passed: float) -> None:
    running = agenda_.started(Agenda(), "challenge", NOW)

    assert left(running, after(passed)) == pytest.approx(max(0.0, 1200 - passed), abs=1e-5)


@given(seconds, seconds, seconds)
def test_a_pause_takes_no_time_however_long(before: float, pause: float, later: float) -> None:
    running = agenda_.started(Agenda(), "challenge", NOW)
    stopped = agenda_.paused(running, after(before))
    resumed = agenda_.resumed(stopped, after(before + pause))

    assert left(stopped, after(before + pause)) == left(running, after(before))
    assert left(resumed, after(before + pause + later)) == pytest.approx(
        left(running, after(before + later)), abs=1e-5
    )


@given(seconds, minutes)
def test_added_time_is_there_from_now_on_also_when_it_was_over(passed: float, more: int) -> None:
    running = agenda_.started(Agenda(), "challenge", NOW)
    extended = agenda_.extended(running, more, after(passed))

    expected = min(left(running, after(passed)) + more * 60, MOST_LEFT)
    assert left(extended, after(passed)) == pytest.approx(expected, abs=1e-5)


@given(seconds, minutes)
def test_a_paused_timer_takes_more_time_and_stays_paused(passed: float, more: int) -> None:
    paused = agenda_.paused(agenda_.started(Agenda(), "challenge", NOW), after(passed))
    extended = agenda_.extended(paused, more, after(passed))

    assert extended.timer is not None
    assert extended.timer.is_paused
    assert extended.timer.left == pytest.approx(left(paused, after(passed)) + more * 60)


def test_time_can_be_added_up_to_a_day() -> None:
    running = agenda_.started(Agenda(), "challenge", NOW)

    assert left(agenda_.extended(running, 10**6, NOW), NOW) == MOST_LEFT


def test_without_a_timer_nothing_can_be_paused_resumed_or_extended() -> None:
    idle = Agenda()

    assert agenda_.paused(idle, NOW) == idle
    assert agenda_.resumed(idle, NOW) == idle
    assert agenda_.extended(idle, 5, NOW) == idle


def test_what_runs_is_not_resumed_and_what_is_paused_not_paused_again() -> None:
    running = agenda_.started(Agenda(), "challenge", NOW)
    paused = agenda_.paused(running, after(60))

    assert agenda_.resumed(running, after(60)) == running
    assert agenda_.paused(paused, after(90)) == paused


def test_a_timer_is_taken_away() -> None:
    assert agenda_.stopped(agenda_.started(Agenda(), "challenge", NOW)).timer is None


# The hold


@given(slugs, slugs)
def test_the_steps_behind_the_last_open_one_are_held(until: str, step: str) -> None:
    held = agenda_.opened_until(Agenda(), until).holds(step)

    assert held is (steps.SLUGS.index(step) > steps.SLUGS.index(until))


@given(slugs)
def test_no_step_is_held_where_nobody_said_so(step: str) -> None:
    assert not Agenda().holds(step)
    assert not agenda_.opened_until(agenda_.opened_until(Agenda(), "challenge"), "").holds(step)


def test_open_until_the_last_step_is_no_hold() -> None:
    assert agenda_.opened_until(Agenda(), "validate").open_until == ""
