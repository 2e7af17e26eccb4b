"""Starts, copies, archives and deletes whole workshops."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from lib.store.port import Store
from lib.workshop.agenda import Agenda
from lib.workshop.ids import new_id, new_link
from lib.workshop.records import Team, Workshop


@dataclass(frozen=True)
class WorkshopsByState:
    """Workshops grouped into live, archived and deleted, each in the given order."""

    live: Sequence[Workshop]
    archived: Sequence[Workshop]
    deleted: Sequence[Workshop]


def by_state(workshops: Sequence[Workshop], now: datetime) -> WorkshopsByState:
    """Group *workshops* by state; leave out those that are due to be erased."""
    left = [each for each in workshops if not is_due(each, now)]
    deleted = [each for each in left if each.erase_at]
    archived = [each for each in left if each.archived_at and not each.erase_at]
    live = [each for each in left if not each.archived_at and not each.erase_at]
    return WorkshopsByState(live, archived, deleted)


def is_due(workshop: Workshop, now: datetime) -> bool:
    """Whether a deleted workshop is due to be erased."""
    return workshop.erase_at is not None and workshop.erase_at <= now


def start(store: Store, workshop: Workshop, names: Sequence[str]) -> None:
    """
    Store a new workshop with a team for each of *names*, in their order, each with a link.

    Idempotent for the same id of the workshop. Raises StoreError.
    """
    teams = [
        Team(workshop.id, new_id(), name, new_link(), position)
        for position, name in enumerate(names, 1)
    ]
    store.create_workshop(workshop, teams)


def duplicate(
    store: Store, workshop: Workshop, id_: str, *, at: datetime, owner: str = ""
) -> Workshop:
    """
    Create a copy of *workshop*: its title, challenge, language, teams and plan, but no work.

    The copy belongs to *owner* alone, and its teams have new links. Idempotent for the same *id_*.
    Raises StoreError.
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


def set_archived(store: Store, workshop_id: str, at: datetime | None) -> None:
    """Archive a workshop at a time, or with None make it live again. Raises StoreError."""
    store.archive(workshop_id, at)


def restore(store: Store, workshop_id: str) -> None:
    """Restore a deleted workshop that is not erased yet. Raises StoreError."""
    store.delete(workshop_id, None)


def delete(store: Store, workshop_id: str, *, at: datetime, days: int) -> datetime:
    """Schedule a workshop to be erased in *days* (0: now); return when. Raises StoreError."""
    erase_at = at + timedelta(days=days)
    store.delete(workshop_id, erase_at)
    if not days:
        store.erase(workshop_id, erase_at)
    return erase_at
