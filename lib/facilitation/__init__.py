"""
What the facilitator reads: tables made from the store's aggregates, and the words in them.

Pure: a room is read somewhere else, and what time it is comes in as an argument.
"""

from lib.facilitation.events import (
    events_table,
    overrides,
    step_table,
    together,
    told,
    told_together,
)
from lib.facilitation.table import Look, board, headline, news
from lib.facilitation.teams import Filters, Room, TeamSummary
from lib.facilitation.unsaved import dropped_lines, unsaved_lines, with_unsaved
from lib.facilitation.words import COLUMNS, WORDS, ago, clock, counted, lasting, latest, since

__all__ = [
    "COLUMNS",
    "WORDS",
    "Filters",
    "Look",
    "Room",
    "TeamSummary",
    "ago",
    "board",
    "clock",
    "counted",
    "dropped_lines",
    "events_table",
    "headline",
    "lasting",
    "latest",
    "news",
    "overrides",
    "since",
    "step_table",
    "together",
    "told",
    "told_together",
    "unsaved_lines",
    "with_unsaved",
]
