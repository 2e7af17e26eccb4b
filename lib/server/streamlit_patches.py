"""
Everything that reaches into Streamlit's private modules: four monkeypatches, and one message.

`begin` installs the patches once per process. A patch whose target has moved in another version of
Streamlit is skipped with a warning; the server still works, only slower. The gains were measured with
`make bench` (`bench/tabs.py`) on two cores; `tests/test_streamlit_patches.py` compares each result with
Streamlit's own.
"""

import copy
import logging
from collections.abc import Callable
from functools import cache
from typing import Any

from streamlit.navigation import page as pages
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.runtime import app_session
from streamlit.runtime.scriptrunner import script_runner
from streamlit.web.server.starlette import starlette_websocket

from lib.ui import render_queue, tab

log = logging.getLogger(__name__)


@cache
def begin(is_allowed_origin: Callable[[str], bool]) -> None:
    """Install the patches in this process; *is_allowed_origin* answers for Streamlit."""

    def checked_here(_original: Callable[[str], bool]) -> Callable[[str], bool]:
        # Gain: Streamlit asks the network for its own address, on the event loop, at each handshake
        # with a foreign Origin; with a name server that is down one handshake blocked every page for
        # 1.8 s.
        return is_allowed_origin

    for module, name, patch in (
        (pages, "_create_page", cached_pages),
        (app_session, "_populate_theme_msg", cached_theme),
        (script_runner, "_mpa_v1", queued),
        (starlette_websocket, "is_url_from_allowed_origins", checked_here),
    ):
        if original := getattr(module, name, None):
            setattr(module, name, patch(original))
        else:
            log.warning("Streamlit no longer has %s: a busy server is slower.", name)


def cached_pages(create: Callable[..., Any]) -> Callable[..., Any]:
    """
    Return *create* with a cache: Streamlit lists `pages/` again for every rerun.

    Gain: with `cached_theme`, 14 to 20 % of the processor time of a rerun. Streamlit makes some ninety
    file system calls before the first line of a page, and each gives up the GIL and waits up to 5 ms
    to get it back.
    """
    known: dict[Any, Any] = {}

    def create_cached(*args: Any, **kwargs: Any) -> Any:
        key = (args, *sorted(kwargs.items()))
        if key not in known:
            known[key] = create(*args, **kwargs)
        # A run marks the page it shows, so each run needs its own copies.
        return copy.copy(known[key])

    return create_cached


def cached_theme(populate: Callable[..., Any]) -> Callable[..., None]:
    """
    Return *populate* with a cache: Streamlit rebuilds the theme from its options for every rerun.

    Gain: see `cached_pages`. It runs on the event loop, which all pages share.
    """
    known: dict[str, Any] = {}

    def populate_cached(message: Any, section: str = "theme") -> None:
        if section not in known:
            known[section] = type(message)()
            populate(known[section], section)
        # Merging an empty message would mark the section as present.
        if known[section].ByteSize():
            message.MergeFrom(known[section])

    return populate_cached


def queued(run: Callable[[str], None]) -> Callable[[str], None]:
    """
    Return *run*, which runs a page's script, behind the render queue.

    Gain: halves the 95th percentile of a rerun on a busy server (501 ms without, 192 ms with it).
    """

    def run_queued(main_script: str) -> None:
        with render_queue.turn(unasked=tab.begin_run()):
            run(main_script)

    return run_queued


def query_string(data: bytes) -> str:
    """Return the query string of the page that a browser's message asks for; ValueError for none."""
    message = BackMsg()
    try:
        message.ParseFromString(data)
    # protobuf's own error for malformed data has no public base class.
    except Exception as exc:
        raise ValueError("This is not a message of Streamlit's.") from exc
    return str(message.rerun_script.query_string)
