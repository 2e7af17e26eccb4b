"""
The time that is stored as the moment of a write: now, unless a story of earlier is being told.

Only for those who bring in what happened at other times, like the demo. The database's own clock
dates everything else.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from lib.workshop.clock import utc_now

_of_thread = threading.local()


@contextmanager
def telling(at: datetime) -> Iterator[None]:
    """Date every write of this thread *at*, aware and in UTC; leases run from there too."""
    before = told()
    _of_thread.at = at
    try:
        yield
    finally:
        _of_thread.at = before


def told() -> datetime | None:
    """Return the time this thread tells of, None where it tells of now."""
    at: datetime | None = getattr(_of_thread, "at", None)
    return at


def now() -> datetime:
    """Return the time this thread tells of, else the time it is, in UTC."""
    return told() or utc_now()
