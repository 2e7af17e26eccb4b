"""
One quiet line if something in a step has been unsaved for long; nothing otherwise.

Saving is invisible. Text that never reached the server is reported by the box it was typed into.
"""

from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import streamlit as st

from lib.team.process import Process
from lib.workshop.clock import utc_now
from lib.workshop.records import StepKey


class UnsavedLine:
    """The line's place on a page. It is shown from the beginning where it is due."""

    def __init__(self, process: Process, key: StepKey) -> None:
        self._process = process
        self._key = key
        self._slot = st.empty()
        self.shown = False
        self.update()

    def update(self) -> None:
        """Show or hide the line if its state has changed."""
        if self._process.autosave.is_late(self._key) is self.shown:
            return
        self.shown = not self.shown
        line = self._process.autosave.report_of(self._key)
        if self.shown and line is not None:
            self._slot.caption(_sentence(utc_now() - timedelta(seconds=line.age)))
        else:
            self._slot.empty()


def _sentence(since: datetime) -> str:
    return (
        f"Not saved since {since.astimezone(_zone()):%H:%M}. "
        "We keep trying, and you can continue working."
    )


def _zone() -> tzinfo:
    """Return the time zone of the page's reader."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ValueError, OSError, KeyError):
        # A browser may call its time zone whatever it likes.
        return UTC
