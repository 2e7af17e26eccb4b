"""
What one browser tab holds, its working copy of a team among it: the only owner of Streamlit's
session_state.
"""

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
    #: Whether somebody waits for the page: a run they have asked for has not come to its end.
    awaited: bool = False
    presses: Presses = field(default_factory=Presses)
    #: How many messages to teams were sent from here.
    sent: int = 0


@dataclass
class Run:
    """What one run of a page's script knows; one that is given up goes on beside the next."""

    #: The presses it is to carry out.
    presses: Known
    #: What it has found out.
    found: dict[str, Any] = field(default_factory=dict)


#: A thread that runs a page's script runs those of one tab only, one after the other.
_of_thread = threading.local()


def tab() -> Tab:
    """
    Return what this tab holds.

    At any look into session_state Streamlit may end a run that is out of date, in the middle of what
    somebody has decided. This one it does not know of: `to_dict` only reads.
    """
    held = getattr(_of_thread, "tab", None) or st.session_state.to_dict().get(_KEY)
    if not isinstance(held, Tab):
        held = st.session_state[_KEY] = Tab()
    _of_thread.tab = held
    return held


def of_tab() -> WorkingCopy | None:
    """Return this tab's working copy, if it has one."""
    return tab().copy


def adopt(copy: WorkingCopy) -> None:
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


def draw_unasked() -> None:
    """Say that this thread draws the page anew by itself: the sentence it shows stays."""
    held = tab()
    held.notice = held.shown or held.notice
    _of_thread.unasked = True


def begin_run() -> bool:
    """
    Return whether nobody asks for the run that begins: the page is drawn anew by itself.

    One that takes the place of a run somebody waits for is that one to them.
    """
    held = tab()
    by_itself, _of_thread.unasked = getattr(_of_thread, "unasked", False), False
    held.awaited = held.awaited or not by_itself
    return not held.awaited


def end_run() -> None:
    """Say that the page has come to its end: nobody waits for it any more."""
    tab().awaited = False


def begin_page() -> None:
    """Forget what the last run has shown and found out."""
    tab().shown = ""
    _of_thread.run = _new_run()


def run() -> Run:
    """Return what this run of the page knows."""
    known: Run | None = getattr(_of_thread, "run", None)
    if known is None:
        known = _of_thread.run = _new_run()
    return known


def _new_run() -> Run:
    return Run(tab().presses.known())


def of_run() -> dict[str, Any]:
    """Return what this run of the page has found out: it is empty when the next one begins."""
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


def call_me(name: str) -> None:
    """Remember the name of the person in this tab: a label beside messages, never an identity."""
    tab().member = name


def member() -> str:
    """Return the name of the person in this tab, empty where none was given."""
    return tab().member
