"""What most browser tests begin with, made in the database: only a few are about the front door."""

from datetime import UTC, datetime

from lib.ids import new_id, new_link
from lib.store import open_store
from lib.workshop import Team, Workshop


def new_team(database_url: str, name: str = "Ladder crew") -> Team:
    """Start a workshop with one team; return the team."""
    workshop = Workshop(
        new_id(), "Newcomers", "Half of them leave within a year.", datetime.now(UTC)
    )
    team = Team(workshop.id, new_id(), name, new_link(), 1)
    store = open_store(database_url)
    store.create_workshop(workshop, [team])
    store.close()
    return team
