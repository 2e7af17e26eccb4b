"""Access, in memory: the twin of `lib.store.sql.access`."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from lib.store.backdating import now
from lib.store.errors import NotFound, Unstorable
from lib.store.port import AHEAD
from lib.workshop.local_guide import LocalGuide
from lib.workshop.records import CODE_REMEMBERED, Code, Team, TeamKey, Workshop
from lib.workshop.roles import Admission, Role


class MemoryAccess:
    """The port's methods for access, over dicts; the workshops and teams are the store's."""

    _lock: threading.RLock
    _workshops: dict[str, Workshop]
    _teams: dict[TeamKey, Team]
    _check_right: Callable[[], None]

    def __init__(self) -> None:
        self._observer_links: dict[str, str] = {}
        self._grants: dict[str, dict[str, Role]] = {}
        self._codes: dict[TeamKey, Code] = {}
        #: Recent codes by workshop and code: the team, and when the code expires.
        self._issued: dict[tuple[str, str], tuple[TeamKey, datetime]] = {}
        self._passes: dict[str, datetime] = {}
        self._local_guides: dict[str, LocalGuide] = {}
        self._attempts: dict[tuple[str, str], tuple[datetime, int]] = {}

    # Links

    def change_link(self, team: TeamKey, link: str, *, revoked: bool) -> None:
        with self._lock:
            self._check_right()
            if team not in self._teams:
                raise NotFound("There is no such team.")
            self._teams[team] = replace(self._teams[team], link=link, revoked=revoked)
            self._codes.pop(team, None)
            self._issued = {k: each for k, each in self._issued.items() if each[0] != team}

    def observer_link(self, workshop_id: str) -> str:
        return self._observer_links.get(workshop_id, "")

    def set_observer_link(self, workshop_id: str, link: str) -> None:
        with self._lock:
            self._check_right()
            if link:
                self._observer_links[workshop_id] = link
            else:
                self._observer_links.pop(workshop_id, None)

    # People

    def grant(self, workshop_id: str, email: str, role: Role | None) -> None:
        with self._lock:
            self._check_right()
            of_workshop = self._grants.setdefault(workshop_id, {})
            if role is None:
                of_workshop.pop(email, None)
            else:
                of_workshop[email] = role

    def grants(self, workshop_id: str) -> dict[str, Role]:
        with self._lock:
            return dict(sorted(self._grants.get(workshop_id, {}).items()))

    def granted(self, email: str) -> dict[str, Role]:
        with self._lock:
            found = {id_: roles.get(email) for id_, roles in self._grants.items()}
            return {id_: role for id_, role in found.items() if role is not None}

    def admission(self, workshop_id: str, email: str) -> Admission:
        with self._lock:
            if workshop_id not in self._workshops:
                raise NotFound("There is no such workshop.")
            granted = self._grants.get(workshop_id, {}).get(email)
            link = self._observer_links.get(workshop_id, "")
            return Admission(self._workshops[workshop_id].owner, granted, link)

    # Codes

    def set_code(self, team: TeamKey, code: Code) -> None:
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
        with self._lock:
            return {
                team.team_id: code
                for team, code in self._codes.items()
                if team.workshop_id == workshop_id and code.expires_at > now()
            }

    def team_by_code(self, code: str) -> Team:
        with self._lock:
            for key, each in self._codes.items():
                if each.code == code and each.expires_at > now() and not self._teams[key].revoked:
                    return self._teams[key]
            raise NotFound("There is no such team.")

    def code_has_expired(self, code: str) -> bool:
        at = now()
        with self._lock:
            return any(
                each == code and at - CODE_REMEMBERED < over <= at
                for (_, each), (_, over) in self._issued.items()
            )

    # Passes and attempts

    def keep_pass(self, digest: str, expires_at: datetime) -> None:
        with self._lock:
            self._passes[digest] = expires_at

    def holds_pass(self, digest: str) -> bool:
        with self._lock:
            expires_at = self._passes.get(digest)
            return expires_at is not None and expires_at > now()

    def drop_pass(self, digest: str) -> None:
        with self._lock:
            self._passes.pop(digest, None)

    def local_guide(self, machine: str) -> LocalGuide | None:
        return self._local_guides.get(machine)

    def choose_local_guide(self, machine: str, local: LocalGuide | None) -> None:
        with self._lock:
            self._check_right()
            self._local_guides.pop(machine, None)
            if local is not None:
                self._local_guides[machine] = local

    def attempt(self, kind: str, who: str, within: float, by: int = 1) -> int:
        at = now()
        with self._lock:
            since, number = self._attempts.get((kind, who), (at, 0))
            # A clock that was set back must not extend the wait.
            if not at - timedelta(seconds=within) < since <= at + AHEAD:
                since, number = at, 0
            self._attempts[kind, who] = since, max(number + by, 0)
            return max(number + by, 0)
