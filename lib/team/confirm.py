"""
Completes a step: confirm, still valid, or override.

    NotReady              the draft does not meet the criteria; `missing` says why

A team confirms a draft or keeps a stale artifact; a facilitator overrides the gaps and says why. All
but the override check the criteria on the stored draft. The artifact, its summary and the cascade
are one transaction.
"""

from dataclasses import dataclass
from datetime import datetime

from lib.store.errors import Conflict
from lib.store.port import Decision, Store
from lib.team.drafts import Drafts
from lib.workshop.agenda import held_after
from lib.workshop.artifacts import criteria, normalise, summaries
from lib.workshop.cascade import Standing, move
from lib.workshop.fields import without_blanks
from lib.workshop.records import Draft, Fields, StepKey
from lib.workshop.status import Event, Status
from lib.workshop.steps import step as about

#: Tries of a decision if something unrelated changes in between.
TRIES = 3


class NotReady(Exception):
    """The draft does not meet the criteria. `missing` holds a sentence for each gap."""

    def __init__(self, missing: list[str]) -> None:
        super().__init__(" ".join(missing))
        self.missing = missing


@dataclass(frozen=True)
class By:
    """Who does something, and when."""

    actor: str
    at: datetime
    #: The reason of an override; else empty.
    reason: str = ""


def confirm(store: Store, drafts: Drafts, key: StepKey, *, actor: str, at: datetime) -> None:
    """
    Make the step's draft its artifact, complete the step and open the next one.

    The draft is flushed first, so that the stored draft is what is confirmed. If it raises NotReady,
    TransitionRefused or StoreError (Conflict if somebody else was faster), nothing has changed.
    """
    _complete(store, drafts, key, Event.CONFIRM, By(actor, at))


def still_valid(store: Store, drafts: Drafts, key: StepKey, *, actor: str, at: datetime) -> None:
    """Keep a stale artifact as it is; otherwise as `confirm`."""
    _complete(store, drafts, key, Event.STILL_VALID, By(actor, at))


def override(
    store: Store, drafts: Drafts, key: StepKey, *, actor: str, at: datetime, reason: str
) -> None:
    """Complete a step despite its gaps; *reason* goes into the event log. As `confirm`."""
    _complete(store, drafts, key, Event.OVERRIDE, By(actor, at, reason))


def missing(store: Store, key: StepKey, draft: Draft) -> list[str]:
    """Return a sentence for each thing *draft* still lacks."""
    return _missing(store.standing(key.team), key.step, draft.fields)


def _complete(store: Store, drafts: Drafts, key: StepKey, event: Event, by: By) -> None:
    for attempt in range(TRIES):
        drafts.flush(key.team)
        drafts.stored(key)
        standing = store.standing(key.team)
        decision = _decision(store, key, event, by, standing)
        try:
            store.apply(key.team, decision)
        except Conflict:
            moved = store.steps(key.team)[key.step].status is not standing.states[key.step].status
            if moved or attempt == TRIES - 1:
                raise
        else:
            return


def _decision(store: Store, key: StepKey, event: Event, by: By, standing: Standing) -> Decision:
    # Take the draft from the standing: the store rejects a decision based on another draft.
    draft = standing.drafts.get(key.step, {})
    held = held_after(store.agenda(key.workshop_id).open_until)
    # A refused transition is reported before the draft's gaps.
    changes = move(standing, key.step, event, at=by.at, artifact=draft, reason=by.reason, held=held)
    if changes[0].after is not Status.COMPLETE:
        return Decision(changes, by.actor, by.at, basis=standing)
    fields = _judged(standing, key.step, event, draft)
    if event is Event.STILL_VALID:
        return Decision(changes, by.actor, by.at, basis=standing)
    changes = move(
        standing, key.step, event, at=by.at, artifact=fields, reason=by.reason, held=held
    )
    summary = summaries.summary(key.step, fields, store.messages(key))
    return Decision(changes, by.actor, by.at, fields, summary, standing)


def _judged(standing: Standing, step: str, event: Event, draft: Fields) -> Fields:
    """Return the artifact made from a draft. Raises NotReady if the draft has gaps."""
    if event is Event.OVERRIDE:
        # Keep it as it was typed: do not cut long lists silently.
        fields: Fields = without_blanks(draft)
        return fields
    if lacking := _missing(standing, step, draft):
        raise NotReady(lacking)
    return normalise.dumped(normalise.parsed(step, draft))


def _missing(standing: Standing, step: str, draft: Fields) -> list[str]:
    known = standing.fields
    upstream = {slug: known[slug] for slug in about(step).feeds_from if slug in known}
    return criteria.missing(step, draft, upstream)
