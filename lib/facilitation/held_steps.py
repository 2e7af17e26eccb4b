"""Starts the steps that a facilitator held, once the hold is lifted."""

from contextlib import suppress
from datetime import datetime

from lib.store import permits
from lib.store.errors import Conflict
from lib.store.port import Closed, Decision, Store
from lib.workshop.agenda import Agenda
from lib.workshop.records import TeamKey
from lib.workshop.rights import TeamPermit
from lib.workshop.roles import AccessRefused, Action
from lib.workshop.status import Event, Status, change, current_step


def start_released(store: Store, at: datetime, workshop_id: str = "") -> None:
    """
    Start the current step of each team that completed the one before while it was held.

    In one workshop, or in all. The facilitator's act does it when the hold is lifted; the sweeper
    does it for a team that confirmed a step in that moment. A step that is held now stays as it is.
    Idempotent across servers. Raises StoreError.
    """
    agendas: dict[str, Agenda] = {}
    for team in store.waiting_teams(workshop_id):
        if team.workshop_id not in agendas:
            agendas[team.workshop_id] = store.agenda(team.workshop_id)
        _start(store, team, agendas[team.workshop_id], at)


def _start(store: Store, team: TeamKey, agenda: Agenda, at: datetime) -> None:
    statuses = {step: state.status for step, state in store.steps(team).items()}
    step = current_step(statuses)
    if statuses[step] is not Status.NOT_STARTED or agenda.holds(step):
        return
    # Another server may have started it first; or it is held again, or the workshop was archived.
    refusals = (Conflict, Closed, AccessRefused)
    permit = TeamPermit(Action.OPEN_STEP, team, None, step)
    with permits.held(permit), suppress(*refusals):
        store.apply(team, Decision([change(statuses, step, Event.START)], "", at))
