"""
Timestamps of writes: now, or a fixed time while back-dated data (the demo) is imported.

The database's own clock dates everything else.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from lib.workshop.clock import utc_now

_of_thread = threading.local()


@contextmanager
def dated(at: datetime) -> Iterator[None]:
    """Date every write of this thread *at*, aware and in UTC; leases run from there too."""
    before = time()
    _of_thread.at = at
    try:
        yield
    finally:
        _of_thread.at = before


def time() -> datetime | None:
    """Return the time this thread dates its writes; None for now."""
    at: datetime | None = getattr(_of_thread, "at", None)
    return at


def now() -> datetime:
    """Return the time this thread dates its writes, or the present time, in UTC."""
    return time() or utc_now()
