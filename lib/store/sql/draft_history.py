"""Earlier drafts in SQL: kept in the transaction that replaces them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, and_, delete, exists, func, insert, literal, or_, select

from lib.store import backdating
from lib.store.sql.engine import Door
from lib.store.sql.rows import in_step
from lib.store.sql.schema import draft_history, steps
from lib.workshop.draft_history import Kept, to_drop
from lib.workshop.records import Draft, EarlierDraft, StepKey

_PLACE = (draft_history.c.epoch, draft_history.c.revision)
_NEWEST_FIRST = tuple(each.desc() for each in _PLACE)


def keep(connection: Connection, key: StepKey, draft: Draft, by: str) -> None:
    """
    Keep the stored draft, where it still is *draft*, because *by* is about to replace it.

    The caller replaces it in the same transaction. What is too much is dropped: see
    `lib.workshop.draft_history.to_drop`.
    """
    known = exists().where(
        in_step(draft_history, key),
        draft_history.c.epoch == steps.c.epoch,
        draft_history.c.revision == steps.c.draft_revision,
    )
    is_sqlite = connection.dialect.name == "sqlite"
    told = is_sqlite or backdating.told() is not None
    now: Any = (
        literal(backdating.now(), draft_history.c.at.type) if told else func.clock_timestamp()
    )
    names = ("workshop_id", "team_id", "step", "epoch", "revision", "fields", "by", "at")
    there = select(
        *(steps.c[name] for name in (*names[:4], "draft_revision", "draft")), literal(by), now
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


def read(door: Door, key: StepKey, last: int) -> list[EarlierDraft]:
    """Return the *last* earlier drafts of a step, newest first."""
    found: Sequence[Any] = door.rows(
        select(draft_history)
        .where(in_step(draft_history, key))
        .order_by(*_NEWEST_FIRST)
        .limit(last)
    )
    return [EarlierDraft(row.epoch, row.revision, row.fields, row.by, row.at) for row in found]
