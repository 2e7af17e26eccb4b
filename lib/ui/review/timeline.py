"""A workshop over time in two charts and a table; read only where somebody has opened them."""

from datetime import datetime

import streamlit as st

from lib import facilitation
from lib.facilitation import WorkshopOverview, exports, timeline
from lib.team.process import Process
from lib.ui import local_time
from lib.ui.review import downloads
from lib.workshop.clock import utc_now
from lib.workshop.records import EventRecord


def show(process: Process, room: WorkshopOverview) -> None:
    """Draw the expander, and the charts where it is open."""
    place = st.expander("Over time", icon=":material/timeline:", key="pulse", on_change="rerun")
    if not place.open:
        return
    with place:
        _charts(process, room)


def _charts(process: Process, room: WorkshopOverview) -> None:
    # What draws the charts takes half a second to load.
    from lib.ui.review import charts

    events = process.store.events(room.workshop.id)
    begin = min([room.workshop.created_at, *(each.at for each in events)])
    seconds = timeline.stretch_between(begin, _end(room))
    times = timeline.stretches(begin, _end(room), seconds)
    activity = [
        each for each in process.store.activity(room.workshop.id, seconds) if each.at >= times[0]
    ]
    progress = timeline.progress(events, room.labels, times, seconds)
    messages = timeline.messages_over_time(activity, room.labels)
    summary = timeline.description(activity, progress)
    st.caption(f"{summary} Each interval is {facilitation.lasting(seconds)}.")
    st.markdown("**Steps complete**")
    st.altair_chart(charts.heat(progress), key="progress-chart", alt=f"Steps complete. {summary}")
    st.markdown("**Messages**")
    st.altair_chart(
        charts.bars(messages), key="activity-chart", alt=f"Messages over time. {summary}"
    )
    _one_team(room, events, times, seconds)
    if st.toggle("As a table", key="pulse-as-table"):
        table = progress.pivot_table(index="Time", columns="Team", values="Complete", sort=False)
        table.index = [local_time.when(at) for at in table.index]
        st.dataframe(table, key="pulse-table", alt="Steps complete of each team over time")
    downloads.show(
        process,
        room.workshop.id,
        "pulse",
        lambda: exports.over_time(progress, messages),
        room.workshop.title,
        "over-time",
    )


def _end(room: WorkshopOverview) -> datetime:
    """Return when the charts end: now, or, of a workshop that is long over, when it was."""
    last = facilitation.latest(row.last_activity for row in room.rows) or utc_now()
    return max(min(utc_now(), last), room.workshop.created_at)


def _one_team(
    room: WorkshopOverview, events: list[EventRecord], times: list[datetime], seconds: int
) -> None:
    team = st.selectbox(
        "The steps of",
        room.teams,
        format_func=lambda team: room.labels[team.id],
        key="pulse-team",
        width=240,
    )
    if team is None:
        return
    standing = timeline.standing(events, team.id, times, seconds)
    last = standing[standing["Time"] == times[-1]]
    current = "; ".join(
        f"{step}: {status[2:]}" for step, status in zip(last["Step"], last["Status"], strict=True)
    )
    # As above.
    from lib.ui.review import charts

    st.altair_chart(
        charts.statuses(standing), key="status-chart", alt=f"{team.name}. Now {current}"
    )
