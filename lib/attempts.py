"""
Guessing, held up: how often somebody may try before nothing of theirs is looked at for a while.

Counted in the database, so over servers and restarts.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from lib.access import TooManyAttempts
from lib.store.port import Store

#: The seconds wrong attempts are remembered, from the first.
WINDOW = 900.0


class Limit(NamedTuple):
    """How many wrong attempts of a kind there may be, from or at something, within WINDOW."""

    kind: str
    who: str
    most: int


@contextmanager
def counted(store: Store, limits: Sequence[Limit]) -> Iterator[None]:
    """
    Let somebody try; what ends with an error was wrong, and only that counts.

    Raises TooManyAttempts where one of the *limits* is reached, StoreError.
    """
    numbers = [store.attempt(limit.kind, limit.who, WINDOW) for limit in limits]
    if any(number > limit.most for number, limit in zip(numbers, limits, strict=True)):
        minutes = round(WINDOW / 60)
        raise TooManyAttempts(f"Too many attempts. Please wait {minutes} minutes and try again.")
    yield
    for limit in limits:
        store.attempt(limit.kind, limit.who, WINDOW, by=-1)
