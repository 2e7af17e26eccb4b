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

from lib.store.errors import StoreUnavailable
from lib.store.port import PATIENCE

_of_thread = threading.local()


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Let every PostgreSQL call of this thread end within *seconds*; the nearest deadline counts."""
    before = getattr(_of_thread, "at", None)
    at = time.monotonic() + seconds
    _of_thread.at = at if before is None else min(before, at)
    try:
        yield
    finally:
        _of_thread.at = before


def left() -> float | None:
    """Return the seconds this thread has left, None where it has no deadline."""
    at = getattr(_of_thread, "at", None)
    return None if at is None else max(0.0, at - time.monotonic())


@contextmanager
def holding(lock: threading.Lock) -> Iterator[None]:
    """
    Hold *lock*; waiting for it and what is done with it share one PATIENCE.

    Else callers would wait for a silent database one after the other. Raises StoreUnavailable if
    another thread holds the lock for too long.
    """
    with within(PATIENCE):
        if not lock.acquire(timeout=left() or 0.0):
            ran_out()
            raise StoreUnavailable("Somebody else is waiting for the database.")
        try:
            yield
        finally:
            lock.release()


@contextmanager
def waiting_once() -> Iterator[None]:
    """
    Within, once a call of this thread has waited in vain, the ones after it fail at once.

    A page asks the database several times and must not wait as often.
    """
    before = getattr(_of_thread, "in_vain", None)
    _of_thread.in_vain = False if before is None else before
    try:
        yield
    finally:
        _of_thread.in_vain = before


def waited_in_vain() -> bool:
    """Whether this thread need not wait again."""
    return bool(getattr(_of_thread, "in_vain", None))


def ran_out() -> None:
    """Note that this thread's deadline is over, if `waiting_once` is in use."""
    if left() == 0.0 and getattr(_of_thread, "in_vain", None) is not None:
        _of_thread.in_vain = True


def _wait(connection: Any) -> None:
    while (state := connection.poll()) != extensions.POLL_OK:
        patience = left()
        if patience == 0.0:
            raise psycopg2.OperationalError("The server did not answer in time.")
        try:
            _wait_once(connection.fileno(), reading=state == extensions.POLL_READ, within=patience)
        except (OSError, ValueError) as exc:
            raise psycopg2.OperationalError("The connection was closed.") from exc


def _wait_once(file: int, *, reading: bool, within: float | None) -> None:
    """Wait until something can be read (or written). `select` stops at the 1024th open file."""
    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(file, select.POLLIN if reading else select.POLLOUT)
        poll.poll(None if within is None else within * 1000)
    else:
        select.select([file] if reading else [], [] if reading else [file], [], within)


def install() -> None:
    """Make psycopg2 wait by the deadline, in the whole process."""
    extensions.set_wait_callback(_wait)
