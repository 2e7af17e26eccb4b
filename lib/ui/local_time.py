"""Times as the person in this browser reads them."""

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st


def zone() -> tzinfo:
    """Return the time zone of the person at the browser, UTC where it does not say."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def when(at: datetime) -> str:
    """Return a time with its day."""
    return f"{at.astimezone(zone()):%d %b %H:%M}"
