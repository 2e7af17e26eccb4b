"""
Buttons whose presses are not lost.

Streamlit tells a press to one run of the page. Where something else asks for the page before that run
has come to the button, as a look or a message does, the run is given up and the press with it. So it
is noted before anything is drawn, and stands until its button is drawn (`tests/test_presses.py`).

Left is the moment a run takes until it notes: our own looks keep away from it (`look.js`).
"""

from collections.abc import Callable
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from lib import working_copy


def button(label: str, *, key: str, **options: Any) -> bool:
    """Draw a button as `st.button` does; return whether it was pressed, once for each press."""
    return _pressed(st.button, label, key, options)


def submit(label: str, *, key: str, **options: Any) -> bool:
    """As `button`, for the button of a form."""
    return _pressed(st.form_submit_button, label, key, options)


def forget() -> None:
    """Forget presses of what this page does not draw: it has come to its end."""
    working_copy.tab().presses.clear()


def _pressed(draw: Callable[..., bool], label: str, key: str, options: dict[str, Any]) -> bool:
    place = key, _here()
    draw(label, key=key, on_click=working_copy.tab().presses.add, args=(place,), **options)
    return _taken(place)


def _taken(place: tuple[str, str]) -> bool:
    noted = working_copy.tab().presses
    if place not in noted:
        return False
    noted.remove(place)
    return True


def _here() -> str:
    """Return which page this is, and of what: on another one a button of that name is another."""
    context = get_script_run_ctx()
    return f"{context.page_script_hash}?{context.query_string}" if context else ""
