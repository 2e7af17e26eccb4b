"""Workshops as things to copy, to put away and to erase, with everything in them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from lib.store.port import Store
from lib.workshop.agenda import Agenda
from lib.workshop.ids import new_id, new_link
from lib.workshop.records import Team, Workshop


@dataclass(frozen=True)
class WorkshopsByState:
    """Workshops by what became of them, each in the order given."""

    live: Sequence[Workshop]
    archived: Sequence[Workshop]
    deleted: Sequence[Workshop]


def by_state(workshops: Sequence[Workshop], now: datetime) -> WorkshopsByState:
    """Return *workshops* by what became of them, without those that are about to be erased."""
    left = [each for each in workshops if not is_due(each, now)]
    deleted = [each for each in left if each.erase_at]
    archived = [each for each in left if each.archived_at and not each.erase_at]
    live = [each for each in left if not each.archived_at and not each.erase_at]
    return WorkshopsByState(live, archived, deleted)


def is_due(workshop: Workshop, now: datetime) -> bool:
    """Whether a workshop was deleted and its time has come."""
    return workshop.erase_at is not None and workshop.erase_at <= now


def duplicate(
    store: Store, workshop: Workshop, id_: str, *, at: datetime, owner: str = ""
) -> Workshop:
    """
    Start a workshop like *workshop*: its title, challenge, language, teams and plan; no work.

    It is its *owner*'s, and lets in nobody else; its teams have links of their own. Where there is a
    workshop called *id_*, that is the copy, and is completed. Raises StoreError.
    """
    copy = replace(
        workshop,
        id=id_,
        title=f"{workshop.title} (copy)",
        created_at=at,
        archived_at=None,
        erase_at=None,
        owner=owner,
    )
    teams = [
        Team(copy.id, new_id(), team.name, new_link(), team.position)
        for team in store.teams(workshop.id)
    ]
    plan = store.agenda(workshop.id).plan
    store.create_workshop(copy, teams)
    if plan != store.agenda(copy.id).plan:
        store.save_agenda(copy.id, Agenda(plan, revision=1))
    return copy


def delete(store: Store, workshop_id: str, *, at: datetime, days: int) -> datetime:
    """Have a workshop erased in so many *days*, 0 for at once; return when. Raises StoreError."""
    erase_at = at + timedelta(days=days)
    store.delete(workshop_id, erase_at)
    if not days:
        store.erase(workshop_id, erase_at)
    return erase_at
