"""A store in memory: the port without a database, for tests and for trying things out."""

import threading
from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256

from lib import steps as steps_
from lib.calls import FINE, Call, TeamUsage
from lib.cascade import Standing
from lib.effects import carried_out
from lib.ids import new_id
from lib.status import Change, Event, Phase, Status
from lib.store.clock import now
from lib.store.memory_entrance import MemoryEntrance
from lib.store.memory_finding import MemoryFinding
from lib.store.memory_room import MemoryRooms
from lib.store.port import LEASE, Conflict, Decision, NotFound, Unstorable
from lib.transcript import Message, MessageStatus, Role, clean, next_attempt, ordered
from lib.workshop import (
    ArtifactVersion,
    Aside,
    Discarded,
    Draft,
    EventRecord,
    Recollection,
    Snapshot,
    StepKey,
    StepOverview,
    StepState,
    Team,
    TeamKey,
    Unsent,
    Workshop,
)

Clock = Callable[[], datetime]


@dataclass
class _Row:
    """One step of one team with everything in it."""

    state: StepState
    draft: Draft = field(default_factory=Draft)
    messages: dict[str, Message] = field(default_factory=dict)
    leases: dict[str, datetime] = field(default_factory=dict)
    versions: list[ArtifactVersion] = field(default_factory=list)
    asides: dict[tuple[str, str], Aside] = field(default_factory=dict)
    unsent: dict[str, tuple[datetime, Unsent]] = field(default_factory=dict)
    discarded: list[Discarded] = field(default_factory=list)
    #: By era.
    recollections: dict[int, Recollection] = field(default_factory=dict)
    touched: datetime | None = None

    def of(self, era: int) -> list[Message]:
        return [message for message in self.messages.values() if message.era == era]

    @property
    def live(self) -> list[Message]:
        return self.of(self.state.era)

    def touch(self, at: datetime) -> None:
        self.touched = max(self.touched or at, at)


class MemoryStore(MemoryRooms, MemoryFinding, MemoryEntrance):
    """The port over dicts and one lock. *lease* is in seconds; *clock* is the database's."""

    def __init__(self, *, lease: float = LEASE, clock: Clock = now) -> None:
        MemoryRooms.__init__(self)
        MemoryEntrance.__init__(self)
        self._lease = timedelta(seconds=lease)
        self._clock = clock
        self._lock = threading.RLock()
        self._workshops: dict[str, Workshop] = {}
        self._teams: dict[TeamKey, Team] = {}
        self._rows: dict[StepKey, _Row] = {}
        self._placed: dict[tuple[str, str], StepKey] = {}
        self._events: dict[str, list[EventRecord]] = {}
        self._calls: dict[str, dict[str, Call]] = {}
        self._kept: dict[str, Snapshot] = {}

    def close(self) -> None:
        """Do nothing: there is nothing to let go of."""

    # Workshops and teams

    def create_workshop(self, workshop: Workshop, teams: Sequence[Team]) -> None:
        """Add a workshop with its teams."""
        with self._lock:
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
            self._rows[team.step_key(slug)] = _Row(state)
        first = steps_.SLUGS[0]
        start = Change(first, Event.START, Status.NOT_STARTED, Status.IN_PROGRESS)
        self._carry_out(team.key, Decision([start], "", at))

    def workshops(self) -> list[Workshop]:
        """Return all workshops, newest first."""
        with self._lock:
            return sorted(
                self._workshops.values(), key=lambda each: (each.created_at, each.id), reverse=True
            )

    def teams(self, workshop_id: str) -> list[Team]:
        """Return a workshop's teams by position."""
        with self._lock:
            found = [team for team in self._teams.values() if team.workshop_id == workshop_id]
            return sorted(found, key=lambda team: (team.position, team.id))

    def team_by_link(self, link: str) -> Team:
        """Return the team whose link this is."""
        with self._lock:
            for team in self._teams.values():
                if team.link == link and not team.revoked:
                    return team
            raise NotFound("There is no such team.")

    def fingerprints(self, asked: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
        """Return a fingerprint of what each step's page shows: here, of all of it."""
        with self._lock:
            teams = {team.link: team for team in self._teams.values() if not team.revoked}
            return {
                (link, step): self._fingerprint(teams[link].step_key(step))
                for link, step in asked
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

    def steps(self, team: TeamKey) -> dict[str, StepState]:
        """Return where the team stands in each step."""
        with self._lock:
            rows = [self._row(StepKey(*team, slug)) for slug in steps_.SLUGS]
            return {row.state.step: replace(row.state, phase=row.draft.phase) for row in rows}

    def draft(self, key: StepKey) -> Draft:
        """Return a step's draft."""
        with self._lock:
            return deepcopy(self._row(key).draft)

    def artifacts(self, team: TeamKey) -> dict[str, ArtifactVersion]:
        """Return the newest version of each step that has one."""
        with self._lock:
            rows = {slug: self._rows.get(StepKey(*team, slug)) for slug in steps_.SLUGS}
            return {
                slug: deepcopy(row.versions[-1])
                for slug, row in rows.items()
                if row and row.versions
            }

    def standing(self, team: TeamKey) -> Standing:
        """Return all that decides what an event does to a team's steps."""
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
        """Return every artifact a step has had, oldest first."""
        with self._lock:
            return deepcopy(self._rows.get(key, _NOTHING).versions)

    def apply(self, team: TeamKey, decision: Decision) -> None:
        """Carry out what was decided, or raise Conflict and change nothing."""
        changes, basis = decision.changes, decision.basis
        with self._lock:
            rows = [self._row(StepKey(*team, change.step)) for change in changes]
            moved = any(
                row.state.status is not change.before
                for row, change in zip(rows, changes, strict=True)
            )
            if basis is not None:
                edited = any(
                    basis.revisions.get(row.state.step) != row.draft.revision for row in rows
                )
                moved = moved or edited or basis.moves != self._moves(team)
            if moved:
                raise Conflict("Somebody else was faster: this step has moved on.")
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
        for change in decision.changes:
            row = self._row(StepKey(*team, change.step))
            before = Snapshot(replace(row.state, phase=row.draft.phase), row.draft)
            after = carried_out(before, change, at, decision.rows.get(change.step))
            row.state, row.draft = after.state, deepcopy(after.draft)
            row.touch(at)
            told = EventRecord(
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
            story.append(told)
            if decision.undoable:
                self._kept[told.id] = before

    def snapshots(self, workshop_id: str, ids: Sequence[str]) -> dict[str, Snapshot]:
        """Return the rows kept with some events, as they were before them, by step."""
        with self._lock:
            story = self._events.get(workshop_id, ())
            kept = {e.step: self._kept[e.id] for e in story if e.id in ids and e.id in self._kept}
            return deepcopy(kept)

    def last_questions(self, team: TeamKey) -> dict[str, datetime]:
        """Return when somebody in the team last wrote in each step, where anybody did."""
        with self._lock:
            said = {
                slug: [
                    message.created_at
                    for message in self._row(StepKey(*team, slug)).messages.values()
                    if message.role is Role.USER
                ]
                for slug in steps_.SLUGS
            }
            return {slug: max(times) for slug, times in said.items() if times}

    def events(self, workshop_id: str) -> list[EventRecord]:
        """Return a workshop's story."""
        with self._lock:
            return list(self._events.get(workshop_id, ()))

    # What is typed

    def set_aside(self, key: StepKey, aside: Aside) -> None:
        """Keep what could not go into the draft."""
        with self._lock:
            held = self._stored(key).asides
            place = (aside.field, aside.writer)
            if place not in held or held[place].revision < aside.revision:
                # Again at the end: the oldest come first.
                held.pop(place, None)
                held[place] = deepcopy(aside)

    def asides(self, key: StepKey) -> list[Aside]:
        """Return what was set aside in a step, oldest first."""
        with self._lock:
            return deepcopy(list(self._rows.get(key, _NOTHING).asides.values()))

    def drop_aside(self, key: StepKey, field: str, writer: str) -> None:
        """Forget what a writer's aside for a field holds."""
        with self._lock:
            self._rows.get(key, _NOTHING).asides.pop((field, writer), None)

    def keep_unsent(self, key: StepKey, unsent: Unsent, instead_of: str = "") -> None:
        """Keep what a tab's chat box holds."""
        with self._lock:
            held = self._stored(key).unsent
            known = held.get(unsent.writer)
            if known is None or known[1].revision < unsent.revision:
                held[unsent.writer] = (self._clock(), unsent)
            if instead_of != unsent.writer:
                held.pop(instead_of, None)

    def unsent(self, key: StepKey, member: str, idle: float) -> Unsent | None:
        """Return the newest text a member has typed and not sent."""
        with self._lock:
            before = self._clock() - timedelta(seconds=idle)
            found = [
                (at, each)
                for at, each in self._rows.get(key, _NOTHING).unsent.values()
                if each.member == member and each.text and at <= before
            ]
            return max(found, key=lambda each: each[0])[1] if found else None

    def _stored(self, key: StepKey) -> _Row:
        if key not in self._rows:
            raise Unstorable("The database refuses what was to be stored.")
        return self._rows[key]

    # Transcripts

    def append(
        self, key: StepKey, messages: Sequence[Message], *, reply: Message | None = None
    ) -> list[Message]:
        """Put new messages at the end of a step's transcript."""
        with self._lock:
            row = self._row(key)
            last = max(row.live, key=lambda each: each.position, default=None)
            end, speaker = (last.position, last.role) if last else (0, None)
            new: dict[str, Message] = {}
            for message in [*messages, *([reply] if reply else [])]:
                is_known = (key.workshop_id, message.id) in self._placed or message.id in new
                overtaken = message is reply and speaker is Role.ASSISTANT
                if not is_known and not overtaken:
                    place = end + len(new) + 1
                    new[message.id] = replace(message, position=place, era=row.state.era)
                    speaker = message.role
            if not all(_is_storable(row, message) for message in new.values()):
                raise Unstorable("The database refuses what was to be stored.")
            for message in new.values():
                self._placed[key.workshop_id, message.id] = key
                self._write(row, message)
            return list(new.values())

    def save(
        self, key: StepKey, messages: Sequence[Message] = (), draft: Draft | None = None
    ) -> None:
        """Upsert placed messages and the draft; newer wins."""
        refused = []
        with self._lock:
            self._check_base(key, draft)
            for message in messages:
                if not self._save(key, message):
                    refused.append(f"message {message.id!r}")
            if draft is not None and not self._save_draft(key, draft):
                refused.append("draft")
        if refused:
            raise Unstorable(f"The database refuses {', '.join(refused)}.")

    def _save(self, key: StepKey, message: Message) -> bool:
        """Upsert one message; return whether it may be stored at all."""
        row = self._rows.get(key)
        if row is None or not _is_storable(row, message):
            return False
        if self._placed.get((key.workshop_id, message.id), key) != key:
            return False
        known = row.messages.get(message.id)
        if known is None:
            self._placed[key.workshop_id, message.id] = key
        if known is None or _is_newer(message, known):
            # Where and by whom a message was written does not change.
            first = known or message
            newer = replace(first, text=message.text, status=message.status)
            newer = replace(newer, suggestions=message.suggestions)
            self._write(row, replace(newer, revision=message.revision))
        return True

    def _save_draft(self, key: StepKey, draft: Draft) -> bool:
        row = self._rows.get(key)
        if row is not None and draft.revision > row.draft.revision:
            row.draft = deepcopy(replace(draft.stored(), epoch=row.draft.epoch))
            row.touch(self._clock())
        return row is not None

    def _check_base(self, key: StepKey, draft: Draft | None) -> None:
        """Raise Conflict where a draft was made from another than is stored."""
        row = self._rows.get(key)
        if row is None or draft is None or draft.base is None or row.draft == draft:
            return
        there = (row.draft.revision, row.draft.epoch)
        if there != (draft.base.revision, draft.base.epoch):
            raise Conflict("Somebody else changed this draft at the same time.")

    def take_over(self, key: StepKey, message_id: str) -> Message | None:
        """Lease an unfinished message to the caller."""
        with self._lock:
            row = self._rows.get(key, _NOTHING)
            stored = row.messages.get(message_id)
            if stored not in row.live or self._as_read(row, stored).status in (
                MessageStatus.COMPLETE,
                MessageStatus.STREAMING,
            ):
                return None
            taken = replace(
                stored, status=MessageStatus.STREAMING, revision=next_attempt(stored.revision)
            )
            self._write(row, taken)
            return taken

    def interrupt(self, key: StepKey, message_id: str) -> None:
        """End a message that is being written, whoever writes it."""
        with self._lock:
            row = self._rows.get(key, _NOTHING)
            stored = row.messages.get(message_id)
            if stored in row.live and stored.status is MessageStatus.STREAMING:
                revision = next_attempt(stored.revision)
                ended = replace(stored, status=MessageStatus.INTERRUPTED, revision=revision)
                self._write(row, ended)

    def messages(
        self,
        key: StepKey,
        *,
        last: int | None = None,
        before: int | None = None,
        since: int | None = None,
        era: int | None = None,
    ) -> list[Message]:
        """Return a step's messages in order."""
        with self._lock:
            row = self._rows.get(key, _NOTHING)
            found = [
                self._as_read(row, message)
                for message in ordered(row.of(row.state.era if era is None else era))
                if (before is None or message.position < before)
                and (since is None or message.position >= since)
            ]
            return found if last is None else found[max(0, len(found) - last) :]

    def _write(self, row: _Row, message: Message) -> None:
        row.messages[message.id] = message
        now = self._clock()
        row.touch(now)
        row.leases[message.id] = now + self._lease

    def _as_read(self, row: _Row, message: Message) -> Message:
        dead = message.status is MessageStatus.STREAMING and row.leases[message.id] < self._clock()
        return replace(message, status=MessageStatus.INTERRUPTED, lapsed=True) if dead else message

    # Review

    def roster(self, workshop_id: str) -> tuple[Workshop, list[Team], list[TeamUsage]]:
        """Return a workshop, its teams, and what their models were asked."""
        with self._lock:
            return self.workshop(workshop_id), self.teams(workshop_id), self.usage(workshop_id)

    def overview(self, workshop_id: str) -> list[StepOverview]:
        """Return ten cells a team."""
        with self._lock:
            keys = [
                team.step_key(slug) for team in self.teams(workshop_id) for slug in steps_.SLUGS
            ]
            return [self._cell(key, self._rows[key]) for key in keys]

    def _cell(self, key: StepKey, row: _Row) -> StepOverview:
        statuses = [message.status for message in row.live]
        unfinished = sum(status is not MessageStatus.COMPLETE for status in statuses)
        told = [e for e in self._events[key.workshop_id] if (e.team_id, e.step) == key[1:]]
        done = [each for each in told if each.after is Status.COMPLETE]
        is_overridden = row.state.status is Status.COMPLETE and done[-1].event is Event.OVERRIDE
        return StepOverview(
            key.team_id,
            replace(row.state, phase=row.draft.phase),
            len(statuses),
            unfinished,
            row.touched,
            statuses.count(MessageStatus.ERROR),
            max((each.at for each in told), default=None),
            is_overridden,
            self._flagged_at(key.team),
            self._arrived_at(key, row),
        )

    def _arrived_at(self, key: StepKey, row: _Row) -> datetime | None:
        if key.step != steps_.SLUGS[0]:
            return None
        return next((each.created_at for each in row.live if each.position == 1), None)

    # Replies written anew

    def discard(self, key: StepKey, message_id: str) -> Message | None:
        """Archive the last reply of a step, where it is whole, and lease it to the caller."""
        with self._lock:
            row = self._row(key)
            last = max(row.live, key=lambda each: each.position, default=None)
            if last is None or last.id != message_id or last.role is not Role.ASSISTANT:
                return None
            if last.status is not MessageStatus.COMPLETE:
                return None
            row.discarded.append(Discarded(last.id, last.position, last.text, self._clock()))
            begun = replace(last, text="", suggestions=(), status=MessageStatus.STREAMING)
            self._write(row, begun := replace(begun, revision=next_attempt(last.revision)))
            return begun

    def discarded(self, key: StepKey) -> list[Discarded]:
        """Return the replies of a step that were written anew, oldest first."""
        with self._lock:
            return list(self._rows.get(key, _NOTHING).discarded)

    # What older conversations came to

    def recollection(self, key: StepKey, era: int) -> Recollection | None:
        """Return what is remembered of an era of a step's transcript."""
        with self._lock:
            return self._rows.get(key, _NOTHING).recollections.get(era)

    def remember(self, key: StepKey, era: int, recollection: Recollection) -> None:
        """Keep what the older part of a transcript came to; who covers more wins."""
        with self._lock:
            held = self._stored(key).recollections
            if era < 0 or recollection.upto < 1 or not recollection.text:
                raise Unstorable("The database refuses what was to be stored.")
            if era not in held or held[era].upto < recollection.upto:
                held[era] = recollection

    # Calls of models

    def record_call(self, call: Call) -> None:
        """Keep a call of a model that is over."""
        with self._lock:
            if call.team is None:
                raise Unstorable("A call without its team cannot be stored.")
            self._stored(StepKey(*call.team, call.step))
            self._calls.setdefault(call.team.workshop_id, {}).setdefault(call.id, call)

    def usage(self, workshop_id: str) -> list[TeamUsage]:
        """Return what the calls of each team come to."""
        with self._lock:
            by_team: dict[str, list[Call]] = {}
            for call in self._calls.get(workshop_id, {}).values():
                by_team.setdefault(call.team.team_id if call.team else "", []).append(call)
        return [
            TeamUsage(
                team_id,
                len(calls),
                sum(each.tokens_in for each in calls),
                sum(each.tokens_out for each in calls),
                sum(each.outcome not in FINE for each in calls),
            )
            for team_id, calls in sorted(by_team.items())
        ]

    def _row(self, key: StepKey) -> _Row:
        if key not in self._rows:
            raise NotFound("There is no such step.")
        return self._rows[key]


_NOTHING = _Row(StepState("", Status.NOT_STARTED, Phase.ORIENT))


def _is_storable(row: _Row, message: Message) -> bool:
    place = message.position
    same_era = row.of(message.era)
    taken = any(each.position == place for each in same_era if each.id != message.id)
    whole = clean(message.text) == message.text and message.created_at.tzinfo is not None
    return bool(message.id) and place >= 1 and message.revision >= 0 and whole and not taken


def _is_newer(message: Message, known: Message) -> bool:
    return known.status is not MessageStatus.COMPLETE and message.revision > known.revision
