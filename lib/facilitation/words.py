"""Labels and formats of the facilitator's tables: statuses, columns, counts and times."""

import math
from collections.abc import Iterable, Mapping
from datetime import datetime, tzinfo

from lib.workshop import steps
from lib.workshop.status import Status

#: The label of each status: a symbol and words, never the symbol alone.
WORDS: Mapping[Status, str] = {
    Status.COMPLETE: "✓ complete",
    Status.IN_PROGRESS: "◐ in progress",
    Status.NEEDS_REGENERATION: "↻ look again",
    Status.NOT_STARTED: "○ not open",
}

#: The column of each step, by slug: its number and a short name.
COLUMNS: Mapping[str, str] = {step.slug: f"{step.number} {step.short_name}" for step in steps.STEPS}


def latest(times: Iterable[datetime | None]) -> datetime | None:
    """Return the latest of *times*, or None if there is none."""
    return max((at for at in times if at is not None), default=None)


def counted(number: int, noun: str) -> str:
    """
    Return *number* and *noun*, with an s unless the number is 1.

    >>> counted(1, "message"), counted(1200, "message")
    ('1 message', '1,200 messages')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def ago(seconds: float | None) -> str:
    """
    Return roughly how long ago something was.

    >>> ago(200), ago(4), ago(None)
    ('3 min ago', 'just now', '–')
    """
    if seconds is None or math.isnan(seconds):
        return "–"
    if seconds < 60:
        return "just now" if seconds < 10 else f"{int(seconds)} s ago"
    if seconds < 3600:
        return f"{int(seconds // 60)} min ago"
    if seconds < 86400:
        return f"{int(seconds // 3600)} h ago"
    return f"{counted(int(seconds // 86400), 'day')} ago"


def since(at: datetime | None, now: datetime) -> str:
    """Return roughly how long before *now* something was."""
    return ago(seconds_since(at, now))


def lasting(seconds: float) -> str:
    """
    Return a duration in hours and whole minutes.

    >>> lasting(20), lasting(725), lasting(7_500)
    ('0 min', '12 min', '2 h 5 min')
    """
    hours, minutes = divmod(int(max(seconds, 0) // 60), 60)
    return f"{hours:,} h {minutes} min" if hours else f"{minutes} min"


def clock(at: datetime, zone: tzinfo) -> str:
    """Return day and time in *zone*."""
    return f"{at.astimezone(zone):%d %b %H:%M}"


def seconds_since(at: datetime | None, now: datetime) -> float | None:
    """Return the seconds from *at* to *now*, at least 0; None if *at* is None."""
    return None if at is None else max(0.0, (now - at).total_seconds())
