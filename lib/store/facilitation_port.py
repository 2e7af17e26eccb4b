"""What the app may ask of persistence while a workshop is run: part of `lib.store.port.Store`."""

from datetime import datetime
from typing import Protocol

from lib.workshop.agenda import Agenda
from lib.workshop.notes import Closing, Note
from lib.workshop.records import TeamKey
from lib.workshop.views import Briefing, Desk


class RoomStore(Protocol):
    """How a workshop is paced, what its facilitator and teams tell each other, and its end."""

    def agenda(self, workshop_id: str) -> Agenda:
        """Return how a workshop is paced; the plain agenda where nobody said. Raises NotFound."""
        ...

    def save_agenda(self, workshop_id: str, agenda: Agenda) -> None:
        """
        Store an agenda in place of the one of the revision before.

        Raises Conflict where somebody else was faster, Unstorable where there is no such workshop.
        """
        ...

    def briefing(self, team: TeamKey) -> Briefing:
        """Return all that a team's page shows of how it is run, in one query. Raises NotFound."""
        ...

    def desk(self, workshop_id: str) -> Desk:
        """Return all that the facilitator sees of it, in one query. Raises NotFound."""
        ...

    def post(self, workshop_id: str, note: Note) -> None:
        """
        Keep a note, once by its id.

        Raises Unstorable where there is no such workshop, or no such team in it.
        """
        ...

    def close_note(self, workshop_id: str, note_id: str, closing: Closing) -> None:
        """
        Keep that a team is done with a note; who was first stays.

        Raises Unstorable where there is no such note, or no such team in the workshop.
        """
        ...

    def archive(self, workshop_id: str, at: datetime | None) -> None:
        """Put a workshop away as of *at*, or with None take it out again. Raises NotFound."""
        ...

    def delete(self, workshop_id: str, erase_at: datetime | None) -> None:
        """Have a workshop erased at *erase_at*, or with None keep it after all. Raises NotFound."""
        ...

    def erase(self, workshop_id: str, now: datetime) -> None:
        """
        Erase every row of a workshop that was deleted, where its time has come by *now*.

        Does nothing where it has not, or there is no such workshop.
        """
        ...

    def prune(self) -> bool:
        """
        Erase one deleted workshop whose time has come by the database's clock, and forget expired
        passes, codes and counts of attempts; return whether another workshop is due.

        Several servers may prune at once: each takes a workshop nobody else is erasing.
        """
        ...


#: The notes a facilitator sees at most, besides those that are still raised.
LATEST = 50
