"""What is held by the facilitator opens by itself once the hold is lifted."""

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
    store: Store, permit: TeamPermit, states: Mapping[str, StepState], told: Briefing, at: datetime
) -> bool:
    """
    Start the step a team has come to, where it was held when the one before was completed.

    Whoever looks first does it; the others find it done. Returns whether there was anything to
    start: then the states are to be read again. Raises AccessRefused where the *permit*'s link opens
    the team no more, StoreError.
    """
    statuses = {step: state.status for step, state in states.items()}
    step = current_step(statuses)
    if statuses[step] is not Status.NOT_STARTED or told.closed_because(step):
        return False
    with permits.held(replace(permit, step=step)), suppress(Conflict, Closed):
        # Somebody else may be faster: a teammate, or the facilitator who holds it again.
        store.apply(permit.team, Decision([change(statuses, step, Event.START)], "", at))
    return True
