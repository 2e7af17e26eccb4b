"""The step rail: the ten steps in the sidebar, each with its status, and the way to it."""

import streamlit as st

from lib.team.working_copy import WorkingCopy
from lib.ui import escape, navigation
from lib.workshop.status import Status, is_locked
from lib.workshop.steps import STEPS, Step

#: Each status as the rail shows it: an icon, and the word a screen reader or a pointer gets.
MARKS = {
    Status.NOT_STARTED: (":material/lock:", "not open yet"),
    Status.IN_PROGRESS: (":material/edit:", "in progress"),
    Status.COMPLETE: (":material/check_circle:", "complete"),
    Status.NEEDS_REGENERATION: (":material/sync_problem:", "needs another look"),
}


def _label(step: Step, status: Status) -> str:
    name = f"{step.number}. {step.name}"
    return f":orange[{name}]" if status is Status.NEEDS_REGENERATION else name


def _mark(copy: WorkingCopy, step: str) -> tuple[str, str]:
    """Return the icon and the word of a step; what the facilitator holds says so."""
    status = copy.states[step].status
    if copy.briefing.agenda.holds(step) and status is not Status.COMPLETE:
        return ":material/front_hand:", "held by your facilitator for now"
    return MARKS[status]


def show(copy: WorkingCopy) -> None:
    """Draw the rail."""
    done = sum(state.status is Status.COMPLETE for state in copy.states.values())
    with st.sidebar:
        st.html('<p class="brand">Throughline</p>')
        st.caption(escape.escaped(f"{copy.workshop.title} · {copy.team.name}"))
        for step in STEPS:
            icon, word = _mark(copy, step.slug)
            st.page_link(
                navigation.step_page(step.slug),
                label=_label(step, copy.states[step.slug].status),
                icon=icon,
                help=f"{step.name}: {word}",
                disabled=is_locked(copy.states[step.slug].status),
                query_params=navigation.team_query(copy),
                width="stretch",
            )
        st.progress(done / len(STEPS), text=f"{done} of {len(STEPS)} steps complete")
