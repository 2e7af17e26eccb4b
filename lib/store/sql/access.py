"""
Access in SQL: links, codes, grants, passes and counts of attempts.

Intervals here are minutes and hours, so this server's clock is precise enough.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, case, delete, literal, or_, select, union_all, update

from lib.store.backdating import now
from lib.store.errors import NotFound
from lib.store.port import AHEAD
from lib.store.sql import rights, rows
from lib.store.sql.engine import Kind
from lib.store.sql.part import Part, upsert
from lib.store.sql.schema import (
    attempts,
    codes,
    grants,
    issued_codes,
    local_guides,
    observer_links,
    passes,
    teams,
    workshops,
)
from lib.workshop.local_guide import LocalGuide, is_usable
from lib.workshop.records import CODE_REMEMBERED, Code, Team, TeamKey
from lib.workshop.roles import Admission, Role

#: How long an attempt is kept.
FORGOTTEN = timedelta(days=1)


class Access(Part):
    """The port's methods for access."""

    def _put(self, table: Any, row: dict[str, Any], connection: Connection) -> None:
        """Add a row, or make the one with its key this one."""
        key = list(table.primary_key.columns)
        rest = {name: row[name] for name in row if name not in table.primary_key.columns}
        connection.execute(
            upsert(self._door, table)
            .values(row)
            .on_conflict_do_update(index_elements=key, set_=rest)
        )

    # Links

    def change_link(self, team: TeamKey, link: str, *, revoked: bool) -> None:
        """Give a team another link, and delete its code."""

        def write(connection: Connection) -> None:
            rights.locked(connection, teams, _is(teams, team))
            changed = connection.execute(
                update(teams).where(_is(teams, team)).values(link=link, revoked=revoked)
            )
            if not changed.rowcount:
                raise NotFound("There is no such team.")
            for table in (codes, issued_codes):
                connection.execute(delete(table).where(rows.in_team(table, team)))

        self._door.act(Kind.WRITE, write)

    def observer_link(self, workshop_id: str) -> str:
        """Return the observers' link; empty if there is none."""
        found = self._door.rows(
            select(observer_links.c.link).where(observer_links.c.workshop_id == workshop_id)
        )
        return str(found[0].link) if found else ""

    def set_observer_link(self, workshop_id: str, link: str) -> None:
        """Make *link* the observers' only link; empty for none."""

        def write(connection: Connection) -> None:
            if link:
                row = {"workshop_id": workshop_id, "link": link}
                self._put(observer_links, row, connection)
            else:
                at = observer_links.c.workshop_id == workshop_id
                connection.execute(delete(observer_links).where(at))

        self._door.act(Kind.WRITE, write)

    # People

    def grant(self, workshop_id: str, email: str, role: Role | None) -> None:
        """Grant a person *role*; None removes them."""

        def write(connection: Connection) -> None:
            if role is None:
                who = and_(grants.c.workshop_id == workshop_id, grants.c.email == email)
                connection.execute(delete(grants).where(who))
            else:
                row = {"workshop_id": workshop_id, "email": email, "role": role.value}
                self._put(grants, row, connection)

        self._door.act(Kind.WRITE, write)

    def grants(self, workshop_id: str) -> dict[str, Role]:
        """Return the roles granted in a workshop, by address."""
        found = self._door.rows(
            select(grants.c.email, grants.c.role)
            .where(grants.c.workshop_id == workshop_id)
            .order_by(grants.c.email)
        )
        return {row.email: Role(row.role) for row in found}

    def granted(self, email: str) -> dict[str, Role]:
        """Return a person's roles, by workshop."""
        found = self._door.rows(
            select(grants.c.workshop_id, grants.c.role).where(grants.c.email == email)
        )
        return {row.workshop_id: Role(row.role) for row in found}

    def admission(self, workshop_id: str, email: str) -> Admission:
        """Return what decides a person's access to a workshop, in one query."""
        of_them = and_(grants.c.workshop_id == workshops.c.workshop_id, grants.c.email == email)
        with_link = observer_links.c.workshop_id == workshops.c.workshop_id
        found = self._door.rows(
            select(workshops.c.owner, grants.c.role, observer_links.c.link)
            .join_from(workshops, grants, of_them, isouter=True)
            .outerjoin(observer_links, with_link)
            .where(workshops.c.workshop_id == workshop_id)
        )
        if not found:
            raise NotFound("There is no such workshop.")
        row = found[0]
        return Admission(row.owner, Role(row.role) if row.role else None, row.link or "")

    # Codes

    def set_code(self, team: TeamKey, code: Code) -> None:
        """Make *code* the team's only one; the previous one expires now."""

        def write(connection: Connection) -> None:
            at = now()
            connection.execute(delete(codes).where(codes.c.expires_at <= at))
            forgotten = issued_codes.c.expires_at <= at - CODE_REMEMBERED
            connection.execute(delete(issued_codes).where(forgotten))
            replaced = and_(rows.in_team(issued_codes, team), issued_codes.c.expires_at > at)
            connection.execute(update(issued_codes).where(replaced).values(expires_at=at))
            row = {"code": code.code, "expires_at": code.expires_at}
            key = {"workshop_id": team.workshop_id, "team_id": team.team_id}
            self._put(codes, key | row, connection)
            self._put(issued_codes, key | row, connection)

        self._door.act(Kind.WRITE, write)

    def codes(self, workshop_id: str) -> dict[str, Code]:
        """Return the codes of a workshop's teams that open them now, by team."""
        found = self._door.rows(
            select(codes).where(codes.c.workshop_id == workshop_id, codes.c.expires_at > now())
        )
        return {row.team_id: Code(row.code, row.expires_at) for row in found}

    def team_by_code(self, code: str) -> Team:
        """Return the team a code opens now."""
        at = and_(codes.c.workshop_id == teams.c.workshop_id, codes.c.team_id == teams.c.id)
        opens = and_(codes.c.code == code, codes.c.expires_at > now(), ~teams.c.revoked)
        found = self._door.rows(select(teams).join(codes, at).where(opens))
        if not found:
            raise NotFound("There is no such team.")
        return rows.team(found[0])

    def code_has_expired(self, code: str) -> bool:
        """Whether this was a team's code and has expired or was replaced."""
        at = now()
        over = [
            and_(
                table.c.code == code,
                table.c.expires_at <= at,
                table.c.expires_at > at - CODE_REMEMBERED,
            )
            for table in (codes, issued_codes)
        ]
        # A server of the previous release writes its codes to `codes` only.
        expired = union_all(
            select(codes.c.code).where(over[0]), select(issued_codes.c.code).where(over[1])
        )
        return bool(self._door.rows(expired))

    # Passes and attempts

    def keep_pass(self, digest: str, expires_at: datetime) -> None:
        """Store the digest of a pass, and delete expired ones."""

        def write(connection: Connection) -> None:
            connection.execute(delete(passes).where(passes.c.expires_at <= now()))
            self._put(passes, {"digest": digest, "expires_at": expires_at}, connection)

        self._door.run(Kind.WRITE, write)

    def holds_pass(self, digest: str) -> bool:
        """Whether this is the digest of a pass that has not expired."""
        valid = and_(passes.c.digest == digest, passes.c.expires_at > now())
        return bool(self._door.rows(select(passes.c.digest).where(valid)))

    def drop_pass(self, digest: str) -> None:
        """Delete a pass."""
        gone = delete(passes).where(passes.c.digest == digest)
        self._door.run(Kind.SINGLE, lambda connection: connection.execute(gone))

    def local_guide(self, machine: str) -> LocalGuide | None:
        """Return the model chosen on a machine, if it is one we know."""
        at = local_guides.c.machine == machine
        found = self._door.rows(select(local_guides).where(at))
        usable = [each for each in found if is_usable(each.program, each.model)]
        return LocalGuide(usable[0].program, usable[0].model) if usable else None

    def choose_local_guide(self, machine: str, local: LocalGuide | None) -> None:
        """Store which model guides on a machine, or that none does."""

        def write(connection: Connection) -> None:
            if local is None:
                at = local_guides.c.machine == machine
                connection.execute(delete(local_guides).where(at))
            else:
                row = {"machine": machine, "program": local.program, "model": local.model}
                self._put(local_guides, row, connection)

        self._door.act(Kind.WRITE, write)

    def attempt(self, kind: str, who: str, within: float, by: int = 1) -> int:
        """Count *by* more attempts of a kind; return how many there were within the time."""
        at = now()
        # A clock that was set back must not extend the wait.
        is_over = or_(
            attempts.c.since <= at - timedelta(seconds=within),
            attempts.c.since > at + AHEAD,
        )
        counted = case((attempts.c.number + by < 0, 0), else_=attempts.c.number + by)
        add = upsert(self._door, attempts).values(kind=kind, who=who, since=at, number=max(by, 0))
        statement = add.on_conflict_do_update(
            index_elements=[attempts.c.kind, attempts.c.who],
            set_={
                "number": case((is_over, max(by, 0)), else_=counted),
                "since": case(
                    (is_over, literal(at, attempts.c.since.type)), else_=attempts.c.since
                ),
            },
        ).returning(attempts.c.number)

        def write(connection: Connection) -> int:
            number = int(connection.execute(statement).scalar_one())
            if number == 1:
                connection.execute(delete(attempts).where(attempts.c.since <= at - FORGOTTEN))
            return number

        return self._door.run(Kind.WRITE, write)


def _is(table: Any, team: TeamKey) -> Any:
    return and_(table.c.workshop_id == team.workshop_id, table.c.id == team.team_id)
