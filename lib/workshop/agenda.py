"""
How a workshop is paced: minutes planned for each step, one timer for all teams, and a hold.

No clock is in here: whoever asks says what time it is. The timer is kept as the moment it ends, so
that every page, whenever it is opened, counts down to the same one; paused, as what is left.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType

from lib.workshop import steps

#: Minutes planned for each step unless a facilitator plans others.
MINUTES: Mapping[str, int] = MappingProxyType({step.slug: step.minutes for step in steps.STEPS})

#: From where to where the minutes planned for one step go.
LEAST_MINUTES, MOST_MINUTES = 1, 480

#: Seconds a timer may have left at most: a day.
MOST_LEFT = 24 * 3600.0


@dataclass(frozen=True)
class Timer:
    """The time for a step: it runs until `ends_at`, or is paused with `left` to go."""

    step: str
    #: When it ends, UTC; None while it is paused.
    ends_at: datetime | None
    #: Seconds that are left of a paused one.
    left: float = 0.0

    @property
    def is_paused(self) -> bool:
        """Whether it stands still."""
        return self.ends_at is None

    def remaining(self, now: datetime) -> float:
        """Return the seconds that are left, 0.0 where it is over."""
        left = self.left if self.ends_at is None else (self.ends_at - now).total_seconds()
        return max(0.0, left)


@dataclass(frozen=True)
class Agenda:
    """How a facilitator paces a workshop."""

    #: Minutes for each step, by slug.
    plan: Mapping[str, int] = field(default_factory=lambda: dict(MINUTES))
    timer: Timer | None = None
    #: The last step that is open to the teams; empty where all are.
    open_until: str = ""
    #: Grows with every change: what was decided on an older one is refused.
    revision: int = 0

    def holds(self, step: str) -> bool:
        """
        Whether the facilitator keeps *step* closed for now.

        >>> [Agenda(open_until="persona").holds(step) for step in ("persona", "journey-mapping")]
        [False, True]
        """
        return step in held_after(self.open_until)


def held_after(open_until: str) -> tuple[str, ...]:
    """Return the slugs of the steps behind *open_until*; none where it is empty."""
    return steps.SLUGS[steps.SLUGS.index(open_until) + 1 :] if open_until else ()


def planned(agenda: Agenda, plan: Mapping[str, int]) -> Agenda:
    """Return the agenda with other minutes for some steps, each brought within its bounds."""
    minutes = {slug: plan.get(slug, agenda.plan[slug]) for slug in steps.SLUGS}
    within = {slug: min(max(m, LEAST_MINUTES), MOST_MINUTES) for slug, m in minutes.items()}
    return replace(agenda, plan=within)


def opened_until(agenda: Agenda, step: str) -> Agenda:
    """Return the agenda with all steps behind *step* held; empty to hold none."""
    # Nothing is behind the last step: then all are open, and stay so.
    return replace(agenda, open_until="" if step == steps.SLUGS[-1] else step)


# The timer


def started(agenda: Agenda, step: str, now: datetime) -> Agenda:
    """Return the agenda with the time planned for *step* running from *now*."""
    ends_at = now + timedelta(minutes=agenda.plan[step])
    return replace(agenda, timer=Timer(step, ends_at))


def paused(agenda: Agenda, now: datetime) -> Agenda:
    """Return the agenda with its timer standing still; as it is where none runs."""
    timer = agenda.timer
    if timer is None or timer.is_paused:
        return agenda
    return replace(agenda, timer=Timer(timer.step, None, timer.remaining(now)))


def resumed(agenda: Agenda, now: datetime) -> Agenda:
    """Return the agenda with its timer running on; as it is where none is paused."""
    timer = agenda.timer
    if timer is None or not timer.is_paused:
        return agenda
    return replace(agenda, timer=Timer(timer.step, now + timedelta(seconds=timer.left)))


def extended(agenda: Agenda, minutes: int, now: datetime) -> Agenda:
    """
    Return the agenda with *minutes* more on its timer; as it is where there is none.

    A timer that is over gets them from *now*: what has passed since is not taken off.
    """
    timer = agenda.timer
    if timer is None:
        return agenda
    left = min(timer.remaining(now) + minutes * 60, MOST_LEFT)
    if timer.is_paused:
        return replace(agenda, timer=replace(timer, left=left))
    return replace(agenda, timer=replace(timer, ends_at=now + timedelta(seconds=left)))


def stopped(agenda: Agenda) -> Agenda:
    """Return the agenda without a timer."""
    return replace(agenda, timer=None)
