"""The charts of a workshop over time, in colours that serve on light and on dark."""

import altair as alt
import pandas as pd

from lib import facilitation
from lib.ui import local_time
from lib.workshop.status import Status
from lib.workshop.steps import STEPS

#: Dark enough for white signs on them, light enough beside a dark page.
_COLOURS = {
    Status.COMPLETE: "#1f7a4a",
    Status.IN_PROGRESS: "#2563c9",
    Status.NEEDS_REGENERATION: "#a6530c",
    Status.NOT_STARTED: "#6b7280",
}

#: Behind a white number, from no step complete to all of them.
_SHADES = ["#5f7370", "#0b4f48"]

#: One a team: apart from each other, and from a light and a dark page.
_TEAMS = ["#2a9d8f", "#d97706", "#6482d6", "#b0679b", "#8a9a3f", "#c0605a", "#7c8a94", "#a07a4f"]


def _time(frame: pd.DataFrame) -> alt.X:
    """Return the axis of stretches: by their words, as each is a cell and the zone is a person's."""
    order = [local_time.when(at) for at in sorted(frame["Time"].unique())]
    return alt.X("When:O", sort=order, title=None, axis=alt.Axis(labelAngle=0, labelOverlap=True))


def _with_words(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(When=[local_time.when(at) for at in frame["Time"]]).drop(columns="Time")


def heat(progress: pd.DataFrame) -> alt.LayerChart:
    """Return a row for each team, with the number of its complete steps in each stretch."""
    base = alt.Chart(_with_words(progress)).encode(
        x=_time(progress),
        y=alt.Y("Team:N", sort=list(progress["Team"].unique()), title=None),
        tooltip=["Team:N", "When:O", "Complete:Q"],
    )
    shade = alt.Scale(domain=[0, len(STEPS)], range=_SHADES)
    cells = base.mark_rect().encode(color=alt.Color("Complete:Q", scale=shade, legend=None))
    return cells + base.mark_text(color="white").encode(text="Complete:Q")


def bars(messages: pd.DataFrame) -> alt.Chart:
    """Return the messages of each stretch, one colour a team."""
    return (
        alt.Chart(_with_words(messages))
        .mark_bar()
        .encode(
            x=_time(messages),
            y=alt.Y("Messages:Q", title="Messages"),
            color=alt.Color(
                "Team:N",
                scale=alt.Scale(range=_TEAMS),
                sort=list(messages["Team"].unique()),
                legend=alt.Legend(orient="bottom", title=None),
            ),
            tooltip=["Team:N", "When:O", "Messages:Q"],
        )
        .properties(height=220)
    )


def statuses(standing: pd.DataFrame) -> alt.LayerChart:
    """Return a row for each step of one team, with its status in each stretch."""
    base = alt.Chart(_with_words(standing)).encode(
        x=_time(standing),
        y=alt.Y("Step:N", sort=list(facilitation.COLUMNS.values()), title=None),
        tooltip=["Step:N", "When:O", "Status:N"],
    )
    scale = alt.Scale(
        domain=[facilitation.WORDS[status] for status in _COLOURS], range=list(_COLOURS.values())
    )
    legend = alt.Legend(orient="bottom", title=None)
    cells = base.mark_rect().encode(color=alt.Color("Status:N", scale=scale, legend=legend))
    return cells + base.mark_text(color="white").encode(text="Sign:N")
