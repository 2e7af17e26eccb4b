"""
What an event on one step does to the steps made from it.

Reopening a step marks every started step that depends on it, directly or through others, and holds
work. Completing one gives back those whose inputs turn out to be what they were, and marks open
drafts whose inputs turn out to have changed. A step nobody started is never touched, nothing is
deleted, and a step that is complete never stands on one that is not.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from lib.workshop import steps
from lib.workshop.dependencies import canonical, changed_inputs, fingerprint, same_fields
from lib.workshop.fields import is_blank
from lib.workshop.records import Artifacts, Fields, StepState
from lib.workshop.status import (
    Change,
    Event,
    StaleMark,
    Status,
    TransitionRefused,
    change,
    decide,
    waits_for,
)

_REOPENS = (Event.REVISE, Event.RESET)


@dataclass(frozen=True)
class Standing:
    """Where one team stands: all that an event's consequences depend on."""

    #: The ten steps.
    states: Mapping[str, StepState]
    #: The stored draft of each step; missing where it is empty.
    drafts: Mapping[str, Fields]
    #: The newest artifact version of each step that has one.
    artifacts: Artifacts
    #: The revision of each draft, and how much of the story there was for this team: what is
    #: decided on them is carried out only while they are the same.
    revisions: Mapping[str, int] = field(default_factory=dict)
    moves: int = 0

    @property
    def statuses(self) -> dict[str, Status]:
        """The status of each step."""
        return {step: state.status for step, state in self.states.items()}

    @property
    def fields(self) -> dict[str, Fields]:
        """The newest artifacts themselves."""
        return {step: version.fields for step, version in self.artifacts.items()}

    def holds_work(self, step: str) -> bool:
        """
        Whether there is something in *step* that a change upstream would put in doubt.

        A complete step has its artifact. An open one has what is in its draft, first written or
        reopened; with an empty draft there is only talk.
        """
        status = self.states[step].status
        drafted = not is_blank(canonical(self.drafts.get(step, {})))
        return status is Status.COMPLETE or (status is Status.IN_PROGRESS and drafted)

    def is_edited(self, step: str) -> bool:
        """Whether the draft of *step* says something else than its newest artifact."""
        version = self.artifacts.get(step)
        return version is None or not same_fields(self.drafts.get(step, {}), version.fields)


@dataclass(frozen=True)
class Why:
    """Why a step needs another look, as things stand now."""

    mark: StaleMark
    #: Steps it is made from that are not complete: there is nothing to compare with yet.
    waits_for: tuple[str, ...]
    #: Steps it is made from of which something it uses is not what it was.
    changed: tuple[str, ...]


def dependants(step: str) -> tuple[str, ...]:
    """
    Return the slugs of the steps made from *step*, directly or through others, in order.

    >>> dependants("ideation")
    ('concept', 'validate')
    """
    found = {step}
    for each in steps.STEPS:  # in order, so that what feeds a step has been seen before it
        if found.intersection(each.feeds_from):
            found.add(each.slug)
    return tuple(slug for slug in steps.SLUGS if slug in found and slug != step)


def made_stale(standing: Standing, step: str) -> tuple[str, ...]:
    """Return the slugs of the steps that reopening *step* would mark, for the dialog before it."""
    return tuple(slug for slug in dependants(step) if standing.holds_work(slug))


def why_stale(standing: Standing, step: str) -> Why | None:
    """Return why *step* needs another look, or None where it does not."""
    mark = standing.states[step].stale
    if mark is None:
        return None
    now = fingerprint(step, standing.fields)
    changed = changed_inputs(step, mark.made_from, now)
    return Why(mark, waits_for(standing.statuses, step), changed)


def move(
    standing: Standing,
    step: str,
    event: Event,
    *,
    at: datetime,
    artifact: Fields | None = None,
    draft: Fields | None = None,
    reason: str = "",
    held: Collection[str] = (),
) -> tuple[Change, ...]:
    """
    Return everything that *event* on *step* changes, the step itself first.

    *artifact* is what the step yields from now on: given for CONFIRM and OVERRIDE. *draft* is the
    earlier version a REVISE restores. *reason* is asked for with an OVERRIDE. STILL_VALID on a
    stale draft that nobody had confirmed means that it goes on: CARRY_ON. A step that is *held* is
    not started.

    Raises TransitionRefused with a sentence for the team. UNDO is decided in `lib.workshop.undo`.
    """
    event = _meant(standing, step, event)
    _check(standing, step, event, reason)
    first, *others = decide(standing.statuses, step, event, held)
    first = replace(first, draft=draft, reason=reason.strip())
    if event in _REOPENS:
        return first, *others, *_reopened(standing, step, at)
    if first.after is not Status.COMPLETE:
        return first, *others
    first = replace(first, made_from=fingerprint(step, standing.fields))
    after = _moved(standing, [first, *others])
    yields = standing.fields if artifact is None else {**standing.fields, step: artifact}
    return first, *others, *_settled(standing, after, yields, step, at)


def _meant(standing: Standing, step: str, event: Event) -> Event:
    mark = standing.states[step].stale
    was_open = mark is not None and mark.was is Status.IN_PROGRESS
    return Event.CARRY_ON if event is Event.STILL_VALID and was_open else event


def _check(standing: Standing, step: str, event: Event, reason: str) -> None:
    name = steps.step(step).name
    if event is Event.OVERRIDE and not reason.strip():
        raise TransitionRefused(f"{name}: please give a reason for completing it as it is.")
    stale = standing.states[step].status is Status.NEEDS_REGENERATION
    if event is Event.STILL_VALID and stale and standing.is_edited(step):
        raise TransitionRefused(
            f"{name} has been edited since it was confirmed: confirm the draft instead."
        )


def _reopened(standing: Standing, step: str, at: datetime) -> Iterator[Change]:
    for slug in made_stale(standing, step):
        yield _stale(standing, standing.statuses, slug, step, at)


def _settled(
    before: Standing,
    after: Mapping[str, Status],
    yields: Mapping[str, Fields],
    step: str,
    at: datetime,
) -> Iterator[Change]:
    """
    Yield what follows for the dependants once *step* is complete.

    One pass is enough: it goes in order, and a step that comes back counts for those behind it.
    """
    statuses = dict(after)
    for slug in dependants(step):
        mark = before.states[slug].stale
        follows: Change | None = None
        if mark is not None:
            follows = _back(before, statuses, slug, mark, yields)
        elif before.holds_work(slug) and _differs(before, slug, yields):
            # Its draft was begun, or reopened, before this step was complete again.
            follows = _stale(before, statuses, slug, step, at)
        if follows is not None:
            statuses[slug] = follows.after
            yield follows


def _back(
    standing: Standing,
    statuses: Mapping[str, Status],
    step: str,
    mark: StaleMark,
    yields: Mapping[str, Fields],
) -> Change | None:
    """Return the change that gives a stale step back, or None where it has to be looked at."""
    now = fingerprint(step, yields)
    if waits_for(statuses, step) or changed_inputs(step, mark.made_from, now):
        return None
    if mark.was is Status.COMPLETE and not standing.is_edited(step):
        return replace(change(statuses, step, Event.FRESH), made_from=now)
    # What somebody has begun to edit is not confirmed behind their back.
    return change(statuses, step, Event.CARRY_ON)


def _stale(
    standing: Standing, statuses: Mapping[str, Status], step: str, cause: str, at: datetime
) -> Change:
    change_ = change(statuses, step, Event.STALE)
    feeds = steps.step(step).feeds_from
    mark = StaleMark(
        cause=cause,
        since=at,
        was=change_.before,
        made_from=_made_from(standing, step),
        versions={
            slug: standing.artifacts[slug].version for slug in feeds if slug in standing.artifacts
        },
    )
    return replace(change_, stale=mark)


def _made_from(standing: Standing, step: str) -> Mapping[str, str]:
    """Return what a complete step noted when it was completed, else what there is to work from."""
    state = standing.states[step]
    if state.status is Status.COMPLETE and state.made_from is not None:
        return state.made_from
    return fingerprint(step, standing.fields)


def _differs(standing: Standing, step: str, yields: Mapping[str, Fields]) -> bool:
    now = fingerprint(step, yields)
    return bool(changed_inputs(step, _made_from(standing, step), now))


def _moved(standing: Standing, changes: list[Change]) -> dict[str, Status]:
    return standing.statuses | {each.step: each.after for each in changes}
