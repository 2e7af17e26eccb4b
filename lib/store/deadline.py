"""
A deadline for every call to PostgreSQL, kept on this side of the wire.

`statement_timeout` and `connect_timeout` do not help against a server that accepts and never
answers: with them a call waited for as long as the outage took. psycopg2 asks a callback how to
wait; ours waits no longer than the calling thread's deadline. A connection that was waited for in
vain is closed by psycopg2.
"""

import select
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2
from psycopg2 import extensions

_of_thread = threading.local()


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Let every PostgreSQL call of this thread end within *seconds*, all together."""
    before = getattr(_of_thread, "at", None)
    _of_thread.at = time.monotonic() + seconds
    try:
        yield
    finally:
        _of_thread.at = before


def left() -> float | None:
    """Return the seconds this thread has left, None where it has no deadline."""
    at = getattr(_of_thread, "at", None)
    return None if at is None else max(0.0, at - time.monotonic())


def _wait(connection: Any) -> None:
    while (state := connection.poll()) != extensions.POLL_OK:
        patience = left()
        if patience == 0.0:
            raise psycopg2.OperationalError("The server did not answer in time.")
        reading = [connection] if state == extensions.POLL_READ else []
        writing = [connection] if state == extensions.POLL_WRITE else []
        select.select(reading, writing, [], patience)


def install() -> None:
    """Make psycopg2 wait by the deadline, in the whole process."""
    extensions.set_wait_callback(_wait)
