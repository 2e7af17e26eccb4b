"""How long to wait before a retry: backoff with full jitter, at least the server's Retry-After."""

import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

import openai


@dataclass(frozen=True)
class RetryPolicy:
    """How often a request is retried, and after how many seconds."""

    #: Requests in all.
    attempts: int = 4
    #: The most before the second, doubled before each one after it, up to `cap`.
    base: float = 1.0
    cap: float = 10.0
    #: The longest wait that is worth making a team sit through.
    longest: float = 60.0

    def wait(self, attempt: int, asked: float | None, chance: float) -> float | None:
        """
        Return the seconds to wait after *attempt* requests, or None if that was the last.

        *asked* is what the server asked for, in seconds: never less is waited. *chance* is a
        number from 0 to 1: full jitter, so that many teams do not come back at once.

        >>> [RetryPolicy().wait(attempt, None, 0.5) for attempt in (1, 2, 3, 4)]
        [0.5, 1.0, 2.0, None]
        >>> RetryPolicy().wait(1, 7.0, 0.5), RetryPolicy().wait(1, 600.0, 0.5)
        (7.5, None)
        """
        if attempt >= self.attempts or (asked or 0.0) > self.longest:
            return None
        return (asked or 0.0) + chance * min(self.cap, self.base * 2.0 ** (attempt - 1))


def retry_after(exc: Exception, now: float | None = None) -> float | None:
    """Return the seconds of a refusal's Retry-After header; None without one."""
    if not isinstance(exc, openai.APIStatusError):
        return None
    header = str(exc.response.headers.get("retry-after", "")).strip()
    if not header:
        return None
    try:
        seconds = float(header)
    except ValueError:
        seconds = _until(header, _now_there(exc) if now is None else now)
    # Also false for "nan".
    return seconds if seconds >= 0 else None


def _now_there(exc: openai.APIStatusError) -> float:
    """Return the server's time from its Date header, or our time without one."""
    try:
        return parsedate_to_datetime(exc.response.headers["date"]).timestamp()
    except (KeyError, TypeError, ValueError, OverflowError):
        return time.time()


def _until(date: str, now: float) -> float:
    try:
        return max(0.0, parsedate_to_datetime(date).timestamp() - now)
    except (TypeError, ValueError, OverflowError):
        return -1.0
