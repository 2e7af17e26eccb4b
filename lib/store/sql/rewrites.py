"""Replies written again, in SQL: the old text is archived, and the message is leased again."""

from typing import Any

from sqlalchemy import Connection, and_, func, insert, literal, select, update

from lib.store.sql import rows
from lib.store.sql.outcomes import forget
from lib.store.sql.part import now
from lib.store.sql.positions import live_era, locked_era
from lib.store.sql.rows import in_step
from lib.store.sql.schema import discarded, messages
from lib.store.sql.transcripts import NEXT_ATTEMPT, Transcripts
from lib.workshop.records import Discarded, Draft, StepKey
from lib.workshop.transcript import Message, MessageStatus, Role


class Rewrites(Transcripts):
    """The port's methods for replies written again."""

    def discard(self, key: StepKey, message_id: str, draft: Draft | None = None) -> Message | None:
        """Archive a step's last reply if it is complete, and lease it to the caller."""
        this = and_(in_step(messages, key), live_era(key), messages.c.id == message_id)

        def begin(connection: Connection) -> Any:
            # Nobody sends a message while it is decided whether this is the last one.
            locked_era(connection, key)
            begun = self._begin_again(connection, key, this)
            if begun is not None:
                forget(connection, key, message_id)
                if draft is not None:
                    self._write_draft(connection, key, draft)
            return begun

        return self._leased_once(this, begin)

    def _begin_again(self, connection: Connection, key: StepKey, this: Any) -> Any:
        last = select(func.max(rows.PLACE)).where(in_step(messages, key), live_era(key))
        whole = and_(
            messages.c.status == MessageStatus.COMPLETE.value,
            messages.c.role == Role.ASSISTANT.value,
            last.scalar_subquery() == rows.PLACE,
        )
        found = connection.execute(select(messages).where(this, whole).with_for_update()).first()
        if found is None:
            return None
        connection.execute(insert(discarded).values(**self._archived(key, found)))
        begun = (
            update(messages)
            .where(this)
            .values(
                status=MessageStatus.STREAMING.value,
                text="",
                suggestions=[],
                read_back=None,
                revision=NEXT_ATTEMPT,
                **self._lease_columns(),
            )
            .returning(*messages.c, literal(value=False).label("dead"))
        )
        return connection.execute(begun).first()

    def _archived(self, key: StepKey, row: Any) -> dict[str, Any]:
        return rows.key_of(key) | {
            "message_id": row.id,
            "revision": row.revision,
            "position": row.position,
            "text": row.text,
            "discarded_at": now(self._door),
        }

    def discarded(self, key: StepKey) -> list[Discarded]:
        """Return the archived texts of replies, oldest first."""
        by_age = (
            select(discarded)
            .where(in_step(discarded, key))
            .order_by(discarded.c.discarded_at, discarded.c.revision)
        )
        return [
            Discarded(row.message_id, row.position, row.text, row.discarded_at)
            for row in self._door.rows(by_age)
        ]
