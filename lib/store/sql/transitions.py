"""Steps in SQL: where a team stands, its artifacts, and the one function that moves steps."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, func, insert, select, update

from lib.store.errors import Conflict, NotFound
from lib.store.port import Decision
from lib.store.snapshots import mark_fields, snapshot_of
from lib.store.sql import drafts, event_log, rights, rows
from lib.store.sql.engine import Kind
from lib.store.sql.part import Part
from lib.store.sql.rows import in_step, in_team
from lib.store.sql.schema import artifact_versions, events, messages, steps, workshops
from lib.workshop import steps as steps_
from lib.workshop.cascade import Standing
from lib.workshop.draft_history import takes_out
from lib.workshop.effects import carried_out
from lib.workshop.ids import new_id
from lib.workshop.records import (
    ArtifactVersion,
    EventRecord,
    Snapshot,
    StepKey,
    StepState,
    TeamKey,
)
from lib.workshop.transcript import Role

_STEPS = select(*rows.STATE).where(rows.of_team(steps))


class Steps(Part):
    """The port's methods for where a team stands, its artifacts and its event log."""

    def steps(self, team: TeamKey) -> dict[str, StepState]:
        """Return where the team stands in each step."""
        found = self._door.rows(_STEPS, team._asdict())
        states = {row.step: rows.state(row) for row in found}
        if not states:
            raise NotFound("There is no such team.")
        return {slug: states[slug] for slug in steps_.SLUGS}

    def artifacts(self, team: TeamKey) -> dict[str, ArtifactVersion]:
        """Return the newest version of each step that has one."""
        return _newest(self._door.rows(_by_age(team)))

    def standing(self, team: TeamKey) -> Standing:
        """Return everything that decides what an event does to a team's steps."""

        def read(connection: Connection) -> Standing:
            # First: if a step moves while the rest is read, decisions based on it conflict.
            moves = _moves(connection, team)
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
        """Apply a decision, or raise Conflict and change nothing."""
        ids = [new_id() for _ in decision.changes]
        self._door.run(Kind.WRITE, lambda connection: _apply(connection, team, decision, ids))

    def events(self, workshop_id: str) -> list[EventRecord]:
        """Return a workshop's event log."""
        columns = [column for column in events.c if column is not events.c.snapshot]
        log = select(*columns).where(events.c.workshop_id == workshop_id).order_by(rows.LOG)
        return [rows.event(row) for row in self._door.rows(log)]

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
        return self._door.run(Kind.WRITE, lambda connection: _counted(connection, team))


def _apply(connection: Connection, team: TeamKey, decision: Decision, ids: Sequence[str]) -> None:
    """Move steps, log it under *ids*, store the artifact. Raises Conflict or NotFound."""
    # First: an earlier run of this unit, whose answer was lost, may still be committing.
    _lock_log(connection, team.workshop_id)
    known = select(events.c.id).where(
        events.c.workshop_id == team.workshop_id, events.c.id.in_(ids)
    )
    if connection.execute(known).first():
        # The commit's answer was lost, and this is the unit's second run.
        return
    rights.check(connection)
    changes = decision.changes
    # An undo depends on all later messages: lock every step of the team.
    is_counted = decision.undoable or bool(decision.asked)
    slugs = steps_.SLUGS if is_counted else [change.step for change in changes]
    before = _rows(connection, team, slugs)
    counted = _counted(connection, team) if is_counted else {}
    _check(connection, team, decision, before, counted)
    for change in changes:
        row = before[change.step]
        after = carried_out(row, change, decision.at, decision.rows.get(change.step))
        key = StepKey(*team, change.step)
        if takes_out(row.draft.fields, after.draft.fields):
            drafts.keep(connection, key, row.draft, decision.actor)
        _write(connection, key, after, decision.at, row)
    cause = changes[0].step
    entries = [
        event_log.Entry(
            id_, team.team_id, change, cause, _kept(before[change.step], decision, counted)
        )
        for id_, change in zip(ids, changes, strict=True)
    ]
    event_log.add(connection, team.workshop_id, entries, decision.actor, decision.at)
    if decision.artifact is not None:
        _add_version(connection, StepKey(*team, cause), decision)


def _kept(row: Snapshot, decision: Decision, counted: Mapping[str, int]) -> Snapshot | None:
    return replace(row, asked=counted) if decision.undoable else None


def _counted(connection: Connection, team: TeamKey) -> dict[str, int]:
    """Return how many messages people have written in each of the team's steps, in all eras."""
    counted = (
        select(messages.c.step, func.count().label("number"))
        .where(in_team(messages, team), messages.c.role == Role.USER.value)
        .group_by(messages.c.step)
    )
    return {row.step: row.number for row in connection.execute(counted)}


def _rows(connection: Connection, team: TeamKey, slugs: Sequence[str]) -> dict[str, Snapshot]:
    """Return the rows of some steps, locked until the transaction ends."""
    found = connection.execute(
        select(*rows.STATE, *rows.DRAFT)
        .where(in_team(steps, team), steps.c.step.in_(slugs))
        .order_by(steps.c.step)
        .with_for_update()
    )
    return {row.step: Snapshot(rows.state(row), rows.draft(row)) for row in found}


def _check(
    connection: Connection,
    team: TeamKey,
    decision: Decision,
    before: Mapping[str, Snapshot],
    counted: Mapping[str, int],
) -> None:
    """Raise Conflict if the decision's basis has changed; NotFound if there is no such team."""
    if len(before) < len({change.step for change in decision.changes}):
        raise NotFound("There is no such team.")
    basis = decision.basis
    moved = any(
        before[change.step].state.status is not change.before for change in decision.changes
    ) or any(counted.get(step, 0) != number for step, number in decision.asked.items())
    if basis is not None:
        edited = any(
            basis.revisions.get(step) != before[step].draft.revision for step in decision.rests_on
        )
        moved = moved or edited or basis.moves != _moves(connection, team)
    if moved:
        raise Conflict("Someone else changed this step first.")


def _moves(connection: Connection, team: TeamKey) -> int:
    """Return the position of the team's last event in the workshop's log."""
    of_team = and_(events.c.workshop_id == team.workshop_id, events.c.team_id == team.team_id)
    return connection.scalar(select(func.max(rows.LOG)).where(of_team)) or 0


def _write(
    connection: Connection, key: StepKey, row: Snapshot, at: datetime, before: Snapshot
) -> None:
    state, draft = row.state, row.draft
    values: dict[str, Any] = {
        "status": state.status.value,
        "phase": state.phase.value,
        "started_at": state.started_at,
        "completed_at": state.completed_at,
        "stale": mark_fields(state.stale) if state.stale else None,
        "made_from": dict(state.made_from) if state.made_from is not None else None,
        "era": state.era,
        "redraft": state.redraft,
        "epoch": draft.epoch,
    }
    if draft.revision != before.draft.revision or draft.fields != before.draft.fields:
        values |= {
            "draft": draft.fields,
            "draft_revision": draft.revision,
            "draft_seen": dict(draft.seen),
            "updated_at": at,
        }
    connection.execute(update(steps).where(in_step(steps, key)).values(values))


def _lock_log(connection: Connection, workshop_id: str) -> None:
    # The workshop's row is the lock of its event log: two teams may confirm at the same time.
    connection.execute(
        select(workshops.c.workshop_id)
        .where(workshops.c.workshop_id == workshop_id)
        .with_for_update(key_share=True)
    )


def _add_version(connection: Connection, key: StepKey, decision: Decision) -> None:
    newest = select(func.max(artifact_versions.c.version)).where(in_step(artifact_versions, key))
    connection.execute(
        insert(artifact_versions),
        rows.key_of(key)
        | {
            "version": (connection.scalar(newest) or 0) + 1,
            "fields": decision.artifact,
            "summary": decision.summary,
            "confirmed_by": decision.actor,
            "confirmed_at": decision.at,
        },
    )


def _by_age(team: TeamKey) -> Any:
    return (
        select(artifact_versions)
        .where(in_team(artifact_versions, team))
        .order_by(artifact_versions.c.version)
    )


def _newest(found: Sequence[Any]) -> dict[str, ArtifactVersion]:
    newest = {row.step: rows.version(row) for row in found}
    return {slug: newest[slug] for slug in steps_.SLUGS if slug in newest}
