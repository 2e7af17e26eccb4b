"""
Buttons whose presses are never lost and never handled twice.

Streamlit reports a press to one run of the page. If another rerun (a poll, a message) cancels that run
before it reaches the button, the press is lost. So each press is noted before anything is drawn, and
stays until its button is drawn (`tests/test_presses.py`).

A short gap remains until the run notes the press: our pages' automatic requests avoid it
(`pressedLately` in `input.js`).
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from lib.store.errors import StoreUnavailable
from lib.ui import tab
from lib.ui.pending_clicks import Press
from lib.workshop.roles import REFUSED


def button(label: str, *, key: str, **options: Any) -> bool:
    """Draw a button as `st.button` does; return whether it was pressed, once for each press."""
    return _pressed(st.button, label, key, options)


def submit(label: str, *, key: str, **options: Any) -> bool:
    """As `button`, for the button of a form."""
    return _pressed(st.form_submit_button, label, key, options)


def once(key: str, *content: object) -> AbstractContextManager[str]:
    """Return an id for what a press creates, the same for a double click: see `Presses.once`."""
    return tab.tab().presses.once(key, *content)


def failed(exc: Exception) -> str:
    """Return the sentence for a press that could not be carried out."""
    if str(exc) == REFUSED:
        return "You're not allowed to do that."
    again = " Try again in a moment." if isinstance(exc, StoreUnavailable) else ""
    return f"Couldn't do that: {exc}{again}"


def forget() -> None:
    """Forget presses of buttons that this page, now complete, has not drawn."""
    tab.tab().presses.forget(tab.run().presses)


def _pressed(draw: Callable[..., bool], label: str, key: str, options: dict[str, Any]) -> bool:
    place = key, _here()
    draw(label, key=key, on_click=_note, args=(place,), **options)
    return _take(place)


def _note(place: Press) -> None:
    tab.tab().presses.note(place, tab.run().presses)


def _take(place: Press) -> bool:
    return tab.tab().presses.take(place, tab.run().presses)


def _here() -> str:
    """Return this page's identity: buttons with the same key on other pages are different."""
    context = get_script_run_ctx()
    return f"{context.page_script_hash}?{context.query_string}" if context else ""
