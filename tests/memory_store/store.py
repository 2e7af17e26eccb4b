"""A store in memory: the port without a database, for tests and for trying things out."""

import threading
from collections.abc import Iterable, Sequence
from copy import deepcopy
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256

from lib.store import permits
from lib.store.backdating import now
from lib.store.errors import Conflict, NotFound, Unstorable
from lib.store.port import LEASE, Decision
from lib.workshop import steps as steps_
from lib.workshop.cascade import Standing
from lib.workshop.effects import carried_out
from lib.workshop.ids import new_id
from lib.workshop.records import (
    ArtifactVersion,
    Draft,
    EarlierDraft,
    EventRecord,
    Snapshot,
    StepKey,
    StepState,
    Team,
    TeamKey,
    Workshop,
)
from lib.workshop.rights import Facts, Permit, TeamPermit
from lib.workshop.status import Change, Event, Phase, Status
from lib.workshop.transcript import Role
from tests.memory_store.access import MemoryAccess
from tests.memory_store.interviews import MemoryInterviews
from tests.memory_store.overview import MemoryOverview
from tests.memory_store.redaction import MemoryRedactions
from tests.memory_store.search import MemorySearch
from tests.memory_store.transcripts import NOTHING, Clock, Row
from tests.memory_store.typed import MemoryTyped


class MemoryStore(
    MemoryTyped, MemoryInterviews, MemoryOverview, MemorySearch, MemoryAccess, MemoryRedactions
):
    """The port over dicts and one lock. *lease* is in seconds; *clock* is the database's."""

    def __init__(self, *, lease: float = LEASE, clock: Clock = now) -> None:
        MemoryOverview.__init__(self)
        MemoryAccess.__init__(self)
        MemoryRedactions.__init__(self)
        self._lease = timedelta(seconds=lease)
        self._clock = clock
        self._lock = threading.RLock()
        self._workshops: dict[str, Workshop] = {}
        self._teams: dict[TeamKey, Team] = {}
        self._rows: dict[StepKey, Row] = {}
        self._events: dict[str, list[EventRecord]] = {}
        self._kept: dict[str, Snapshot] = {}

    def close(self) -> None:
        """Do nothing: there is nothing to let go of."""

    def newest_time(self) -> datetime | None:
        """Memory is gone with its process: a new one finds no time."""
        return None

    def read_clock(self) -> datetime | None:
        return None

    # Workshops and teams

    def create_workshop(self, workshop: Workshop, teams: Sequence[Team]) -> None:
        with self._lock:
            self._check_right()
            if workshop.id in self._workshops:
                return
            links = [team.link for team in [*self._teams.values(), *teams]]
            if len(set(links)) < len(links):
                raise Unstorable("The database refuses what was to be stored.")
            self._workshops[workshop.id] = workshop
            for team in teams:
                self._add_team(team, workshop.created_at)

    def _add_team(self, team: Team, at: datetime) -> None:
        self._teams[team.key] = team
        for slug in steps_.SLUGS:
            state = StepState(slug, Status.NOT_STARTED, Phase.ORIENT)
            self._rows[team.step_key(slug)] = Row(state)
        first = steps_.SLUGS[0]
        start = Change(first, Event.START, Status.NOT_STARTED, Status.IN_PROGRESS)
        self._carry_out(team.key, Decision([start], "", at))

    def workshops(self) -> list[Workshop]:
        with self._lock:
            return sorted(
                self._workshops.values(), key=lambda each: (each.created_at, each.id), reverse=True
            )

    def team_by_link(self, link: str) -> Team:
        with self._lock:
            for team in self._teams.values():
                if team.link == link and not team.revoked:
                    return team
            raise NotFound("There is no such team.")

    def facts(self, permit: Permit) -> Facts | None:
        with self._lock:
            if isinstance(permit, TeamPermit):
                return self._facts_of_team(permit)
            workshop = self._workshops.get(permit.workshop_id)
            if permit.workshop_id and workshop is None:
                return None
            return Facts(
                workshop.archived_at if workshop else None,
                workshop.erase_at if workshop else None,
                owner=workshop.owner if workshop else "",
                granted=self.grants(permit.workshop_id).get(permit.actor.email),
                holds_pass=self.holds_pass(permit.pass_digest),
            )

    def _facts_of_team(self, permit: TeamPermit) -> Facts | None:
        team = self._teams.get(permit.team)
        if team is None:
            return None
        state = self._row(StepKey(*permit.team, permit.step)).state if permit.step else None
        workshop = self._workshops[team.workshop_id]
        return Facts(
            workshop.archived_at,
            workshop.erase_at,
            self.agenda(team.workshop_id).open_until,
            "" if team.revoked else team.link,
            state.status if state else None,
            state.era if state else 0,
        )

    def _check_right(self) -> None:
        """Raise where this thread's permit does not allow its write; the lock is held."""
        if (permit := permits.current()) is not None:
            permits.check(permit, self.facts(permit))

    def fingerprints(self, pages: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
        with self._lock:
            teams = {team.link: team for team in self._teams.values() if not team.revoked}
            return {
                (link, step): self._fingerprint(teams[link].step_key(step))
                for link, step in pages
                if link in teams and step in steps_.SLUGS
            }

    def _fingerprint(self, key: StepKey) -> str:
        shown = (
            self.steps(key.team),
            self.briefing(key.team),
            self.messages(key),
            self.draft(key),
            self.asides(key),
        )
        return sha256(repr(shown).encode()).hexdigest()

    # Steps, drafts and artifacts

    def waiting_teams(self, workshop_id: str = "") -> list[TeamKey]:
        begun = {Status.IN_PROGRESS, Status.NEEDS_REGENERATION}
        with self._lock:
            found = []
            for team in sorted(self._teams.values(), key=lambda each: each.position):
                workshop = self._workshops[team.workshop_id]
                statuses = {state.status for state in self.steps(team.key).values()}
                is_open = workshop.archived_at is None and workshop.erase_at is None
                is_waiting = Status.NOT_STARTED in statuses and not statuses & begun
                if is_open and is_waiting and workshop_id in ("", team.workshop_id):
                    found.append(team.key)
            return found

    def steps(self, team: TeamKey) -> dict[str, StepState]:
        with self._lock:
            rows = [self._row(StepKey(*team, slug)) for slug in steps_.SLUGS]
            return {row.state.step: replace(row.state, phase=row.draft.phase) for row in rows}

    def draft(self, key: StepKey) -> Draft:
        with self._lock:
            return deepcopy(self._row(key).draft)

    def earlier_drafts(self, key: StepKey, last: int) -> list[EarlierDraft]:
        with self._lock:
            return deepcopy(list(reversed(self._rows.get(key, NOTHING).history))[:last])

    def replace_draft(self, key: StepKey, draft: Draft) -> None:
        with self._lock:
            self._check_right()
            self._stored(key)
            self._check_base(key, draft)
            self._save_draft(key, draft)

    def artifacts(self, team: TeamKey) -> dict[str, ArtifactVersion]:
        with self._lock:
            rows = {slug: self._rows.get(StepKey(*team, slug)) for slug in steps_.SLUGS}
            return {
                slug: deepcopy(row.versions[-1])
                for slug, row in rows.items()
                if row and row.versions
            }

    def standing(self, team: TeamKey) -> Standing:
        with self._lock:
            states = self.steps(team)
            drafts = {slug: self.draft(StepKey(*team, slug)) for slug in steps_.SLUGS}
            return Standing(
                states,
                {slug: draft.fields for slug, draft in drafts.items() if draft.fields},
                self.artifacts(team),
                {slug: draft.revision for slug, draft in drafts.items()},
                self._moves(team),
            )

    def _moves(self, team: TeamKey) -> int:
        story = self._events.get(team.workshop_id, [])
        return max((at for at, e in enumerate(story, 1) if e.team_id == team.team_id), default=0)

    def versions(self, key: StepKey) -> list[ArtifactVersion]:
        with self._lock:
            return deepcopy(self._rows.get(key, NOTHING).versions)

    def apply(self, team: TeamKey, decision: Decision) -> None:
        changes, basis = decision.changes, decision.basis
        with self._lock:
            self._check_right()
            rows = [self._row(StepKey(*team, change.step)) for change in changes]
            moved = any(
                row.state.status is not change.before
                for row, change in zip(rows, changes, strict=True)
            )
            counted = self.asked(team)
            if any(counted.get(slug, 0) != number for slug, number in decision.asked.items()):
                moved = True
            if basis is not None:
                edited = any(
                    basis.revisions.get(slug) != self._row(StepKey(*team, slug)).draft.revision
                    for slug in decision.rests_on
                )
                moved = moved or edited or basis.moves != self._moves(team)
            if moved:
                raise Conflict("Someone else changed this step first.")
            self._carry_out(team, decision)
            if decision.artifact is not None:
                versions = rows[0].versions
                versions.append(
                    ArtifactVersion(
                        changes[0].step,
                        len(versions) + 1,
                        deepcopy(decision.artifact),
                        decision.actor,
                        decision.at,
                        decision.summary,
                    )
                )

    def _carry_out(self, team: TeamKey, decision: Decision) -> None:
        story = self._events.setdefault(team.workshop_id, [])
        at, cause = decision.at, decision.changes[0].step
        counted = self.asked(team)
        for change in decision.changes:
            row = self._row(StepKey(*team, change.step))
            before = Snapshot(replace(row.state, phase=row.draft.phase), row.draft)
            after = carried_out(before, change, at, decision.rows.get(change.step))
            row.keep(decision.actor, self._clock(), after.draft.fields)
            row.state, row.draft = after.state, deepcopy(after.draft)
            row.touch(at)
            record = EventRecord(
                new_id(),
                team.team_id,
                change.step,
                change.event,
                change.before,
                change.after,
                decision.actor,
                cause,
                at,
                change.reason,
            )
            story.append(record)
            if decision.undoable:
                self._kept[record.id] = replace(before, asked=counted)

    def snapshots(self, workshop_id: str, ids: Sequence[str]) -> dict[str, Snapshot]:
        with self._lock:
            story = self._events.get(workshop_id, ())
            kept = {e.step: self._kept[e.id] for e in story if e.id in ids and e.id in self._kept}
            return deepcopy(kept)

    def asked(self, team: TeamKey) -> dict[str, int]:
        with self._lock:
            said = {
                slug: [
                    message
                    for message in self._rows.get(StepKey(*team, slug), NOTHING).messages.values()
                    if message.role is Role.USER
                ]
                for slug in steps_.SLUGS
            }
            return {slug: len(messages) for slug, messages in said.items() if messages}

    def events(self, workshop_id: str) -> list[EventRecord]:
        with self._lock:
            return list(self._events.get(workshop_id, ()))
