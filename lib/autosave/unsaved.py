"""
The unsaved changes of a step: since when, and when to retry.

The newer revision wins, and a complete message never changes.
"""

import json
import math
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field

from lib.autosave.debouncer import Debouncer
from lib.workshop.records import Draft, StepKey, UnsavedReport
from lib.workshop.transcript import Message, MessageStatus

#: Seconds until a failed save is tried again; doubled each time, up to the second number.
FIRST_RETRY = 0.5
LAST_RETRY = 15.0


class NeverSaved(Exception):
    """These changes can never be saved. The message says why."""


@dataclass(frozen=True)
class Unsaved:
    """One step's unsaved changes: messages by id, and the draft."""

    messages: dict[str, Message] = field(default_factory=dict)
    draft: Draft | None = None

    def __bool__(self) -> bool:
        return bool(self.messages) or self.draft is not None

    @property
    def characters(self) -> int:
        """The size of the text in characters; a draft counts as its JSON."""
        draft = len(json.dumps(self.draft.fields, default=str)) if self.draft else 0
        return draft + sum(len(message.text) for message in self.messages.values())

    def with_(self, messages: Iterable[Message], draft: Draft | None) -> "Unsaved":
        """
        Return these changes updated with newer ones; self if none is newer.

        The store's rule: a higher revision wins, and a complete message never changes.
        """
        together, newest = dict(self.messages), self.draft
        for message in messages:
            if _wins(message, together.get(message.id)):
                together[message.id] = message
        if draft is not None and (newest is None or draft.revision > newest.revision):
            newest = draft
        unchanged = newest is self.draft and together == self.messages
        return self if unchanged else Unsaved(together, newest)

    def without(self, saved: "Unsaved") -> "Unsaved":
        """Return what is left after *saved* is stored: all that has changed since."""
        return Unsaved(
            {id_: each for id_, each in self.messages.items() if saved.messages.get(id_) != each},
            None if self.draft == saved.draft else self.draft,
        )


def _wins(message: Message, held: Message | None) -> bool:
    if held is None:
        return True
    return held.status is not MessageStatus.COMPLETE and message.revision > held.revision


class Entry:
    """One step's unsaved changes; `lock` guards the fields, `saving` is held through a save."""

    def __init__(self, debouncer: Debouncer[Unsaved]) -> None:
        self.lock = threading.Lock()
        self.saving = threading.Lock()
        self.debouncer = debouncer
        self.unsaved = Unsaved()
        #: When the oldest unsaved change was noted, and the oldest that no save has taken up.
        self.since: float | None = None
        self.fresh_since: float | None = None
        self.failures = 0
        self.retry_at: float | None = None
        self.reason = ""

    def deadline(self) -> float | None:
        """Return when to save next: the debouncer's deadline, or the retry's after a failure."""
        if not self.unsaved:
            return None
        if self.retry_at is not None:
            return self.retry_at
        # Handed out and not stored: its save is running, or waits for another one.
        return self.debouncer.deadline if self.debouncer.pending else -math.inf

    def report(self, key: StepKey, now: float) -> UnsavedReport:
        """Return the facilitator's line about this step."""
        with self.lock:
            unsaved, age = self.unsaved, 0.0 if self.since is None else now - self.since
            has_draft = unsaved.draft is not None
            return UnsavedReport(
                key, len(unsaved.messages), has_draft, age, self.failures, self.reason
            )

    def hold(self, together: Unsaved, now: float) -> bool:
        """Replace the held changes by *together*; return whether they are due at once."""
        self.unsaved = together
        self.since = now if self.since is None else self.since
        self.fresh_since = now if self.fresh_since is None else self.fresh_since
        return self.debouncer.touch(together) is not None and self.retry_at is None

    def hand_out(self) -> Unsaved:
        """Disarm the debouncer and return the changes to save."""
        self.debouncer.flush()
        self.fresh_since = None
        return self.unsaved

    def succeeded(self, saved: Unsaved) -> None:
        """Drop what was saved; keep what was noted meanwhile."""
        self.unsaved = self.unsaved.without(saved)
        self.since = self.fresh_since
        self.failures, self.retry_at, self.reason = 0, None, ""

    def failed(self, exc: Exception, now: float) -> None:
        """Keep everything and set the time of the next try."""
        # Not 2 ** failures: after half a day without a database that no longer is a float.
        doublings = min(self.failures, 10)
        self.failures += 1
        self.retry_at = now + min(FIRST_RETRY * 2**doublings, LAST_RETRY)
        self.reason = str(exc) or type(exc).__name__
