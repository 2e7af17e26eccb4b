"""Redaction of a message and its traces, in SQL: in every table that holds a team's texts."""

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, Text, and_, case, insert, or_, select, type_coerce, update
from sqlalchemy import Table as SqlTable

from lib.store.errors import NotFound
from lib.store.sql import rows
from lib.store.sql.column_types import Value
from lib.store.sql.engine import Kind
from lib.store.sql.part import Part, now
from lib.store.sql.rows import in_team
from lib.store.sql.schema import events, messages, metadata, redactions, steps, workshops
from lib.store.sql.transcripts import NEXT_ATTEMPT
from lib.workshop import steps as steps_
from lib.workshop.records import StepKey, TeamKey
from lib.workshop.redaction import MARKER, NOBODY, Late, Redaction, Sought, Trace, mapped, new_salt
from lib.workshop.status import Status
from lib.workshop.transcript import MessageStatus

#: Tables without a team's texts: names, links, rights, plans and counts.
_WITHOUT = frozenset(
    {
        "workshops",
        "teams",
        "agendas",
        "closed_notes",
        "grants",
        "observer_links",
        "codes",
        "issued_codes",
        "guide_calls",
        "redactions",
    }
)

#: Columns that hold names, kinds, digests and ids: a name that equals a message is no trace.
_NAMES = frozenset(
    "workshop_id team_id step id message_id note_id kind role author status event status_before "
    "status_after actor cause confirmed_by by member writer field phase phase_before phase_after "
    "stale made_from draft_seen seen name email link event_id browser tab redraft origin "
    "item how".split()
)

_LABELS: Mapping[str, str] = {
    "steps.draft": "the draft",
    "messages.text": "a message",
    "messages.suggestions": "suggested replies",
    "discarded.text": "a reply that was written again",
    "recollections.text": "the guide's summary of the conversation",
    "asides.value": "a conflict kept beside the draft",
    "unsent.text": "an unsent message",
    "artifact_versions.fields": "a confirmed version",
    "artifact_versions.summary": "the summary of a confirmed version",
    "events.reason": "a reason in the event log",
    "events.snapshot": "what an undo would bring back",
    "notes.text": "a message between facilitator and team",
    "draft_history.fields": "the draft's history",
    "reply_updates.before": "the draft before a reply",
    "reply_updates.after": "the draft after a reply",
    "messages.read_back": "what a reply took from a message",
    "interviews.interview": "an interview the team brought along",
    "choices.operations": "what was decided about a reply",
}


class _Found(NamedTuple):
    """A column of a row that holds a trace."""

    table: SqlTable
    row: Any
    column: Any

    @property
    def place(self) -> str:
        """The name of the place: its table and column, and the row's key."""
        key = [str(self.row[each]) for each in self.table.primary_key.columns]
        return json.dumps([self.table.name, self.column.name, *key[1:]])


class Redactions(Part):
    """The port's methods for redactions."""

    def traces(self, key: StepKey, message_id: str) -> list[Trace]:
        """Return every other place that holds a message's words."""

        def work(connection: Connection) -> list[Trace]:
            sought = Sought(_message(connection, key, message_id).text)
            return [_trace(each, sought) for each in _found(connection, key, message_id, sought)]

        return self._door.run(Kind.WRITE, work)

    def redact(
        self,
        key: StepKey,
        redaction: Redaction,
        *,
        keeping: Collection[str] = (),
        author_too: bool = False,
    ) -> None:
        """Redact a message and its traces, except at the places *keeping*."""

        def work(connection: Connection) -> None:
            _locked(connection, key.team)
            if _message(connection, key, redaction.message_id).text == MARKER:
                # Another redaction came first, or this is the second run after a lost answer.
                return
            self._redact(connection, key, redaction, keeping, author_too=author_too)

        self._door.act(Kind.WRITE, work)
        self._door.truncate_log(is_dirty=True)

    def redactions(self, workshop_id: str) -> list[Redaction]:
        """Return what was redacted in a workshop, oldest first."""
        of_workshop = redactions.c.workshop_id == workshop_id
        in_order = (redactions.c.at, redactions.c.id)
        found = self._door.rows(select(redactions).where(of_workshop).order_by(*in_order))
        return [
            Redaction(row.id, row.team_id, row.step, row.message_id, row.by, row.reason, row.at)
            for row in found
        ]

    def _redact(
        self,
        connection: Connection,
        key: StepKey,
        redaction: Redaction,
        keeping: Collection[str],
        *,
        author_too: bool,
    ) -> None:
        sought = Sought(_message(connection, key, redaction.message_id).text)
        _end_replies(connection, key.team)
        removed = Sought(sought.text)
        for each in list(_found(connection, key, redaction.message_id, sought)):
            if each.place not in keeping:
                connection.execute(_rewritten(each, removed))
        connection.execute(_lines_gone(key.team, redaction.message_id))
        connection.execute(self._message_gone(key, redaction, author_too=author_too))
        _new_epoch(connection, key.team)
        salt = new_salt()
        names = ("id", "message_id", "by", "reason", "at")
        values = {name: getattr(redaction, name) for name in names}
        known = {"salt": salt, "digests": removed.digests(salt)}
        connection.execute(insert(redactions).values(**rows.key_of(key), **values, **known))

    def _message_gone(self, key: StepKey, redaction: Redaction, *, author_too: bool) -> Any:
        author = {"author": NOBODY} if author_too else {}
        return (
            update(messages)
            .where(rows.in_step(messages, key), messages.c.id == redaction.message_id)
            .values(
                text=MARKER,
                suggestions=[],
                read_back=None,
                status=MessageStatus.COMPLETE.value,
                revision=NEXT_ATTEMPT,
                updated_at=now(self._door),
                **author,
            )
        )


def _lines_gone(team: TeamKey, message_id: str) -> Any:
    """Return the statement that deletes the lines of replies that name a message and its author."""
    names_it = type_coerce(messages.c.read_back, Text).contains(f'"{message_id}"', autoescape=True)
    return update(messages).where(in_team(messages, team), names_it).values(read_back=None)


def late(connection: Connection, key: StepKey) -> Late:
    """
    Return a team's redactions, to compare late saves with; none can begin until this commits.

    Locks the step's row first, and so waits for a redaction in progress and then sees it.
    """
    connection.execute(
        select(steps.c.step).where(rows.in_step(steps, key)).with_for_update(key_share=True)
    )
    found = connection.execute(
        select(redactions.c.salt, redactions.c.digests).where(in_team(redactions, key.team))
    )
    return Late([(row.salt, row.digests) for row in found])


def _locked(connection: Connection, team: TeamKey) -> None:
    """Lock a team against writes until the transaction ends, in the order of a step's move."""
    connection.execute(
        select(workshops.c.workshop_id)
        .where(workshops.c.workshop_id == team.workshop_id)
        .with_for_update(key_share=True)
    )
    connection.execute(
        select(steps.c.step).where(in_team(steps, team)).order_by(steps.c.step).with_for_update()
    )


def _end_replies(connection: Connection, team: TeamKey) -> None:
    """
    End every reply of a team that is being written, because it may be about to quote the message.

    It may be retried. The revision differs from that of a stop, whose writer may still hand in text
    (`lib.team.reply.Reply.end_if_superseded`), and is later than such a writer's late saves.
    """
    unfinished = messages.c.status != MessageStatus.COMPLETE.value
    is_streaming = messages.c.status == MessageStatus.STREAMING.value
    ended = case((is_streaming, MessageStatus.INTERRUPTED.value), else_=messages.c.status)
    connection.execute(
        update(messages)
        .where(in_team(messages, team), unfinished)
        .values(status=ended, revision=NEXT_ATTEMPT + 1)
    )


def _message(connection: Connection, key: StepKey, message_id: str) -> Any:
    this = and_(rows.in_step(messages, key), messages.c.id == message_id)
    found = connection.execute(select(messages.c.text).where(this)).first()
    if found is None:
        raise NotFound("There is no such message.")
    return found


def _found(
    connection: Connection, key: StepKey, message_id: str, sought: Sought
) -> Iterator[_Found]:
    """Return every column of every row of a team, or of all teams, that holds a trace."""
    for table, texts in _texts():
        for row in connection.execute(select(table).where(_of_team(table, key))).mappings().all():
            if table is messages and row[messages.c.id] == message_id:
                continue
            for column in texts:
                if _excerpt(row[column], column, sought):
                    yield _Found(table, row, column)


def _texts() -> list[tuple[SqlTable, list[Any]]]:
    """Return every table with words of a team's in it, and the columns they are in."""
    tables = [
        each
        for each in metadata.sorted_tables
        if "workshop_id" in each.c and each.name not in _WITHOUT
    ]
    columns = [(table, [each for each in table.c if _holds_text(each)]) for table in tables]
    return [(table, texts) for table, texts in columns if texts]


def _of_team(table: SqlTable, key: StepKey) -> Any:
    of_workshop = table.c.workshop_id == key.workshop_id
    if "team_id" not in table.c:
        return of_workshop
    its_own = table.c.team_id == key.team_id
    return and_(of_workshop, or_(its_own, table.c.team_id.is_(None)))


def _holds_text(column: Any) -> bool:
    return isinstance(column.type, Text | Value) and column.name not in _NAMES


def _excerpt(value: Any, column: Any, sought: Sought) -> str:
    """Return the first trace in a value, with a little around it; empty for none."""
    found: list[str] = []
    is_entry = isinstance(column.type, Value)

    def look(text: str) -> str:
        if not found and (excerpt := sought.excerpt(text, is_entry=is_entry)):
            found.append(excerpt)
        return text

    mapped(value, look)
    return found[0] if found else ""


def _trace(found: _Found, sought: Sought) -> Trace:
    name = f"{found.table.name}.{found.column.name}"
    step = found.row.get("step", "")
    where = _LABELS.get(name, found.table.name.replace("_", " "))
    if step in steps_.SLUGS:
        where = f"{steps_.step(step).name}: {where}"
    text = _excerpt(found.row[found.column], found.column, sought)
    return Trace(found.place, step, where, text)


def _rewritten(found: _Found, sought: Sought) -> Any:
    """Return the statement that removes a trace from its column and makes the row newer."""
    table, column = found.table, found.column
    is_entry = isinstance(column.type, Value)
    value = mapped(found.row[column], lambda text: sought.redacted(text, is_entry=is_entry))
    values: dict[str, Any] = {column.name: value}
    if table is messages:
        values["revision"] = NEXT_ATTEMPT
    elif "revision" in table.c and not table.c.revision.primary_key:
        values["revision"] = table.c.revision + 1
    this = [each == found.row[each] for each in table.primary_key.columns]
    return update(table).where(*this).values(values)


def _new_epoch(connection: Connection, team: TeamKey) -> None:
    """
    Begin an epoch, so that decisions and edits based on an earlier draft conflict.

    The snapshots for undo get the next revision too, so that they still differ from a draft that was
    edited since.
    """
    begun = and_(in_team(steps, team), steps.c.status != Status.NOT_STARTED.value)
    connection.execute(
        update(steps)
        .where(begun)
        .values(draft_revision=steps.c.draft_revision + 1, epoch=steps.c.epoch + 1)
    )
    kept = select(events.c.workshop_id, events.c.id, events.c.snapshot).where(in_team(events, team))
    for row in connection.execute(kept).all():
        if row.snapshot and row.snapshot["state"]["status"] != Status.NOT_STARTED.value:
            draft = row.snapshot["draft"]
            again = row.snapshot | {"draft": draft | {"revision": draft["revision"] + 1}}
            this = and_(events.c.workshop_id == row.workshop_id, events.c.id == row.id)
            connection.execute(update(events).where(this).values(snapshot=again))
