"""The store's methods for running a workshop: a part of the port `lib.store.port.Store`."""

from datetime import datetime
from typing import Protocol

from lib.workshop.agenda import Agenda
from lib.workshop.notes import Closing, Note
from lib.workshop.records import TeamKey
from lib.workshop.views import Briefing, Desk


class FacilitationStore(Protocol):
    """A workshop's agenda, its notes between facilitator and teams, its archive and erasure."""

    def agenda(self, workshop_id: str) -> Agenda:
        """Return a workshop's agenda; the default one if none was saved. Raises NotFound."""
        ...

    def save_agenda(self, workshop_id: str, agenda: Agenda) -> None:
        """
        Store an agenda in place of the previous revision.

        Raises Conflict if another change came first, Unstorable if there is no such workshop.
        """
        ...

    def waiting_teams(self, workshop_id: str = "") -> list[TeamKey]:
        """
        Return the teams whose next step was not started, in one workshop or, for "", in all.

        They have a step that is not started, and none that is in progress or needs regeneration.
        Archived and deleted workshops are left out.
        """
        ...

    def briefing(self, team: TeamKey) -> Briefing:
        """Return what a team's page shows of the running workshop, in one query. Raises NotFound."""
        ...

    def desk(self, workshop_id: str) -> Desk:
        """Return what the facilitator sees of the running workshop, in one query. Raises NotFound."""
        ...

    def post(self, workshop_id: str, note: Note) -> None:
        """
        Store a note, once by its id.

        Raises Unstorable if there is no such workshop, or no such team in it.
        """
        ...

    def close_note(self, workshop_id: str, note_id: str, closing: Closing) -> None:
        """
        Record that a team has closed a note; the first record stays.

        Raises Unstorable if there is no such note, or no such team in the workshop.
        """
        ...

    def archive(self, workshop_id: str, at: datetime | None) -> None:
        """Archive a workshop as of *at*; None restores it. Raises NotFound."""
        ...

    def delete(self, workshop_id: str, erase_at: datetime | None) -> None:
        """Schedule a workshop's erasure for *erase_at*; None cancels it. Raises NotFound."""
        ...

    def erase(self, workshop_id: str, now: datetime) -> None:
        """Erase every row of a deleted workshop whose erasure is due by *now*; else do nothing."""
        ...

    def prune(self) -> bool:
        """
        Erase one deleted workshop that is due by the database's clock, and delete expired
        passes, codes and counts of attempts; return whether another workshop is due.

        Several servers may prune at once: each takes a workshop that no other is erasing.
        """
        ...


#: The most notes a facilitator sees, besides open help calls.
LATEST = 50
