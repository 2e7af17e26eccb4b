"""What most tests of a running server begin with, made in its database."""

from dataclasses import replace
from datetime import UTC, datetime

from lib.store import open_store
from lib.workshop.ids import new_id, new_link
from lib.workshop.records import Team, Workshop
from lib.workshop.transcript import Message, MessageStatus, Role

GREETING = "Welcome. What is it that goes wrong?"


def new_team(database_url: str, name: str = "Ladder crew", *, greeted: bool = False) -> Team:
    """
    Start a workshop with one team; return the team.

    With *greeted* the guide has spoken already, which a slow one takes its time for.
    """
    workshop = Workshop(
        new_id(), "Newcomers", "Half of them leave within a year.", datetime.now(UTC)
    )
    team = Team(workshop.id, new_id(), name, new_link(), 1)
    store = open_store(database_url)
    store.create_workshop(workshop, [team])
    if greeted:
        store.append(team.step_key("challenge"), [greeting()])
    store.close()
    return team


def greeting() -> Message:
    """Return what the guide says first in a step; a page that finds nothing said has it speak."""
    said = Message(new_id(), Role.ASSISTANT, "Guide", GREETING, datetime.now(UTC))
    return replace(said, status=MessageStatus.COMPLETE)
