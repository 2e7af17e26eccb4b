"""How the facilitator's tables look: a symbol, a word and a colour for each status."""

from collections.abc import Callable, Sequence
from datetime import datetime

import pandas as pd
import streamlit as st
from pandas.io.formats.style import Styler

from lib import review, steps
from lib.review import TeamSummary
from lib.status import Status

#: Rows a table shows before it scrolls, and the pixels of one.
MAX_ROWS, ROW = 16, 36

#: Behind the word of each status; see-through, so that they are readable on light and on dark.
_TINTS = {
    Status.COMPLETE: "rgba(22, 163, 74, 0.24)",
    Status.IN_PROGRESS: "rgba(59, 130, 246, 0.24)",
    Status.NEEDS_REGENERATION: "rgba(249, 115, 22, 0.34)",
    Status.NOT_STARTED: "rgba(128, 128, 128, 0.06)",
}

_STYLES = {review.WORDS[status]: f"background-color: {tint}" for status, tint in _TINTS.items()}

#: What the symbols stand for, in a line below the table.
LEGEND = (
    "✓ complete · ◐ in progress · ↻ look again: something it was made from has changed · "
    "○ not open yet"
)


def show(rows: Sequence[TeamSummary], now: datetime, clicked: Callable[[str, str], None]) -> None:
    """Draw the teams x steps table; a click calls *clicked* with a team's id and a step."""
    if not rows:
        st.info("No team is like that. Change the filters above to see more.")
        return
    # A selection is a place in the table: with other rows, it is another table.
    key = "status-table/" + "/".join(row.team.id for row in rows)
    st.dataframe(
        styled(review.status_table(rows, now)),
        key=key,
        hide_index=True,
        column_config=columns(),
        row_height=ROW,
        height=(min(len(rows), MAX_ROWS) + 1) * ROW + 3,
        on_select=lambda: clicked(*chosen(st.session_state[key].selection.cells, rows)),
        selection_mode="single-cell",
        alt="Where each team stands in each of the ten steps",
    )
    st.caption(LEGEND)


def styled(table: pd.DataFrame) -> Styler:
    """Return the teams x steps table with its colours, and its numbers in words."""
    return table.style.map(
        lambda word: _STYLES.get(word, ""), subset=list(review.COLUMNS.values())
    ).format({"Last activity": review.ago, "At step": _step_column})


def _step_column(number: int) -> str:
    return review.COLUMNS[steps.STEPS[number - 1].slug]


def columns() -> dict[str, object]:
    """Return how each column of the teams x steps table is drawn."""
    config = st.column_config
    return {
        "Team": config.TextColumn(pinned=True, width=126),
        "Progress": config.ProgressColumn(
            format="percent", min_value=0, max_value=1, width=92, help="Steps complete of ten"
        ),
        **{
            column: config.TextColumn(width=_width(column), help=steps.step(slug).name)
            for slug, column in review.COLUMNS.items()
        },
        "Last activity": config.Column(width=96),
        "At step": config.Column(width=115, help="The first step that is not complete"),
        "Messages": config.NumberColumn(width=85),
        "Unfinished": config.NumberColumn(
            width=90, help="Replies that were interrupted, failed, or are being written"
        ),
    }


def _width(column: str) -> int:
    """Return the pixels a step's column takes: every status fits, and its own name."""
    return max(95, 7 * len(column) + 8)


def chosen(cells: Sequence[tuple[int, str]], rows: Sequence[TeamSummary]) -> tuple[str, str]:
    """
    Return the team's id and the step that a click on the table means; empty where it means nothing.

    A click beside the ten steps means the step the team is at.
    """
    if not cells or cells[0][0] >= len(rows):
        return "", ""
    place, column = cells[0]
    by_column = {name: slug for slug, name in review.COLUMNS.items()}
    return rows[place].team.id, by_column.get(column, rows[place].current_step)
