"""Begins every page: sets title and layout, finds the process, and turns errors into sentences."""

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
    "The database cannot be reached right now. Nothing you sent is lost. "
    "This page reloads by itself as soon as the database is back."
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
def show_errors() -> Iterator[None]:
    """
    Turn errors a person can act on into sentences; anything else is a bug and is raised.

    Waits only once for a database that does not answer.
    """
    try:
        # The run has its turn already, unless `streamlit_patches` could not install the queue.
        with deadline.waiting_once(), render_queue.turn():
            yield
            finish()
    except AccessRefused as exc:
        show_refusal(str(exc))
        st.stop()
    except TransitionRefused as exc:
        st.warning(str(exc))
    except StoreUnavailable as exc:
        log.warning("A page waits for the database: %s", exc)
        st.warning(_AWAY, icon=":material/cloud_off:")
        _retry_periodically()
        st.stop()
    except StoreError as exc:
        log.error("A page could not be drawn: %s", exc)
        st.error(f"Couldn't do that: {exc}")
        st.stop()


def finish() -> None:
    """Mark the page as complete: only a growing reply may follow."""
    buttons.forget()
    tab.end_run()


def stable_place() -> DeltaGenerator:
    """
    Return a container for optional elements, so that the elements after it keep their identity.

    The browser identifies an element by how many precede it. If one is added, all that follow
    are created again, for a moment beside the old ones: two boxes to type into, a table scrolled back.
    """
    return st.container()


def show_notice() -> None:
    """Show the sentence that the last page left for this one, if any."""
    if notice := tab.take_notice():
        st.info(notice, icon=":material/info:")


def redraw() -> NoReturn:
    """Rerun the page without a user action: the notice at its top stays."""
    tab.mark_rerun_automatic()
    st.rerun()


def show_refusal(sentence: str) -> None:
    """Say that access was refused, and link to the front door."""
    st.title("You don't have access to this page")
    st.error(sentence, icon=":material/link_off:")
    st.page_link(navigation.FRONT_DOOR, label="Go to the start page", icon=":material/home:")


def _retry_periodically() -> None:
    """
    Rerun the page every few seconds until the database is back.

    The browser keeps the time, so that a page recovers by itself after its server was restarted.
    """
    first = True

    @st.fragment(run_every=_AGAIN)
    def beat() -> None:
        nonlocal first
        if not first:
            redraw()
        first = False

    beat()
