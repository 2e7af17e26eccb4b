"""A workshop over time: statuses and messages per interval, for the charts."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pandas as pd

from lib.facilitation.words import COLUMNS, WORDS
from lib.workshop import steps
from lib.workshop.records import Activity, EventRecord
from lib.workshop.status import Status

#: Interval lengths in seconds. The first that gives at most MOST intervals is used.
STRETCHES = (60, 300, 600, 900, 1_800, 3_600, 10_800, 21_600, 86_400, 604_800, 2_592_000)
MOST = 48


def stretch_between(begin: datetime, end: datetime) -> int:
    """
    Return the interval length in seconds that gives at most MOST from *begin* to *end*.

    >>> stretch_between(datetime(2026, 5, 4, 9, 0), datetime(2026, 5, 4, 12, 0))
    300
    """
    seconds = (end - begin).total_seconds()
    return next((each for each in STRETCHES if seconds / each <= MOST), STRETCHES[-1])


def stretches(begin: datetime, end: datetime, seconds: int) -> list[datetime]:
    """Return the start of each interval, from the one that holds *begin* to the one that holds *end*."""
    first = datetime.fromtimestamp(begin.timestamp() // seconds * seconds, UTC)
    count = int((end - first).total_seconds() // seconds) + 1
    # Of a workshop that lasted for years show the end.
    return [first + timedelta(seconds=each * seconds) for each in range(count)][-MOST * 2 :]


def statuses_over_time(
    events: Sequence[EventRecord], team_id: str, times: Sequence[datetime], seconds: int
) -> list[dict[str, Status]]:
    """Return the statuses of a team's steps at the end of each interval."""
    story = _in_time([each for each in events if each.team_id == team_id])
    now = dict.fromkeys(steps.SLUGS, Status.NOT_STARTED)
    found, place = [], 0
    for begin in times:
        end = begin + timedelta(seconds=seconds)
        while place < len(story) and story[place].at < end:
            now[story[place].step] = story[place].after
            place += 1
        found.append(dict(now))
    return found


def _in_time(story: Sequence[EventRecord]) -> list[EventRecord]:
    """Return *story* with each time capped at the next event's, because its order counts, not its times."""
    found: list[EventRecord] = []
    for event in reversed(story):
        latest = found[-1].at if found else event.at
        found.append(replace(event, at=min(event.at, latest)))
    return found[::-1]


def progress(
    events: Sequence[EventRecord], names: Mapping[str, str], times: Sequence[datetime], seconds: int
) -> pd.DataFrame:
    """Return the number of complete steps per team and time: Team, Time, Complete."""
    return pd.DataFrame(
        [
            {"Team": name, "Time": at, "Complete": list(now.values()).count(Status.COMPLETE)}
            for team_id, name in names.items()
            for at, now in zip(
                times, statuses_over_time(events, team_id, times, seconds), strict=True
            )
        ],
        columns=["Team", "Time", "Complete"],
    )


def standing(
    events: Sequence[EventRecord], team_id: str, times: Sequence[datetime], seconds: int
) -> pd.DataFrame:
    """Return the status of one team's steps per time: Step, Time, Status, Sign."""
    return pd.DataFrame(
        [
            {"Step": COLUMNS[slug], "Time": at, "Status": WORDS[status], "Sign": WORDS[status][0]}
            for at, now in zip(
                times, statuses_over_time(events, team_id, times, seconds), strict=True
            )
            for slug, status in now.items()
        ],
        columns=["Step", "Time", "Status", "Sign"],
    )


def messages_over_time(activity: Sequence[Activity], names: Mapping[str, str]) -> pd.DataFrame:
    """Return the number of messages per team and interval: Team, Time, Messages."""
    return pd.DataFrame(
        [
            {"Team": names[each.team_id], "Time": each.at, "Messages": each.messages}
            for each in activity
            if each.team_id in names
        ],
        columns=["Team", "Time", "Messages"],
    )


def description(activity: Sequence[Activity], progress: pd.DataFrame) -> str:
    """Return the two charts' content as text, for screen readers."""
    if progress.empty:
        return "Nothing has happened yet."
    last = progress[progress["Time"] == progress["Time"].max()]
    now = ", ".join(
        f"{team} {done} of {len(steps.STEPS)}"
        for team, done in zip(last["Team"], last["Complete"], strict=True)
    )
    total = sum(each.messages for each in activity)
    busiest = max(activity, key=lambda each: each.messages, default=None)
    most = f"; at most {busiest.messages:,} in one interval" if busiest else ""
    return f"Steps complete now: {now}. {total:,} messages in total{most}."
