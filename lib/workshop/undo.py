"""
Taking back the last revise or reset of a step, until something was built on it.

Everything a revise or a reset changed was kept as it was before, row for row (`Snapshot`). An undo
writes those rows back; only the epoch goes on growing, so that nothing saved in between comes back.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lib.workshop import steps
from lib.workshop.cascade import dependants
from lib.workshop.records import EventRecord, Snapshot
from lib.workshop.status import GIVEN_BACK, Change, Event, Status, TransitionRefused

_REOPENS = (Event.REVISE, Event.RESET)


@dataclass(frozen=True)
class Act:
    """One thing somebody did, with all that followed from it in the same moment."""

    #: Its lines of the story, the step itself first.
    records: tuple[EventRecord, ...]

    @property
    def step(self) -> str:
        """The step it was done to."""
        return self.records[0].step

    @property
    def event(self) -> Event:
        """What was done."""
        return self.records[0].event

    @property
    def touched(self) -> frozenset[str]:
        """Every step it moved."""
        return frozenset(record.step for record in self.records)


@dataclass(frozen=True)
class Undo:
    """What an undo changes, and the rows it writes back."""

    #: The step itself first, then what its revise or reset had made stale.
    changes: tuple[Change, ...]
    #: By step: the row as it was before.
    rows: Mapping[str, Snapshot]


def acts(story: Iterable[EventRecord], team_id: str) -> list[Act]:
    """Return what was done to a team's steps, oldest first, from a workshop's *story* in order."""
    found: list[list[EventRecord]] = []
    for record in story:
        if record.team_id != team_id:
            continue
        if record.step == record.cause or not found:
            found.append([])
        found[-1].append(record)
    return [Act(tuple(records)) for records in found]


def last_reopening(
    story: Iterable[EventRecord], team_id: str, step: str, *, touched_since: bool
) -> Act:
    """
    Return the revise or reset of *step* that an undo would take back.

    *touched_since* says whether a message was written or a draft edited since, in the step or in
    one of those made from it; a greeting of the guide's own does not count. What was undone again
    counts for nothing.

    Raises TransitionRefused where the last thing done to the step was neither, or where something
    was done since to the step, to one made from it, or to one it is made from.
    """
    name = steps.step(step).name
    standing = _not_undone(acts(story, team_id))
    place = next((at for at, act in _backwards(standing) if act.step == step), None)
    if place is None or standing[place].event not in _REOPENS:
        raise TransitionRefused(f"{name}: there is no revise or reset to undo.")
    around = {step, *dependants(step), *_upstream(step)}
    for later in standing[place + 1 :]:
        if later.touched & around:
            other = steps.step(later.step).name
            raise TransitionRefused(f"{name} cannot be restored: {other} has changed since.")
    if touched_since:
        raise TransitionRefused(f"{name} cannot be restored: it has been edited since.")
    return standing[place]


def given_back(act: Act, rows: Mapping[str, Snapshot], statuses: Mapping[str, Status]) -> Undo:
    """
    Return the undo of *act*: each step it moved is again what *rows* says it was.

    *rows* are the rows kept with the act, by step, *statuses* what the steps are now. Raises
    TransitionRefused where a step is no longer what the act made of it.
    """
    changes = []
    for record in act.records:
        row, now = rows[record.step].state, statuses[record.step]
        if now is not record.after or row.status not in GIVEN_BACK.get(now, ()):
            name = steps.step(record.step).name
            raise TransitionRefused(f"{name} has changed since, so this cannot be undone.")
        changes.append(
            Change(
                record.step,
                Event.UNDO,
                now,
                row.status,
                stale=row.stale,
                made_from=row.made_from,
            )
        )
    return Undo(tuple(changes), {record.step: rows[record.step] for record in act.records})


def _not_undone(done: Iterable[Act]) -> list[Act]:
    """Return the acts without the undos, and without what those took back."""
    kept: list[Act] = []
    for act in done:
        if act.event is not Event.UNDO:
            kept.append(act)
            continue
        place = next(at for at, each in _backwards(kept) if each.step == act.step)
        del kept[place]
    return kept


def _backwards(listed: list[Act]) -> list[tuple[int, Act]]:
    return list(enumerate(listed))[::-1]


def _upstream(step: str) -> list[str]:
    return [slug for slug in steps.SLUGS if step in dependants(slug)]
