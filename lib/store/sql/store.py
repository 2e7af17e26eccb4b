"""
The store on SQLite and PostgreSQL: the port's methods, over one engine.

The statements are the same on both; what differs is the clock, and how a row is locked.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, func, select

from lib.store.errors import NotFound
from lib.store.port import LEASE, Decision
from lib.store.snapshots import snapshot_of
from lib.store.sql import draft_history, overview, rights, rows, search
from lib.store.sql import transitions as changes_
from lib.store.sql.access import Entrance
from lib.store.sql.engine import Door, Kind
from lib.store.sql.facilitation import Rooms
from lib.store.sql.fingerprints import Fingerprints
from lib.store.sql.outcomes import Outcomes
from lib.store.sql.redaction import Redacting
from lib.store.sql.rewrites import Discarding
from lib.store.sql.rows import in_team
from lib.store.sql.schema import artifact_versions, events, steps, teams, workshops
from lib.store.sql.summaries import Recollections
from lib.store.sql.transcripts import Transcripts
from lib.store.sql.typed import Typed
from lib.store.sql.usage import Calls
from lib.workshop import steps as steps_
from lib.workshop.cascade import Standing
from lib.workshop.ids import new_id
from lib.workshop.records import (
    Activity,
    ArtifactVersion,
    Aside,
    Discarded,
    Draft,
    EarlierDraft,
    EventRecord,
    Made,
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
from lib.workshop.redaction import Redaction, Trace
from lib.workshop.rights import Facts, Permit
from lib.workshop.transcript import Message
from lib.workshop.updates import Outcome, Update
from lib.workshop.usage import Call, TeamUsage

_STEPS = select(*rows.STATE).where(rows.of_team(steps))


class SqlStore(Rooms, Entrance):
    """The port over one door, whose engine it owns. *lease* is in seconds."""

    def __init__(self, door: Door, *, lease: float = LEASE) -> None:
        super().__init__(door)
        self._transcripts = Transcripts(door, lease)
        self._typed = Typed(door)
        self._calls = Calls(door)
        self._outcomes = Outcomes(door, self._transcripts, self._typed)
        self._discarding = Discarding(door, self._transcripts)
        self._recollections = Recollections(door)
        self._redacting = Redacting(door)
        self._overview = overview.Overview(door)
        self._fingerprints = Fingerprints(door)

    def close(self) -> None:
        """Let go of every connection."""
        self._door.engine.dispose()

    def read_clock(self) -> datetime | None:
        """Return the database's clock; SQLite has none."""
        if self._door.is_sqlite:
            return None
        (row,) = self._door.rows(select(func.clock_timestamp().label("now")))
        at: datetime = row.now.astimezone(UTC)
        return at

    # Workshops and teams

    def create_workshop(self, workshop: Workshop, teams: Sequence[Team]) -> None:
        """Add a workshop with its teams."""
        self._door.act(Kind.WRITE, lambda connection: changes_.start(connection, workshop, teams))

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

    def fingerprints(self, asked: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
        """Return a fingerprint of what each step's page shows."""
        return self._fingerprints.read(asked)

    # Steps, drafts and artifacts

    def steps(self, team: TeamKey) -> dict[str, StepState]:
        """Return where the team stands in each step."""
        found = self._door.rows(_STEPS, team._asdict())
        states = {row.step: rows.state(row) for row in found}
        if not states:
            raise NotFound("There is no such team.")
        return {slug: states[slug] for slug in steps_.SLUGS}

    def draft(self, key: StepKey) -> Draft:
        """Return a step's draft."""
        return self._transcripts.draft(key)

    def earlier_drafts(self, key: StepKey, last: int) -> list[EarlierDraft]:
        """Return the *last* drafts that something was taken out of, newest first."""
        return draft_history.read(self._door, key, last)

    def replace_draft(self, key: StepKey, draft: Draft) -> None:
        """Store *draft* in place of its base."""
        self._door.act(Kind.WRITE, lambda c: self._transcripts.write_draft(c, key, draft))

    def artifacts(self, team: TeamKey) -> dict[str, ArtifactVersion]:
        """Return the newest version of each step that has one."""
        return _newest(self._door.rows(_by_age(team)))

    def standing(self, team: TeamKey) -> Standing:
        """Return all that decides what an event does to a team's steps."""

        def read(connection: Connection) -> Standing:
            # First: what moves while the rest is read makes whatever is decided on it a conflict.
            moves = changes_.moves(connection, team)
            found = connection.execute(
                select(*rows.STATE, *rows.DRAFT).where(in_team(steps, team))
            ).all()
            at = {row.step: row for row in found}
            if not at:
                raise NotFound("There is no such team.")
            return Standing(
                {slug: rows.state(at[slug]) for slug in steps_.SLUGS},
                {slug: at[slug].draft for slug in steps_.SLUGS if at[slug].draft},
                _newest(connection.execute(_by_age(team)).all()),
                {slug: at[slug].draft_revision for slug in steps_.SLUGS},
                moves,
            )

        return self._door.run(Kind.WRITE, read)

    def versions(self, key: StepKey) -> list[ArtifactVersion]:
        """Return every artifact a step has had, oldest first."""
        of_step = _by_age(key.team).where(artifact_versions.c.step == key.step)
        return [rows.version(row) for row in self._door.rows(of_step)]

    def apply(self, team: TeamKey, decision: Decision) -> None:
        """Carry out what was decided, or raise Conflict and change nothing."""
        ids = [new_id() for _ in decision.changes]
        self._door.run(
            Kind.WRITE, lambda connection: changes_.carry_out(connection, team, decision, ids)
        )

    def events(self, workshop_id: str) -> list[EventRecord]:
        """Return a workshop's story."""
        told = [column for column in events.c if column is not events.c.snapshot]
        story = select(*told).where(events.c.workshop_id == workshop_id).order_by(rows.STORY)
        return [rows.event(row) for row in self._door.rows(story)]

    def snapshots(self, workshop_id: str, ids: Sequence[str]) -> dict[str, Snapshot]:
        """Return the rows kept with some events, as they were before them, by step."""
        kept = select(events.c.step, events.c.snapshot).where(
            events.c.workshop_id == workshop_id, events.c.id.in_(ids)
        )
        return {
            row.step: snapshot_of(row.snapshot) for row in self._door.rows(kept) if row.snapshot
        }

    def asked(self, team: TeamKey) -> dict[str, int]:
        """Return how many messages people have written in each step."""
        return self._door.run(Kind.WRITE, lambda connection: changes_.asked(connection, team))

    # What is typed

    def set_aside(self, key: StepKey, aside: Aside) -> None:
        """Keep what could not go into the draft."""
        self._typed.set_aside(key, aside)

    def asides(self, key: StepKey) -> list[Aside]:
        """Return what was set aside in a step, oldest first."""
        return self._typed.asides(key)

    def use_aside(self, key: StepKey, aside: Aside, draft: Draft, replaced: Aside | None) -> bool:
        """Put an aside into the draft, and what that replaces beside it."""
        return self._outcomes.use_aside(key, aside, draft, replaced)

    def drop_aside(
        self, key: StepKey, field: str, writer: str, revision: int | None = None
    ) -> None:
        """Forget what a writer's aside for a field holds."""
        self._typed.drop_aside(key, field, writer, revision)

    def keep_unsent(self, key: StepKey, unsent: Unsent) -> Unsent:
        """Keep what a tab's chat box holds; newer wins. Return what is stored now."""
        return self._typed.keep_unsent(key, unsent)

    def unsent(self, key: StepKey, writer: str) -> Unsent | None:
        """Return what a writer's chat box held when it was last saved."""
        return self._typed.unsent(key, writer)

    # Transcripts

    def append(
        self, key: StepKey, messages: Sequence[Message], *, reply: Message | None = None
    ) -> list[Message]:
        """Put new messages at the end of a step's transcript."""
        return self._transcripts.append(key, messages, reply)

    def save(
        self, key: StepKey, messages: Sequence[Message] = (), draft: Draft | None = None
    ) -> None:
        """Upsert placed messages and the draft; newer wins."""
        self._transcripts.save(key, messages, draft)

    def take_over(self, key: StepKey, message_id: str) -> Message | None:
        """Lease an unfinished message to the caller."""
        return self._transcripts.take_over(key, message_id)

    def finish(self, key: StepKey, reply: Message, outcome: Outcome) -> bool:
        """Store a reply's last word together with what it does to the draft, or neither."""
        return self._outcomes.finish(key, reply, outcome)

    def update_of(self, key: StepKey, message_id: str) -> Update | None:
        """Return what a whole reply changed in the draft."""
        return self._outcomes.update_of(key, message_id)

    def want_redraft(self, key: StepKey, reply_id: str) -> None:
        """Have a reply of this id draft the step anew, unless one is wanted already."""
        self._transcripts.want_redraft(key, reply_id)

    def interrupt(self, key: StepKey, message_id: str) -> None:
        """End a message that is being written, whoever writes it."""
        self._transcripts.interrupt(key, message_id)

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
        return self._transcripts.messages(key, last, before, since, era)

    def eras(self, key: StepKey) -> list[int]:
        """Return the eras of a step's transcript that hold messages."""
        return self._transcripts.eras(key)

    # Review

    def roster(self, workshop_id: str) -> tuple[Workshop, list[Team], list[TeamUsage]]:
        """Return a workshop, its teams, and what their models were asked, in one query."""
        return overview.roster(self._door, workshop_id)

    def overview(self, workshop_id: str) -> list[StepOverview]:
        """Return ten cells a team, in one query that reads no message's text."""
        return self._overview.read(workshop_id)

    def made_with(self, workshop_id: str, words: Sequence[str], limit: int) -> list[Made]:
        """Return the drafts and newest artifacts that hold each of *words*."""
        return search.made_with(self._door, workshop_id, words, limit)

    def activity(self, workshop_id: str, seconds: int) -> list[Activity]:
        """Return how many messages each team has written in each stretch of *seconds*."""
        return search.activity(self._door, workshop_id, seconds)

    # Replies written anew

    def discard(self, key: StepKey, message_id: str, draft: Draft | None = None) -> Message | None:
        """Archive the last reply of a step, where it is whole, and lease it to the caller."""
        return self._discarding.discard(key, message_id, draft)

    def discarded(self, key: StepKey) -> list[Discarded]:
        """Return the replies of a step that were written anew, oldest first."""
        return self._discarding.discarded(key)

    # Redacting

    def traces(self, key: StepKey, message_id: str) -> list[Trace]:
        """Return where a message's words stand besides the message itself."""
        return self._redacting.traces(key, message_id)

    def redact(
        self,
        key: StepKey,
        redaction: Redaction,
        *,
        keeping: Collection[str] = (),
        author_too: bool = False,
    ) -> None:
        """Redact a message and its traces."""
        self._redacting.redact(key, redaction, keeping=keeping, author_too=author_too)

    def redactions(self, workshop_id: str) -> list[Redaction]:
        """Return what was redacted in a workshop, oldest first."""
        return self._redacting.redactions(workshop_id)

    # What older conversations came to

    def recollection(self, key: StepKey, era: int) -> Recollection | None:
        """Return what is remembered of an era of a step's transcript."""
        return self._recollections.recollection(key, era)

    def remember(self, key: StepKey, era: int, recollection: Recollection) -> None:
        """Keep what the older part of a transcript came to; who covers more wins."""
        self._recollections.remember(key, era, recollection)

    # Calls of models

    def record_call(self, call: Call) -> None:
        """Keep a call of a model that is over."""
        self._calls.record(call)

    def usage(self, workshop_id: str) -> list[TeamUsage]:
        """Return what the calls of each team come to."""
        return self._calls.usage(workshop_id)


def _by_age(team: TeamKey) -> Any:
    return (
        select(artifact_versions)
        .where(in_team(artifact_versions, team))
        .order_by(artifact_versions.c.version)
    )


def _newest(found: Sequence[Any]) -> dict[str, ArtifactVersion]:
    newest = {row.step: rows.version(row) for row in found}
    return {slug: newest[slug] for slug in steps_.SLUGS if slug in newest}
