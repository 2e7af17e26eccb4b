"""
Buttons whose presses are not lost, and make one thing each.

Streamlit tells a press to one run of the page. Where something else asks for the page before that run
has come to the button, as a look or a message does, the run is given up and the press with it. So it
is noted before anything is drawn, and stands until its button is drawn (`tests/test_presses.py`).

Left is the moment a run takes until it notes: what our pages send by themselves keeps away from it
(`pressedLately` in `typing.js`).
"""

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from lib import working_copy
from lib.ids import new_id
from lib.working_copy import Made, Press

#: Seconds after something was made in which a press with the same content is the second of a double
#: click: at most 0.5 s lie between the two, and the second waits until the first is carried out.
DOUBLE = 2.0

_numbers = itertools.count(1)

#: Seconds in which a press with the same content tries once more what failed.
AGAIN = 600.0


def button(label: str, *, key: str, **options: Any) -> bool:
    """Draw a button as `st.button` does; return whether it was pressed, once for each press."""
    return _pressed(st.button, label, key, options)


def submit(label: str, *, key: str, **options: Any) -> bool:
    """As `button`, for the button of a form."""
    return _pressed(st.form_submit_button, label, key, options)


def forget() -> None:
    """Forget presses of what this page does not draw: it has come to its end."""
    known = working_copy.run().presses
    for place in list(known):
        _taken(place)


@contextmanager
def once(key: str, *content: object) -> Iterator[str]:
    """
    Give the id under which a press of the button *key* makes something from *content*.

    The second press of a double click is given the same, and so is one after a failure: nobody can say
    then whether it was stored after all. What is made under the same id is made once.
    """
    made = working_copy.tab().made
    last, now = made.get(key), time.monotonic()
    id_ = last.id if last and last.content == content and now < last.until else new_id()
    made[key] = Made(id_, content, now + AGAIN)
    yield id_
    made[key] = Made(id_, content, time.monotonic() + DOUBLE)


def _pressed(draw: Callable[..., bool], label: str, key: str, options: dict[str, Any]) -> bool:
    place = key, _here()
    draw(label, key=key, on_click=_note, args=(place,), **options)
    return _taken(place)


def _note(place: Press) -> None:
    number = next(_numbers)
    working_copy.tab().presses[place] = working_copy.run().presses[place] = number


def _taken(place: Press) -> bool:
    """Take a press this run is to carry out; return whether there was one nobody has taken."""
    mine, noted = working_copy.run().presses.pop(place, None), working_copy.tab().presses
    if mine is None or noted.get(place) != mine:
        return False
    del noted[place]
    return True


def _here() -> str:
    """Return which page this is, and of what: on another one a button of that name is another."""
    context = get_script_run_ctx()
    return f"{context.page_script_hash}?{context.query_string}" if context else ""
