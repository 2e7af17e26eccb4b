"""
The facts that decide a permit, read in SQL in the transaction of a write.

On PostgreSQL the rows are locked with the weakest lock that keeps them from changing. A writer that
replaces a link or archives a workshop locks them `FOR UPDATE`, and so comes before or after the
write, never in between. SQLite has one writer at a time. Rows are locked in one order everywhere: workshop, team,
step.
"""

from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, literal, select, text

from lib.store import permits
from lib.store.backdating import now
from lib.store.sql.schema import agendas, grants, passes, steps, teams, workshops
from lib.workshop.rights import FacilitatorPermit, Facts, Permit, TeamPermit
from lib.workshop.roles import Role
from lib.workshop.status import Status

_open_until = (
    select(agendas.c.open_until)
    .where(agendas.c.workshop_id == workshops.c.workshop_id)
    .scalar_subquery()
    .label("open_until")
)
_TEAM = (
    select(
        workshops.c.archived_at,
        workshops.c.erase_at,
        teams.c.link,
        teams.c.revoked,
        _open_until,
    )
    .join_from(workshops, teams, teams.c.workshop_id == workshops.c.workshop_id)
    .where(
        workshops.c.workshop_id == bindparam("workshop_id"),
        teams.c.id == bindparam("team_id"),
    )
)
_STEP = (
    _TEAM.add_columns(steps.c.status, steps.c.era)
    .join(
        steps,
        and_(steps.c.workshop_id == teams.c.workshop_id, steps.c.team_id == teams.c.id),
    )
    .where(steps.c.step == bindparam("step"))
)


def _locking(query: Any, how: str) -> Any:
    return query.suffix_with(text(how), dialect="postgresql")


_TEAM_LOCKED = _locking(_TEAM, "FOR KEY SHARE OF workshops, teams")
_STEP_LOCKED = _locking(_STEP, "FOR KEY SHARE OF workshops, teams FOR NO KEY UPDATE OF steps")
_WORKSHOP = select(workshops.c.archived_at, workshops.c.erase_at, workshops.c.owner).where(
    workshops.c.workshop_id == bindparam("workshop_id")
)
_WORKSHOP_LOCKED = _locking(_WORKSHOP, "FOR KEY SHARE")
_GRANT = select(grants.c.role).where(
    grants.c.workshop_id == bindparam("workshop_id"), grants.c.email == bindparam("email")
)
_PASS = select(passes.c.digest).where(
    passes.c.digest == bindparam("digest"),
    passes.c.expires_at > bindparam("now", type_=passes.c.expires_at.type),
)


def check(connection: Connection) -> Facts | None:
    """
    Raise if this thread's permit does not allow its write; lock its facts until the transaction ends.

    Returns the facts; None if the thread holds no permit. Raises AccessRefused and Closed.
    """
    permit = permits.current()
    if permit is None:
        return None
    found = facts(connection, permit, locked=True)
    permits.check(permit, found)
    return found


def facts(connection: Connection, permit: Permit, *, locked: bool) -> Facts | None:
    """Return the stored facts that decide a permit; None if there are none."""
    if isinstance(permit, TeamPermit):
        return _of_team(connection, permit, locked=locked)
    return _of_facilitator(connection, permit, locked=locked)


def _of_team(connection: Connection, permit: TeamPermit, *, locked: bool) -> Facts | None:
    given = permit.team._asdict() | ({"step": permit.step} if permit.step else {})
    if permit.step:
        query = _STEP_LOCKED if locked else _STEP
    else:
        query = _TEAM_LOCKED if locked else _TEAM
    row = connection.execute(query, given).first()
    if row is None:
        return None
    return Facts(
        row.archived_at,
        row.erase_at,
        row.open_until or "",
        "" if row.revoked else row.link,
        Status(row.status) if permit.step else None,
        row.era if permit.step else 0,
    )


def _of_facilitator(
    connection: Connection, permit: FacilitatorPermit, *, locked: bool
) -> Facts | None:
    row: Any = None
    granted: str | None = None
    if permit.workshop_id:
        query = _WORKSHOP_LOCKED if locked else _WORKSHOP
        row = connection.execute(query, {"workshop_id": permit.workshop_id}).first()
        if row is None:
            return None
        if permit.actor.email:
            given = {"workshop_id": permit.workshop_id, "email": permit.actor.email}
            granted = connection.scalar(_shared(_GRANT, locked=locked), given)
    is_kept = bool(permit.pass_digest) and (
        connection.scalar(
            _shared(_PASS, locked=locked), {"digest": permit.pass_digest, "now": now()}
        )
        is not None
    )
    return Facts(
        row.archived_at if row else None,
        row.erase_at if row else None,
        owner=row.owner if row else "",
        granted=Role(granted) if granted else None,
        holds_pass=is_kept,
    )


def live_row(permit: TeamPermit, values: dict[str, Any], table: Any) -> Any:
    """
    Return *values* as a query that finds them only while the link opens a live workshop.

    For a write that checks its right in its own statement, at no extra round trip.
    """
    given = [
        (value if isinstance(value, ColumnElement) else literal(value, table.c[name].type)).label(
            name
        )
        for name, value in values.items()
    ]
    row = (
        select(*given)
        .join_from(workshops, teams, teams.c.workshop_id == workshops.c.workshop_id)
        .where(
            workshops.c.workshop_id == permit.team.workshop_id, teams.c.id == permit.team.team_id
        )
        .where(workshops.c.archived_at.is_(None), workshops.c.erase_at.is_(None))
        .where(teams.c.link == permit.link, ~teams.c.revoked)
    )
    return _locking(row, "FOR KEY SHARE OF workshops, teams")


def _shared(query: Any, *, locked: bool) -> Any:
    return query.with_for_update(read=True) if locked else query


def locked(connection: Connection, table: Any, condition: Any) -> None:
    """Lock a row that decides rights: no other transaction checks a right by it meanwhile."""
    connection.execute(select(table.c.workshop_id).where(condition).with_for_update())
