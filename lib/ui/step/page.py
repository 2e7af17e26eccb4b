"""A step's page: the rail, the conversation, and the draft beside it."""

import logging
from datetime import datetime

import streamlit as st

from lib.store.errors import StoreError
from lib.team.process import Process
from lib.team.working_copy import WorkingCopy
from lib.ui import component_input, navigation, page
from lib.ui.components import polling
from lib.ui.review import workshop_panel
from lib.ui.step import (
    chat,
    draft_panel,
    facilitator_messages,
    read_back_panel,
    reopen_dialog,
    stale_panel,
    step_rail,
)
from lib.ui.step.unsaved_line import UnsavedLine
from lib.workshop import steps
from lib.workshop.status import is_read_only
from lib.workshop.views import OPENS_NEXT

log = logging.getLogger(__name__)


def show(step: str) -> None:
    """Open the page of *step* for the team in the URL."""
    about = steps.step(step)
    process = page.begin(about.name)
    with page.show_errors():
        copy = navigation.open_step(process, step)
        if copy.briefing.erase_at is not None:
            _deleted(copy, step, copy.briefing.erase_at)
            return
        _take_in_typing(process, copy, step)
        read_back_panel.receive(process, copy, step)
        with page.stable_place():
            _heading(process, copy, step)
            step_rail.show(copy)
            if not is_read_only(copy.states[step].status):
                chat.receive(process, copy, step)
            stale_panel.show(process, copy, step)
            reopen_dialog.show(process, copy, step)
        conversation, result = st.columns([3, 2], gap="large")
        with result, st.container(key="result"):
            draft_panel.show(process, copy, step)
        with conversation:
            talk = st.container(key="talk")
            # Under the box, so that nothing a person reads or types in moves when it appears.
            with st.container(key="unsaved-line"):
                line = UnsavedLine(process, copy.key(step))
        live = process.replies.live(copy.key(step))
        polling.show(copy, step, late=line.shown, following=live is not None)
        with talk:
            chat.show(process, copy, step, line, live)


def _deleted(copy: WorkingCopy, step: str, erase_at: datetime) -> None:
    """Say that the workshop is deleted, until that is undone."""
    workshop_panel.closed(erase_at)
    polling.show(copy, step)


def _take_in_typing(process: Process, copy: WorkingCopy, step: str) -> None:
    """Store the edits sent with this run; the form sends again what cannot be stored now."""
    try:
        component_input.take_in_edits(process, copy, step)
    except StoreError as exc:
        log.warning("What was typed in %s waits in its form: %s", step, exc)


def _heading(process: Process, copy: WorkingCopy, step: str) -> None:
    about = steps.step(step)
    st.subheader(f"{about.number}. {about.name}", anchor=False)
    page.show_notice()
    facilitator_messages.show(process, copy)
    _moves(process, copy, step)


def _moves(process: Process, copy: WorkingCopy, step: str) -> None:
    """Draw the ways to the steps before and after."""
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="moves"):
        st.caption(f"Here we {steps.step(step).purpose}.", width="stretch")
        with st.container(key="to-draft", width="content"):
            st.html('<a href="#draft">Our draft ↓</a>')
        facilitator_messages.show_time(process, copy)
        if before := steps.before(step):
            _move(copy, before.slug, "Back", ":material/arrow_back:")
        if after := steps.after(step):
            _move(copy, after.slug, "Next", ":material/arrow_forward:")


def _move(copy: WorkingCopy, step: str, label: str, icon: str) -> None:
    locked = copy.states[step].status == "not_started"
    st.page_link(
        navigation.step_page(step),
        label=label,
        icon=icon,
        icon_position="right" if label == "Next" else "left",
        disabled=locked,
        help=_closed(copy, step) if locked else steps.step(step).name,
        query_params=navigation.team_query(copy),
    )


def _closed(copy: WorkingCopy, step: str) -> str:
    return OPENS_NEXT if copy.closed_because(step) else "Confirm this step first."
