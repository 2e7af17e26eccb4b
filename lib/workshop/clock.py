"""
The time, as every server of one database has it.

A process counts on from one reading by a clock that no one sets: a server's own clock may be set
back, or ten minutes fast. Where the database has a clock, every process reads that one, now and
then. What is stored in an order bears a position; times are for people to read, and for what lasts
until a moment. On SQLite the newest stored time is the least a process begins with.
"""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

#: How far behind the newest stored time a clock may be and still be taken for one that was set back.
MOST_BEHIND = timedelta(hours=1)


def _elapsed() -> float:
    """Return seconds since some moment, the time a computer has slept among them."""
    # `time.monotonic` stands still while a laptop sleeps, at least on Linux.
    boot = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boot is None else time.clock_gettime(boot)


def _wall() -> datetime:
    return datetime.now(UTC)


class SteadyClock:
    """A clock that goes on evenly from a reading of another one. Thread-safe."""

    def __init__(
        self,
        wall: Callable[[], datetime] = _wall,
        elapsed: Callable[[], float] = _elapsed,
    ) -> None:
        self._elapsed = elapsed
        self._lock = threading.Lock()
        self._read = (wall(), elapsed())

    def __call__(self) -> datetime:
        """Return the time, aware and in UTC."""
        with self._lock:
            at, when = self._read
            return at + timedelta(seconds=self._elapsed() - when)

    def follow(self, read: Callable[[], datetime | None]) -> None:
        """Go on from what *read* returns, a reading of the database's clock; None changes nothing."""
        before = self._elapsed()
        at = read()
        if at is not None:
            with self._lock:
                # It was read somewhere between asking and the answer.
                self._read = (at, (before + self._elapsed()) / 2)

    def catch_up(self, newest: datetime | None) -> None:
        """
        Go on from *newest*, the newest time that is stored, if this clock is behind it.

        So a timer gets no longer if a server's clock is set back and the server restarted. A clock that
        is behind by more than MOST_BEHIND is believed: then the stored time was wrong.
        """
        with self._lock:
            at, when = self._read
            now = at + timedelta(seconds=self._elapsed() - when)
            if newest is not None and now < newest <= now + MOST_BEHIND:
                self._read = (newest, self._elapsed())


#: The clock of this process.
steady = SteadyClock()


def utc_now() -> datetime:
    """Return the time, aware and in UTC."""
    return steady()


Now = Callable[[], datetime]


Clock = Callable[[], float]
