"""
Lets a facilitator have a model on the server's own machine guide all its workshops.

Only where the browser is on that machine too: on an installation without passcode and sign-in, which
listens on localhost only. The choice belongs to the machine, so it is stored under its name.
"""

import logging
import socket
from collections.abc import Callable, Sequence

from lib.guide.local import Finder
from lib.settings import Settings
from lib.store.errors import StoreError
from lib.store.port import Store
from lib.workshop.bounded import Bounded
from lib.workshop.local_guide import LocalGuide, is_usable

log = logging.getLogger(__name__)

#: What runs on this machine, as this process found it last.
finder = Finder()

#: The last known choice, for when the database is away.
_known: Bounded[str, LocalGuide | None] = Bounded(10_000)


def may_be_offered(settings: Settings) -> bool:
    """Whether this installation is for this machine alone, and its settings name no model."""
    return not (settings.asks_model or settings.passcode or settings.signs_in)


def offered(settings: Settings) -> Sequence[LocalGuide]:
    """Return the models on this machine that may be used; asks for nothing elsewhere."""
    return finder.found() if may_be_offered(settings) else ()


def chosen(store: Store, settings: Settings) -> LocalGuide | None:
    """Return the model in use, or None. While the database is away, the last one known."""
    if not may_be_offered(settings):
        return None
    try:
        local = store.local_guide(machine())
    except StoreError as exc:
        log.warning("Which guide was chosen cannot be read: %s", exc)
        return _known.get(machine())
    _known[machine()] = local
    return local


def choosing(store: Store, settings: Settings) -> Callable[[], LocalGuide | None]:
    """Return a function that returns the model in use."""
    return lambda: chosen(store, settings)


def choose(store: Store, settings: Settings, local: LocalGuide | None) -> None:
    """Use a model from the next reply on, or the script with None. Raises StoreError."""
    if local and not (may_be_offered(settings) and is_usable(local.program, local.model)):
        return
    store.choose_local_guide(machine(), local)
    _known[machine()] = local


def machine() -> str:
    """Return this machine's name."""
    return socket.gethostname()[:100] or "localhost"
