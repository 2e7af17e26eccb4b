"""Drafts in SQL, and the earlier drafts that are kept in the transaction that replaces them."""

from sqlalchemy import Connection, and_, delete, exists, func, insert, literal, or_, select, update

from lib.store import backdating
from lib.store.errors import Conflict, NotFound, Unstorable
from lib.store.sql import rows
from lib.store.sql.engine import Kind
from lib.store.sql.part import Part, now
from lib.store.sql.rows import in_step
from lib.store.sql.schema import draft_history, steps
from lib.workshop.draft_history import Kept, takes_out, to_drop
from lib.workshop.records import Draft, EarlierDraft, StepKey

_PLACE = (draft_history.c.epoch, draft_history.c.revision)
_NEWEST_FIRST = tuple(each.desc() for each in _PLACE)


class Drafts(Part):
    """The port's methods for drafts."""

    def draft(self, key: StepKey) -> Draft:
        """Return a step's draft."""
        found = self._door.rows(_DRAFT, rows.key_of(key))
        if not found:
            raise NotFound("There is no such step.")
        return rows.draft(found[0])

    def earlier_drafts(self, key: StepKey, last: int) -> list[EarlierDraft]:
        """Return the *last* drafts that something was removed from, newest first."""
        found = self._door.rows(
            select(draft_history)
            .where(in_step(draft_history, key))
            .order_by(*_NEWEST_FIRST)
            .limit(last)
        )
        return [EarlierDraft(row.epoch, row.revision, row.fields, row.by, row.at) for row in found]

    def replace_draft(self, key: StepKey, draft: Draft) -> None:
        """Store *draft* in place of its base."""
        self._door.act(Kind.WRITE, lambda c: self._write_draft(c, key, draft))

    def _write_draft(self, connection: Connection, key: StepKey, draft: Draft) -> None:
        """Write a draft within the caller's transaction. Raises Conflict, as `save` does."""
        unchanged = (
            steps.c.draft_revision < draft.revision
            if draft.base is None
            else and_(
                steps.c.draft_revision == draft.base.revision, steps.c.epoch == draft.base.epoch
            )
        )
        if draft.base is not None and takes_out_of_base(draft):
            keep(connection, key, draft.base, draft.by)
        written = connection.execute(
            update(steps)
            .where(in_step(steps, key), unchanged)
            .values(
                draft=draft.fields,
                phase=draft.phase.value,
                draft_revision=draft.revision,
                draft_seen=dict(draft.seen),
                updated_at=now(self._door, backdating.time()),
            )
        )
        if not written.rowcount:
            _may_stay(connection, key, draft)


def keep(connection: Connection, key: StepKey, draft: Draft, by: str) -> None:
    """
    Keep the stored draft, if it still is *draft*, because *by* is about to replace it.

    The caller replaces it in the same transaction. Surplus drafts are deleted: see
    `lib.workshop.draft_history.to_drop`.
    """
    known = exists().where(
        in_step(draft_history, key),
        draft_history.c.epoch == steps.c.epoch,
        draft_history.c.revision == steps.c.draft_revision,
    )
    names = ("workshop_id", "team_id", "step", "epoch", "revision", "fields", "by", "at")
    there = select(
        *(steps.c[name] for name in (*names[:4], "draft_revision", "draft")),
        literal(by),
        now(connection, backdating.time()),
    ).where(
        in_step(steps, key),
        steps.c.draft_revision == draft.revision,
        steps.c.epoch == draft.epoch,
        ~known,
    )
    if connection.execute(insert(draft_history).from_select(names, there)).rowcount:
        _thin(connection, key)


def _thin(connection: Connection, key: StepKey) -> None:
    sizes = (
        select(*_PLACE, draft_history.c.at, func.length(draft_history.c.fields).label("size"))
        .where(in_step(draft_history, key))
        .order_by(*_PLACE)
    )
    kept = [Kept(*row) for row in connection.execute(sizes)]
    if too_many := to_drop(kept):
        each = [and_(_PLACE[0] == one.epoch, _PLACE[1] == one.revision) for one in too_many]
        connection.execute(delete(draft_history).where(in_step(draft_history, key), or_(*each)))


def takes_out_of_base(draft: Draft) -> bool:
    """Whether *draft* lacks something that the draft it was made from held."""
    return draft.base is not None and takes_out(draft.base.fields, draft.fields)


def _may_stay(connection: Connection, key: StepKey, draft: Draft) -> None:
    """Raise if *draft* was not written but should have been."""
    found = connection.execute(select(*rows.DRAFT).where(in_step(steps, key))).first()
    if found is None:
        raise Unstorable("There is no such step.")
    # A draft without a base that is not newer is no error, nor is one that is stored already: the
    # answer to its commit may have been lost.
    if draft.base is not None and rows.draft(found) != draft:
        raise Conflict("Someone else changed this draft at the same time.")


_DRAFT = select(*rows.DRAFT).where(rows.of_step(steps))
