"""Read models of a running workshop: one for a team's page, one for the facilitator's."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from lib.workshop.agenda import Agenda
from lib.workshop.notes import Kind, Note, NoteRecord
from lib.workshop.rights import Facts, Need, closed_because

#: Shown to a team if the step after its own is held.
OPENS_NEXT = "Your facilitator will open the next step."


@dataclass(frozen=True)
class Briefing:
    """The facilitator's side of a workshop as one team sees it, as of one read."""

    agenda: Agenda = field(default_factory=Agenda)
    #: The messages this team has not closed and the flags it has raised, oldest first.
    notes: Sequence[Note] = ()
    #: When the workshop was archived, and when it is erased for good; None if neither.
    archived_at: datetime | None = None
    erase_at: datetime | None = None

    @property
    def messages(self) -> list[Note]:
        """What the facilitator has written and the team has not closed."""
        return [note for note in self.notes if note.kind is Kind.MESSAGE]

    @property
    def flags(self) -> list[Note]:
        """The flags of the team that are raised."""
        return [note for note in self.notes if note.kind is Kind.FLAG]

    @property
    def is_put_away(self) -> bool:
        """Whether nothing may be changed in the whole workshop."""
        return bool(self.closed_because(""))

    def closed_because(self, step: str) -> str:
        """Return why nothing may be changed in *step*, as a sentence; empty if it may."""
        facts = Facts(self.archived_at, self.erase_at, self.agenda.open_until)
        return closed_because(facts, step, (Need.LIVE, Need.NOT_HELD))


@dataclass(frozen=True)
class Desk:
    """The facilitator's desk: the agenda, and the notes of all teams."""

    agenda: Agenda = field(default_factory=Agenda)
    #: The latest notes and every raised flag, oldest first.
    records: Sequence[NoteRecord] = ()
    archived_at: datetime | None = None
    erase_at: datetime | None = None
