"""Gives out, replaces and revokes what lets people into a workshop."""

from lib.access import codes
from lib.store.port import Store
from lib.workshop.clock import utc_now
from lib.workshop.ids import new_link
from lib.workshop.records import TeamKey
from lib.workshop.roles import Role


def new_code(store: Store, team: TeamKey) -> None:
    """Give the team a new code; the one before stops working. Raises StoreError."""
    store.set_code(team, codes.new_code(utc_now()))


def replace_link(store: Store, team: TeamKey) -> None:
    """Give the team a new link; its old link and its code stop working. Raises StoreError."""
    store.change_link(team, new_link(), revoked=False)


def revoke_link(store: Store, team: TeamKey) -> None:
    """End the team's link and code without giving out others. Raises StoreError."""
    # The link that is stored instead is never shown to anyone.
    store.change_link(team, new_link(), revoked=True)


def new_observer_link(store: Store, workshop_id: str) -> None:
    """Give the workshop a new observer link; the one before stops working. Raises StoreError."""
    store.set_observer_link(workshop_id, new_link())


def revoke_observer_link(store: Store, workshop_id: str) -> None:
    """End the observer link of a workshop. Raises StoreError."""
    store.set_observer_link(workshop_id, "")


def grant(store: Store, workshop_id: str, email: str, role: Role | None) -> None:
    """Give a person who signs in a role in the workshop; None removes them. Raises StoreError."""
    store.grant(workshop_id, email, role)
