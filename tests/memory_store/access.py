"""The ways in of the store in memory."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from lib.store.backdating import now
from lib.store.errors import NotFound, Unstorable
from lib.store.port import AHEAD
from lib.workshop.records import CODE_REMEMBERED, Code, Team, TeamKey, Workshop
from lib.workshop.roles import Admission, Role


class MemoryEntrance:
    """The port's methods for ways in, over dicts; the workshops and teams are the store's."""

    _lock: threading.RLock
    _workshops: dict[str, Workshop]
    _teams: dict[TeamKey, Team]
    _check_right: Callable[[], None]

    def __init__(self) -> None:
        self._observer_links: dict[str, str] = {}
        self._grants: dict[str, dict[str, Role]] = {}
        self._codes: dict[TeamKey, Code] = {}
        #: Every code that was made lately, by workshop and code: whose it was, and when it ran out.
        self._issued: dict[tuple[str, str], tuple[TeamKey, datetime]] = {}
        self._passes: dict[str, datetime] = {}
        self._attempts: dict[tuple[str, str], tuple[datetime, int]] = {}

    # Links

    def change_link(self, team: TeamKey, link: str, *, revoked: bool) -> None:
        """Give a team another link, and forget its code."""
        with self._lock:
            self._check_right()
            if team not in self._teams:
                raise NotFound("There is no such team.")
            self._teams[team] = replace(self._teams[team], link=link, revoked=revoked)
            self._codes.pop(team, None)
            self._issued = {k: each for k, each in self._issued.items() if each[0] != team}

    def observer_link(self, workshop_id: str) -> str:
        """Return the link that lets anybody read along; empty where there is none."""
        return self._observer_links.get(workshop_id, "")

    def set_observer_link(self, workshop_id: str, link: str) -> None:
        """Make *link* the only one that lets anybody read along; empty for none."""
        with self._lock:
            self._check_right()
            if link:
                self._observer_links[workshop_id] = link
            else:
                self._observer_links.pop(workshop_id, None)

    def workshop_by_observer_link(self, link: str) -> Workshop:
        """Return the workshop this link lets anybody read along in."""
        with self._lock:
            for workshop_id, each in self._observer_links.items():
                if each == link:
                    return self._workshops[workshop_id]
            raise NotFound("There is no such workshop.")

    # People

    def grant(self, workshop_id: str, email: str, role: Role | None) -> None:
        """Let somebody in as *role*; with None, no more."""
        with self._lock:
            self._check_right()
            of_workshop = self._grants.setdefault(workshop_id, {})
            if role is None:
                of_workshop.pop(email, None)
            else:
                of_workshop[email] = role

    def grants(self, workshop_id: str) -> dict[str, Role]:
        """Return who was let into a workshop, by address."""
        with self._lock:
            return dict(sorted(self._grants.get(workshop_id, {}).items()))

    def granted(self, email: str) -> dict[str, Role]:
        """Return the workshops somebody was let into, by id."""
        with self._lock:
            found = {id_: roles.get(email) for id_, roles in self._grants.items()}
            return {id_: role for id_, role in found.items() if role is not None}

    def admission(self, workshop_id: str, email: str) -> Admission:
        """Return whom a workshop lets in."""
        with self._lock:
            if workshop_id not in self._workshops:
                raise NotFound("There is no such workshop.")
            granted = self._grants.get(workshop_id, {}).get(email)
            link = self._observer_links.get(workshop_id, "")
            return Admission(self._workshops[workshop_id].owner, granted, link)

    # Codes

    def set_code(self, team: TeamKey, code: Code) -> None:
        """Make *code* the team's only one; the one before has expired from now on."""
        at = now()
        with self._lock:
            self._check_right()
            others = {key: each for key, each in self._codes.items() if each.expires_at > now()}
            taken = any(each.code == code.code for key, each in others.items() if key != team)
            if taken or team not in self._teams:
                raise Unstorable("The database refuses what was to be stored.")
            self._codes = others | {team: code}
            self._issued = {
                key: (whose, min(over, at) if whose == team else over)
                for key, (whose, over) in self._issued.items()
                if over > at - CODE_REMEMBERED
            }
            self._issued[team.workshop_id, code.code] = team, code.expires_at

    def codes(self, workshop_id: str) -> dict[str, Code]:
        """Return the codes of a workshop's teams that open them now, by team."""
        with self._lock:
            return {
                team.team_id: code
                for team, code in self._codes.items()
                if team.workshop_id == workshop_id and code.expires_at > now()
            }

    def team_by_code(self, code: str) -> Team:
        """Return the team a code opens now."""
        with self._lock:
            for key, each in self._codes.items():
                if each.code == code and each.expires_at > now() and not self._teams[key].revoked:
                    return self._teams[key]
            raise NotFound("There is no such team.")

    def code_has_expired(self, code: str) -> bool:
        """Whether this was a team's code and is no more: it ran out, or was replaced."""
        at = now()
        with self._lock:
            return any(
                each == code and at - CODE_REMEMBERED < over <= at
                for (_, each), (_, over) in self._issued.items()
            )

    # The house

    def keep_pass(self, digest: str, expires_at: datetime) -> None:
        """Remember what a browser holds that gave the passcode."""
        with self._lock:
            self._passes[digest] = expires_at

    def holds_pass(self, digest: str) -> bool:
        """Whether a browser holds a pass that has not run out."""
        with self._lock:
            expires_at = self._passes.get(digest)
            return expires_at is not None and expires_at > now()

    def drop_pass(self, digest: str) -> None:
        """Forget a pass."""
        with self._lock:
            self._passes.pop(digest, None)

    def attempt(self, kind: str, who: str, within: float, by: int = 1) -> int:
        """Count *by* more attempts of a kind; return how many there were within the time."""
        at = now()
        with self._lock:
            since, number = self._attempts.get((kind, who), (at, 0))
            # A clock that was set back must keep nobody out for longer.
            if not at - timedelta(seconds=within) < since <= at + AHEAD:
                since, number = at, 0
            self._attempts[kind, who] = since, max(number + by, 0)
            return max(number + by, 0)
