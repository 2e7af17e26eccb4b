"""Messages and drafts in SQL: what is written most, and must cost least."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    Connection,
    and_,
    bindparam,
    case,
    func,
    insert,
    literal,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert_on_postgresql
from sqlalchemy.dialects.sqlite import insert as upsert_on_sqlite

from lib.store import backdating, permits
from lib.store.errors import Conflict, NotFound, Unstorable
from lib.store.port import PATIENCE, longest_lease
from lib.store.sql import deadline, draft_history, positions, rows
from lib.store.sql.column_types import Moment, Value
from lib.store.sql.engine import Door, Kind
from lib.store.sql.rows import in_step
from lib.store.sql.schema import messages, steps
from lib.workshop.draft_history import takes_out
from lib.workshop.records import Draft, StepKey
from lib.workshop.transcript import ATTEMPT, Message, MessageStatus

_STREAMING = MessageStatus.STREAMING.value
_COMPLETE = MessageStatus.COMPLETE.value

#: As `lib.workshop.transcript.next_attempt` has it.
NEXT_ATTEMPT = messages.c.revision - messages.c.revision % ATTEMPT + ATTEMPT


class Transcripts:
    """The port's transcript methods; *lease* is in seconds."""

    def __init__(self, door: Door, lease: float) -> None:
        self._door = door
        self._lease = timedelta(seconds=lease)
        self._longest = longest_lease(lease)
        upsert: Any = (upsert_on_sqlite if door.is_sqlite else upsert_on_postgresql)(messages)
        new = upsert.excluded
        newer = and_(messages.c.revision < new.revision, messages.c.status != _COMPLETE)
        # An id that belongs to another step is refused by the column's own rule: a message is
        # never written from elsewhere, and never lost without a word.
        elsewhere = or_(messages.c.team_id != new.team_id, messages.c.step != new.step)
        changing = ("text", "suggestions", "status", "updated_at", "lease_until")
        # Built once: building them for each save would cost more than the database does.
        self._insert = self._stamped(insert(messages))
        self._upsert = self._stamped(
            upsert.on_conflict_do_update(
                index_elements=[messages.c.workshop_id, messages.c.id],
                set_={name: getattr(new, name) for name in changing}
                | {"revision": case((elsewhere, -1), else_=new.revision)},
                where=or_(elsewhere, newer),
            )
        )
        # PostgreSQL's one-message save as a string: a fifth faster than through SQLAlchemy's cache.
        self._plain: Any = None if door.is_sqlite else self._compiled(self._upsert)

    def _compiled(self, statement: Any) -> Any:
        names = [column.name for column in messages.c]
        return statement.compile(dialect=self._door.engine.dialect, column_keys=names)

    # The clock

    def _now(self, after: timedelta = timedelta(0)) -> Any:
        """Return the database's clock, *after* later: several servers agree on no other."""
        if self._door.is_sqlite or backdating.told():
            return literal(backdating.now() + after, messages.c.updated_at.type)
        return func.clock_timestamp() + literal(after)

    def leased(self) -> dict[str, Any]:
        """Return the columns of a message whose writer may go on from now."""
        return {"updated_at": self._now(), "lease_until": self._now(self._lease)}

    def _stamped(self, statement: Any) -> Any:
        if self._door.is_sqlite:
            return statement
        return statement.values(**self.leased())

    def _stamps(self) -> dict[str, datetime]:
        if not self._door.is_sqlite:
            return {}
        now = backdating.now()
        return {"updated_at": now, "lease_until": now + self._lease}

    # Writing

    def append(
        self, key: StepKey, given: Sequence[Message], reply: Message | None
    ) -> list[Message]:
        """Put new messages at the end of a step's transcript, and a reply where one is due."""
        given = [*given, *([reply] if reply else [])]
        placed: list[Message] = []

        def work(connection: Connection) -> list[Message]:
            nonlocal placed
            permit, facts = positions.locked(connection, key)
            era = facts.era
            known = positions.known_of(connection, key, given)
            if not placed or any(known.get(each.id) != positions.place_of(each) for each in placed):
                due = given if reply is None or self._is_free(connection, key) else given[:-1]
                if permit and any(each.id not in known for each in due):
                    permits.check(permit, facts)
                placed = positions.behind(
                    positions.end_of(connection, key, era), era, due, known, reply
                )
                if placed:
                    self._write(connection, self._insert, key, placed)
                if reply is not None and reply.anew:
                    connection.execute(_begun(key, placed))
            # Else the commit's answer was lost, and this is the unit's second run.
            return placed

        return self._door.run(Kind.WRITE, work)

    def _is_free(self, connection: Connection, key: StepKey) -> bool:
        """Whether nobody alive writes a reply in the step."""
        return connection.execute(self._written(key).limit(1)).first() is None

    def _written(self, key: StepKey) -> Any:
        """Return the query for the replies that somebody alive writes in a step."""
        return select(messages.c.id).where(
            in_step(messages, key),
            positions.live_era(key),
            messages.c.status == _STREAMING,
            messages.c.lease_until.between(self._now(), self._now(self._longest)),
        )

    def want_redraft(self, key: StepKey, reply_id: str) -> None:
        """Have a reply of this id draft the step anew, unless one is wanted already."""
        wanted = (
            update(steps)
            .where(in_step(steps, key), steps.c.redraft.is_(None))
            .values(redraft=reply_id)
        )
        self._door.act(Kind.SINGLE, lambda connection: connection.execute(wanted))

    def save(self, key: StepKey, given: Sequence[Message], draft: Draft | None) -> None:
        """Upsert placed messages and the draft; newer wins."""
        # By id, in every process: batches that lock the same rows in two orders deadlock.
        ready = sorted(given, key=lambda message: message.id)
        if len(ready) + (draft is not None) <= 1:
            self._save_one(key, ready, draft)
            return
        with deadline.within(PATIENCE):
            try:
                self._save(Kind.WRITE, key, ready, draft)
            except Unstorable:
                self._save_each(key, ready, draft)

    def _save(
        self, kind: Kind, key: StepKey, ready: Sequence[Message], draft: Draft | None
    ) -> None:
        def work(connection: Connection) -> None:
            if kind is Kind.SINGLE and ready and self._plain is not None and not backdating.told():
                self._write_plainly(connection, key, ready[0])
            else:
                for each in _rounds(ready):
                    self._write(connection, self._upsert, key, each)
            if draft is not None:
                self.write_draft(connection, key, draft)

        self._door.run(kind, work)

    def _save_one(self, key: StepKey, ready: Sequence[Message], draft: Draft | None) -> None:
        if not ready and draft is None:
            return
        # A draft that takes something out is saved together with what it was.
        kind = Kind.WRITE if draft is not None and _takes_out(draft) else Kind.SINGLE
        try:
            self._save(kind, key, ready, draft)
        except Unstorable as exc:
            what = f"message {ready[0].id!r}" if ready else "draft"
            raise Unstorable(f"{exc} ({key.step}, {what})") from exc

    def _save_each(self, key: StepKey, ready: Sequence[Message], draft: Draft | None) -> None:
        """Save one by one, so that what cannot be stored holds back nothing else."""
        refused: list[Unstorable] = []
        for alone, draft_ in [*(([each], None) for each in ready), ([], draft)]:
            try:
                self._save_one(key, alone, draft_)
            except Unstorable as exc:
                refused.append(exc)
        if refused:
            raise Unstorable(" ".join(map(str, refused))) from refused[0]

    def _write(
        self, connection: Connection, statement: Any, key: StepKey, given: Sequence[Message]
    ) -> None:
        stamps = self._stamps()
        if backdating.told():
            statement = self._stamped(statement)
        values = [rows.columns(key, message) | stamps for message in given]
        connection.execute(statement, values if len(values) > 1 else values[0])

    def _write_plainly(self, connection: Connection, key: StepKey, message: Message) -> None:
        # Past SQLAlchemy's types, of which two have something to say.
        dialect = self._door.engine.dialect
        values = self._plain.params | rows.columns(key, message)
        values["created_at"] = Moment().process_bind_param(message.created_at, dialect)
        values["suggestions"] = Value().process_bind_param(message.suggestions, dialect)
        connection.exec_driver_sql(self._plain.string, values)

    def write_draft(self, connection: Connection, key: StepKey, draft: Draft) -> None:
        """Write a draft within somebody's transaction. Raises Conflict, as `save` does."""
        unchanged = (
            steps.c.draft_revision < draft.revision
            if draft.base is None
            else and_(
                steps.c.draft_revision == draft.base.revision, steps.c.epoch == draft.base.epoch
            )
        )
        if draft.base is not None and _takes_out(draft):
            draft_history.keep(connection, key, draft.base, draft.by)
        written = connection.execute(
            update(steps)
            .where(in_step(steps, key), unchanged)
            .values(
                draft=draft.fields,
                phase=draft.phase.value,
                draft_revision=draft.revision,
                draft_seen=dict(draft.seen),
                updated_at=self._now(),
            )
        )
        if not written.rowcount:
            _may_stay(connection, key, draft)

    def take_over(self, key: StepKey, message_id: str) -> Message | None:
        """Lease an unfinished message to the caller."""
        this = and_(in_step(messages, key), positions.live_era(key), messages.c.id == message_id)
        taken: Any = None

        def work(connection: Connection) -> Message | None:
            nonlocal taken
            # Nobody places a reply, or takes one over, while it is decided whether one is written.
            positions.lock(connection, key)
            is_free = self._is_free(connection, key)
            before = taken
            taken = connection.execute(self._taking(this)).first() if is_free else None
            if taken is None and before is not None:
                # The commit's answer may have been lost: whose lease is it?
                ours = messages.c.updated_at == before.updated_at
                found = select(messages.c.id).where(this, ours)
                taken = before if connection.execute(found).first() else None
            return rows.message(taken) if taken else None

        return self._door.act(Kind.WRITE, work)

    def _taking(self, this: Any) -> Any:
        holds = messages.c.lease_until.between(self._now(), self._now(self._longest))
        free = or_(messages.c.status != _STREAMING, ~holds)
        return (
            update(messages)
            .where(this, messages.c.status != _COMPLETE, free)
            .values(
                status=_STREAMING,
                revision=NEXT_ATTEMPT,
                **self.leased(),
            )
            .returning(*messages.c, (messages.c.status != _STREAMING).label("dead"))
        )

    def interrupt(self, key: StepKey, message_id: str) -> None:
        """End a message that is being written, whoever writes it."""
        ending = (
            update(messages)
            .where(in_step(messages, key), positions.live_era(key), messages.c.id == message_id)
            .where(messages.c.status == _STREAMING)
            .values(
                status=MessageStatus.INTERRUPTED.value,
                revision=NEXT_ATTEMPT,
                updated_at=self._now(),
            )
        )
        self._door.act(Kind.SINGLE, lambda connection: connection.execute(ending))

    # Reading

    def messages(
        self,
        key: StepKey,
        last: int | None,
        before: int | None,
        since: int | None,
        era: int | None,
    ) -> list[Message]:
        """Return a step's messages in order."""
        told = self._door.is_sqlite or backdating.told() is not None
        bounds = {"last": last, "before": before, "since": since, "era": era}
        given = {name: value for name, value in bounds.items() if value is not None}
        found = self._door.rows(
            _reading(frozenset(given), self._longest, is_told=told),
            rows.key_of(key) | given | (self._bounds() if told else {}),
        )
        return [rows.message(row) for row in reversed(found)]

    def _bounds(self) -> dict[str, datetime]:
        now = backdating.now()
        return {"now": now, "end": now + self._longest}

    def eras(self, key: StepKey) -> list[int]:
        """Return the eras that hold messages."""
        held = select(messages.c.era).where(in_step(messages, key)).distinct()
        return [row.era for row in self._door.rows(held.order_by(messages.c.era))]

    def draft(self, key: StepKey) -> Draft:
        """Return a step's draft."""
        found = self._door.rows(_DRAFT, rows.key_of(key))
        if not found:
            raise NotFound("There is no such step.")
        return rows.draft(found[0])


def _begun(key: StepKey, placed: Sequence[Message]) -> Any:
    """Return the statement after which a redraft that was *placed* is wanted no more."""
    ids = [message.id for message in placed]
    return update(steps).where(in_step(steps, key), steps.c.redraft.in_(ids)).values(redraft=None)


def _takes_out(draft: Draft) -> bool:
    return draft.base is not None and takes_out(draft.base.fields, draft.fields)


def _may_stay(connection: Connection, key: StepKey, draft: Draft) -> None:
    """Raise where *draft* was not written and should have been."""
    found = connection.execute(select(*rows.DRAFT).where(in_step(steps, key))).first()
    if found is None:
        raise Unstorable("There is no such step.")
    # One that knows no base and is not newer is no error; nor is one that is there already, after
    # an answer that was lost.
    if draft.base is not None and rows.draft(found) != draft:
        raise Conflict("Somebody else changed this draft at the same time.")


_DRAFT = select(*rows.DRAFT).where(rows.of_step(steps))


@cache
def _reading(given: frozenset[str], longest: timedelta, *, is_told: bool) -> Any:
    """
    Return the query for a step's messages, last first, that takes the bounds that are *given*.

    Where the time *is_told*, it takes that too, and that of the *longest* lease from then: the
    database has no clock, or another one counts.
    """
    kind = messages.c.lease_until.type
    now: Any = func.clock_timestamp()
    end: Any = func.clock_timestamp() + literal(longest)
    if is_told:
        now, end = (bindparam(name, type_=kind) for name in ("now", "end"))
    dead = and_(messages.c.status == _STREAMING, ~messages.c.lease_until.between(now, end))
    live = select(steps.c.era).where(rows.of_step(steps)).scalar_subquery()
    return (
        select(messages, dead.label("dead"))
        .where(
            rows.of_step(messages),
            messages.c.era == (bindparam("era") if "era" in given else live),
            bindparam("before") > rows.PLACE if "before" in given else true(),
            bindparam("since") <= rows.PLACE if "since" in given else true(),
        )
        .order_by(rows.PLACE.desc())
        .limit(bindparam("last") if "last" in given else None)
    )


def _rounds(given: Sequence[Message]) -> list[list[Message]]:
    """
    Return *given* in rounds that hold each id once; a message given twice comes in two of them.

    Which of the two stays depends on what is stored, and one statement cannot write a row twice.
    """
    rounds: list[list[Message]] = []
    times: Counter[str] = Counter()
    for message in given:
        if times[message.id] == len(rounds):
            rounds.append([])
        rounds[times[message.id]].append(message)
        times[message.id] += 1
    return rounds
