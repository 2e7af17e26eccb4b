"""
One quiet line where something of a step has been unsaved for long; nothing where all is well.

Saving is invisible. What the server never got is told by the box it was typed into.
"""

from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import streamlit as st

from lib.autosave import UNSAVED_FOR_LONG
from lib.process import Process
from lib.workshop import StepKey


class UnsavedLine:
    """The line's place on a page. It is shown from the beginning where it is due."""

    def __init__(self, process: Process, key: StepKey) -> None:
        self._process = process
        self._key = key
        self._slot = st.empty()
        self._shown = False
        self.update()

    @property
    def stale(self) -> bool:
        """Whether the line has to come or to go."""
        return (self._age() > UNSAVED_FOR_LONG) is not self._shown

    def update(self) -> None:
        """Show the line, or take it away, where that has to change."""
        if not self.stale:
            return
        self._shown = not self._shown
        if self._shown:
            self._slot.caption(_sentence(datetime.now(UTC) - timedelta(seconds=self._age())))
        else:
            self._slot.empty()

    def _age(self) -> float:
        """Seconds since the oldest unsaved change of the step, 0.0 where all is saved."""
        line = self._process.autosave.line(self._key)
        return line.age if line else 0.0


def _sentence(since: datetime) -> str:
    return (
        f"Not saved yet since {since.astimezone(_zone()):%H:%M}. "
        "It is kept and tried again until it is saved: you can go on."
    )


def _zone() -> tzinfo:
    """Return the time zone of whoever reads the page."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ValueError, OSError, KeyError):
        # A browser may call its time zone whatever it likes.
        return UTC
