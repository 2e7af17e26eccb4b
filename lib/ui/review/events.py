"""The event log of a workshop as a table; read only if it is open."""

import streamlit as st

from lib import facilitation
from lib.facilitation import WorkshopOverview, exports
from lib.team.process import Process
from lib.ui import escape, local_time
from lib.ui.review import downloads

#: The most events shown: what a facilitator reads back over is the last hours.
MAX_EVENTS = 500


def show(process: Process, room: WorkshopOverview) -> None:
    """Draw the expander, and the event log if it is open."""
    place = st.expander("Event log", icon=":material/history:", key="events", on_change="rerun")
    if not place.open:
        return
    with place:
        events = process.store.events(room.workshop.id)
        for line in facilitation.overrides(room, events):
            st.markdown(f":material/rule: {escape.escaped(line)}")
        redactions = process.store.redactions(room.workshop.id)
        table = facilitation.events_table(
            events[-MAX_EVENTS:], room.names, local_time.zone(), redactions[-MAX_EVENTS:]
        )
        st.dataframe(table, hide_index=True, key="events-table", alt="Event log")
        downloads.show(
            process,
            room.workshop.id,
            "events",
            lambda: exports.events(events, room.names),
            room.workshop.title,
            "events",
        )
