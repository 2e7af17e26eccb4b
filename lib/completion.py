"""
Completing a step: one function for every path that does.

    NotReady              something is still missing; `missing` says what
"""

from datetime import datetime

from lib import artifacts, criteria
from lib.drafts import Drafts
from lib.status import Event, decide
from lib.store.port import Decision, Store, upstream_artifacts
from lib.workshop import StepKey


class NotReady(Exception):
    """The draft does not meet the criteria yet. `missing` holds a sentence for each gap."""

    def __init__(self, missing: list[str]) -> None:
        super().__init__(" ".join(missing))
        self.missing = missing


def confirm(store: Store, drafts: Drafts, key: StepKey, *, actor: str, at: datetime) -> None:
    """
    Make the step's draft its artifact, the step complete, and open the next one.

    The draft is flushed and read back first, so that what is confirmed is what is stored. Raises
    NotReady, TransitionRefused, or StoreError (Conflict where somebody else was faster); then
    nothing has changed.
    """
    draft = drafts.stored(key)
    missing = criteria.missing(key.step, draft.fields, upstream_artifacts(store, key))
    if missing:
        raise NotReady(missing)
    artifact = artifacts.parsed(key.step, draft.fields)
    statuses = {step: state.status for step, state in store.steps(key.team).items()}
    changes = decide(statuses, key.step, Event.CONFIRM)
    store.apply(key.team, Decision(changes, actor, at, artifacts.dumped(artifact)))
