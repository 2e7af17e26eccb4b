"""
The permit of the current thread, which each write of the store checks in its own transaction.

A person's write runs inside `held`. The process's own threads hold no permit: the autosave sweeper
and the writer of a reply save changes that were accepted earlier.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from lib.store.port import Closed
from lib.workshop.rights import Facts, Permit, refusal
from lib.workshop.roles import AccessRefused

_of_thread = threading.local()


@contextmanager
def held(permit: Permit | None) -> Iterator[None]:
    """Run the writes of this thread under *permit*; None for none."""
    before = current()
    _of_thread.permit = permit
    try:
        yield
    finally:
        _of_thread.permit = before


def current() -> Permit | None:
    """Return the permit this thread writes under; None for the process itself."""
    permit: Permit | None = getattr(_of_thread, "permit", None)
    return permit


def check(permit: Permit, facts: Facts | None) -> None:
    """
    Raise if *facts* do not allow what *permit* asks.

    Raises AccessRefused if the right is gone, Closed if the step or workshop takes no change.
    """
    found = refusal(permit, facts)
    if found is None:
        return
    if found.no_right:
        raise AccessRefused(found.sentence)
    raise Closed(found.sentence)
