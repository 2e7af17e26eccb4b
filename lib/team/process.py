"""
What one server process owns: a store, an autosave, the drafts and the replies.

A module global, never a Streamlit cache: any client can have those cleared.
"""

import logging
import threading
import time
from dataclasses import dataclass

from lib import settings as settings_
from lib.autosave.autosave import Autosave
from lib.autosave.unsaved import NeverSaved, Unsaved
from lib.facilitation import held_steps
from lib.guide import choice
from lib.guide.port import Guide
from lib.guide.understanding.likeness import closest
from lib.settings import Settings
from lib.store import open_store, permits
from lib.store.errors import NotFound, StoreError, Unstorable
from lib.store.port import Store
from lib.store.sql import deadline
from lib.team import local_guides
from lib.team.drafts import Drafts
from lib.team.replies import Replies
from lib.team.usage_log import UsageLog
from lib.workshop import clock as clock_
from lib.workshop.artifacts.criteria import grounding
from lib.workshop.clock import Clock
from lib.workshop.records import StepKey

log = logging.getLogger(__name__)

#: Seconds a process may take to save everything at its end.
LAST_FLUSH = 6.5


@dataclass(frozen=True)
class Process:
    """The parts of a running process, wired together."""

    settings: Settings
    store: Store
    autosave: Autosave
    drafts: Drafts
    replies: Replies
    clock: Clock = time.monotonic

    def close(self, within: float = LAST_FLUSH) -> bool:
        """Interrupt replies and save everything; return whether all of it was saved in time."""
        end = self.clock() + within
        self.replies.stop_all(within / 2)
        left = max(0.0, end - self.clock())
        # The last save may begin late, and a database that hangs must not add its own time to it.
        with deadline.within(left):
            self.autosave.stop(within=left / 2)
            saved = self.autosave.flush_all(max(0.0, end - self.clock()))
        if not saved:
            log.error("Ended with unsaved changes in %d steps.", len(self.autosave.report()))
        self.store.close()
        return saved


def assemble(
    settings: Settings, store: Store, guide: Guide, clock: Clock = time.monotonic
) -> Process:
    """Wire a process together around *store* and *guide*; the sweeper is not yet running."""

    def save(key: StepKey, unsaved: Unsaved) -> None:
        try:
            # The right was checked when the change was accepted, so save it from any thread.
            with permits.held(None):
                drafts.save(key, unsaved)
        except (NotFound, Unstorable) as exc:
            # Its workshop was erased, or the database refuses these rows now and later.
            raise NeverSaved(str(exc)) from exc
        except StoreError:
            raise
        # A bug: log the details, and show people a reason without them.
        except Exception as exc:
            log.exception("A save failed in a way nobody foresaw.")
            raise StoreError("See the server's log for the reason.") from exc

    def housekeeping() -> bool:
        clock_.steady.follow(store.read_clock)
        held_steps.start_released(store, clock_.utc_now())
        return store.prune()

    autosave = Autosave(
        save,
        wait=settings.autosave_wait,
        max_wait=settings.autosave_max_wait,
        clock=clock,
        housekeeping=housekeeping,
    )
    drafts = Drafts(store, autosave)
    replies = Replies(store, autosave, drafts, guide)
    return Process(settings, store, autosave, drafts, replies)


_lock = threading.Lock()
_running: Process | None = None


def running() -> Process:
    """
    Return this process's parts; the first call opens the database and starts the sweeper.

    Raises StoreError or SettingsError if that fails; the next call tries again.
    """
    global _running
    with _lock:
        if _running is None:
            settings = settings_.load()
            choice.check(settings)
            store = open_store(settings.database_url)
            clock_.steady.follow(store.read_clock)
            clock_.steady.catch_up(store.newest_time())
            grounding.use(closest)
            chosen = local_guides.choosing(store, settings)
            guide = choice.guide_for(settings, UsageLog(store), chosen=chosen)
            _running = assemble(settings, store, guide)
            _running.autosave.start()
        return _running


def use(process: Process | None) -> None:
    """Make *process* the running one: for tests and tools that assemble their own."""
    global _running
    with _lock:
        _running = process


def stop() -> bool:
    """Save everything and close; return whether everything was saved."""
    global _running
    with _lock:
        process, _running = _running, None
    return process is None or process.close()
