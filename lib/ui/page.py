"""
How every page begins: its title and look, the process behind it, and the one place where what
goes wrong becomes a sentence.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lib.settings import SettingsError
from lib.store.errors import StoreError, StoreUnavailable
from lib.store.sql import deadline
from lib.team import process
from lib.team.process import Process
from lib.ui import buttons, navigation, render_queue, tab
from lib.ui.components import offline_notice
from lib.workshop.roles import AccessRefused
from lib.workshop.status import TransitionRefused

log = logging.getLogger(__name__)

_AWAY = (
    "The database cannot be reached right now. Nothing that was sent is lost: "
    "this page goes on by itself as soon as it is back."
)


def begin(title: str) -> Process:
    """Set the page's title and look; return the process, or say why there is none and stop."""
    st.set_page_config(page_title=f"{title} · Throughline", page_icon="🧵", layout="wide")
    offline_notice.show()
    tab.begin_page()
    try:
        return process.running()
    except (SettingsError, StoreError) as exc:
        log.error("The app cannot start: %s", exc)
        st.error(f"Throughline cannot start. {exc}", icon=":material/cloud_off:")
        st.stop()


#: Seconds between two tries to draw a page while the database is away.
_AGAIN = 3.0


@contextmanager
def errors_shown() -> Iterator[None]:
    """
    Turn what a person can do something about into a sentence; the rest is a bug and raised.

    Within, a database that never answers is waited for once.
    """
    try:
        # The run has its turn already, unless `streamlit_patches` could not install the queue.
        with deadline.waiting_once(), render_queue.turn():
            yield
            ended()
    except AccessRefused as exc:
        closed(str(exc))
        st.stop()
    except TransitionRefused as exc:
        st.warning(str(exc))
    except StoreUnavailable as exc:
        log.warning("A page waits for the database: %s", exc)
        st.warning(_AWAY, icon=":material/cloud_off:")
        _look_again()
        st.stop()
    except StoreError as exc:
        log.error("A page could not be drawn: %s", exc)
        st.error(f"This could not be done. {exc}")
        st.stop()


def ended() -> None:
    """Say that the page has come to its end: what follows, if anything, is a reply that grows."""
    buttons.forget()
    tab.end_run()


def place() -> DeltaGenerator:
    """
    Return a place for what comes and goes, so that what stands after it stays.

    A browser knows an element by how many stand before it. Where one more comes, all that follow
    are made anew, for a moment beside the old ones: two boxes to type into, a table scrolled back.
    """
    return st.container()


def show_notice() -> None:
    """Show the sentence that the last page left for this one, if any."""
    if notice := tab.take_notice():
        st.info(notice, icon=":material/info:")


def redraw() -> NoReturn:
    """Draw the page anew though nobody did anything: the sentence at its top stays."""
    tab.draw_unasked()
    st.rerun()


def closed(sentence: str) -> None:
    """Draw that this does not open anything, and the way to the front door."""
    st.title("This way in is closed")
    st.error(sentence, icon=":material/link_off:")
    st.page_link(navigation.FRONT_DOOR, label="To the front door", icon=":material/home:")


def _look_again() -> None:
    """
    Draw the page anew every few seconds until the database is back.

    The browser keeps the time, so that a page comes back by itself after its server was started again.
    """
    first = True

    @st.fragment(run_every=_AGAIN)
    def beat() -> None:
        nonlocal first
        if not first:
            redraw()
        first = False

    beat()
