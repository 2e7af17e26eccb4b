"""
The teams x steps table as plain values for the page's component.

Each cell has a text (never only a colour), a sort key, and optionally a note and a tooltip.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lib.facilitation.teams import TeamSummary
from lib.facilitation.words import (
    COLUMNS,
    WORDS,
    ago,
    counted,
    lasting,
    latest,
    seconds_since,
    since,
)
from lib.workshop import steps
from lib.workshop.agenda import MINUTES
from lib.workshop.notes import Note
from lib.workshop.records import StepOverview, UnsavedReport
from lib.workshop.status import Status

#: The columns beside the steps: key, heading, and what it means.
_BEFORE = (
    ("team", "Team", ""),
    ("progress", "Progress", f"Complete steps, out of {len(steps.STEPS)}"),
    ("in_step", "In this step", "Time at the current step, and the planned time"),
)
_BEHIND = (
    ("last_activity", "Last activity", "When the team last wrote something"),
    ("messages", "Messages", ""),
    ("unfinished", "Unfinished", "Replies that were interrupted, failed, or are being written"),
    ("errors", "Guide errors", "Replies the guide failed to give"),
    ("overrides", "With gaps", "Steps that a facilitator has completed with gaps"),
    ("unsaved", "Unsaved", "Changes this server has not saved yet, and for how long"),
)

#: Each column's key (a step's slug), heading and tooltip.
COLUMNS_SHOWN: Sequence[Mapping[str, str]] = [
    {"key": key, "label": label, "tip": tip}
    for key, label, tip in (
        *_BEFORE,
        *((slug, label, steps.step(slug).name) for slug, label in COLUMNS.items()),
        *_BEHIND,
    )
]


@dataclass(frozen=True)
class TableContext:
    """What the table shows beside the rows: the time, the plan, unsaved changes and help calls."""

    now: datetime
    #: Minutes planned for each step.
    plan: Mapping[str, int] = field(default_factory=lambda: MINUTES)
    unsaved: Sequence[UnsavedReport] = ()
    #: The open help calls. A newer one may be known only to its row.
    flags: Sequence[Note] = ()


def headline(rows: Sequence[TeamSummary], now: datetime) -> list[tuple[str, str]]:
    """Return four totals over all teams, each as a value and its label."""
    complete = sum(row.complete for row in rows)
    last = latest(row.last_activity for row in rows)
    messages = sum(row.messages for row in rows)
    return [
        (f"{len(rows):,}", "team" if len(rows) == 1 else "teams"),
        (f"{complete} of {len(rows) * len(steps.STEPS)}", "steps complete"),
        (f"{messages:,}", "message" if messages == 1 else "messages"),
        (since(last, now), "last activity"),
    ]


def step_news(before: StepOverview, now: StepOverview) -> str:
    """Return a sentence about what changed in a step since *before*; empty if nothing did."""
    if now.messages > before.messages:
        return f"{counted(now.messages - before.messages, 'new message')} in the open step"
    return "" if now == before else "The open step has changed"


def table_rows(rows: Iterable[TeamSummary], context: TableContext) -> list[dict[str, Any]]:
    """Return a row for each team: its id, the step it is at, and a cell for each column."""
    return [
        {"id": row.team.id, "at": row.current_step, "cells": _cells(row, context)} for row in rows
    ]


def _cells(row: TeamSummary, context: TableContext) -> list[dict[str, Any]]:
    own = [line for line in context.unsaved if line.key.team_id == row.team.id]
    seconds = seconds_since(row.last_activity, context.now)
    return [
        _team(row, context),
        _cell(f"{row.complete} of {len(steps.STEPS)}", row.complete, share=_share(row)),
        _in_step(row, context),
        *(_step(row, slug, context) for slug in steps.SLUGS),
        _cell(ago(seconds), -1 if seconds is None else seconds),
        _number(row.messages),
        _number(row.unfinished),
        _number(row.errors),
        _number(row.overrides),
        _unsaved(own),
    ]


def _cell(text: str, sort: float | str, **more: Any) -> dict[str, Any]:
    return {"text": text, "sort": sort, **{name: each for name, each in more.items() if each}}


def _team(row: TeamSummary, context: TableContext) -> dict[str, Any]:
    name, seconds = row.team.name, seconds_since(row.flagged_at, context.now)
    if seconds is None:
        return _cell(name, name.casefold())
    words = "; ".join(n.text for n in context.flags if n.team_id == row.team.id and n.text)
    tip = f"{name} is stuck" + (f": {words}" if words else "")
    return _cell(name, name.casefold(), note=f"⚑ stuck for {lasting(seconds)}", tip=tip, late=True)


def _number(number: int) -> dict[str, Any]:
    return _cell(f"{number:,}" if number else "–", number)


def _share(row: TeamSummary) -> float:
    return row.complete / len(steps.STEPS)


def _in_step(row: TeamSummary, context: TableContext) -> dict[str, Any]:
    seconds = row.in_step(context.now)
    if seconds is None:
        return _cell("–", -1, note="all complete" if row.has_come else "not joined yet")
    planned = context.plan[row.current_step]
    over = seconds - planned * 60
    note = f"{lasting(over)} over" if over >= 60 else f"of {planned} min"
    tip = f"{steps.step(row.current_step).name}: {planned} minutes planned"
    return _cell(lasting(seconds), seconds, note=note, tip=tip, late=over >= 60)


def _step(row: TeamSummary, slug: str, context: TableContext) -> dict[str, Any]:
    cell = row.cells[slug]
    status = cell.state.status
    details = [counted(cell.messages, "message")] if cell.messages else []
    if cell.last_activity is not None:
        details.append(f"last written {ago(seconds_since(cell.last_activity, context.now))}")
    if cell.overridden:
        details.append("completed with gaps: see its events for the reason")
    if cell.state.stale is not None:
        details.append(f"{steps.step(cell.state.stale.cause).name} has changed since")
    return _cell(
        WORDS[status],
        _ORDER[status],
        kind=status.value,
        note=_note(cell),
        tip=" · ".join(details),
    )


#: How far a step has come, for sorting.
_ORDER = {
    Status.NOT_STARTED: 0,
    Status.IN_PROGRESS: 1,
    Status.NEEDS_REGENERATION: 2,
    Status.COMPLETE: 3,
}


def _note(cell: StepOverview) -> str:
    """Return the most urgent note about a step; empty if there is none."""
    if cell.errors:
        return counted(cell.errors, "guide error")
    if cell.state.stale is not None:
        return f"after {COLUMNS[cell.state.stale.cause].partition(' ')[2]}"
    if cell.overridden:
        return "with gaps"
    return f"{cell.unfinished} unfinished" if cell.unfinished else ""


def _unsaved(lines: Sequence[UnsavedReport]) -> dict[str, Any]:
    if not lines:
        return _cell("–", 0)
    messages, age = sum(line.messages for line in lines), max(line.age for line in lines)
    what = [counted(messages, "message")] if messages else []
    what += ["draft"] if any(line.draft for line in lines) else []
    # A save is due within ten seconds: only older changes need attention.
    return _cell(" + ".join(what), age, note=f"for {int(age)} s", late=age > _DUE)


#: Seconds within which everything is saved if nothing fails.
_DUE = 15.0
