"""
Whether a facilitator asks: before anything of the house or of a whole workshop is read or written.

The browser holds a pass as a cookie no script can read, so it is our own request that gives and takes
it; the page is loaded anew afterwards, and is the one that was asked for.
"""

from pathlib import Path

import streamlit as st

from lib import access, facilitators, navigation
from lib.access import HOUSE, AccessRefused, Action, Scope
from lib.process import Process

_HERE = Path(__file__).parent

_NOT_HERE = (
    "This server has no passcode, so workshops are run at its own machine only. Teams come in by "
    "their links. To run workshops from elsewhere, set FACILITATOR_PASSCODE."
)

_mounted = st.components.v2.component(
    "throughline_gate",
    html=(_HERE / "gate.html").read_text(encoding="utf-8"),
    css=(_HERE / "gate.css").read_text(encoding="utf-8"),
    js=(_HERE / "gate.js").read_text(encoding="utf-8"),
)


def ask(process: Process, action: Action, workshop_id: str = "") -> None:
    """
    Let whoever is at this page do something: in a workshop, or in the house.

    Raises AccessRefused, with one sentence for what is not theirs and what is not there; StoreError.
    """
    held = st.context.cookies.get(facilitators.COOKIE, "")
    # Without a browser, as in a test, there is something else.
    token = held if isinstance(held, str) else ""
    scope = Scope(workshop_id) if workshop_id else HOUSE
    actor = facilitators.actor(process.store, process.settings, token, st.context.headers)
    access.authorize(actor, action, scope)


def open_or_stop(process: Process, action: Action, workshop_id: str = "") -> None:
    """As `ask`, for a whole page: where nobody is let in, draw the way in, and stop."""
    try:
        ask(process, action, workshop_id)
    except AccessRefused as exc:
        if not process.settings.passcode:
            raise AccessRefused(_NOT_HERE) from exc
        _, middle, _ = st.columns([1, 2, 1])
        with middle:
            st.title("For facilitators", anchor=False)
            st.markdown("Your team's link leads to your workshop; this way is for who runs it.")
            _mounted(key="gate", data={"leave": False, "address": navigation.enter_address()})
        st.stop()


def way_out(process: Process) -> None:
    """Draw the button that ends the pass, where there is one."""
    if process.settings.passcode:
        _mounted(key="gate-out", data={"leave": True, "address": navigation.enter_address()})
