"""The state of one browser tab, including its working copy; the only owner of session_state."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from lib.team.working_copy import WorkingCopy
from lib.ui.pending_clicks import Known, Presses

_KEY = "tab"


@dataclass
class Tab:
    """What a browser tab holds between two runs of its script."""

    copy: WorkingCopy | None = None
    #: The name of the person in it.
    member: str = ""
    #: The observers' link it was opened by, if it was.
    observing: str = ""
    #: A sentence for the next page, and the one this run has shown.
    notice: str = ""
    shown: str = ""
    #: Whether somebody waits for the page: a run they asked for has not finished.
    awaited: bool = False
    presses: Presses = field(default_factory=Presses)
    #: How many messages to teams were sent from here.
    sent: int = 0


@dataclass
class Run:
    """State of one script run; a cancelled run may overlap with the next."""

    #: The presses it handles.
    presses: Known
    #: A cache, for this run only.
    found: dict[str, Any] = field(default_factory=dict)


#: A script thread serves one tab only, one run after the other.
_of_thread = threading.local()


def tab() -> Tab:
    """
    Return what this tab holds.

    Any access to session_state lets Streamlit end an outdated run, even in the middle of a user's
    action. `to_dict` only reads and does not.
    """
    held = getattr(_of_thread, "tab", None) or st.session_state.to_dict().get(_KEY)
    if not isinstance(held, Tab):
        held = st.session_state[_KEY] = Tab()
    _of_thread.tab = held
    return held


def working_copy() -> WorkingCopy | None:
    """Return this tab's working copy, if it has one."""
    return tab().copy


def set_working_copy(copy: WorkingCopy) -> None:
    """Make *copy* this tab's working copy."""
    tab().copy = copy


def notify(sentence: str) -> None:
    """Keep a sentence to be shown on the next page this tab draws."""
    tab().notice = sentence


def take_notice() -> str:
    """Return the sentence kept by `notify`, once; empty where there is none."""
    held = tab()
    held.shown, held.notice = held.notice, ""
    return held.shown


def mark_rerun_automatic() -> None:
    """Mark this thread's next run as automatic: the notice on the page stays."""
    held = tab()
    held.notice = held.shown or held.notice
    _of_thread.unasked = True


def begin_run() -> bool:
    """
    Return whether the run that begins is automatic, so that nobody waits for it.

    A run that replaces one somebody waits for counts as asked for.
    """
    held = tab()
    by_itself, _of_thread.unasked = getattr(_of_thread, "unasked", False), False
    held.awaited = held.awaited or not by_itself
    return not held.awaited


def end_run() -> None:
    """Mark the page as finished: nobody waits for it any more."""
    tab().awaited = False


def begin_page() -> None:
    """Clear the notice and the cache of the last run."""
    tab().shown = ""
    _of_thread.run = _new_run()


def run() -> Run:
    """Return the state of this run of the page."""
    known: Run | None = getattr(_of_thread, "run", None)
    if known is None:
        known = _of_thread.run = _new_run()
    return known


def _new_run() -> Run:
    return Run(tab().presses.known())


def run_cache() -> dict[str, Any]:
    """Return this run's cache, which is empty when the next run begins."""
    return run().found


def component_state(key: str) -> Mapping[str, Any]:
    """Return what the component called *key* has sent from the browser; empty for nothing."""
    state = st.session_state.get(key)
    return state if isinstance(state, Mapping) else {}


def observing(link: str = "") -> str:
    """Remember *link*, if there is one; return the observers' link this tab was opened by."""
    held = tab()
    held.observing = link or held.observing
    return held.observing


def set_member(name: str) -> None:
    """Remember the name of the person in this tab: a label beside messages, never an identity."""
    tab().member = name


def member() -> str:
    """Return the name of the person in this tab, empty where none was given."""
    return tab().member
