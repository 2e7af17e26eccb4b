"""
What Streamlit works out for every rerun though it is the same as long as a server runs: kept.

Before a page's first line Streamlit lists `pages/` and asks the file system ninety times after what is
there. Each time its thread lets go of what all threads of Python share, and gets it back behind whoever
draws a page just then, up to 5 ms later: on a busy server that took longer than the page. So the pages
are known, and what is left of it waits for the page's turn. And for every rerun the event loop, which
all pages share, puts the theme together from its options: a fifth of all that Python did on a server
with a hundred busy tabs (py-spy, in a run of `bench/tabs.py`).

These are Streamlit's own insides. `tests/test_sparing.py` holds what is kept to what Streamlit makes;
what is not where it was is left alone, and then a busy server only takes longer.
"""

import copy
import logging
from collections.abc import Callable
from functools import cache
from typing import Any

from streamlit.navigation import page as pages
from streamlit.runtime import app_session
from streamlit.runtime.scriptrunner import script_runner
from streamlit.web.server.starlette import starlette_websocket

from lib.server.guard import origins_allowed
from lib.ui import render_queue, tab

log = logging.getLogger(__name__)


@cache
def begin() -> None:
    """Keep all of it from now on, in this process."""
    for place, name, sparing in (
        (pages, "_create_page", pages_kept),
        (app_session, "_populate_theme_msg", theme_kept),
        (script_runner, "_mpa_v1", in_turn),
        (starlette_websocket, "is_url_from_allowed_origins", origins_allowed),
    ):
        if original := getattr(place, name, None):
            setattr(place, name, sparing(original))
        else:
            log.warning("Streamlit has no %s any more: a busy server takes longer.", name)


def pages_kept(make: Callable[..., Any]) -> Callable[..., Any]:
    """Return what makes a page as *make* does; from the second time on, of what it knows."""
    known: dict[Any, Any] = {}

    def made(*given: Any, **named: Any) -> Any:
        what = (given, *sorted(named.items()))
        if what not in known:
            known[what] = make(*given, **named)
        # A run marks the page it shows: each has pages of its own.
        return copy.copy(known[what])

    return made


def theme_kept(populate: Callable[..., Any]) -> Callable[..., None]:
    """Return what puts a section of the theme into a new message as *populate* does."""
    known: dict[str, Any] = {}

    def populated(message: Any, section: str = "theme") -> None:
        if section not in known:
            known[section] = type(message)()
            populate(known[section], section)
        # What is merged with nothing would be there, and not left out.
        if known[section].ByteSize():
            message.MergeFrom(known[section])

    return populated


def in_turn(run: Callable[[str], None]) -> Callable[[str], None]:
    """Return what runs a page as *run* does, all of it in its turn."""

    def ran(main_script: str) -> None:
        with render_queue.turn(unasked=tab.begin_run()):
            run(main_script)

    return ran
