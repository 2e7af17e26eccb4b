"""Rows to records, and the expressions that all parts share."""

from typing import Any

from sqlalchemy import ColumnElement, Row, and_, bindparam

from lib.store.snapshots import mark_of
from lib.store.sql.schema import events, messages, steps
from lib.workshop.read_back import ReadBack, as_json, from_json
from lib.workshop.records import (
    ArtifactVersion,
    Draft,
    EventRecord,
    StepKey,
    StepState,
    Team,
    TeamKey,
    Workshop,
)
from lib.workshop.status import Event, Phase, Status
from lib.workshop.transcript import Message, MessageStatus, Role


def in_step(table: Any, key: StepKey) -> ColumnElement[bool]:
    """Return the condition that a row belongs to a step."""
    return and_(in_team(table, key.team), table.c.step == key.step)


def in_team(table: Any, team: TeamKey) -> ColumnElement[bool]:
    """Return the condition that a row belongs to a team."""
    return and_(table.c.workshop_id == team.workshop_id, table.c.team_id == team.team_id)


# Statements that every page runs are built once and get their key when they run: building one takes
# longer than the database does.


def of_step(table: Any) -> ColumnElement[bool]:
    """As `in_step`, for a statement that is run with `key_of`."""
    return and_(of_team(table), table.c.step == bindparam("step"))


def of_team(table: Any) -> ColumnElement[bool]:
    """As `in_team`, for a statement that is run with `key_of`, or with a team's `_asdict`."""
    return and_(
        table.c.workshop_id == bindparam("workshop_id"), table.c.team_id == bindparam("team_id")
    )


def key_of(key: StepKey) -> dict[str, str]:
    """Return the columns that say which step."""
    return {"workshop_id": key.workshop_id, "team_id": key.team_id, "step": key.step}


def workshop(row: Row[Any]) -> Workshop:
    """Return a workshop."""
    return Workshop(
        row.workshop_id,
        row.title,
        row.challenge,
        row.created_at,
        row.language,
        archived_at=row.archived_at,
        erase_at=row.erase_at,
        owner=row.owner,
    )


def team(row: Row[Any]) -> Team:
    """Return a team."""
    return Team(row.workshop_id, row.id, row.name, row.link, row.position, row.revoked)


def state(row: Any) -> StepState:
    """Return where a team stands in a step."""
    return StepState(
        row.step,
        Status(row.status),
        Phase(row.phase),
        row.started_at,
        row.completed_at,
        mark_of(row.stale) if row.stale else None,
        row.made_from,
        row.era,
        row.redraft,
    )


#: What `state` reads.
STATE = (
    steps.c.step,
    steps.c.status,
    steps.c.phase,
    steps.c.started_at,
    steps.c.completed_at,
    steps.c.stale,
    steps.c.made_from,
    steps.c.era,
    steps.c.redraft,
)

#: What `draft` reads.
DRAFT = (
    steps.c.draft,
    steps.c.phase,
    steps.c.draft_revision,
    steps.c.epoch,
    steps.c.draft_seen,
)


def draft(row: Any) -> Draft:
    """Return a step's draft."""
    return Draft(row.draft, Phase(row.phase), row.draft_revision, row.epoch, row.draft_seen)


def version(row: Row[Any]) -> ArtifactVersion:
    """Return a confirmed artifact."""
    return ArtifactVersion(
        row.step, row.version, row.fields, row.confirmed_by, row.confirmed_at, row.summary
    )


def event(row: Row[Any]) -> EventRecord:
    """Return one entry of the event log."""
    return EventRecord(
        row.id,
        row.team_id,
        row.step,
        Event(row.event),
        Status(row.status_before),
        Status(row.status_after),
        row.actor,
        row.cause,
        row.at,
        row.reason,
    )


def message(row: Row[Any]) -> Message:
    """Return a message as `lib.store.sql.store` selects it: `dead` says whether its lease ran out."""
    return Message(
        row.id,
        Role(row.role),
        row.author,
        row.text,
        row.created_at,
        MessageStatus.INTERRUPTED if row.dead else MessageStatus(row.status),
        row.revision,
        row.position,
        tuple(row.suggestions),
        row.era,
        lapsed=bool(row.dead),
        anew=row.anew,
        read_back=_read_back(row),
    )


def _read_back(row: Row[Any]) -> ReadBack | None:
    """Return what a reply took and offers, unless it was written again or redacted since."""
    held = row.read_back
    return from_json(held) if held and held["of"] == row.revision else None


def read_back(reply: Message, given: ReadBack | None) -> dict[str, Any] | None:
    """Return what is stored of what *reply* took and offers."""
    return None if given is None else as_json(given) | {"of": reply.revision}


def columns(key: StepKey, each: Message) -> dict[str, Any]:
    """Return a message as a row of its step."""
    return key_of(key) | {
        "id": each.id,
        "era": each.era,
        "position": each.position,
        "role": each.role.value,
        "author": each.author,
        "status": each.status.value,
        "revision": each.revision,
        "created_at": each.created_at,
        "suggestions": each.suggestions,
        "anew": each.anew,
        "text": each.text,
    }


#: The position of an entry in the event log.
LOG = events.c.position

#: The position of a message in its transcript.
PLACE = messages.c.position
