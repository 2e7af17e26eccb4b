"""
Whether pages still show what there is: asked by every open page every few seconds, and answered
from one query for all of them.

Thousands of questions cost as much as one a second: a hundred open pages that each asked the
database, in a rerun of their own, kept a server process from doing anything else.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass

from lib.access import links
from lib.autosave.autosave import Autosave
from lib.store.errors import StoreError, StoreUnavailable
from lib.store.port import Store
from lib.team.process import Process
from lib.workshop import steps
from lib.workshop.clock import Clock

#: Seconds an answer may be old.
FRESH = 1.0

#: Seconds after its last question in which a page is asked about together with the others.
KEPT = 10.0

#: Pages that are asked about together; beyond them the answer is that nobody knows for now.
MOST_PAGES = 5_000

#: A team's link and a step.
Page = tuple[str, str]


@dataclass(frozen=True)
class Sight:
    """What there is to see: what a page showed something else of is to be drawn anew."""

    #: As `Store.fingerprints`; None while the database does not say.
    fingerprint: str | None
    #: Whether something of the step has been unsaved on this server for long.
    late: bool


@dataclass(frozen=True)
class _Look:
    begun: float
    pages: frozenset[Page]
    found: Mapping[Page, str]


class Lookout:
    """The questions of this process's pages; all of them are asked in one event loop."""

    def __init__(self, store: Store, autosave: Autosave, clock: Clock = time.monotonic) -> None:
        self._store = store
        self._autosave = autosave
        self._clock = clock
        self._asked: dict[Page, float] = {}
        self._last = _Look(float("-inf"), frozenset(), {})
        self._under_way: asyncio.Task[_Look] | None = None

    async def sight(self, link: str, step: str) -> Sight | None:
        """Return what there is to see in a step; None where the link does not open a team."""
        if not links.is_link(link) or step not in steps.SLUGS:
            return None
        late = self._is_late(link, step)
        try:
            found = await self._fingerprint((link, step))
        except StoreError:
            return Sight(None, late)
        return Sight(found, late) if found is not None else None

    def _is_late(self, link: str, step: str) -> bool:
        # Only who came in through this process can have left anything here.
        team = links.known(self._store, link)
        return team is not None and self._autosave.is_late(team.step_key(step))

    async def _fingerprint(self, page: Page) -> str | None:
        if page not in self._asked and len(self._asked) >= MOST_PAGES:
            raise StoreUnavailable("Too many pages ask at once.")
        now = self._asked[page] = self._clock()
        look = self._last
        # One that was under way when this page came does not say anything about it.
        while look.begun < now - FRESH or page not in look.pages:
            self._under_way = self._under_way or asyncio.create_task(self._look())
            # Shielded: who goes away leaves it to the others.
            look = await asyncio.shield(self._under_way)
        return look.found.get(page)

    async def _look(self) -> _Look:
        try:
            now = self._clock()
            self._asked = {page: at for page, at in self._asked.items() if at >= now - KEPT}
            pages = frozenset(self._asked)
            found = await asyncio.to_thread(self._store.fingerprints, pages)
            for page in pages - found.keys():
                self._asked.pop(page, None)
            self._last = _Look(now, pages, found)
            return self._last
        finally:
            self._under_way = None


_poller: tuple[Process, Lookout] | None = None


def of(process: Process) -> Lookout:
    """Return the one poller of *process*; a process that was assembled anew gets a new one."""
    global _poller
    if _poller is None or _poller[0] is not process:
        _poller = process, Lookout(process.store, process.autosave)
    return _poller[1]
