"""Messages in SQL: what is written most often and must cost least."""

from collections import Counter
from collections.abc import Callable, Sequence
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

from lib.store import backdating, permits
from lib.store.errors import Unstorable
from lib.store.port import LEASE, PATIENCE, longest_lease
from lib.store.sql import deadline, positions, rows
from lib.store.sql.column_types import Moment, Value
from lib.store.sql.drafts import Drafts, takes_out_of_base
from lib.store.sql.engine import Door, Kind
from lib.store.sql.part import now, upsert
from lib.store.sql.rows import in_step
from lib.store.sql.schema import messages, steps
from lib.workshop.records import Draft, StepKey
from lib.workshop.transcript import ATTEMPT, Message, MessageStatus

_STREAMING = MessageStatus.STREAMING.value
_COMPLETE = MessageStatus.COMPLETE.value

#: As `lib.workshop.transcript.next_attempt` has it.
NEXT_ATTEMPT = messages.c.revision - messages.c.revision % ATTEMPT + ATTEMPT


class Transcripts(Drafts):
    """The port's methods for messages."""

    def __init__(self, door: Door, *, lease: float = LEASE) -> None:
        super().__init__(door, lease=lease)
        self._longest = longest_lease(lease)
        add = upsert(door, messages)
        new = add.excluded
        newer = and_(messages.c.revision < new.revision, messages.c.status != _COMPLETE)
        # An id that belongs to another step is refused by the column's own rule: a message is
        # never written from elsewhere, and never lost without a word.
        elsewhere = or_(messages.c.team_id != new.team_id, messages.c.step != new.step)
        changing = ("text", "suggestions", "status", "updated_at", "lease_until")
        # Built once: building them for each save would cost more than the database does.
        self._insert_messages = self._stamped(insert(messages))
        self._upsert_messages = self._stamped(
            add.on_conflict_do_update(
                index_elements=[messages.c.workshop_id, messages.c.id],
                set_={name: getattr(new, name) for name in changing}
                | {"revision": case((elsewhere, -1), else_=new.revision)},
                where=or_(elsewhere, newer),
            )
        )
        # PostgreSQL's one-message save as a string: a fifth faster than through SQLAlchemy's cache.
        self._plain: Any = None if door.is_sqlite else self._compiled(self._upsert_messages)

    def _compiled(self, statement: Any) -> Any:
        # What a reply took is stored with its end alone: see `Outcomes.finish`.
        names = [column.name for column in messages.c if column is not messages.c.read_back]
        return statement.compile(dialect=self._door.engine.dialect, column_keys=names)

    def _now(self, after: timedelta | None = None) -> Any:
        return now(self._door, backdating.time(), after=after)

    def _lease_columns(self) -> dict[str, Any]:
        """Return the columns of a message whose writer may keep writing from now."""
        return {"updated_at": self._now(), "lease_until": self._now(self._lease)}

    def _stamped(self, statement: Any) -> Any:
        if self._door.is_sqlite:
            return statement
        return statement.values(**self._lease_columns())

    def _stamps(self) -> dict[str, datetime]:
        if not self._door.is_sqlite:
            return {}
        now = backdating.now()
        return {"updated_at": now, "lease_until": now + self._lease}

    # Writing

    def append(
        self, key: StepKey, messages: Sequence[Message], *, reply: Message | None = None
    ) -> list[Message]:
        """Append new messages to a step's transcript, and a reply if one is due."""
        given = [*messages, *([reply] if reply else [])]
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
                    self._write(connection, self._insert_messages, key, placed)
                if reply is not None and reply.anew:
                    connection.execute(_begun(key, placed))
            # Else the commit's answer was lost, and this is the unit's second run.
            return placed

        return self._door.run(Kind.WRITE, work)

    def _is_free(self, connection: Connection, key: StepKey) -> bool:
        """Whether no reply in the step is leased."""
        return connection.execute(self._written(key).limit(1)).first() is None

    def _written(self, key: StepKey) -> Any:
        """Return the query for the leased replies in a step."""
        return select(messages.c.id).where(
            in_step(messages, key),
            positions.live_era(key),
            messages.c.status == _STREAMING,
            messages.c.lease_until.between(self._now(), self._now(self._longest)),
        )

    def want_redraft(self, key: StepKey, reply_id: str) -> None:
        """Request a redraft by a reply of this id, unless one is requested already."""
        wanted = (
            update(steps)
            .where(in_step(steps, key), steps.c.redraft.is_(None))
            .values(redraft=reply_id)
        )
        self._door.act(Kind.SINGLE, lambda connection: connection.execute(wanted))

    def save(
        self, key: StepKey, messages: Sequence[Message] = (), draft: Draft | None = None
    ) -> None:
        """Upsert placed messages and the draft; newer wins."""
        # By id, in every process: batches that lock the same rows in two orders deadlock.
        ready = sorted(messages, key=lambda message: message.id)
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
            if kind is Kind.SINGLE and ready and self._plain is not None and not backdating.time():
                self._write_plainly(connection, key, ready[0])
            else:
                for each in _rounds(ready):
                    self._write(connection, self._upsert_messages, key, each)
            if draft is not None:
                self._write_draft(connection, key, draft)

        self._door.run(kind, work)

    def _save_one(self, key: StepKey, ready: Sequence[Message], draft: Draft | None) -> None:
        if not ready and draft is None:
            return
        # A draft that removes something is saved together with the earlier draft.
        kind = Kind.WRITE if draft is not None and takes_out_of_base(draft) else Kind.SINGLE
        try:
            self._save(kind, key, ready, draft)
        except Unstorable as exc:
            what = f"message {ready[0].id!r}" if ready else "draft"
            raise Unstorable(f"{exc} ({key.step}, {what})") from exc

    def _save_each(self, key: StepKey, ready: Sequence[Message], draft: Draft | None) -> None:
        """Save one by one, so that a rejected row does not prevent the others."""
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
        if backdating.time():
            statement = self._stamped(statement)
        values = [rows.columns(key, message) | stamps for message in given]
        connection.execute(statement, values if len(values) > 1 else values[0])

    def _write_plainly(self, connection: Connection, key: StepKey, message: Message) -> None:
        # Bypasses SQLAlchemy's types, two of which convert values.
        dialect = self._door.engine.dialect
        values = self._plain.params | rows.columns(key, message)
        values["created_at"] = Moment().process_bind_param(message.created_at, dialect)
        values["suggestions"] = Value().process_bind_param(message.suggestions, dialect)
        connection.exec_driver_sql(self._plain.string, values)

    def take_over(self, key: StepKey, message_id: str) -> Message | None:
        """Lease an unfinished message to the caller."""
        this = and_(in_step(messages, key), positions.live_era(key), messages.c.id == message_id)

        def lease(connection: Connection) -> Any:
            # Nobody places a reply, or takes one over, while it is decided whether one is written.
            positions.lock(connection, key)
            is_free = self._is_free(connection, key)
            return connection.execute(self._taking(this)).first() if is_free else None

        return self._leased_once(this, lease)

    def _leased_once(self, this: Any, lease: Callable[[Connection], Any]) -> Message | None:
        """Return the message *this* if *lease* leases it; a lease whose commit was lost counts."""
        leased: Any = None

        def work(connection: Connection) -> Message | None:
            nonlocal leased
            before, leased = leased, lease(connection)
            if leased is None and before is not None:
                # The commit's answer may have been lost: whose lease is it?
                ours = messages.c.updated_at == before.updated_at
                found = select(messages.c.id).where(this, ours)
                leased = before if connection.execute(found).first() else None
            return rows.message(leased) if leased else None

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
                **self._lease_columns(),
            )
            .returning(*messages.c, (messages.c.status != _STREAMING).label("dead"))
        )

    def interrupt(self, key: StepKey, message_id: str) -> None:
        """Interrupt a message that any process is writing."""
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
        *,
        last: int | None = None,
        before: int | None = None,
        since: int | None = None,
        era: int | None = None,
    ) -> list[Message]:
        """Return a step's messages in order."""
        has_time = self._door.is_sqlite or backdating.time() is not None
        bounds = {"last": last, "before": before, "since": since, "era": era}
        given = {name: value for name, value in bounds.items() if value is not None}
        found = self._door.rows(
            _reading(frozenset(given), self._longest, has_time=has_time),
            rows.key_of(key) | given | (self._bounds() if has_time else {}),
        )
        return [rows.message(row) for row in reversed(found)]

    def _bounds(self) -> dict[str, datetime]:
        now = backdating.now()
        return {"now": now, "end": now + self._longest}

    def eras(self, key: StepKey) -> list[int]:
        """Return the eras that hold messages."""
        held = select(messages.c.era).where(in_step(messages, key)).distinct()
        return [row.era for row in self._door.rows(held.order_by(messages.c.era))]


def _begun(key: StepKey, placed: Sequence[Message]) -> Any:
    """Return the statement that ends the request for a redraft that was *placed*."""
    ids = [message.id for message in placed]
    return update(steps).where(in_step(steps, key), steps.c.redraft.in_(ids)).values(redraft=None)


@cache
def _reading(given: frozenset[str], longest: timedelta, *, has_time: bool) -> Any:
    """
    Return the query for a step's messages, last first, that takes the bounds that are *given*.

    If it *has_time*, it takes the time and the end of the *longest* lease from then: the database
    has no clock, or the time is back-dated.
    """
    kind = messages.c.lease_until.type
    now: Any = func.clock_timestamp()
    end: Any = func.clock_timestamp() + literal(longest)
    if has_time:
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
