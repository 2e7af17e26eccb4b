"""
What the facilitator reads: tables made from the store's aggregates, and the words in them.

Pure: a room is read somewhere else, and what time it is comes in as an argument.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

import pandas as pd

from lib import steps
from lib.status import Event, Status, current_step
from lib.transcript import Message, ordered
from lib.unsaved import UnsavedReport
from lib.workshop import EventRecord, StepOverview, Team, Workshop

#: Each status as a table shows it: a symbol, and words that are never left out.
WORDS: Mapping[Status, str] = {
    Status.COMPLETE: "✓ complete",
    Status.IN_PROGRESS: "◐ in progress",
    Status.NEEDS_REGENERATION: "↻ look again",
    Status.NOT_STARTED: "○ not open",
}

#: The same in a sentence: "Personas ..."
_TOLD: Mapping[Event, str] = {
    Event.START: "was opened",
    Event.CONFIRM: "was confirmed",
    Event.REVISE: "was reopened",
    Event.STILL_VALID: "was kept: still valid",
    Event.REGENERATE: "is being drafted anew",
    Event.RESET: "was started over",
    Event.OVERRIDE: "was completed with gaps",
    Event.UNDO: "is as it was before",
    Event.STALE: "needs another look",
    Event.FRESH: "is complete again: what it uses has not changed",
    Event.CARRY_ON: "goes on: what it uses has not changed",
}

#: The verbs of these for several steps.
_SEVERAL = {"was": "were", "is": "are", "needs": "need", "goes": "go"}

_SHORT = (
    "Challenge",
    "Stakeholders",
    "Research",
    "Sense",
    "Personas",
    "Journey",
    "Reframe",
    "Ideas",
    "Concepts",
    "Validate",
)

#: The column of each step, by slug: its number and a short name.
COLUMNS: Mapping[str, str] = {
    step.slug: f"{step.number} {short}" for step, short in zip(steps.STEPS, _SHORT, strict=True)
}


@dataclass(frozen=True)
class TeamSummary:
    """One row of the review table."""

    team: Team
    cells: Mapping[str, StepOverview]

    @property
    def statuses(self) -> dict[str, Status]:
        """The status of each step."""
        return {step: cell.state.status for step, cell in self.cells.items()}

    @property
    def complete(self) -> int:
        """How many steps are complete."""
        return sum(status is Status.COMPLETE for status in self.statuses.values())

    @property
    def current_step(self) -> str:
        """The step the team should be at."""
        return current_step(self.statuses)

    @property
    def messages(self) -> int:
        """How many messages there are in all steps."""
        return sum(cell.messages for cell in self.cells.values())

    @property
    def unfinished(self) -> int:
        """How many replies did not come to their end, or have not yet."""
        return sum(cell.unfinished for cell in self.cells.values())

    @property
    def last_activity(self) -> datetime | None:
        """When anything of the team was last written."""
        return latest(cell.last_activity for cell in self.cells.values())


@dataclass(frozen=True)
class Room:
    """A workshop with its teams, and where each of them stands in each step."""

    workshop: Workshop
    teams: Sequence[Team]
    cells: Sequence[StepOverview]

    @property
    def names(self) -> dict[str, str]:
        """The teams' names by id."""
        return {team.id: team.name for team in self.teams}

    @property
    def rows(self) -> list[TeamSummary]:
        """A row for each team, in the facilitator's order."""
        by_team: dict[str, dict[str, StepOverview]] = {team.id: {} for team in self.teams}
        for cell in self.cells:
            by_team.get(cell.team_id, {})[cell.state.step] = cell
        return [TeamSummary(team, by_team[team.id]) for team in self.teams if by_team[team.id]]


@dataclass(frozen=True)
class Filters:
    """
    Which rows are wanted; what is left empty does not matter.

    A step alone means the teams that are at it, a status alone those with any such step, and both
    together those whose that step has that status.
    """

    name: str = ""
    status: Status | None = None
    step: str | None = None
    unfinished: bool = False

    def keep(self, row: TeamSummary) -> bool:
        """Whether *row* is wanted."""
        return (
            self.name.strip().casefold() in row.team.name.casefold()
            and self._keeps_status(row)
            and (row.unfinished > 0 or not self.unfinished)
        )

    def _keeps_status(self, row: TeamSummary) -> bool:
        if self.step is None:
            return self.status is None or self.status in row.statuses.values()
        if self.status is None:
            return row.current_step == self.step
        return row.statuses[self.step] is self.status


# Tables on screen


def status_table(rows: Iterable[TeamSummary], now: datetime) -> pd.DataFrame:
    """
    Return the teams x steps table.

    Numbers stay numbers, so that columns sort: `At step` is a step's number, `Last activity` the
    seconds since, `Progress` a share of one.
    """
    return pd.DataFrame(
        [
            {
                "Team": row.team.name,
                "Progress": row.complete / len(steps.STEPS),
                **{COLUMNS[slug]: WORDS[row.statuses[slug]] for slug in steps.SLUGS},
                "Last activity": _seconds_since(row.last_activity, now),
                "At step": steps.step(row.current_step).number,
                "Messages": row.messages,
                "Unfinished": row.unfinished,
            }
            for row in rows
        ]
    )


def events_table(
    events: Iterable[EventRecord], names: Mapping[str, str], zone: tzinfo
) -> pd.DataFrame:
    """Return a workshop's story, newest first, in lines that can be read aloud: one an act."""
    return pd.DataFrame(
        [
            {
                "When": clock(act[0].at, zone),
                "Team": names.get(act[0].team_id, ""),
                "What": told_together(act),
                "By": act[0].actor,
            }
            for act in together(events)
        ][::-1],
        columns=["When", "Team", "What", "By"],
    )


def told(event: EventRecord) -> str:
    """Return what happened in *event*, in words."""
    what = f"{steps.step(event.step).name} {_TOLD[event.event]}"
    if event.reason:
        what += f", because: {event.reason}"
    if event.cause == event.step:
        return what
    return f"{what}, following {steps.step(event.cause).name}"


def together(events: Iterable[EventRecord]) -> list[list[EventRecord]]:
    """Return a story's *events* by act: what somebody did, with all that followed from it."""
    acts: list[list[EventRecord]] = []
    for event in events:
        if event.step == event.cause or not acts:
            acts.append([])
        acts[-1].append(event)
    return acts


def told_together(act: Sequence[EventRecord]) -> str:
    """Return what somebody did and what followed from it, in one line."""
    followed: dict[Event, list[str]] = {}
    for event in act[1:]:
        followed.setdefault(event.event, []).append(steps.step(event.step).name)
    lines = [told(act[0]), *(_all_told(event, names) for event, names in followed.items())]
    return "; ".join(lines)


def _all_told(event: Event, names: Sequence[str]) -> str:
    *others, last = names
    if not others:
        return f"{last} {_TOLD[event]}"
    verb, rest = _TOLD[event].replace("it uses", "they use").split(" ", 1)
    return f"{', '.join(others)} and {last} {_SEVERAL[verb]} {rest}"


def overrides(room: Room, events: Iterable[EventRecord]) -> list[str]:
    """Return a line for each complete step that a facilitator has completed with gaps."""
    last: dict[tuple[str, str], EventRecord] = {}
    for event in events:
        if event.after is Status.COMPLETE:
            last[event.team_id, event.step] = event
    return [
        f"{row.team.name} · {steps.step(slug).name}: completed with gaps, because: {found.reason}"
        for row in room.rows
        for slug, cell in row.cells.items()
        if cell.state.status is Status.COMPLETE
        and (found := last.get((row.team.id, slug))) is not None
        and found.event is Event.OVERRIDE
    ]


def unsaved_lines(
    report: Iterable[UnsavedReport], workshop_id: str, names: Mapping[str, str]
) -> list[str]:
    """Return a line for each step of the workshop with unsaved changes, the oldest first."""
    return [
        _unsaved_line(line, names.get(line.key.team_id, "A team"))
        for line in report
        if line.key.workshop_id == workshop_id
    ]


def _unsaved_line(line: UnsavedReport, team: str) -> str:
    what = [counted(line.messages, "message")] if line.messages else []
    what += ["the draft"] if line.draft else []
    text = f"{team} · {steps.step(line.key.step).name}: {' and '.join(what)} for {int(line.age)} s"
    if line.failures:
        text += f". Tried {counted(line.failures, 'time')}: {line.reason}"
    return text


def with_unsaved(stored: Iterable[Message], unsaved: Mapping[str, Message]) -> list[Message]:
    """Return *stored* messages, each in its newest revision, stored or not."""
    return ordered(
        newer if (newer := unsaved.get(each.id)) and newer.revision > each.revision else each
        for each in stored
    )


# Words


def latest(times: Iterable[datetime | None]) -> datetime | None:
    """Return the last of *times*, None where there is none."""
    return max((at for at in times if at is not None), default=None)


def counted(number: int, noun: str) -> str:
    """
    Return *number* and *noun*, which takes an s where it needs one.

    >>> counted(1, "message"), counted(1200, "message")
    ('1 message', '1,200 messages')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def ago(seconds: float | None) -> str:
    """
    Return how long ago something was, roughly.

    >>> ago(200), ago(4), ago(None)
    ('3 min ago', 'just now', '–')
    """
    if seconds is None or pd.isna(seconds):
        return "–"
    if seconds < 60:
        return "just now" if seconds < 10 else f"{int(seconds)} s ago"
    if seconds < 3600:
        return f"{int(seconds // 60)} min ago"
    if seconds < 86400:
        return f"{int(seconds // 3600)} h ago"
    return f"{counted(int(seconds // 86400), 'day')} ago"


def since(at: datetime | None, now: datetime) -> str:
    """Return how long before *now* something was, roughly."""
    return ago(_seconds_since(at, now))


def clock(at: datetime, zone: tzinfo) -> str:
    """Return a time as people in *zone* write it, with its day."""
    return f"{at.astimezone(zone):%d %b %H:%M}"


def _seconds_since(at: datetime | None, now: datetime) -> float | None:
    return None if at is None else (now - at).total_seconds()
