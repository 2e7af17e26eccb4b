"""Workshops and teams in SQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from lib.store.errors import NotFound
from lib.store.sql import event_log, rights, rows
from lib.store.sql.engine import Kind
from lib.store.sql.part import Part, insert_once
from lib.store.sql.schema import steps, teams, workshops
from lib.workshop import steps as steps_
from lib.workshop.ids import new_id
from lib.workshop.records import Team, Workshop
from lib.workshop.rights import Facts, Permit
from lib.workshop.status import Change, Event, Phase, Status

_FIRST = steps_.SLUGS[0]
_START = Change(_FIRST, Event.START, Status.NOT_STARTED, Status.IN_PROGRESS)


class Workshops(Part):
    """The port's methods for workshops and teams."""

    def create_workshop(self, workshop: Workshop, teams: Sequence[Team]) -> None:
        """Add a workshop with its teams."""
        self._door.act(Kind.WRITE, lambda connection: _start(connection, workshop, teams))

    def workshops(self) -> list[Workshop]:
        """Return all workshops, newest first."""
        newest = select(workshops).order_by(
            workshops.c.created_at.desc(), workshops.c.workshop_id.desc()
        )
        return [rows.workshop(row) for row in self._door.rows(newest)]

    def workshop(self, workshop_id: str) -> Workshop:
        """Return one workshop."""
        found = self._door.rows(select(workshops).where(workshops.c.workshop_id == workshop_id))
        if not found:
            raise NotFound("There is no such workshop.")
        return rows.workshop(found[0])

    def teams(self, workshop_id: str) -> list[Team]:
        """Return a workshop's teams by position."""
        by_place = (
            select(teams)
            .where(teams.c.workshop_id == workshop_id)
            .order_by(teams.c.position, teams.c.id)
        )
        return [rows.team(row) for row in self._door.rows(by_place)]

    def team_by_link(self, link: str) -> Team:
        """Return the team whose link this is."""
        found = self._door.rows(select(teams).where(teams.c.link == link, ~teams.c.revoked))
        if not found:
            raise NotFound("There is no such team.")
        return rows.team(found[0])

    def facts(self, permit: Permit) -> Facts | None:
        """Return what is stored of all a permit rests on."""
        return self._door.run(
            Kind.SINGLE, lambda connection: rights.facts(connection, permit, locked=False)
        )


def _start(connection: Connection, workshop: Workshop, added: Sequence[Team]) -> None:
    """Add a workshop with its teams, unless it is there already."""
    new = connection.execute(
        insert_once(connection, workshops),
        {
            "workshop_id": workshop.id,
            "title": workshop.title,
            "challenge": workshop.challenge,
            "created_at": workshop.created_at,
            "language": workshop.language,
            "owner": workshop.owner,
        },
    )
    if new.rowcount and added:
        # All teams at once: a statement for each would take too long with hundreds of them.
        connection.execute(insert(teams), [_team(each) for each in added])
        at = workshop.created_at
        connection.execute(
            insert(steps), [_step(each, slug, at) for each in added for slug in steps_.SLUGS]
        )
        entries = [event_log.Entry(new_id(), each.id, _START, _FIRST) for each in added]
        event_log.add(connection, workshop.id, entries, "", at)


def _team(team: Team) -> dict[str, Any]:
    return {
        "workshop_id": team.workshop_id,
        "id": team.id,
        "name": team.name,
        "link": team.link,
        "position": team.position,
        "revoked": team.revoked,
    }


def _step(team: Team, slug: str, at: datetime) -> dict[str, Any]:
    first = slug == _FIRST
    return rows.key_of(team.step_key(slug)) | {
        "status": (Status.IN_PROGRESS if first else Status.NOT_STARTED).value,
        "started_at": at if first else None,
        "phase": Phase.ORIENT.value,
        "draft_revision": 0,
        "epoch": 0,
        "era": 0,
        "stale": None,
        "made_from": None,
        "draft": {},
        "draft_seen": {},
        "updated_at": at,
    }
