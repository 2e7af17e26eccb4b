"""
Answers the polls of all open pages from one query a second.

Every open page asks every few seconds whether anything has changed. When a hundred pages each asked
the database, in a rerun of their own, a server process had no time for anything else.
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

#: How old an answer may be, in seconds.
FRESH = 1.0

#: How long a page stays in the query after its last poll, in seconds.
KEPT = 10.0

#: How many pages one query covers. Polls of further pages fail as if the database were away.
MOST_PAGES = 5_000

#: A team's link and a step.
Page = tuple[str, str]


@dataclass(frozen=True)
class PollResult:
    """Result of a poll. A page whose fingerprint differs must rerun."""

    #: As `Store.fingerprints`; None while the database is away.
    fingerprint: str | None
    #: Whether a change to the step has been unsaved on this server for long.
    late: bool


@dataclass(frozen=True)
class _Query:
    started: float
    pages: frozenset[Page]
    fingerprints: Mapping[Page, str]


class Poller:
    """Batches the polls of this process's pages. All calls must come from one event loop."""

    def __init__(self, store: Store, autosave: Autosave, clock: Clock = time.monotonic) -> None:
        self._store = store
        self._autosave = autosave
        self._clock = clock
        self._last_polls: dict[Page, float] = {}
        self._last_query = _Query(float("-inf"), frozenset(), {})
        self._running_query: asyncio.Task[_Query] | None = None

    async def poll(self, link: str, step: str) -> PollResult | None:
        """Return the state of a step, or None if the link does not open a team."""
        if not links.is_link(link) or step not in steps.SLUGS:
            return None
        late = self._is_late(link, step)
        try:
            fingerprint = await self._fingerprint((link, step))
        except StoreError:
            return PollResult(None, late)
        return PollResult(fingerprint, late) if fingerprint is not None else None

    def _is_late(self, link: str, step: str) -> bool:
        # Only a team that this process has admitted can have unsaved changes here.
        team = links.known(self._store, link)
        return team is not None and self._autosave.is_late(team.step_key(step))

    async def _fingerprint(self, page: Page) -> str | None:
        if page not in self._last_polls and len(self._last_polls) >= MOST_PAGES:
            raise StoreUnavailable("Too many pages ask at once.")
        now = self._last_polls[page] = self._clock()
        query = self._last_query
        # A query that started before this poll does not cover this page.
        while query.started < now - FRESH or page not in query.pages:
            self._running_query = self._running_query or asyncio.create_task(self._query())
            # Shielded: a poll that is cancelled leaves the query to the others.
            query = await asyncio.shield(self._running_query)
        return query.fingerprints.get(page)

    async def _query(self) -> _Query:
        try:
            now = self._clock()
            self._last_polls = {
                page: at for page, at in self._last_polls.items() if at >= now - KEPT
            }
            pages = frozenset(self._last_polls)
            fingerprints = await asyncio.to_thread(self._store.fingerprints, pages)
            for page in pages - fingerprints.keys():
                self._last_polls.pop(page, None)
            self._last_query = _Query(now, pages, fingerprints)
            return self._last_query
        finally:
            self._running_query = None


_poller: tuple[Process, Poller] | None = None


def of(process: Process) -> Poller:
    """Return the poller of *process*; another process gets a new one."""
    global _poller
    if _poller is None or _poller[0] is not process:
        _poller = process, Poller(process.store, process.autosave)
    return _poller[1]
