"""A step's conversations from before each reset, for facilitators."""

from dataclasses import dataclass

from lib.store.port import Store
from lib.workshop.records import EventRecord, Fields, StepKey
from lib.workshop.status import Event


@dataclass(frozen=True)
class Archived:
    """An earlier era of a step: its conversation before a reset."""

    era: int
    #: The reset that ended it, with its draft; None if an undo ended it.
    reset: EventRecord | None = None
    draft: Fields | None = None


def archived(store: Store, key: StepKey) -> list[Archived]:
    """
    Return the earlier eras of a step, the newest first. Raises StoreError.

    Messages decide, not events: an undone reset leaves the messages written after it.
    """
    live = store.steps(key.team)[key.step].era
    found = {era: Archived(era) for era in store.eras(key)}
    for event in store.events(key.workshop_id):
        if (event.team_id, event.step, event.event) == (key.team_id, key.step, Event.RESET):
            before = store.snapshots(key.workshop_id, [event.id])[key.step]
            era = before.state.era
            found[era] = Archived(era, event, before.draft.fields)
    return [found[era] for era in sorted(found, reverse=True) if era != live]
