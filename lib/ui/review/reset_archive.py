"""A step's earlier eras: the conversation and the draft that each ended with, for facilitators."""

from collections.abc import Sequence

import streamlit as st

from lib.facilitation import reset_archive
from lib.facilitation.reset_archive import Archived
from lib.team.process import Process
from lib.ui.components import artifact_card
from lib.ui.escape import escaped
from lib.ui.local_time import when
from lib.workshop.records import StepKey
from lib.workshop.transcript import Message

#: Characters of an archived message that a page shows.
SHOWN = 2_000


def show(process: Process, key: StepKey) -> None:
    """Draw each earlier era of a step, the newest first; nothing where there was none."""
    for each in reset_archive.archived(process.store, key):
        box = st.expander(_title(each), icon=":material/inventory_2:", key=f"archive/{each.era}")
        with box:
            if each.draft is not None:
                st.markdown(artifact_card.markdown(key.step, each.draft) or "*No draft.*")
            _messages(process.store.messages(key, era=each.era))


def _title(archived: Archived) -> str:
    if archived.reset is None:
        return "After it was started over, before that was undone"
    reset = archived.reset
    return f"Before it was started over, {when(reset.at)} by {escaped(reset.actor)}"


def _messages(messages: Sequence[Message]) -> None:
    for message in messages:
        text = message.text if len(message.text) <= SHOWN else message.text[:SHOWN] + " …"
        st.markdown(f"**{escaped(message.author)}**")
        st.text(text)
