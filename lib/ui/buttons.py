"""
Buttons whose presses are not lost, and make one thing each.

Streamlit tells a press to one run of the page. Where something else asks for the page before that run
has come to the button, as a look or a message does, the run is given up and the press with it. So it
is noted before anything is drawn, and stands until its button is drawn (`tests/test_presses.py`).

Left is the moment a run takes until it notes: what our pages send by themselves keeps away from it
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


def button(label: str, *, key: str, **options: Any) -> bool:
    """Draw a button as `st.button` does; return whether it was pressed, once for each press."""
    return _pressed(st.button, label, key, options)


def submit(label: str, *, key: str, **options: Any) -> bool:
    """As `button`, for the button of a form."""
    return _pressed(st.form_submit_button, label, key, options)


def once(key: str, *content: object) -> AbstractContextManager[str]:
    """Give the id under which a press makes something in this tab: see `Presses.once`."""
    return tab.tab().presses.once(key, *content)


def failed(exc: Exception) -> str:
    """Return the sentence for a press that could not be carried out."""
    return f"Not yet. {exc}" if isinstance(exc, StoreUnavailable) else f"Couldn't do that: {exc}"


def forget() -> None:
    """Forget presses of what this page does not draw: it has come to its end."""
    tab.tab().presses.forget(tab.run().presses)


def _pressed(draw: Callable[..., bool], label: str, key: str, options: dict[str, Any]) -> bool:
    place = key, _here()
    draw(label, key=key, on_click=_note, args=(place,), **options)
    return _taken(place)


def _note(place: Press) -> None:
    tab.tab().presses.note(place, tab.run().presses)


def _taken(place: Press) -> bool:
    return tab.tab().presses.take(place, tab.run().presses)


def _here() -> str:
    """Return which page this is, and of what: on another one a button of that name is another."""
    context = get_script_run_ctx()
    return f"{context.page_script_hash}?{context.query_string}" if context else ""
