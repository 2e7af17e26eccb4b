"""
Where a step stands, and the one function that may change it.

A *status* is what the tables show; a *phase* is where the conversation inside a step stands.
Events move statuses along `TRANSITIONS`; what is not in that table is refused with a sentence.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from lib import steps


class Status(StrEnum):
    """What a step's row says to the team and the facilitator."""

    #: Nobody has been here: the step is locked.
    NOT_STARTED = "not_started"
    #: Open for conversation and editing.
    IN_PROGRESS = "in_progress"
    #: Confirmed by the team: read-only.
    COMPLETE = "complete"
    #: Confirmed once, but something it was made from has changed since.
    NEEDS_REGENERATION = "needs_regeneration"


class Phase(StrEnum):
    """Where a step's conversation stands; it moves on what is known, never on a count."""

    #: The guide welcomes the team and ties the step to earlier artifacts.
    ORIENT = "orient"
    #: One open question at a time.
    GATHER = "gather"
    #: The draft is on the table for the first time.
    SYNTHESIZE = "synthesize"
    #: The team's edits are applied until they approve.
    REFINE = "refine"
    #: The draft is held against the criteria.
    VALIDATE = "validate"
    #: Wrapped up; the team can confirm.
    COMPLETE = "complete"


class Event(StrEnum):
    """What may happen to a step."""

    #: The step before it was confirmed, or the workshop began.
    START = "start"
    #: The team accepts the artifact.
    CONFIRM = "confirm"


#: Every allowed (status, event) and the status it leads to.
TRANSITIONS: Mapping[tuple[Status, Event], Status] = MappingProxyType(
    {
        (Status.NOT_STARTED, Event.START): Status.IN_PROGRESS,
        (Status.IN_PROGRESS, Event.CONFIRM): Status.COMPLETE,
        (Status.NEEDS_REGENERATION, Event.CONFIRM): Status.COMPLETE,
    }
)

_REFUSALS: Mapping[tuple[Status, Event], str] = MappingProxyType(
    {
        (Status.NOT_STARTED, Event.CONFIRM): "{name} has not been started yet.",
        (Status.COMPLETE, Event.CONFIRM): "{name} is already complete.",
        (Status.IN_PROGRESS, Event.START): "{name} is already open.",
        (Status.COMPLETE, Event.START): "{name} is already complete.",
        (Status.NEEDS_REGENERATION, Event.START): "{name} is already open.",
    }
)


class TransitionRefused(Exception):
    """An event that a step's status does not allow; its text is a sentence for the team."""


@dataclass(frozen=True)
class Change:
    """One step's move from one status to another, and what moved it."""

    step: str
    event: Event
    before: Status
    after: Status


def decide(statuses: Mapping[str, Status], step: str, event: Event) -> tuple[Change, ...]:
    """
    Return what *event* on *step* changes, the step itself first.

    *statuses* holds the ten steps of one team. Confirming a step also starts the next one in order
    where nobody has been there yet. Raises TransitionRefused with a sentence where the table has
    no such transition.

    >>> before = {slug: Status.NOT_STARTED for slug in steps.SLUGS}
    >>> before["challenge"] = Status.IN_PROGRESS
    >>> [(change.step, change.after.value) for change in decide(before, "challenge", Event.CONFIRM)]
    [('challenge', 'complete'), ('stakeholder-mapping', 'in_progress')]
    """
    changes = [_change(statuses, step, event)]
    following = steps.after(step)
    if (
        event is Event.CONFIRM
        and following is not None
        and statuses[following.slug] is Status.NOT_STARTED
    ):
        changes.append(_change(statuses, following.slug, Event.START))
    return tuple(changes)


def _change(statuses: Mapping[str, Status], step: str, event: Event) -> Change:
    before = statuses[step]
    after = TRANSITIONS.get((before, event))
    if after is None:
        raise TransitionRefused(_REFUSALS[before, event].format(name=steps.step(step).name))
    return Change(step, event, before, after)


def current_step(statuses: Mapping[str, Status]) -> str:
    """
    Return the slug of the first step, in order, that is not complete; the last when all are.

    >>> current_step({slug: Status.COMPLETE for slug in steps.SLUGS})
    'validate'
    """
    return next(
        (slug for slug in steps.SLUGS if statuses[slug] is not Status.COMPLETE), steps.SLUGS[-1]
    )


def is_locked(status: Status) -> bool:
    """Whether a step of this status cannot be opened yet."""
    return status is Status.NOT_STARTED


def is_read_only(status: Status) -> bool:
    """Whether a step of this status takes neither messages nor edits."""
    return status in (Status.NOT_STARTED, Status.COMPLETE)
