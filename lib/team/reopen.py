"""
Reopens a step: revise, regenerate, reset, restore a version, or undo.

Deletes nothing. Unsaved changes are flushed first; the decision is then made on stored data and
written in one transaction.
"""

from datetime import datetime

from lib.store.errors import Conflict, NotFound
from lib.store.port import Decision, Store
from lib.team.drafts import Drafts
from lib.workshop.cascade import Standing, dependants, move
from lib.workshop.ids import greeting_id
from lib.workshop.records import ArtifactVersion, Fields, Snapshot, StepKey
from lib.workshop.status import Event, TransitionRefused
from lib.workshop.undo import Act, given_back, last_reopening

#: Tries of a decision if something else changes in between.
TRIES = 3


def revise(store: Store, drafts: Drafts, key: StepKey, *, actor: str, at: datetime) -> None:
    """
    Reopen a complete or stale step, keep its content, and mark downstream steps stale.

    If it raises TransitionRefused or StoreError, nothing has changed.
    """
    _reopen(store, drafts, key, Event.REVISE, actor=actor, at=at)


def restore(
    store: Store,
    drafts: Drafts,
    key: StepKey,
    version: ArtifactVersion,
    *,
    actor: str,
    at: datetime,
) -> None:
    """
    Reopen a step with an earlier version as its draft: a revise like any other. As `revise`.

    Restores the stored version: the page may have read it before a redaction.
    """
    _reopen(store, drafts, key, Event.REVISE, actor=actor, at=at, version=version.version)


def reset(store: Store, drafts: Drafts, key: StepKey, *, actor: str, at: datetime) -> None:
    """Start a step over and archive its transcript and draft. As `revise`."""
    _reopen(store, drafts, key, Event.RESET, actor=actor, at=at)


def regenerate(store: Store, drafts: Drafts, key: StepKey, *, actor: str, at: datetime) -> None:
    """
    Reopen a stale step for the guide to draft it again; the draft stays. As `revise`.

    The caller asks the guide: see `lib.team.replies.Replies.redraft`.
    """
    _reopen(store, drafts, key, Event.REGENERATE, actor=actor, at=at)


def _reopen(
    store: Store,
    drafts: Drafts,
    key: StepKey,
    event: Event,
    *,
    actor: str,
    at: datetime,
    version: int | None = None,
) -> None:
    for attempt in range(TRIES):
        drafts.flush(key.team)
        standing = store.standing(key.team)
        draft = None if version is None else _fields_of(store, key, version)
        changes = move(standing, key.step, event, at=at, draft=draft)
        undoable = event in (Event.REVISE, Event.RESET)
        try:
            store.apply(key.team, Decision(changes, actor, at, basis=standing, undoable=undoable))
        except Conflict:
            if attempt == TRIES - 1:
                raise
        else:
            return


def _fields_of(store: Store, key: StepKey, version: int) -> Fields:
    for each in store.versions(key):
        if each.version == version:
            return each.fields
    raise NotFound("There is no such version.")


def may_undo(store: Store, drafts: Drafts, key: StepKey) -> bool:
    """Whether the last revise or reset of a step can still be undone. Raises StoreError."""
    drafts.flush(key.team)
    try:
        _undoable(store, key, store.standing(key.team))
    except TransitionRefused:
        return False
    return True


def undo(store: Store, drafts: Drafts, key: StepKey, *, actor: str, at: datetime) -> None:
    """
    Undo the last revise or reset of a step and its cascade.

    Raises TransitionRefused if work was done since, Conflict if that happens at the same moment; then
    nothing has changed.
    """
    drafts.flush(key.team)
    # Read it before deciding, so that an edit meanwhile causes a Conflict.
    standing = store.standing(key.team)
    act, rows = _undoable(store, key, standing)
    back = given_back(act, rows, standing.statuses)
    written = rows[key.step].asked or {}
    # A message written meanwhile causes a Conflict too.
    asked = {slug: written.get(slug, 0) for slug in _around(key.step)}
    decision = Decision(back.changes, actor, at, basis=standing, rows=back.rows, asked=asked)
    store.apply(key.team, decision)


def _undoable(store: Store, key: StepKey, standing: Standing) -> tuple[Act, dict[str, Snapshot]]:
    story = store.events(key.workshop_id)
    act = last_reopening(story, key.team_id, key.step, touched_since=False)
    rows = store.snapshots(key.workshop_id, [record.id for record in act.records])
    touched = _touched_since(store, key, rows, standing)
    return last_reopening(story, key.team_id, key.step, touched_since=touched), rows


def _touched_since(
    store: Store, key: StepKey, rows: dict[str, Snapshot], standing: Standing
) -> bool:
    """
    Whether somebody wrote a message or edited a draft in the step or downstream.

    Counts messages instead of comparing times, because clocks differ and step back.
    """
    before, asked = rows[key.step].asked, store.asked(key.team)
    around = _around(key.step)
    if before is None or any(asked.get(slug, 0) != before.get(slug, 0) for slug in around):
        return True
    # The reopening itself may have changed the draft; an edit since then has a writer. The
    # guide's greeting does not count as work.
    greeting = greeting_id(*key, standing.states[key.step].era)
    known = {**rows[key.step].draft.seen, greeting: 1}
    if not store.draft(key).seen.items() <= known.items():
        return True
    return any(
        standing.revisions[slug] != rows[slug].draft.revision
        if slug in rows
        # It was empty or already stale then, or there would be a snapshot.
        else standing.holds_work(slug)
        for slug in around[1:]
    )


def _around(step: str) -> tuple[str, ...]:
    return step, *dependants(step)
