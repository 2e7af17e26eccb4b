"""A draft's changes by replies, conflicts and presses, in SQL: both are stored, or neither."""

from collections.abc import Collection
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, and_, delete, insert, select, update

from lib.store.sql import rows
from lib.store.sql.engine import Kind
from lib.store.sql.part import upsert
from lib.store.sql.positions import live_era, locked_era
from lib.store.sql.rows import in_step
from lib.store.sql.schema import asides, choices, messages, reply_updates
from lib.store.sql.transcripts import Transcripts
from lib.store.sql.typed import Typed
from lib.workshop.choices import Choice, How
from lib.workshop.read_back import operations_from
from lib.workshop.records import Aside, Draft, StepKey
from lib.workshop.status import Phase
from lib.workshop.transcript import Message, MessageStatus
from lib.workshop.updates import Outcome, Update


class Outcomes(Transcripts, Typed):
    """The port's methods for the effects of replies and asides on a draft."""

    def finish(self, key: StepKey, reply: Message, outcome: Outcome) -> bool:
        """Store a reply's final text and its effect on the draft, or neither."""

        def work(connection: Connection) -> bool:
            # First: every writer of both locks in this order, else they deadlock.
            locked_era(connection, key)
            if not connection.execute(self._ending(key, reply, outcome)).rowcount:
                # Stopped, taken over or ended meanwhile; or stored already and the answer was lost.
                return connection.execute(_same(key, reply)).first() is not None
            self._write_outcome(connection, key, reply.id, outcome)
            return True

        return self._door.run(Kind.WRITE, work)

    def _ending(self, key: StepKey, reply: Message, outcome: Outcome) -> Any:
        """Return the statement that writes a final text, unless the stored one is newer."""
        return (
            update(messages)
            .where(
                _this(key, reply),
                messages.c.status != MessageStatus.COMPLETE.value,
                messages.c.revision < reply.revision,
            )
            .values(
                text=reply.text,
                status=reply.status.value,
                suggestions=reply.suggestions,
                read_back=rows.read_back(reply, outcome.read_back),
                revision=reply.revision,
                **self._lease_columns(),
            )
        )

    def _write_outcome(
        self, connection: Connection, key: StepKey, reply: str, outcome: Outcome
    ) -> None:
        if outcome.draft is not None:
            self._write_draft(connection, key, outcome.draft)
        for aside in outcome.asides:
            self._write_aside(connection, key, aside)
        forget(connection, key, reply)
        if outcome.update is not None:
            connection.execute(insert(reply_updates), _columns(key, outcome.update))

    def update_of(self, key: StepKey, message_id: str) -> Update | None:
        """Return what a complete reply changed in the draft."""
        kept = select(reply_updates).where(
            in_step(reply_updates, key), reply_updates.c.message_id == message_id
        )
        found = self._door.rows(kept)
        return _update(found[0]) if found else None

    def choices(self, key: StepKey, replies: Collection[str]) -> list[Choice]:
        """Return what was decided about the items of some replies."""
        of_replies = choices.c.message_id.in_(replies)
        kept = select(choices).where(in_step(choices, key), of_replies)
        return [_choice(row) for row in self._door.rows(kept)] if replies else []

    def choose(self, key: StepKey, choice: Choice, draft: Draft) -> bool:
        """Store a decision about an item of a reply, and the draft it leads to."""

        def work(connection: Connection) -> bool:
            locked_era(connection, key)
            known = connection.execute(
                select(choices.c.id, choices.c.revision, choices.c.message_revision).where(
                    in_step(choices, key),
                    choices.c.message_id == choice.reply,
                    choices.c.item == choice.item,
                )
            ).first()
            if known is not None and known.id == choice.id:
                # The commit's answer was lost.
                return True
            is_of_it = known is not None and known.message_revision == choice.of
            before = known.revision if known is not None and is_of_it else 0
            if choice.revision != before + 1 or not self._is_there(connection, key, choice):
                return False
            self._write_draft(connection, key, draft)
            connection.execute(self._chosen(), _row(key, choice))
            return True

        return self._door.act(Kind.WRITE, work)

    def _is_there(self, connection: Connection, key: StepKey, choice: Choice) -> bool:
        return connection.execute(_pressed(key, choice)).first() is not None

    def _chosen(self) -> Any:
        add = upsert(self._door, choices)
        names = ("id", "how", "by", "revision", "message_revision", "operations")
        return add.on_conflict_do_update(
            index_elements=list(choices.primary_key.columns),
            set_={name: getattr(add.excluded, name) for name in names},
        )

    def use_aside(self, key: StepKey, aside: Aside, draft: Draft, replaced: Aside | None) -> bool:
        """Move an aside into the draft, and keep the replaced value as an aside."""
        gone = delete(asides).where(
            in_step(asides, key),
            asides.c.field == aside.field,
            asides.c.writer == aside.writer,
            asides.c.revision == aside.revision,
        )

        def work(connection: Connection) -> bool:
            locked_era(connection, key)
            if not connection.execute(gone).rowcount:
                return False
            self._write_draft(connection, key, draft)
            if replaced is not None:
                self._write_aside(connection, key, replaced)
            return True

        return self._door.act(Kind.WRITE, work)


def forget(connection: Connection, key: StepKey, message_id: str) -> None:
    """Delete the records of what a reply changed, and of what was decided about it."""
    for table in (reply_updates, choices):
        connection.execute(
            delete(table).where(in_step(table, key), table.c.message_id == message_id)
        )


def _pressed(key: StepKey, choice: Choice) -> Any:
    """Return the query for the reply that was pressed, as it was then."""
    return select(messages.c.id).where(
        in_step(messages, key),
        live_era(key),
        messages.c.id == choice.reply,
        messages.c.status == MessageStatus.COMPLETE.value,
        messages.c.revision == choice.of,
    )


def _row(key: StepKey, choice: Choice) -> dict[str, Any]:
    return rows.key_of(key) | {
        "message_id": choice.reply,
        "item": choice.item,
        "id": choice.id,
        "how": choice.how.value,
        "by": choice.by,
        "revision": choice.revision,
        "message_revision": choice.of,
        "operations": [asdict(each) for each in choice.operations],
    }


def _choice(row: Any) -> Choice:
    return Choice(
        row.message_id,
        row.item,
        How(row.how),
        row.by,
        row.revision,
        row.message_revision,
        operations_from(row.operations),
        row.id,
    )


def _this(key: StepKey, reply: Message) -> Any:
    return and_(in_step(messages, key), messages.c.id == reply.id)


def _same(key: StepKey, reply: Message) -> Any:
    return select(messages.c.id).where(
        _this(key, reply),
        messages.c.status == reply.status.value,
        messages.c.revision == reply.revision,
    )


def _columns(key: StepKey, changed: Update) -> dict[str, Any]:
    return rows.key_of(key) | {
        "message_id": changed.reply,
        "epoch": changed.after.epoch,
        "phase_before": changed.before.phase.value,
        "phase_after": changed.after.phase.value,
        "before": changed.before.fields,
        "after": changed.after.fields,
    }


def _update(row: Any) -> Update:
    before, after = (
        Draft(held, Phase(phase), epoch=row.epoch)
        for held, phase in ((row.before, row.phase_before), (row.after, row.phase_after))
    )
    return Update(row.message_id, before, after)
