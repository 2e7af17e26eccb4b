"""A step's earlier eras, for facilitators: no message that was stored is out of their reach."""

from dataclasses import dataclass

from lib.store.port import Store
from lib.workshop.records import EventRecord, Fields, StepKey
from lib.workshop.status import Event


@dataclass(frozen=True)
class Archived:
    """One era of a step that people no longer work in."""

    era: int
    #: The start over that ended it, with the draft it had; None where an undo ended it.
    reset: EventRecord | None = None
    draft: Fields | None = None


def archived(store: Store, key: StepKey) -> list[Archived]:
    """
    Return the earlier eras of a step, the newest first. Raises StoreError.

    The messages decide, not the events: an undone start over leaves what was said after it.
    """
    live = store.steps(key.team)[key.step].era
    found = {era: Archived(era) for era in store.eras(key)}
    for event in store.events(key.workshop_id):
        if (event.team_id, event.step, event.event) == (key.team_id, key.step, Event.RESET):
            before = store.snapshots(key.workshop_id, [event.id])[key.step]
            era = before.state.era
            found[era] = Archived(era, event, before.draft.fields)
    return [found[era] for era in sorted(found, reverse=True) if era != live]
