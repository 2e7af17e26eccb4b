"""A trailing-edge debouncer with a maximum wait."""

import time
from typing import Generic, TypeVar

from lib.workshop.clock import Clock

Value = TypeVar("Value")


class Debouncer(Generic[Value]):
    """
    Decides when the last of many values is due; its owner delivers it.

    The deadline is *wait* seconds after the last touch, but no later than *max_wait* after the
    anchor: the touch that began the burst, or the last delivery under continuous touching. *clock*
    is monotonic, in seconds. Not thread-safe: the owner locks.

    Each value is handed out once, and the debouncer is disarmed first.
    """

    def __init__(self, wait: float, max_wait: float, clock: Clock = time.monotonic) -> None:
        self._wait = wait
        self._max_wait = max(wait, max_wait)
        self._clock = clock
        self._held: tuple[Value] | None = None
        self._last_touch: float | None = None
        self._anchor: float | None = None

    @property
    def pending(self) -> bool:
        """Whether there is an undelivered value."""
        return self._held is not None

    @property
    def deadline(self) -> float | None:
        """When the pending value is due, on the clock; None with nothing pending."""
        if self._held is None or self._last_touch is None or self._anchor is None:
            return None
        return min(self._last_touch + self._wait, self._anchor + self._max_wait)

    @property
    def due(self) -> bool:
        """Whether the deadline has been reached."""
        deadline = self.deadline
        return deadline is not None and self._clock() >= deadline

    @property
    def idle(self) -> bool:
        """Whether nothing is pending and the burst is over, so this debouncer can be dropped."""
        # The same sum as in `deadline`: rounded otherwise, the two could disagree about the tie.
        return not self.pending and (
            self._last_touch is None or self._clock() >= self._last_touch + self._wait
        )

    def touch(self, value: Value) -> Value | None:
        """Replace the undelivered value; return *value* if it is due at once, else None."""
        due, idle, now = self.due, self.idle, self._clock()
        if idle:
            self._anchor = now
        self._held = (value,)
        self._last_touch = now
        return self.flush() if due else None

    def flush(self) -> Value | None:
        """Return the undelivered value and disarm; None if nothing is pending."""
        if self._held is None:
            return None
        (value,) = self._held
        self._held = None
        self._anchor = self._clock()
        return value

    def cancel(self) -> None:
        """Drop the value and forget the burst."""
        self._held = self._last_touch = self._anchor = None
