"""The event log of a workshop in plain sentences."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import tzinfo
from typing import Any

import pandas as pd

from lib.facilitation.teams import WorkshopOverview
from lib.facilitation.words import clock
from lib.workshop import steps
from lib.workshop.records import EventRecord
from lib.workshop.redaction import Redaction
from lib.workshop.status import Event, Status

#: The time of an event, and the other cells of its row.
Line = tuple[Any, ...]

#: Each event as the end of a sentence: "Personas ..."
_PHRASES: Mapping[Event, str] = {
    Event.START: "was opened",
    Event.CONFIRM: "was confirmed",
    Event.REVISE: "was reopened",
    Event.STILL_VALID: "was kept: still valid",
    Event.REGENERATE: "is being redrafted",
    Event.RESET: "was started over",
    Event.OVERRIDE: "was completed with gaps",
    Event.UNDO: "is as it was before",
    Event.STALE: "needs another look",
    Event.FRESH: "is complete again: what it uses has not changed",
    Event.CARRY_ON: "can continue: what it uses has not changed",
}

#: The verbs of these for several steps.
_SEVERAL = {"was": "were", "is": "are", "needs": "need", "can": "can"}


def events_table(
    events: Iterable[EventRecord],
    names: Mapping[str, str],
    zone: tzinfo,
    redactions: Iterable[Redaction] = (),
) -> pd.DataFrame:
    """Return a workshop's event log, newest first: one row per act, with all it caused."""
    lines = [
        (a[0].at, names.get(a[0].team_id, ""), describe_act(a), a[0].actor)
        for a in group_by_act(events)
    ]
    more = [(r.at, names.get(r.team_id, ""), describe_redaction(r), r.by) for r in redactions]
    return _table(_merged(lines, more), zone, ["When", "Team", "What", "By"])


def step_table(
    events: Iterable[EventRecord], zone: tzinfo, redactions: Iterable[Redaction] = ()
) -> pd.DataFrame:
    """Return the event log of one step, newest first: one row per event."""
    lines = [(event.at, describe_event(event), event.actor) for event in events]
    more = [(each.at, describe_redaction(each), each.by) for each in redactions]
    return _table(_merged(lines, more), zone, ["When", "What", "By"])


def describe_redaction(redaction: Redaction) -> str:
    """Return a sentence that says which message was redacted and why."""
    name = steps.step(redaction.step).name
    return f"{name}: a message was redacted, because: {redaction.reason}"


def _merged(lines: Sequence[Line], more: Sequence[Line]) -> list[Line]:
    """Merge *more* into *lines* by time; never reorder *lines*, because clocks differ."""
    left, merged = sorted(more, key=lambda line: line[0]), []
    for line in lines:
        while left and left[0][0] < line[0]:
            merged.append(left.pop(0))
        merged.append(line)
    return [*merged, *left]


def _table(lines: Sequence[Line], zone: tzinfo, columns: list[str]) -> pd.DataFrame:
    """Return a table of *lines*, the last first."""
    rows = [(clock(at, zone), *rest) for at, *rest in reversed(lines)]
    return pd.DataFrame(rows, columns=columns)


def describe_event(event: EventRecord) -> str:
    """Return a sentence about *event*."""
    what = f"{steps.step(event.step).name} {_PHRASES[event.event]}"
    if event.reason:
        what += f", because: {event.reason}"
    if event.cause == event.step:
        return what
    return f"{what}, following {steps.step(event.cause).name}"


def group_by_act(events: Iterable[EventRecord]) -> list[list[EventRecord]]:
    """Group *events* by act: what somebody did, with all it caused."""
    acts: list[list[EventRecord]] = []
    for event in events:
        if event.step == event.cause or not acts:
            acts.append([])
        acts[-1].append(event)
    return acts


def describe_act(act: Sequence[EventRecord]) -> str:
    """Return one line about an act and all it caused."""
    followed: dict[Event, list[str]] = {}
    for event in act[1:]:
        followed.setdefault(event.event, []).append(steps.step(event.step).name)
    lines = [
        describe_event(act[0]),
        *(_describe_several(event, names) for event, names in followed.items()),
    ]
    return "; ".join(lines)


def _describe_several(event: Event, names: Sequence[str]) -> str:
    *others, last = names
    if not others:
        return f"{last} {_PHRASES[event]}"
    verb, rest = _PHRASES[event].replace("it uses", "they use").split(" ", 1)
    return f"{', '.join(others)} and {last} {_SEVERAL[verb]} {rest}"


def overrides(room: WorkshopOverview, events: Iterable[EventRecord]) -> list[str]:
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
