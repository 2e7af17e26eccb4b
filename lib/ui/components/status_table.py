"""
The teams x steps table on the page: our own component, which polls while it is visible.

Streamlit's own table is a picture with one font and no second line in a cell, and its timer
(`run_every`) keeps running in a hidden tab.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

import streamlit as st

from lib.facilitation.table import COLUMNS_SHOWN
from lib.ui.components.component import component, drawn, text

#: Called with a team's id and a step.
Clicked = Callable[[str, str], None]

#: Seconds between two looks at the table, while somebody can see it.
LOOK_EVERY = 5.0

_columns = escape(json.dumps(COLUMNS_SHOWN), quote=True)

#: The columns are in its frame: they are the same at every look.
_mounted = component("status_table", html=text("status_table.html").replace("{columns}", _columns))


def show(
    rows: Sequence[Mapping[str, Any]],
    *,
    workshop_id: str,
    headline: Sequence[tuple[str, str]],
    opened: tuple[str, str],
    looked: str,
    news: str,
    clicked: Clicked,
) -> None:
    """
    Draw *rows*, made by `lib.facilitation.table`, in a fragment, which reruns at each poll.

    One element, with the numbers above the table in it: each further element costs a poll about as
    much as a blank one. *headline* holds those numbers, each with its words, *opened* is the team's id and
    the step that is open, empty where none is; *looked* says when this was, *news* what has changed in
    the open step since it was drawn: a click reruns the page. A click calls *clicked* with a team's id
    and a step; beside the ten steps, its current one.
    """
    key = f"status-table/{workshop_id}"
    _mounted(
        key=key,
        data={
            "drawn": drawn(),
            "workshop": workshop_id,
            "rows": rows,
            "headline": headline,
            "opened": dict(zip(("team", "step"), opened, strict=True)),
            "looked": looked,
            "news": news,
            "every": LOOK_EVERY,
        },
        on_look_change=_nothing,
        on_chosen_change=lambda: clicked(*chosen(st.session_state[key].chosen)),
    )


def chosen(sent: object) -> tuple[str, str]:
    """Return the team's id and the step a browser has sent; empty where it makes no sense."""
    wanted = sent if isinstance(sent, dict) else {}
    team_id, step = wanted.get("team"), wanted.get("step")
    return (team_id, step) if isinstance(team_id, str) and isinstance(step, str) else ("", "")


def _nothing() -> None:
    """Streamlit declares a component's triggers by their callbacks; the look itself is the rerun."""
