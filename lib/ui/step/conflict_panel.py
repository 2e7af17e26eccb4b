"""Conflicts: texts that could not go into the draft, shown until somebody decides."""

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
    """Draw the conflicts of *step*, if there are any."""
    for aside in copy.conflicts.get(step, []):
        with st.container(border=True, key=f"aside/{aside.field}/{aside.writer}"):
            _one(process, copy, step, aside)


def _one(process: Process, copy: WorkingCopy, step: str, aside: Aside) -> None:
    # The key names the text shown: a press about an outdated text finds no button.
    place = f"{aside.field}/{aside.writer}/{aside.revision}"
    closed = copy.is_read_only(step)
    st.caption(f":material/difference: {_why(copy, step, aside, process.replies.guide_name)}")
    st.markdown(_text(step, aside))
    if copy.closed_because(step):
        return
    with st.container(horizontal=True):
        can_be_used = not closed and aside.field in MODELS[step].model_fields
        if can_be_used and buttons.button("Use this instead", key=f"use/{place}"):
            with _settling(process, copy, Action.USE_ASIDE, step):
                process.drafts.use_conflict(copy.key(step), aside)
        if buttons.button("Discard", key=f"discard/{place}", type="tertiary"):
            with _settling(process, copy, Action.SETTLE_ASIDE, step):
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
        return f"{who or 'Someone'} typed this in a field that no longer exists. It is kept here."
    if aside.author == guide:
        return "The guide redrafted this after an earlier step changed. Your draft still has your text."
    if not who:
        return "This was in the draft before it was replaced. It is kept here."
    if copy.is_read_only(step) or aside.epoch != copy.drafts[step].epoch:
        return f"{who} was still typing this when the step was closed. It is kept here."
    return (
        f"{who} and someone else changed this at the same time. The draft has the other text; "
        f"{who}'s text is kept here."
    )


@contextmanager
def _settling(process: Process, copy: WorkingCopy, action: Action, step: str) -> Iterator[None]:
    """Carry out the block if allowed, and rerun the page."""
    try:
        with copy.acting(process, action, step):
            yield
    except StoreError as exc:
        st.toast(buttons.failed(exc))
    else:
        st.rerun()
