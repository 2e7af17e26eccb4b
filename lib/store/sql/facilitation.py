"""Running a workshop in SQL: its agenda, its notes, its archive and erasure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Connection,
    and_,
    bindparam,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    update,
)

from lib.store.errors import Conflict, NotFound
from lib.store.facilitation_port import LATEST
from lib.store.sql import rights
from lib.store.sql.engine import Kind as Unit
from lib.store.sql.part import Part, insert_once, now, upsert
from lib.store.sql.schema import (
    agendas,
    attempts,
    closed_notes,
    codes,
    issued_codes,
    metadata,
    notes,
    passes,
    steps,
    teams,
    workshops,
)
from lib.workshop.agenda import MINUTES, Agenda, Timer
from lib.workshop.notes import Closing, Kind, Note, NoteRecord
from lib.workshop.records import CODE_REMEMBERED, TeamKey
from lib.workshop.status import Status
from lib.workshop.views import Briefing, Desk

#: How long expired codes and counts of attempts are kept: an expired code has its own error message,
#: and limits of several hours still read the counts.
KEPT_EXPIRED = timedelta(days=1)

_FLAG = Kind.FLAG.value
_MESSAGE = Kind.MESSAGE.value

#: The columns that `_agenda` reads.
_AGENDA = (
    agendas.c.plan,
    agendas.c.timer_step,
    agendas.c.timer_ends_at,
    agendas.c.timer_left,
    agendas.c.open_until,
    agendas.c.revision,
)

#: The columns that `_note` reads.
_NOTE = (
    notes.c.id,
    notes.c.kind,
    notes.c.team_id,
    notes.c.author,
    notes.c.text,
    notes.c.at,
)

#: The order of notes.
_ORDER = (func.coalesce(notes.c.position, 0), notes.c.at, notes.c.id)

_END = (workshops.c.archived_at, workshops.c.erase_at)

_of_workshop = workshops.c.workshop_id == bindparam("workshop")
_its_agenda = agendas.c.workshop_id == workshops.c.workshop_id
_its_note = notes.c.workshop_id == workshops.c.workshop_id
_its_closing = and_(
    closed_notes.c.workshop_id == notes.c.workshop_id, closed_notes.c.note_id == notes.c.id
)


def _closed(team: Any = None) -> Any:
    """Return the condition that a note was closed, by *team* if one is given."""
    any_ = closed_notes.alias()
    its = and_(any_.c.workshop_id == notes.c.workshop_id, any_.c.note_id == notes.c.id)
    return exists().where(its if team is None else and_(its, any_.c.team_id == team))


# Built once: every page runs these.
_AGENDA_OF = select(*_AGENDA).select_from(workshops).outerjoin(agendas, _its_agenda)
_BRIEFING = (
    select(*_AGENDA, *_END, *_NOTE)
    .select_from(workshops)
    .outerjoin(agendas, _its_agenda)
    .outerjoin(
        notes,
        and_(
            _its_note,
            or_(
                notes.c.team_id == bindparam("team"),
                and_(notes.c.team_id.is_(None), notes.c.kind == _MESSAGE),
            ),
            ~_closed(bindparam("team")),
        ),
    )
    .where(_of_workshop)
    .order_by(*_ORDER)
)
_each = notes.alias()
_LATEST = (
    select(_each.c.id)
    .where(_each.c.workshop_id == bindparam("workshop"))
    .order_by(func.coalesce(_each.c.position, 0).desc(), _each.c.at.desc(), _each.c.id.desc())
    .limit(LATEST)
)
_DESK = (
    select(
        *_AGENDA,
        *_END,
        *_NOTE,
        closed_notes.c.team_id.label("closed_for"),
        closed_notes.c.by.label("closed_by"),
        closed_notes.c.at.label("closed_at"),
    )
    .select_from(workshops)
    .outerjoin(agendas, _its_agenda)
    .outerjoin(
        notes,
        and_(_its_note, or_(notes.c.id.in_(_LATEST), and_(notes.c.kind == _FLAG, ~_closed()))),
    )
    .outerjoin(closed_notes, _its_closing)
    .where(_of_workshop)
    .order_by(*_ORDER, closed_notes.c.at, closed_notes.c.team_id)
)


_locked = select(workshops.c.workshop_id).where(_of_workshop).with_for_update(key_share=True)
_END_OF_NOTES = select(func.max(notes.c.position)).where(
    notes.c.workshop_id == bindparam("workshop")
)


class Facilitation(Part):
    """The port's methods for running a workshop."""

    # The agenda

    def agenda(self, workshop_id: str) -> Agenda:
        """Return a workshop's agenda."""
        return _agenda(self._about(_AGENDA_OF.where(_of_workshop), workshop_id)[0])

    def save_agenda(self, workshop_id: str, agenda: Agenda) -> None:
        """Store an agenda in place of the previous revision."""
        values = {"workshop_id": workshop_id} | _columns(agenda)
        save = (
            upsert(self._door, agendas)
            .values(values)
            .on_conflict_do_update(
                index_elements=[agendas.c.workshop_id],
                set_=values,
                where=agendas.c.revision == agenda.revision - 1,
            )
        )
        held = select(*_AGENDA).where(agendas.c.workshop_id == workshop_id)

        def work(connection: Connection) -> None:
            is_first = connection.execute(held).first() is None
            if is_first == (agenda.revision == 1) and connection.execute(save).rowcount:
                return
            # The same agenda is no conflict: the answer to its commit may have been lost. Read only
            # now, because that commit may still have been in progress.
            stored = connection.execute(held).first()
            if stored is None or _agenda(stored) != agenda:
                raise Conflict("Someone else changed the agenda at the same time.")

        self._door.act(Unit.WRITE, work)

    # Notes

    def briefing(self, team: TeamKey) -> Briefing:
        """Return what a team's page shows of the running workshop."""
        found = self._about(_BRIEFING, team.workshop_id, team=team.team_id)
        shown = tuple(_note(row) for row in found if row.id is not None)
        return Briefing(_agenda(found[0]), shown, found[0].archived_at, found[0].erase_at)

    def desk(self, workshop_id: str) -> Desk:
        """Return what the facilitator sees of the running workshop."""
        found = self._about(_DESK, workshop_id)
        records: dict[str, NoteRecord] = {}
        for row in (each for each in found if each.id is not None):
            known = records.get(row.id) or NoteRecord(_note(row))
            closings = known.closings
            if row.closed_for is not None:
                closings += (Closing(row.closed_for, row.closed_by, row.closed_at),)
            records[row.id] = NoteRecord(known.note, closings)
        end = found[0].archived_at, found[0].erase_at
        return Desk(_agenda(found[0]), tuple(records.values()), *end)

    def post(self, workshop_id: str, note: Note) -> None:
        """Store a note, once by its id."""
        values = {
            "workshop_id": workshop_id,
            "id": note.id,
            "kind": note.kind.value,
            "team_id": note.team_id,
            "author": note.author,
            "text": note.text,
            "at": note.at,
        }

        add = insert_once(self._door, notes).values(values)

        def work(connection: Connection) -> None:
            # The lock makes positions unique.
            connection.execute(_locked, {"workshop": workshop_id})
            end = connection.scalar(_END_OF_NOTES, {"workshop": workshop_id})
            connection.execute(add.values(position=(end or 0) + 1))

        self._door.act(Unit.WRITE, work)

    def close_note(self, workshop_id: str, note_id: str, closing: Closing) -> None:
        """Record that a team has closed a note; the first record stays."""
        values = {
            "workshop_id": workshop_id,
            "note_id": note_id,
            "team_id": closing.team_id,
            "by": closing.by,
            "at": closing.at,
        }
        statement = insert_once(self._door, closed_notes).values(values)
        self._door.act(Unit.SINGLE, lambda connection: connection.execute(statement))

    # Archive and erasure

    def archive(self, workshop_id: str, at: datetime | None) -> None:
        """Archive a workshop, or restore it."""
        self._end(workshop_id, archived_at=at)

    def delete(self, workshop_id: str, erase_at: datetime | None) -> None:
        """Schedule a workshop's erasure, or cancel it."""
        self._end(workshop_id, erase_at=erase_at)

    def _end(self, workshop_id: str, **values: datetime | None) -> None:
        this = workshops.c.workshop_id == workshop_id

        def work(connection: Connection) -> None:
            rights.locked(connection, workshops, this)
            rights.check(connection)
            if not connection.execute(update(workshops).where(this).values(values)).rowcount:
                raise NotFound("There is no such workshop.")

        self._door.run(Unit.WRITE, work)

    def erase(self, workshop_id: str, now: datetime) -> None:
        """Erase every row of a deleted workshop whose erasure is due."""
        due = (
            select(workshops.c.workshop_id)
            .where(workshops.c.workshop_id == workshop_id)
            .where(workshops.c.erase_at <= literal(now, workshops.c.erase_at.type))
            .with_for_update()
        )

        def work(connection: Connection) -> None:
            # A concurrent restore either came first or waits and then finds nothing.
            if connection.execute(due).first() is not None:
                _erase(connection, workshop_id)

        self._door.run(Unit.WRITE, work)
        self._door.truncate_log(is_dirty=True)

    def waiting_teams(self, workshop_id: str = "") -> list[TeamKey]:
        """Return the teams whose next step was not started."""
        begun = (Status.IN_PROGRESS.value, Status.NEEDS_REGENERATION.value)
        theirs = and_(steps.c.workshop_id == teams.c.workshop_id, steps.c.team_id == teams.c.id)
        query = (
            select(teams.c.workshop_id, teams.c.id)
            .join(workshops, workshops.c.workshop_id == teams.c.workshop_id)
            .where(workshops.c.archived_at.is_(None), workshops.c.erase_at.is_(None))
            .where(exists().where(theirs, steps.c.status == Status.NOT_STARTED.value))
            .where(~exists().where(theirs, steps.c.status.in_(begun)))
            .order_by(teams.c.workshop_id, teams.c.position)
        )
        if workshop_id:
            query = query.where(teams.c.workshop_id == workshop_id)
        return [TeamKey(row.workshop_id, row.id) for row in self._door.rows(query)]

    def prune(self) -> bool:
        """Erase one workshop that is due, and delete expired rows."""
        due = (
            select(workshops.c.workshop_id)
            .where(workshops.c.erase_at <= now(self._door))
            .order_by(workshops.c.erase_at)
            .limit(1)
        )
        expired = [delete(table).where(when) for table, when in self._expired()]

        def find(connection: Connection) -> bool:
            return connection.execute(due).first() is not None

        def work(connection: Connection) -> bool:
            for statement in expired:
                connection.execute(statement)
            # Skips workshops that another server is erasing or somebody is restoring.
            workshop_id = connection.scalar(due.with_for_update(skip_locked=True))
            if workshop_id is None:
                return False
            _erase(connection, workshop_id)
            return True

        has_erased = self._door.run(Unit.WRITE, work)
        self._door.truncate_log(is_dirty=has_erased)
        return has_erased and self._door.run(Unit.SINGLE, find)

    def _expired(self) -> list[tuple[Any, Any]]:
        """Return each table whose rows expire, with the condition for expired rows."""

        def ago(span: timedelta) -> Any:
            return now(self._door, after=-span)

        return [
            (passes, passes.c.expires_at <= now(self._door)),
            (attempts, attempts.c.since <= ago(KEPT_EXPIRED)),
            (codes, codes.c.expires_at <= ago(KEPT_EXPIRED)),
            (issued_codes, issued_codes.c.expires_at <= ago(CODE_REMEMBERED)),
        ]

    def _about(self, query: Any, workshop_id: str, **more: str) -> Sequence[Any]:
        given = {"workshop": workshop_id} | more
        found = self._door.run(Unit.SINGLE, lambda c: c.execute(query, given).all())
        if not found:
            raise NotFound("There is no such workshop.")
        return found


def _erase(connection: Connection, workshop_id: str) -> None:
    """Delete every row of a workshop, those that refer to others first."""
    tables = [table for table in metadata.sorted_tables if "workshop_id" in table.c]
    referred = {key.column.table for table in tables for key in table.foreign_keys}
    # A row that refers to one of these comes before, and is deleted too, or is refused.
    for table in (each for each in tables if each in referred):
        here = table.c.workshop_id == workshop_id
        in_order = select(table.c.workshop_id).where(here).order_by(*table.primary_key.columns)
        connection.execute(in_order.with_for_update())
    for table in reversed(tables):
        connection.execute(delete(table).where(table.c.workshop_id == workshop_id))


def _agenda(row: Any) -> Agenda:
    if row.revision is None:
        return Agenda()
    timer = Timer(row.timer_step, row.timer_ends_at, row.timer_left) if row.timer_step else None
    return Agenda({**MINUTES, **row.plan}, timer, row.open_until, row.revision)


def _columns(agenda: Agenda) -> dict[str, Any]:
    timer = agenda.timer
    return {
        "plan": dict(agenda.plan),
        "timer_step": timer.step if timer else "",
        "timer_ends_at": timer.ends_at if timer else None,
        "timer_left": timer.left if timer else 0.0,
        "open_until": agenda.open_until,
        "revision": agenda.revision,
    }


def _note(row: Any) -> Note:
    return Note(row.id, Kind(row.kind), row.team_id, row.author, row.text, row.at)
