"""
Token buckets: rate limits per place, such as a network address.

In memory, for this process only, and bounded: requests from many places cannot fill it.
Free of Streamlit and of the wall clock.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass

from lib.workshop.clock import Clock

#: Places in one set of buckets, some hundred bytes each. The least recently used is evicted first, and
#: then has a full bucket.
REMEMBERED = 20_000


@dataclass(frozen=True)
class Rate:
    """The size of a bucket, and how fast it refills."""

    burst: float
    per_second: float


class Buckets:
    """One bucket per place. Thread-safe."""

    def __init__(
        self, rate: Rate, clock: Clock = time.monotonic, remembered: int = REMEMBERED
    ) -> None:
        self._rate = rate
        self._clock = clock
        self._remembered = remembered
        self._lock = threading.Lock()
        #: What is left, and when that was.
        self._left: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()

    def take(self, place: Hashable, cost: float = 1.0) -> float:
        """
        Take *cost* from a bucket and return 0, or take nothing and return the seconds to wait.

        A cost above the size of a bucket takes a full one.

        >>> buckets = Buckets(Rate(burst=2, per_second=0.5), clock=lambda: 0.0)
        >>> [buckets.take("192.0.2.1") for _ in range(3)]
        [0.0, 0.0, 2.0]
        """
        cost = min(cost, self._rate.burst)
        with self._lock:
            now = self._clock()
            left, since = self._left.pop(place, (self._rate.burst, now))
            left = min(self._rate.burst, left + (now - since) * self._rate.per_second)
            wait = 0.0 if left >= cost else (cost - left) / self._rate.per_second
            self._left[place] = (left if wait else left - cost), now
            if len(self._left) > self._remembered:
                self._left.popitem(last=False)
        return wait

    def __len__(self) -> int:
        """Return how many places are remembered."""
        return len(self._left)
