"""What a reset has archived: the conversation and the draft of an earlier era, for facilitators."""

from collections.abc import Sequence

import streamlit as st

from lib.process import Process
from lib.status import Event
from lib.transcript import Message
from lib.ui import artifact_card
from lib.ui.moment import when
from lib.ui.safe import escaped
from lib.workshop import StepKey

#: Characters of an archived message that a page shows.
SHOWN = 2_000


def show(process: Process, key: StepKey) -> None:
    """Draw each era of a step that a reset has ended; nothing where there was none."""
    resets = [
        event
        for event in process.store.events(key.workshop_id)
        if (event.team_id, event.step, event.event) == (key.team_id, key.step, Event.RESET)
    ]
    for event in reversed(resets):
        before = process.store.snapshots(key.workshop_id, [event.id])[key.step]
        title = f"Before it was started over, {when(event.at)} by {escaped(event.actor)}"
        with st.expander(title, icon=":material/inventory_2:", key=f"archive/{event.id}"):
            st.markdown(artifact_card.markdown(key.step, before.draft.fields) or "*No draft.*")
            _said(process.store.messages(key, era=before.state.era))


def _said(messages: Sequence[Message]) -> None:
    for message in messages:
        text = message.text if len(message.text) <= SHOWN else message.text[:SHOWN] + " …"
        st.markdown(f"**{escaped(message.author)}**")
        st.text(text)
