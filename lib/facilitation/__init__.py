"""
Read models for the facilitator: tables, event lines, charts and exports.

Pure: callers read the workshop and pass the time.
"""

from lib.facilitation.events import (
    describe_act,
    describe_event,
    events_table,
    group_by_act,
    overrides,
    step_table,
)
from lib.facilitation.table import TableContext, headline, step_news, table_rows
from lib.facilitation.teams import Filters, TeamSummary, WorkshopOverview
from lib.facilitation.unsaved import dropped_lines, unsaved_lines, with_unsaved
from lib.facilitation.words import COLUMNS, WORDS, ago, clock, counted, lasting, latest

__all__ = [
    "COLUMNS",
    "WORDS",
    "Filters",
    "TableContext",
    "TeamSummary",
    "WorkshopOverview",
    "ago",
    "clock",
    "counted",
    "describe_act",
    "describe_event",
    "dropped_lines",
    "events_table",
    "group_by_act",
    "headline",
    "lasting",
    "latest",
    "overrides",
    "step_news",
    "step_table",
    "table_rows",
    "unsaved_lines",
    "with_unsaved",
]
