"""
Where a step stands, and the one table of what may change it.

A *status* is what the tables show; a *phase* is where the conversation inside a step stands.
Events move statuses along `TRANSITIONS`; what is not in that table is refused with a sentence.
What an event does besides is in `lib.workshop.effects`, what it does to other steps in `lib.workshop.cascade`, and how
the last one is taken back in `lib.workshop.undo`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from lib.workshop import steps


class Status(StrEnum):
    """What a step's row says to the team and the facilitator."""

    #: Nobody has been here: the step is locked.
    NOT_STARTED = "not_started"
    #: Open for conversation and editing.
    IN_PROGRESS = "in_progress"
    #: Confirmed by the team: read-only.
    COMPLETE = "complete"
    #: Holds work, but something that was made from is being changed, or has been.
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
    """What may happen to a step: eight things people do, and three that follow from them."""

    #: The step before it was confirmed, or the workshop began.
    START = "start"
    #: The team accepts the draft as its artifact.
    CONFIRM = "confirm"
    #: The team reopens the step and keeps everything; also to restore an earlier version.
    REVISE = "revise"
    #: The team looked at a stale artifact and keeps it as it is.
    STILL_VALID = "still_valid"
    #: The guide drafts a stale step anew; the old artifact stays to compare with.
    REGENERATE = "regenerate"
    #: The team starts the step over; transcript and draft are archived.
    RESET = "reset"
    #: A facilitator completes the step in spite of its gaps, and says why.
    OVERRIDE = "override"
    #: The last revise or reset is taken back: see `lib.workshop.undo`.
    UNDO = "undo"
    #: Something this step was made from is being changed, or has been.
    STALE = "stale"
    #: A stale artifact counts again by itself: its inputs are what they were.
    FRESH = "fresh"
    #: A stale draft that nobody had confirmed goes on: its inputs are what they were, or the team
    #: keeps it all the same.
    CARRY_ON = "carry_on"


#: Every allowed (status, event) and the status it leads to. Where `UNDO` leads is no matter of the
#: status alone: see `GIVEN_BACK`.
TRANSITIONS: Mapping[tuple[Status, Event], Status] = MappingProxyType(
    {
        (Status.NOT_STARTED, Event.START): Status.IN_PROGRESS,
        (Status.IN_PROGRESS, Event.CONFIRM): Status.COMPLETE,
        (Status.IN_PROGRESS, Event.OVERRIDE): Status.COMPLETE,
        (Status.IN_PROGRESS, Event.RESET): Status.IN_PROGRESS,
        (Status.IN_PROGRESS, Event.STALE): Status.NEEDS_REGENERATION,
        (Status.COMPLETE, Event.REVISE): Status.IN_PROGRESS,
        (Status.COMPLETE, Event.RESET): Status.IN_PROGRESS,
        (Status.COMPLETE, Event.STALE): Status.NEEDS_REGENERATION,
        (Status.NEEDS_REGENERATION, Event.CONFIRM): Status.COMPLETE,
        (Status.NEEDS_REGENERATION, Event.OVERRIDE): Status.COMPLETE,
        (Status.NEEDS_REGENERATION, Event.STILL_VALID): Status.COMPLETE,
        (Status.NEEDS_REGENERATION, Event.FRESH): Status.COMPLETE,
        (Status.NEEDS_REGENERATION, Event.CARRY_ON): Status.IN_PROGRESS,
        (Status.NEEDS_REGENERATION, Event.REVISE): Status.IN_PROGRESS,
        (Status.NEEDS_REGENERATION, Event.REGENERATE): Status.IN_PROGRESS,
        (Status.NEEDS_REGENERATION, Event.RESET): Status.IN_PROGRESS,
    }
)

#: Every status from which `UNDO` may lead, and the statuses it may give back.
GIVEN_BACK: Mapping[Status, frozenset[Status]] = MappingProxyType(
    {
        Status.IN_PROGRESS: frozenset(
            {Status.IN_PROGRESS, Status.COMPLETE, Status.NEEDS_REGENERATION}
        ),
        Status.NEEDS_REGENERATION: frozenset({Status.IN_PROGRESS, Status.COMPLETE}),
    }
)

_LOCKED = "{name} has not been started yet."
_DONE = "{name} is already complete."
_OPEN = "{name} is already open."
_UP_TO_DATE = "{name} is up to date: nothing it was made from has changed."
_NOT_LAST = "{name}: there is no revise or reset to undo."

_REFUSALS: Mapping[tuple[Status, Event], str] = MappingProxyType(
    {
        **{
            (Status.NOT_STARTED, event): _LOCKED
            for event in Event
            if event not in (Event.START, Event.UNDO)
        },
        **{(status, Event.UNDO): _NOT_LAST for status in Status},
        (Status.IN_PROGRESS, Event.START): _OPEN,
        (Status.IN_PROGRESS, Event.REVISE): "{name} is open already: change it right away.",
        (Status.IN_PROGRESS, Event.STILL_VALID): _UP_TO_DATE,
        (Status.IN_PROGRESS, Event.REGENERATE): _UP_TO_DATE,
        (Status.IN_PROGRESS, Event.FRESH): _UP_TO_DATE,
        (Status.IN_PROGRESS, Event.CARRY_ON): _OPEN,
        (Status.COMPLETE, Event.START): _DONE,
        (Status.COMPLETE, Event.CONFIRM): _DONE,
        (Status.COMPLETE, Event.OVERRIDE): _DONE,
        (Status.COMPLETE, Event.STILL_VALID): _UP_TO_DATE,
        (Status.COMPLETE, Event.REGENERATE): _UP_TO_DATE,
        (Status.COMPLETE, Event.FRESH): _UP_TO_DATE,
        (Status.COMPLETE, Event.CARRY_ON): _DONE,
        (Status.NEEDS_REGENERATION, Event.START): _OPEN,
        (Status.NEEDS_REGENERATION, Event.STALE): "{name} is waiting for another look already.",
    }
)


#: Events that need everything the step is made from to be complete. A step that is complete
#: therefore never stands on one that is not.
_STANDS_ON_COMPLETE = frozenset(
    {
        Event.START,
        Event.CONFIRM,
        Event.OVERRIDE,
        Event.STILL_VALID,
        Event.REGENERATE,
        Event.FRESH,
        Event.CARRY_ON,
    }
)


class TransitionRefused(Exception):
    """An event that is not allowed as things stand; its text is a sentence for the team."""


@dataclass(frozen=True)
class StaleMark:
    """What made a step stale, and what its work was made from."""

    #: The step whose event brought it about; upstream of the stale one. The first one stays.
    cause: str
    since: datetime
    #: What the step was: COMPLETE, or IN_PROGRESS where only a draft was made from the cause.
    was: Status
    #: Digests of what was used of each upstream artifact, by slug: see `lib.workshop.dependencies`.
    made_from: Mapping[str, str]
    #: The versions of those artifacts, by slug; what changed is told by comparing with them.
    versions: Mapping[str, int]


@dataclass(frozen=True)
class Change:
    """One step's move from one status to another, what moved it, and what is noted with it."""

    step: str
    event: Event
    before: Status
    after: Status
    #: Set where the step becomes stale; the mark goes wherever it stops being so.
    stale: StaleMark | None = None
    #: Digests of the inputs the artifact stands on from now on; None leaves those that are known.
    made_from: Mapping[str, str] | None = None
    #: The draft to begin with, where an earlier version is restored; None leaves it.
    draft: Mapping[str, Any] | None = None
    #: Why, in the words of who did it; only an override has any.
    reason: str = ""


def decide(
    statuses: Mapping[str, Status], step: str, event: Event, held: Collection[str] = ()
) -> tuple[Change, ...]:
    """
    Return what *event* does to *step* and the one after it, the step itself first.

    *statuses* holds the ten steps of one team. Completing a step also starts the next one in order
    where nobody has been there yet, and it is not among those *held*. What follows for the steps made from this one is added by
    `lib.workshop.cascade.move`. Raises TransitionRefused with a sentence where the table has no such
    transition, or where what the step is made from is not complete.

    >>> before = {slug: Status.NOT_STARTED for slug in steps.SLUGS}
    >>> before["challenge"] = Status.IN_PROGRESS
    >>> [(change.step, change.after.value) for change in decide(before, "challenge", Event.CONFIRM)]
    [('challenge', 'complete'), ('stakeholder-mapping', 'in_progress')]
    """
    changes = [change(statuses, step, event)]
    following = steps.after(step)
    if (
        changes[0].after is Status.COMPLETE
        and following is not None
        and following.slug not in held
        and statuses[following.slug] is Status.NOT_STARTED
    ):
        after = {**statuses, step: Status.COMPLETE}
        changes.append(change(after, following.slug, Event.START))
    return tuple(changes)


def change(statuses: Mapping[str, Status], step: str, event: Event) -> Change:
    """Return what *event* does to *step* alone. Raises TransitionRefused."""
    before, name = statuses[step], steps.step(step).name
    after = TRANSITIONS.get((before, event))
    if after is None:
        raise TransitionRefused(_REFUSALS[before, event].format(name=name))
    if event in _STANDS_ON_COMPLETE and (waits := waits_for(statuses, step)):
        first = steps.step(waits[0]).name
        raise TransitionRefused(f"{name} builds on {first}. Finish {first} first.")
    return Change(step, event, before, after)


def waits_for(statuses: Mapping[str, Status], step: str) -> tuple[str, ...]:
    """Return the slugs of what *step* is made from and what is not complete, in order."""
    feeds = steps.step(step).feeds_from
    return tuple(slug for slug in feeds if statuses[slug] is not Status.COMPLETE)


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
