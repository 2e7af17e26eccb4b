"""Starts a step that the facilitator held, once the hold is lifted."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from lib.store import permits
from lib.store.errors import Conflict
from lib.store.port import Closed, Decision, Store
from lib.workshop.records import StepState
from lib.workshop.rights import TeamPermit
from lib.workshop.status import Event, Status, change, current_step
from lib.workshop.views import Briefing


def start_when_released(
    store: Store,
    permit: TeamPermit,
    states: Mapping[str, StepState],
    briefing: Briefing,
    at: datetime,
) -> bool:
    """
    Start the team's current step if it was held when the one before was completed.

    Idempotent across servers. Returns whether there was a step to start: the caller must then read
    the states again. Raises AccessRefused if the *permit*'s link no longer opens the team, StoreError.
    """
    statuses = {step: state.status for step, state in states.items()}
    step = current_step(statuses)
    if statuses[step] is not Status.NOT_STARTED or briefing.closed_because(step):
        return False
    with permits.held(replace(permit, step=step)), suppress(Conflict, Closed):
        # A teammate may have started it first, or the facilitator holds it again.
        store.apply(permit.team, Decision([change(statuses, step, Event.START)], "", at))
    return True
