"""
The store on SQLite and PostgreSQL.

The statements are the same on both; what differs is the clock, and how a row is locked.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, func, insert, literal, or_, select, true, update
from sqlalchemy.dialects.postgresql import insert as upsert_on_postgresql
from sqlalchemy.dialects.sqlite import insert as upsert_on_sqlite
from sqlalchemy.engine import Engine

from lib import steps as steps_
from lib.ids import new_id
from lib.status import Change, Event, Phase, Status
from lib.store import rows
from lib.store.engine import Door, Kind
from lib.store.port import LEASE, Conflict, NotFound, StoreError, Unstorable
from lib.store.rows import in_step, in_team
from lib.store.schema import artifact_versions, events, messages, steps, teams, workshops
from lib.transcript import ATTEMPT, Message, MessageStatus
from lib.workshop import (
    ArtifactVersion,
    Draft,
    EventRecord,
    Fields,
    StepKey,
    StepOverview,
    StepState,
    Team,
    TeamKey,
    Workshop,
)

_STREAMING = MessageStatus.STREAMING.value
_COMPLETE = MessageStatus.COMPLETE.value


class SqlStore:
    """The port over one engine, which it owns. *lease* is in seconds."""

    def __init__(self, engine: Engine, *, lease: float = LEASE) -> None:
        self._door = Door(engine)
        self._lease = timedelta(seconds=lease)
        upsert = upsert_on_sqlite if self._door.is_sqlite else upsert_on_postgresql
        added: Any = upsert(messages)
        self._upsert = added.on_conflict_do_update(
            index_elements=[messages.c.workshop_id, messages.c.id],
            set_={
                name: getattr(added.excluded, name)
                for name in ("text", "status", "revision", "updated_at", "lease_until")
            },
            where=and_(
                messages.c.revision < added.excluded.revision, messages.c.status != _COMPLETE
            ),
        )
        self._add_workshop = upsert(workshops).on_conflict_do_nothing()

    def close(self) -> None:
        """Let go of every connection."""
        self._door.engine.dispose()

    def _now(self, after: timedelta = timedelta(0)) -> Any:
        """Return the database's clock, *after* later: several servers agree on no other."""
        if self._door.is_sqlite:
            return literal(datetime.now(UTC) + after, messages.c.updated_at.type)
        return func.clock_timestamp() + literal(after)

    # Workshops and teams

    def create_workshop(self, workshop: Workshop, teams: Sequence[Team]) -> None:
        """Add a workshop with its teams."""

        def work(connection: Connection) -> None:
            added = connection.execute(
                self._add_workshop,
                {
                    "workshop_id": workshop.id,
                    "title": workshop.title,
                    "challenge": workshop.challenge,
                    "created_at": workshop.created_at,
                },
            )
            if added.rowcount:
                _add_teams(connection, teams, workshop.created_at)

        self._door.run(Kind.WRITE, work)

    def workshops(self) -> list[Workshop]:
        """Return all workshops, newest first."""
        newest = select(workshops).order_by(
            workshops.c.created_at.desc(), workshops.c.workshop_id.desc()
        )
        return [rows.workshop(row) for row in self._rows(newest)]

    def workshop(self, workshop_id: str) -> Workshop:
        """Return one workshop."""
        found = self._rows(select(workshops).where(workshops.c.workshop_id == workshop_id))
        if not found:
            raise NotFound("There is no such workshop.")
        return rows.workshop(found[0])

    def teams(self, workshop_id: str) -> list[Team]:
        """Return a workshop's teams by position."""
        by_place = (
            select(teams).where(teams.c.workshop_id == workshop_id).order_by(teams.c.position)
        )
        return [rows.team(row) for row in self._rows(by_place)]

    def team_by_link(self, link: str) -> Team:
        """Return the team whose link this is."""
        found = self._rows(select(teams).where(teams.c.link == link))
        if not found:
            raise NotFound("There is no such team.")
        return rows.team(found[0])

    # Steps, drafts and artifacts

    def steps(self, team: TeamKey) -> dict[str, StepState]:
        """Return where the team stands in each step."""
        found = self._rows(select(*rows.STATE).where(in_team(steps, team)))
        states = {row.step: rows.state(row) for row in found}
        if not states:
            raise NotFound("There is no such team.")
        return {slug: states[slug] for slug in steps_.SLUGS}

    def draft(self, key: StepKey) -> Draft:
        """Return a step's draft."""
        found = self._rows(
            select(steps.c.draft, steps.c.phase, steps.c.draft_revision).where(in_step(steps, key))
        )
        if not found:
            raise NotFound("There is no such step.")
        return Draft(found[0].draft, Phase(found[0].phase), found[0].draft_revision)

    def artifacts(self, team: TeamKey) -> dict[str, ArtifactVersion]:
        """Return the newest version of each step that has one."""
        by_age = (
            select(artifact_versions)
            .where(in_team(artifact_versions, team))
            .order_by(artifact_versions.c.version)
        )
        newest = {row.step: rows.version(row) for row in self._rows(by_age)}
        return {slug: newest[slug] for slug in steps_.SLUGS if slug in newest}

    def apply(
        self,
        team: TeamKey,
        changes: Sequence[Change],
        *,
        actor: str,
        at: datetime,
        artifact: Fields | None = None,
    ) -> None:
        """Carry out changes, or raise Conflict and change nothing."""
        ids = [new_id() for _ in changes]

        def work(connection: Connection) -> None:
            # A commit whose answer was lost is run again: then the events are there already.
            known = select(events.c.id).where(
                events.c.workshop_id == team.workshop_id, events.c.id == ids[0]
            )
            if connection.execute(known).first():
                return
            _move(connection, team, changes, at)
            _tell(connection, team, changes, ids, actor, at)
            if artifact is not None:
                _add_version(connection, StepKey(*team, changes[0].step), artifact, actor, at)

        self._door.run(Kind.WRITE, work)

    def events(self, workshop_id: str) -> list[EventRecord]:
        """Return a workshop's story."""
        story = select(events).where(events.c.workshop_id == workshop_id).order_by(rows.STORY)
        return [rows.event(row) for row in self._rows(story)]

    # Transcripts

    def append(self, key: StepKey, messages: Sequence[Message]) -> list[Message]:
        """Put new messages at the end of a step's transcript."""
        if not messages:
            return []
        return self._door.run(
            Kind.WRITE, lambda connection: self._append(connection, key, messages)
        )

    def _append(
        self, connection: Connection, key: StepKey, given: Sequence[Message]
    ) -> list[Message]:
        lock = select(steps.c.step).where(in_step(steps, key)).with_for_update(key_share=True)
        if connection.execute(lock).first() is None:
            raise NotFound("There is no such step.")
        known = set(
            connection.scalars(
                select(messages.c.id).where(
                    messages.c.workshop_id == key.workshop_id,
                    messages.c.id.in_([message.id for message in given]),
                )
            )
        )
        end = connection.scalar(select(func.max(rows.PLACE)).where(in_step(messages, key))) or 0
        new = [
            Message(**{**_fields(message), "position": end + place})
            for place, message in enumerate(_unknown(given, known), start=1)
        ]
        if new:
            self._write(connection, insert(messages), key, new)
        return new

    def save(
        self, key: StepKey, messages: Sequence[Message] = (), draft: Draft | None = None
    ) -> None:
        """Upsert placed messages and the draft; newer wins."""
        if not messages and draft is None:
            return
        ready = sorted(messages, key=lambda message: message.id)
        single = len(ready) + (draft is not None) == 1
        try:
            self._save(Kind.SINGLE if single else Kind.WRITE, key, ready, draft)
        except Unstorable:
            if single:
                raise
            self._save_each(key, ready, draft)

    def _save(
        self, kind: Kind, key: StepKey, given: Sequence[Message], draft: Draft | None
    ) -> None:
        def work(connection: Connection) -> None:
            if given:
                self._write(connection, self._upsert, key, given)
            if draft is not None:
                self._write_draft(connection, key, draft)

        self._door.run(kind, work)

    def _save_each(self, key: StepKey, given: Sequence[Message], draft: Draft | None) -> None:
        """Save one by one, so that what cannot be stored holds back nothing else."""
        failed: list[StoreError] = []
        for messages_, draft_ in [*(([each], None) for each in given), ([], draft)]:
            try:
                self.save(key, messages_, draft_)
            except Unstorable as exc:
                failed.append(exc)
        if failed:
            raise failed[0]

    def _write(
        self, connection: Connection, statement: Any, key: StepKey, given: Sequence[Message]
    ) -> None:
        stamped = statement.values(updated_at=self._now(), lease_until=self._now(self._lease))
        values = [rows.columns(key, message) for message in given]
        connection.execute(stamped, values if len(values) > 1 else values[0])

    def _write_draft(self, connection: Connection, key: StepKey, draft: Draft) -> None:
        connection.execute(
            update(steps)
            .where(in_step(steps, key), steps.c.draft_revision < draft.revision)
            .values(
                draft=draft.fields,
                phase=draft.phase.value,
                draft_revision=draft.revision,
                updated_at=self._now(),
            )
        )

    def take_over(self, key: StepKey, message_id: str) -> Message | None:
        """Lease an unfinished message to the caller."""
        free = or_(messages.c.status != _STREAMING, messages.c.lease_until < self._now())
        taking = (
            update(messages)
            .where(in_step(messages, key), messages.c.id == message_id)
            .where(messages.c.status != _COMPLETE, free)
            .values(
                status=_STREAMING,
                # As `lib.transcript.next_attempt` has it.
                revision=messages.c.revision - messages.c.revision % ATTEMPT + ATTEMPT,
                updated_at=self._now(),
                lease_until=self._now(self._lease),
            )
            .returning(*messages.c, (messages.c.status != _STREAMING).label("dead"))
        )

        def work(connection: Connection) -> Message | None:
            row = connection.execute(taking).first()
            return rows.message(row) if row else None

        return self._door.run(Kind.WRITE, work)

    def messages(
        self,
        key: StepKey,
        *,
        last: int | None = None,
        before: int | None = None,
        since: int | None = None,
    ) -> list[Message]:
        """Return a step's messages in order."""
        dead = and_(messages.c.status == _STREAMING, messages.c.lease_until < self._now())
        found = (
            select(messages, dead.label("dead"))
            .where(in_step(messages, key))
            .where(before > rows.PLACE if before is not None else true())
            .where(since <= rows.PLACE if since is not None else true())
            .order_by(rows.PLACE.desc())
            .limit(last)
        )
        return [rows.message(row) for row in reversed(self._rows(found))]

    # Review

    def overview(self, workshop_id: str) -> list[StepOverview]:
        """Return ten cells a team, in one query that reads no message's text."""
        counted = (
            select(
                messages.c.team_id,
                messages.c.step,
                func.count().label("messages"),
                func.count().filter(messages.c.status != _COMPLETE).label("unfinished"),
                func.max(messages.c.updated_at).label("written_at"),
            )
            .where(messages.c.workshop_id == workshop_id)
            .group_by(messages.c.team_id, messages.c.step)
            .subquery()
        )
        cells = (
            select(
                *rows.STATE,
                steps.c.team_id,
                steps.c.draft_revision,
                steps.c.updated_at,
                counted.c.messages,
                counted.c.unfinished,
                counted.c.written_at,
            )
            .join_from(
                steps,
                teams,
                and_(teams.c.workshop_id == steps.c.workshop_id, teams.c.id == steps.c.team_id),
            )
            .outerjoin(
                counted, and_(counted.c.team_id == steps.c.team_id, counted.c.step == steps.c.step)
            )
            .where(steps.c.workshop_id == workshop_id)
            .order_by(teams.c.position)
        )
        found = [_cell(row) for row in self._rows(cells)]
        place = {team_id: number for number, team_id in enumerate(c.team_id for c in found)}
        return sorted(
            found,
            key=lambda cell: (place[cell.team_id], steps_.SLUGS.index(cell.state.step)),
        )

    def _rows(self, query: Any) -> Sequence[Any]:
        return self._door.run(Kind.SINGLE, lambda connection: connection.execute(query).all())


def _fields(message: Message) -> dict[str, Any]:
    return {name: getattr(message, name) for name in Message.__dataclass_fields__}


def _unknown(given: Sequence[Message], known: set[str]) -> list[Message]:
    """Return the messages whose ids are new, each id once."""
    return list({message.id: message for message in given if message.id not in known}.values())


def _cell(row: Any) -> StepOverview:
    touched = [row.written_at, row.started_at, row.completed_at]
    if row.draft_revision:
        touched.append(row.updated_at)
    return StepOverview(
        row.team_id,
        rows.state(row),
        row.messages or 0,
        row.unfinished or 0,
        max((each for each in touched if each), default=None),
    )


def _add_teams(connection: Connection, added: Sequence[Team], at: datetime) -> None:
    first = steps_.SLUGS[0]
    start = Change(first, Event.START, Status.NOT_STARTED, Status.IN_PROGRESS)
    for team in added:
        connection.execute(
            insert(teams),
            {
                "workshop_id": team.workshop_id,
                "id": team.id,
                "name": team.name,
                "link": team.link,
                "position": team.position,
            },
        )
        connection.execute(
            insert(steps),
            [
                rows.key_of(team.step_key(slug))
                | {
                    "status": Status.NOT_STARTED.value,
                    "phase": Phase.ORIENT.value,
                    "draft_revision": 0,
                    "draft": {},
                    "updated_at": at,
                }
                for slug in sorted(steps_.SLUGS)
            ],
        )
        _move(connection, team.key, [start], at)
        _tell(connection, team.key, [start], [new_id()], "", at)


def _move(connection: Connection, team: TeamKey, changes: Sequence[Change], at: datetime) -> None:
    """Give each step its new status. Raises Conflict where one has moved on."""
    for change in sorted(changes, key=lambda each: each.step):
        complete = change.after is Status.COMPLETE
        moved = connection.execute(
            update(steps)
            .where(in_step(steps, StepKey(*team, change.step)))
            .where(steps.c.status == change.before.value)
            .values(
                status=change.after.value,
                started_at=func.coalesce(steps.c.started_at, literal(at, steps.c.started_at.type)),
                **({"completed_at": at} if complete else {}),
            )
        )
        if moved.rowcount != 1:
            raise Conflict("Somebody else was faster: this step has moved on.")


def _tell(
    connection: Connection,
    team: TeamKey,
    changes: Sequence[Change],
    ids: Sequence[str],
    actor: str,
    at: datetime,
) -> None:
    """Write one line of the story for each change, behind all that were told before."""
    # The workshop's row is the lock of its story: two teams may confirm in the same moment.
    connection.execute(
        select(workshops.c.workshop_id)
        .where(workshops.c.workshop_id == team.workshop_id)
        .with_for_update(key_share=True)
    )
    of_workshop = events.c.workshop_id == team.workshop_id
    end = connection.scalar(select(func.max(rows.STORY)).where(of_workshop)) or 0
    lines = [
        rows.key_of(StepKey(*team, change.step))
        | {
            "id": id_,
            "position": end + place,
            "event": change.event.value,
            "status_before": change.before.value,
            "status_after": change.after.value,
            "actor": actor,
            "cause": changes[0].step,
            "at": at,
        }
        for place, (id_, change) in enumerate(zip(ids, changes, strict=True), start=1)
    ]
    connection.execute(insert(events), lines)


def _add_version(
    connection: Connection, key: StepKey, fields: Fields, actor: str, at: datetime
) -> None:
    newest = select(func.max(artifact_versions.c.version)).where(in_step(artifact_versions, key))
    connection.execute(
        insert(artifact_versions),
        rows.key_of(key)
        | {
            "version": (connection.scalar(newest) or 0) + 1,
            "fields": fields,
            "confirmed_by": actor,
            "confirmed_at": at,
        },
    )
