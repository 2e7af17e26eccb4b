"""What is held by the facilitator opens by itself once the hold is lifted."""

from collections.abc import Mapping
from datetime import datetime

from lib.briefing import Briefing
from lib.status import Event, Status, change, current_step
from lib.store.port import Conflict, Decision, Store
from lib.workshop import StepState, TeamKey


def go_on(
    store: Store, team: TeamKey, states: Mapping[str, StepState], told: Briefing, at: datetime
) -> bool:
    """
    Start the step a team has come to, where it was held when the one before was completed.

    Whoever looks first does it; the others find it done. Returns whether there was anything to
    start: then the states are to be read again. Raises StoreError.
    """
    statuses = {step: state.status for step, state in states.items()}
    step = current_step(statuses)
    if statuses[step] is not Status.NOT_STARTED or told.closed_because(step):
        return False
    try:
        store.apply(team, Decision([change(statuses, step, Event.START)], "", at))
    except Conflict:
        # Somebody else was faster.
        return True
    return True
