"""
The tables of a workshop database, the same on SQLite and PostgreSQL.

The workshop leads every key: rows of one workshop lie together, and the tables can be distributed
by workshop. No column of a key is nullable, because NULLs are distinct. Databases get here by
`lib/store/migrations`; a test holds the two together.
"""

import json
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.types import TypeDecorator, TypeEngine

from lib.notes import Kind
from lib.status import Phase, Status
from lib.transcript import MessageStatus, Role
from lib.workshop import Fields

#: Characters of a time in SQLite: `2026-01-31T09:30:00.000000+00:00`.
TIME_WIDTH = 32


class Moment(TypeDecorator[datetime]):
    """An aware time in UTC, to the microsecond; in SQLite text of one width, so that it sorts."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the column's type."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(String(TIME_WIDTH))
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Return what is stored. Raises ValueError for a time that does not say where."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A time without its zone cannot be stored.")
        utc = value.astimezone(UTC)
        return utc.isoformat(timespec="microseconds") if dialect.name == "sqlite" else utc

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Return the time in UTC."""
        if value is None:
            return None
        time = datetime.fromisoformat(value) if isinstance(value, str) else value
        return time.astimezone(UTC)


class Value(TypeDecorator[Any]):
    """A value as JSON text: PostgreSQL's own JSON types reorder keys, or parse what nobody asks."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str:
        """Return the text, every character as itself."""
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """Return the value; keys are in the order they were given."""
        # Most of them hold nothing, and a table of them reads hundreds.
        return None if value in {None, "", "null"} else json.loads(value)


class Json(Value):
    """Fields as JSON text."""

    cache_ok = True

    def process_result_value(self, value: str | None, dialect: Dialect) -> Fields:
        """Return the fields."""
        fields: Fields = json.loads(value or "{}")
        return fields


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


def _number(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False)


def _moment(name: str, *, nullable: bool = False) -> Column[datetime]:
    return Column(name, Moment, nullable=nullable)


def _filled(table: str, *columns: str) -> CheckConstraint:
    rule = " AND ".join(f"{column} <> ''" for column in columns)
    return CheckConstraint(rule, name=f"ck_{table}_filled")


def _one_of(table: str, column: str, values: type[StrEnum]) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=f"ck_{table}_{column}")


def _at_least(table: str, column: str, least: int) -> CheckConstraint:
    return CheckConstraint(f"{column} >= {least}", name=f"ck_{table}_{column}")


def _key(table: str, *columns: str) -> PrimaryKeyConstraint:
    return PrimaryKeyConstraint("workshop_id", *columns, name=f"pk_{table}")


def _belongs_to_step(table: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["workshop_id", "team_id", "step"],
        ["steps.workshop_id", "steps.team_id", "steps.step"],
        name=f"fk_{table}_steps",
    )


metadata = MetaData()

workshops = Table(
    "workshops",
    metadata,
    _text("workshop_id"),
    _text("title"),
    _text("challenge"),
    _moment("created_at"),
    _text("language"),
    # When it was put away, and from when on it may be erased for good.
    _moment("archived_at", nullable=True),
    _moment("erase_at", nullable=True),
    # Address of the facilitator whose it is; empty for the house's.
    _text("owner"),
    _key("workshops"),
    _filled("workshops", "workshop_id"),
)

teams = Table(
    "teams",
    metadata,
    _text("workshop_id"),
    _text("id"),
    _text("name"),
    _text("link"),
    _number("position"),
    # Whether the link was taken away: the one that is stored then was told to nobody.
    Column("revoked", Boolean, nullable=False),
    _key("teams", "id"),
    ForeignKeyConstraint(["workshop_id"], ["workshops.workshop_id"], name="fk_teams_workshops"),
    _filled("teams", "workshop_id", "id", "link"),
    _at_least("teams", "position", 1),
)

# How a workshop is paced; none for one whose facilitator said nothing.
agendas = Table(
    "agendas",
    metadata,
    _text("workshop_id"),
    # Minutes by step.
    Column("plan", Json, nullable=False),
    # Empty for no timer. It ends at a time, or is paused with so many seconds left.
    _text("timer_step"),
    _moment("timer_ends_at", nullable=True),
    Column("timer_left", Float, nullable=False),
    # The last step that is open to the teams; empty for all.
    _text("open_until"),
    _number("revision"),
    _key("agendas"),
    ForeignKeyConstraint(["workshop_id"], ["workshops.workshop_id"], name="fk_agendas_workshops"),
    _at_least("agendas", "revision", 1),
)

# What a facilitator tells the teams, and a team the facilitator; never changed.
notes = Table(
    "notes",
    metadata,
    _text("workshop_id"),
    _text("id"),
    _text("kind"),
    # Null for all teams.
    Column("team_id", Text, nullable=True),
    _text("author"),
    _text("text"),
    _moment("at"),
    _key("notes", "id"),
    ForeignKeyConstraint(["workshop_id"], ["workshops.workshop_id"], name="fk_notes_workshops"),
    ForeignKeyConstraint(
        ["workshop_id", "team_id"], ["teams.workshop_id", "teams.id"], name="fk_notes_teams"
    ),
    _filled("notes", "id"),
    _one_of("notes", "kind", Kind),
)

# Which team is done with which note: a message to all has one for each.
closed_notes = Table(
    "closed_notes",
    metadata,
    _text("workshop_id"),
    _text("note_id"),
    _text("team_id"),
    _text("by"),
    _moment("at"),
    _key("closed_notes", "note_id", "team_id"),
    ForeignKeyConstraint(
        ["workshop_id", "note_id"], ["notes.workshop_id", "notes.id"], name="fk_closed_notes_notes"
    ),
    ForeignKeyConstraint(
        ["workshop_id", "team_id"], ["teams.workshop_id", "teams.id"], name="fk_closed_notes_teams"
    ),
)

# The one key the workshop does not lead: whoever follows a link does not know its workshop yet.
Index("ix_teams_link", teams.c.link, unique=True)

# Who else is let into a workshop, by address.
grants = Table(
    "grants",
    metadata,
    _text("workshop_id"),
    _text("email"),
    _text("role"),
    _key("grants", "email"),
    ForeignKeyConstraint(["workshop_id"], ["workshops.workshop_id"], name="fk_grants_workshops"),
    _filled("grants", "email"),
    CheckConstraint("role IN ('co_facilitator', 'observer')", name="ck_grants_role"),
)

Index("ix_grants_email", grants.c.email)

# The link that lets anybody read along in a workshop, where there is one.
observer_links = Table(
    "observer_links",
    metadata,
    _text("workshop_id"),
    _text("link"),
    _key("observer_links"),
    ForeignKeyConstraint(
        ["workshop_id"], ["workshops.workshop_id"], name="fk_observer_links_workshops"
    ),
    _filled("observer_links", "link"),
)

Index("ix_observer_links_link", observer_links.c.link, unique=True)

# A short code a team, to be read out: it expires.
codes = Table(
    "codes",
    metadata,
    _text("workshop_id"),
    _text("team_id"),
    _text("code"),
    _moment("expires_at"),
    _key("codes", "team_id"),
    ForeignKeyConstraint(
        ["workshop_id", "team_id"], ["teams.workshop_id", "teams.id"], name="fk_codes_teams"
    ),
    _filled("codes", "code"),
)

Index("ix_codes_code", codes.c.code, unique=True)

# The house's own, of no workshop: what browsers hold after the passcode, as a digest, ...
passes = Table(
    "passes",
    metadata,
    _text("digest"),
    _moment("expires_at"),
    PrimaryKeyConstraint("digest", name="pk_passes"),
    _filled("passes", "digest"),
)

# ... and how often something was tried lately, as a digest of who or what.
attempts = Table(
    "attempts",
    metadata,
    _text("kind"),
    _text("who"),
    _moment("since"),
    _number("number"),
    PrimaryKeyConstraint("kind", "who", name="pk_attempts"),
    _filled("attempts", "kind", "who"),
    _at_least("attempts", "number", 0),
)

steps = Table(
    "steps",
    metadata,
    _text("workshop_id"),
    _text("team_id"),
    _text("step"),
    _text("status"),
    _moment("started_at", nullable=True),
    _moment("completed_at", nullable=True),
    _text("phase"),
    _number("draft_revision"),
    # Which life of the step the draft belongs to: writes from an earlier one are refused.
    _number("epoch"),
    # When the draft was last written; at first, when the row was.
    _moment("updated_at"),
    Column("draft", Json, nullable=False),
    # Which era of the transcript is the one people see: a reset begins another.
    _number("era"),
    # Why it needs another look, and the digests of what its artifact was made from; or null.
    Column("stale", Value, nullable=False),
    Column("made_from", Value, nullable=False),
    # The newest edit of each writer that is in the draft.
    Column("draft_seen", Json, nullable=False),
    _key("steps", "team_id", "step"),
    ForeignKeyConstraint(
        ["workshop_id", "team_id"], ["teams.workshop_id", "teams.id"], name="fk_steps_teams"
    ),
    _filled("steps", "workshop_id", "team_id", "step"),
    _one_of("steps", "status", Status),
    _one_of("steps", "phase", Phase),
    _at_least("steps", "draft_revision", 0),
    _at_least("steps", "epoch", 0),
    _at_least("steps", "era", 0),
)

messages = Table(
    "messages",
    metadata,
    _text("workshop_id"),
    _text("team_id"),
    _text("step"),
    _text("id"),
    _number("era"),
    _number("position"),
    _text("role"),
    _text("author"),
    _text("status"),
    # Attempts are 2^32 revisions apart: see `lib.transcript.next_attempt`.
    Column("revision", BigInteger, nullable=False),
    _moment("created_at"),
    _moment("updated_at"),
    # Until when whoever wrote last may go on writing; read only while the status is `streaming`.
    _moment("lease_until"),
    # Last but what nobody reads without it: SQLite reads a long text to get at the columns behind.
    _text("text"),
    # What the team might say next: a short list of texts.
    Column("suggestions", Value, nullable=False),
    _key("messages", "id"),
    UniqueConstraint(
        "workshop_id", "team_id", "step", "era", "position", name="uq_messages_position"
    ),
    _belongs_to_step("messages"),
    _filled("messages", "workshop_id", "team_id", "step", "id"),
    _one_of("messages", "role", Role),
    _one_of("messages", "status", MessageStatus),
    _at_least("messages", "position", 1),
    _at_least("messages", "revision", 0),
)

# In the words `lib.store.overview` uses: SQLite knows the index by no others.
_IS_UNFINISHED = text(f"status <> '{MessageStatus.COMPLETE}'")

# Few of many: what the facilitator's table counts at each look.
Index(
    "ix_messages_unfinished",
    messages.c.workshop_id,
    messages.c.team_id,
    messages.c.step,
    messages.c.era,
    postgresql_where=_IS_UNFINISHED,
    sqlite_where=_IS_UNFINISHED,
)

# Whole replies a team had written anew: for the facilitator, never for a transcript.
discarded = Table(
    "discarded",
    metadata,
    _text("workshop_id"),
    _text("team_id"),
    _text("step"),
    _text("message_id"),
    # The revision it had: attempts are 2^32 apart.
    Column("revision", BigInteger, nullable=False),
    _number("position"),
    _moment("discarded_at"),
    _text("text"),
    _key("discarded", "message_id", "revision"),
    _belongs_to_step("discarded"),
    _filled("discarded", "message_id"),
)

# What the older part of a conversation came to, for the model that is told its newest part.
recollections = Table(
    "recollections",
    metadata,
    _text("workshop_id"),
    _text("team_id"),
    _text("step"),
    _number("era"),
    # Position of the last message it covers.
    _number("upto"),
    _moment("made_at"),
    _text("text"),
    _key("recollections", "team_id", "step", "era"),
    _belongs_to_step("recollections"),
    _filled("recollections", "text"),
    _at_least("recollections", "era", 0),
    _at_least("recollections", "upto", 1),
)

# Every request to a model and what came of it; no word of what was said.
guide_calls = Table(
    "guide_calls",
    metadata,
    _text("workshop_id"),
    _text("id"),
    _text("team_id"),
    _text("step"),
    # Id of the message that was being written.
    _text("turn"),
    _text("model"),
    _text("prompt_hash"),
    _number("tokens_in"),
    _number("tokens_out"),
    Column("estimated", Boolean, nullable=False),
    Column("seconds", Float, nullable=False),
    _text("outcome"),
    _moment("at"),
    _key("guide_calls", "id"),
    _belongs_to_step("guide_calls"),
    _filled("guide_calls", "id", "outcome"),
    _at_least("guide_calls", "tokens_in", 0),
    _at_least("guide_calls", "tokens_out", 0),
)

asides = Table(
    "asides",
    metadata,
    _text("workshop_id"),
    _text("team_id"),
    _text("step"),
    _text("field"),
    _text("writer"),
    _text("author"),
    # A browser's milliseconds: see `lib/ui/form.js`.
    Column("revision", BigInteger, nullable=False),
    _number("epoch"),
    _moment("updated_at"),
    Column("value", Value, nullable=False),
    _key("asides", "team_id", "step", "field", "writer"),
    _belongs_to_step("asides"),
    _filled("asides", "field", "writer"),
)

unsent = Table(
    "unsent",
    metadata,
    _text("workshop_id"),
    _text("team_id"),
    _text("step"),
    _text("writer"),
    _text("member"),
    Column("revision", BigInteger, nullable=False),
    _moment("updated_at"),
    _text("text"),
    _key("unsent", "team_id", "step", "writer"),
    _belongs_to_step("unsent"),
    _filled("unsent", "writer"),
)

artifact_versions = Table(
    "artifact_versions",
    metadata,
    _text("workshop_id"),
    _text("team_id"),
    _text("step"),
    _number("version"),
    _text("confirmed_by"),
    _moment("confirmed_at"),
    _text("summary"),
    Column("fields", Json, nullable=False),
    _key("artifact_versions", "team_id", "step", "version"),
    _belongs_to_step("artifact_versions"),
    _at_least("artifact_versions", "version", 1),
)

events = Table(
    "events",
    metadata,
    _text("workshop_id"),
    _text("id"),
    # The order of the story: a clock may step back, and one confirmation makes several events.
    _number("position"),
    _text("team_id"),
    _text("step"),
    _text("event"),
    _text("status_before"),
    _text("status_after"),
    _text("actor"),
    _text("cause"),
    _moment("at"),
    # Why, in the words of who did it.
    _text("reason"),
    # The step's row as it was before, where the event may be undone; or null.
    Column("snapshot", Value, nullable=False),
    _key("events", "id"),
    UniqueConstraint("workshop_id", "position", name="uq_events_position"),
    _belongs_to_step("events"),
    _filled("events", "workshop_id", "id", "event", "status_before", "status_after", "cause"),
    _at_least("events", "position", 1),
)
