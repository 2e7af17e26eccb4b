"""Running a workshop, in memory: the twin of `lib.store.sql.facilitation`."""

import threading
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from datetime import datetime

from lib.store.errors import Conflict, NotFound, Unstorable
from lib.store.facilitation_port import LATEST
from lib.store.sql.facilitation import KEPT_EXPIRED
from lib.workshop.agenda import Agenda
from lib.workshop.notes import Closing, Kind, Note, NoteRecord
from lib.workshop.records import CODE_REMEMBERED, Code, Team, TeamKey, Workshop
from lib.workshop.views import Briefing, Desk
from tests.memory_store.transcripts import Clock

_REFUSED = "The database refuses what was to be stored."


class MemoryFacilitation:
    """The port's methods for running a workshop, over the dicts of the store they are part of."""

    _lock: threading.RLock
    _workshops: dict[str, Workshop]
    _teams: dict[TeamKey, Team]
    _clock: Clock
    _passes: dict[str, datetime]
    _attempts: dict[tuple[str, str], tuple[datetime, int]]
    _codes: dict[TeamKey, Code]
    _issued: dict[tuple[str, str], tuple[TeamKey, datetime]]
    _check_right: Callable[[], None]

    def __init__(self) -> None:
        self._agendas: dict[str, Agenda] = {}
        self._notes: dict[str, dict[str, NoteRecord]] = {}

    def workshop(self, workshop_id: str) -> Workshop:
        with self._lock:
            if workshop_id not in self._workshops:
                raise NotFound("There is no such workshop.")
            return self._workshops[workshop_id]

    def teams(self, workshop_id: str) -> list[Team]:
        with self._lock:
            found = [team for team in self._teams.values() if team.workshop_id == workshop_id]
            return sorted(found, key=lambda team: (team.position, team.id))

    # The agenda

    def agenda(self, workshop_id: str) -> Agenda:
        with self._lock:
            self.workshop(workshop_id)
            return deepcopy(self._agendas.get(workshop_id, Agenda()))

    def save_agenda(self, workshop_id: str, agenda: Agenda) -> None:
        with self._lock:
            self._check_right()
            if workshop_id not in self._workshops:
                raise Unstorable(_REFUSED)
            stored = self.agenda(workshop_id)
            if stored == agenda:
                return
            if agenda.revision != stored.revision + 1:
                raise Conflict("Someone else changed the agenda at the same time.")
            self._agendas[workshop_id] = deepcopy(agenda)

    # Notes

    def briefing(self, team: TeamKey) -> Briefing:
        with self._lock:
            desk = self._desk(team.workshop_id)
            shown = tuple(r.note for r in desk.records if _concerns(r, team.team_id))
            return Briefing(desk.agenda, shown, desk.archived_at, desk.erase_at)

    def desk(self, workshop_id: str) -> Desk:
        with self._lock:
            desk = self._desk(workshop_id)
            latest = desk.records[-LATEST:]
            shown = [each for each in desk.records if each in latest or each.is_raised]
            return replace(desk, records=tuple(shown))

    def _desk(self, workshop_id: str) -> Desk:
        workshop = self.workshop(workshop_id)
        records = self._notes.get(workshop_id, {}).values()
        agenda = self.agenda(workshop_id)
        return Desk(agenda, tuple(records), workshop.archived_at, workshop.erase_at)

    def post(self, workshop_id: str, note: Note) -> None:
        with self._lock:
            self._check_right()
            stranger = (
                note.team_id is not None and TeamKey(workshop_id, note.team_id) not in self._teams
            )
            if workshop_id not in self._workshops or stranger or not note.id:
                raise Unstorable(_REFUSED)
            self._notes.setdefault(workshop_id, {}).setdefault(note.id, NoteRecord(note))

    def close_note(self, workshop_id: str, note_id: str, closing: Closing) -> None:
        with self._lock:
            self._check_right()
            held = self._notes.get(workshop_id, {})
            if note_id not in held or TeamKey(workshop_id, closing.team_id) not in self._teams:
                raise Unstorable(_REFUSED)
            closings = held[note_id].closings
            if all(each.team_id != closing.team_id for each in closings):
                in_order = sorted((*closings, closing), key=lambda each: (each.at, each.team_id))
                held[note_id] = replace(held[note_id], closings=tuple(in_order))

    def _flagged_at(self, team: TeamKey) -> datetime | None:
        """Return since when a team has had a flag that nobody has lowered."""
        records = self._notes.get(team.workshop_id, {}).values()
        raised = [each.note for each in records if each.is_raised]
        return min((note.at for note in raised if note.team_id == team.team_id), default=None)

    # Putting away, and erasing

    def archive(self, workshop_id: str, at: datetime | None) -> None:
        with self._lock:
            self._check_right()
            self._workshops[workshop_id] = replace(self.workshop(workshop_id), archived_at=at)

    def delete(self, workshop_id: str, erase_at: datetime | None) -> None:
        with self._lock:
            self._check_right()
            self._workshops[workshop_id] = replace(self.workshop(workshop_id), erase_at=erase_at)

    def erase(self, workshop_id: str, now: datetime) -> None:
        with self._lock:
            workshop = self._workshops.get(workshop_id)
            if workshop is None or workshop.erase_at is None or workshop.erase_at > now:
                return
            for held in vars(self).values():
                if isinstance(held, dict):
                    _forget(held, workshop_id)

    def prune(self) -> bool:
        with self._lock:
            now = self._clock()
            self._forget_expired(now)
            dated = [(each.erase_at, each.id) for each in self._workshops.values() if each.erase_at]
            due = sorted(id_ for at, id_ in dated if at <= now)
            for workshop_id in due[:1]:
                self.erase(workshop_id, now)
            return len(due) > 1

    def _forget_expired(self, now: datetime) -> None:
        """Forget what is of no use after a time: the twin of `lib.store.sql.facilitation.Rooms._expired`."""
        self._passes = {digest: at for digest, at in self._passes.items() if at > now}
        self._attempts = {
            who: held for who, held in self._attempts.items() if held[0] > now - KEPT_EXPIRED
        }
        self._codes = {
            team: code for team, code in self._codes.items() if code.expires_at > now - KEPT_EXPIRED
        }
        self._issued = {
            key: held for key, held in self._issued.items() if held[1] > now - CODE_REMEMBERED
        }


def _concerns(record: NoteRecord, team_id: str) -> bool:
    """Whether a note is to be shown to a team: its own or all teams', and not closed by it."""
    note = record.note
    is_its_own = note.team_id == team_id
    is_for_all = note.team_id is None and note.kind is Kind.MESSAGE
    open_ = all(each.team_id != team_id for each in record.closings)
    return open_ and (is_its_own or is_for_all)


def _forget(held: dict[object, object], workshop_id: str) -> None:
    """Take out what is kept under a workshop's id, or under a key that it leads."""
    for key in list(held):
        if workshop_id == key or (isinstance(key, tuple) and key[0] == workshop_id):
            del held[key]
