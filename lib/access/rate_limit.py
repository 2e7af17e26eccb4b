"""
Rate limit for wrong guesses, counted per network in the database: across servers and restarts.

An address is limited by its own attempts only: nobody can lock out somebody elsewhere.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from lib.access.addresses import network
from lib.store.port import Store
from lib.workshop.roles import TooManyAttempts

#: Seconds in which wrong attempts are counted, from the first one.
WINDOW = 300.0


@contextmanager
def limited(store: Store, kind: str, address: str, most: int) -> Iterator[None]:
    """
    Limit the attempts made in this context; an attempt that raises counts as wrong.

    Each is counted before it is checked, so that concurrent attempts are limited too. Raises
    TooManyAttempts after *most* wrong ones from there in WINDOW, StoreError.
    """
    if wrong(store, kind, address) > most:
        minutes = round(WINDOW / 60)
        raise TooManyAttempts(
            f"Too many wrong attempts came from your network. Wait {minutes} minutes and try again."
        )
    yield
    wrong(store, kind, address, by=-1)


def wrong(store: Store, kind: str, address: str, by: int = 1) -> int:
    """Count *by* more wrong attempts from an address; return how many there were in WINDOW."""
    return store.attempt(kind, network(address), WINDOW, by)
