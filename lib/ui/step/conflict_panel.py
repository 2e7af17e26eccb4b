"""What was typed and could not go into the draft: shown beside it until somebody decides."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from lib.store.errors import StoreError
from lib.team.process import Process
from lib.team.working_copy import WorkingCopy
from lib.ui import buttons
from lib.ui.components import artifact_card
from lib.ui.escape import escaped
from lib.workshop.artifacts.models import MODELS
from lib.workshop.records import Aside
from lib.workshop.roles import Action


def show(process: Process, copy: WorkingCopy, step: str) -> None:
    """Draw what was set aside in *step*; nothing, where nothing was."""
    for aside in copy.conflicts.get(step, []):
        with st.container(border=True, key=f"aside/{aside.field}/{aside.writer}"):
            _one(process, copy, step, aside)


def _one(process: Process, copy: WorkingCopy, step: str, aside: Aside) -> None:
    # A press is about the words that were shown: with others it finds no button.
    place = f"{aside.field}/{aside.writer}/{aside.revision}"
    closed = copy.is_read_only(step)
    st.caption(f":material/difference: {_why(copy, step, aside, process.replies.guide_name)}")
    st.markdown(_text(step, aside))
    if copy.closed_because(step):
        return
    with st.container(horizontal=True):
        can_be_used = not closed and aside.field in MODELS[step].model_fields
        if can_be_used and buttons.button("Use this instead", key=f"use/{place}"):
            with _settled(process, copy, Action.USE_ASIDE, step):
                process.drafts.use_conflict(copy.key(step), aside)
        if buttons.button("Discard", key=f"discard/{place}", type="tertiary"):
            with _settled(process, copy, Action.SETTLE_ASIDE, step):
                process.drafts.discard_conflict(copy.key(step), aside)


def _text(step: str, aside: Aside) -> str:
    field = MODELS[step].model_fields.get(aside.field)
    if field is None:
        return f"**{escaped(aside.field)}**  \n{escaped(str(aside.value))}"
    text = artifact_card.markdown(step, {aside.field: aside.value})
    return text or f"**{field.title}** *left empty*"


def _why(copy: WorkingCopy, step: str, aside: Aside, guide: str) -> str:
    who = escaped(aside.author)
    if aside.field not in MODELS[step].model_fields:
        return f"{who or 'Somebody'} typed this before its field was taken out. It is kept here."
    if aside.author == guide:
        return "The guide drafted this anew from what has changed. Your draft keeps its own text."
    if not who:
        return "This was in the draft before another text took its place. It is kept here."
    if copy.is_read_only(step) or aside.epoch != copy.drafts[step].epoch:
        return f"{who} was still typing when the step was closed. It is kept here."
    return (
        f"{who} and somebody else changed this at the same time. The draft has the other text; "
        f"what {who} typed is kept here."
    )


@contextmanager
def _settled(process: Process, copy: WorkingCopy, action: Action, step: str) -> Iterator[None]:
    """Do what is within, where it may be done, and draw the page again."""
    try:
        with copy.acting(process, action, step):
            yield
    except StoreError as exc:
        st.toast(buttons.failed(exc))
    else:
        st.rerun()
