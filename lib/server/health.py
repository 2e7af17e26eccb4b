"""
Readiness of this server, for load balancers.

Contains nothing of a team's work: no text, no name, no address.
"""

from dataclasses import dataclass

from lib.autosave.autosave import UNSAVED_FOR_LONG
from lib.store.errors import StoreError
from lib.team.process import Process


@dataclass(frozen=True)
class Health:
    """A server's readiness; `unsaved_since` is in seconds, 0.0 if everything is saved."""

    #: Empty if the database answers, else one sentence.
    database: str
    unsaved_steps: int
    unsaved_messages: int
    unsaved_since: float
    #: Why saves failed, each reason once.
    why: tuple[str, ...]
    #: Saves that were given up because they can never succeed; they do not make a server unready.
    dropped: int = 0

    @property
    def ready(self) -> bool:
        """Whether the database answers and nothing has been unsaved for long."""
        return not self.database and self.unsaved_since <= UNSAVED_FOR_LONG

    def as_dict(self) -> dict[str, object]:
        """Return the JSON of the readiness check."""
        return {
            "ready": self.ready,
            "database": self.database or "answers",
            "unsaved": {
                "steps": self.unsaved_steps,
                "messages": self.unsaved_messages,
                "since_seconds": round(self.unsaved_since, 1),
                "why": list(self.why),
                "dropped": self.dropped,
            },
        }


def health(process: Process) -> Health:
    """Check the database with a small query, and autosave for unsaved changes."""
    lines = process.autosave.report()
    return Health(
        _database(process),
        len(lines),
        sum(line.messages for line in lines),
        max((line.age for line in lines), default=0.0),
        tuple(sorted({line.reason for line in lines if line.reason})),
        len(process.autosave.dropped()),
    )


def _database(process: Process) -> str:
    try:
        process.store.teams("")
    except StoreError as exc:
        return str(exc)
    return ""
