"""
The tables of a workshop database, the same on SQLite and PostgreSQL.

The workshop leads every key: rows of one workshop lie together, and the tables can be distributed
by workshop. No column of a key is nullable, because NULLs are distinct. Databases get here by
`lib/store/migrations`; a test holds the two together.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from lib.store import columns
from lib.store.columns import Json, Value
from lib.workshop.notes import Kind
from lib.workshop.status import Phase, Status
from lib.workshop.transcript import MessageStatus, Role

metadata = MetaData()

# One row: the oldest schema revision whose programs still work on this database. A program that does
# not know the database's own revision starts if it knows this one: see `lib.store.migrate`.
schema_compatibility = Table(
    "schema_compatibility",
    metadata,
    columns.text("minimum"),
    PrimaryKeyConstraint("minimum", name="pk_schema_compatibility"),
)

workshops = Table(
    "workshops",
    metadata,
    columns.text("workshop_id"),
    columns.text("title"),
    columns.text("challenge"),
    columns.moment("created_at"),
    columns.text("language"),
    # When it was put away, and from when on it may be erased for good.
    columns.moment("archived_at", nullable=True),
    columns.moment("erase_at", nullable=True),
    # Address of the facilitator whose it is; empty for the house's.
    columns.text("owner"),
    columns.key("workshops"),
    columns.filled("workshops", "workshop_id"),
)

teams = Table(
    "teams",
    metadata,
    columns.text("workshop_id"),
    columns.text("id"),
    columns.text("name"),
    columns.text("link"),
    columns.number("position"),
    # Whether the link was taken away: the one that is stored then was told to nobody.
    Column("revoked", Boolean, nullable=False),
    columns.key("teams", "id"),
    ForeignKeyConstraint(["workshop_id"], ["workshops.workshop_id"], name="fk_teams_workshops"),
    columns.filled("teams", "workshop_id", "id", "link"),
    columns.at_least("teams", "position", 1),
)

# How a workshop is paced; none for one whose facilitator said nothing.
agendas = Table(
    "agendas",
    metadata,
    columns.text("workshop_id"),
    # Minutes by step.
    Column("plan", Json, nullable=False),
    # Empty for no timer. It ends at a time, or is paused with so many seconds left.
    columns.text("timer_step"),
    columns.moment("timer_ends_at", nullable=True),
    Column("timer_left", Float, nullable=False),
    # The last step that is open to the teams; empty for all.
    columns.text("open_until"),
    columns.number("revision"),
    columns.key("agendas"),
    ForeignKeyConstraint(["workshop_id"], ["workshops.workshop_id"], name="fk_agendas_workshops"),
    columns.at_least("agendas", "revision", 1),
)

# What a facilitator tells the teams, and a team the facilitator; never changed.
notes = Table(
    "notes",
    metadata,
    columns.text("workshop_id"),
    columns.text("id"),
    columns.text("kind"),
    # Null for all teams.
    Column("team_id", Text, nullable=True),
    columns.text("author"),
    columns.text("text"),
    columns.moment("at"),
    # The order of the notes; null in those of a release that had none: they come first, by time.
    Column("position", Integer, nullable=True),
    columns.key("notes", "id"),
    ForeignKeyConstraint(["workshop_id"], ["workshops.workshop_id"], name="fk_notes_workshops"),
    ForeignKeyConstraint(
        ["workshop_id", "team_id"], ["teams.workshop_id", "teams.id"], name="fk_notes_teams"
    ),
    columns.filled("notes", "id"),
    columns.one_of("notes", "kind", Kind),
)

# Which team is done with which note: a message to all has one for each.
closed_notes = Table(
    "closed_notes",
    metadata,
    columns.text("workshop_id"),
    columns.text("note_id"),
    columns.text("team_id"),
    columns.text("by"),
    columns.moment("at"),
    columns.key("closed_notes", "note_id", "team_id"),
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
    columns.text("workshop_id"),
    columns.text("email"),
    columns.text("role"),
    columns.key("grants", "email"),
    ForeignKeyConstraint(["workshop_id"], ["workshops.workshop_id"], name="fk_grants_workshops"),
    columns.filled("grants", "email"),
    CheckConstraint("role IN ('co_facilitator', 'observer')", name="ck_grants_role"),
)

Index("ix_grants_email", grants.c.email)

# The link that lets anybody read along in a workshop, where there is one.
observer_links = Table(
    "observer_links",
    metadata,
    columns.text("workshop_id"),
    columns.text("link"),
    columns.key("observer_links"),
    ForeignKeyConstraint(
        ["workshop_id"], ["workshops.workshop_id"], name="fk_observer_links_workshops"
    ),
    columns.filled("observer_links", "link"),
)

Index("ix_observer_links_link", observer_links.c.link, unique=True)

# A short code a team, to be read out: it expires.
codes = Table(
    "codes",
    metadata,
    columns.text("workshop_id"),
    columns.text("team_id"),
    columns.text("code"),
    columns.moment("expires_at"),
    columns.key("codes", "team_id"),
    ForeignKeyConstraint(
        ["workshop_id", "team_id"], ["teams.workshop_id", "teams.id"], name="fk_codes_teams"
    ),
    columns.filled("codes", "code"),
)

Index("ix_codes_code", codes.c.code, unique=True)

# Each code that was made lately: whoever types one that ran out is told so, for some days.
issued_codes = Table(
    "issued_codes",
    metadata,
    columns.text("workshop_id"),
    columns.text("code"),
    columns.text("team_id"),
    columns.moment("expires_at"),
    columns.key("issued_codes", "code"),
    ForeignKeyConstraint(
        ["workshop_id", "team_id"],
        ["teams.workshop_id", "teams.id"],
        name="fk_issued_codes_teams",
        # A server of the release before erases a workshop without knowing of this table.
        ondelete="CASCADE",
    ),
    columns.filled("issued_codes", "code"),
)

Index("ix_issued_codes_code", issued_codes.c.code)

# The house's own, of no workshop: what browsers hold after the passcode, as a digest, ...
passes = Table(
    "passes",
    metadata,
    columns.text("digest"),
    columns.moment("expires_at"),
    PrimaryKeyConstraint("digest", name="pk_passes"),
    columns.filled("passes", "digest"),
)

# ... and how often something was tried lately, as a digest of who or what.
attempts = Table(
    "attempts",
    metadata,
    columns.text("kind"),
    columns.text("who"),
    columns.moment("since"),
    columns.number("number"),
    PrimaryKeyConstraint("kind", "who", name="pk_attempts"),
    columns.filled("attempts", "kind", "who"),
    columns.at_least("attempts", "number", 0),
)

steps = Table(
    "steps",
    metadata,
    columns.text("workshop_id"),
    columns.text("team_id"),
    columns.text("step"),
    columns.text("status"),
    columns.moment("started_at", nullable=True),
    columns.moment("completed_at", nullable=True),
    columns.text("phase"),
    columns.number("draft_revision"),
    # Which life of the step the draft belongs to: writes from an earlier one are refused.
    columns.number("epoch"),
    # When the draft was last written; at first, when the row was.
    columns.moment("updated_at"),
    Column("draft", Json, nullable=False),
    # Which era of the transcript is the one people see: a reset begins another.
    columns.number("era"),
    # Why it needs another look, and the digests of what its artifact was made from; or null.
    Column("stale", Value, nullable=False),
    Column("made_from", Value, nullable=False),
    # The newest edit of each writer that is in the draft.
    Column("draft_seen", Json, nullable=False),
    # Id of the reply that is to draft the step anew, once the guide is free; or null.
    Column("redraft", Text, nullable=True),
    columns.key("steps", "team_id", "step"),
    ForeignKeyConstraint(
        ["workshop_id", "team_id"], ["teams.workshop_id", "teams.id"], name="fk_steps_teams"
    ),
    columns.filled("steps", "workshop_id", "team_id", "step"),
    columns.one_of("steps", "status", Status),
    columns.one_of("steps", "phase", Phase),
    columns.at_least("steps", "draft_revision", 0),
    columns.at_least("steps", "epoch", 0),
    columns.at_least("steps", "era", 0),
)

messages = Table(
    "messages",
    metadata,
    columns.text("workshop_id"),
    columns.text("team_id"),
    columns.text("step"),
    columns.text("id"),
    columns.number("era"),
    columns.number("position"),
    columns.text("role"),
    columns.text("author"),
    columns.text("status"),
    # Attempts are 2^32 revisions apart: see `lib.workshop.transcript.next_attempt`.
    Column("revision", BigInteger, nullable=False),
    columns.moment("created_at"),
    columns.moment("updated_at"),
    # Until when whoever wrote last may go on writing; read only while the status is `streaming`.
    columns.moment("lease_until"),
    # Last but what nobody reads without it: SQLite reads a long text to get at the columns behind.
    columns.text("text"),
    # What the team might say next: a short list of texts.
    Column("suggestions", Value, nullable=False),
    # Whether this reply drafts its step anew.
    Column("anew", Boolean, nullable=False, server_default=false()),
    columns.key("messages", "id"),
    UniqueConstraint(
        "workshop_id", "team_id", "step", "era", "position", name="uq_messages_position"
    ),
    columns.belongs_to_step("messages"),
    columns.filled("messages", "workshop_id", "team_id", "step", "id"),
    columns.one_of("messages", "role", Role),
    columns.one_of("messages", "status", MessageStatus),
    columns.at_least("messages", "position", 1),
    columns.at_least("messages", "revision", 0),
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

# What a whole reply did to the draft: the fields it changed, before and after, and the phases.
reply_updates = Table(
    "reply_updates",
    metadata,
    columns.text("workshop_id"),
    columns.text("team_id"),
    columns.text("step"),
    columns.text("message_id"),
    columns.number("epoch"),
    columns.text("phase_before"),
    columns.text("phase_after"),
    Column("before", Json, nullable=False),
    Column("after", Json, nullable=False),
    columns.key("reply_updates", "message_id"),
    # An earlier release that erases a workshop does not know this table.
    columns.belongs_to_step("reply_updates", ondelete="CASCADE"),
    columns.filled("reply_updates", "message_id"),
)

# Whole replies a team had written anew: for the facilitator, never for a transcript.
discarded = Table(
    "discarded",
    metadata,
    columns.text("workshop_id"),
    columns.text("team_id"),
    columns.text("step"),
    columns.text("message_id"),
    # The revision it had: attempts are 2^32 apart.
    Column("revision", BigInteger, nullable=False),
    columns.number("position"),
    columns.moment("discarded_at"),
    columns.text("text"),
    columns.key("discarded", "message_id", "revision"),
    columns.belongs_to_step("discarded"),
    columns.filled("discarded", "message_id"),
)

# What the older part of a conversation came to, for the model that is told its newest part.
recollections = Table(
    "recollections",
    metadata,
    columns.text("workshop_id"),
    columns.text("team_id"),
    columns.text("step"),
    columns.number("era"),
    # Position of the last message it covers.
    columns.number("upto"),
    columns.moment("made_at"),
    columns.text("text"),
    columns.key("recollections", "team_id", "step", "era"),
    columns.belongs_to_step("recollections"),
    columns.filled("recollections", "text"),
    columns.at_least("recollections", "era", 0),
    columns.at_least("recollections", "upto", 1),
)

# Every request to a model and what came of it; no word of what was said.
guide_calls = Table(
    "guide_calls",
    metadata,
    columns.text("workshop_id"),
    columns.text("id"),
    columns.text("team_id"),
    columns.text("step"),
    # Id of the message that was being written.
    columns.text("turn"),
    columns.text("model"),
    columns.text("prompt_hash"),
    columns.number("tokens_in"),
    columns.number("tokens_out"),
    Column("estimated", Boolean, nullable=False),
    Column("seconds", Float, nullable=False),
    columns.text("outcome"),
    columns.moment("at"),
    columns.key("guide_calls", "id"),
    columns.belongs_to_step("guide_calls"),
    columns.filled("guide_calls", "id", "outcome"),
    columns.at_least("guide_calls", "tokens_in", 0),
    columns.at_least("guide_calls", "tokens_out", 0),
)

asides = Table(
    "asides",
    metadata,
    columns.text("workshop_id"),
    columns.text("team_id"),
    columns.text("step"),
    columns.text("field"),
    columns.text("writer"),
    columns.text("author"),
    # A browser's milliseconds: see `lib/ui/form.js`.
    Column("revision", BigInteger, nullable=False),
    columns.number("epoch"),
    columns.moment("updated_at"),
    Column("value", Value, nullable=False),
    columns.key("asides", "team_id", "step", "field", "writer"),
    columns.belongs_to_step("asides"),
    columns.filled("asides", "field", "writer"),
)

unsent = Table(
    "unsent",
    metadata,
    columns.text("workshop_id"),
    columns.text("team_id"),
    columns.text("step"),
    columns.text("writer"),
    columns.text("member"),
    Column("revision", BigInteger, nullable=False),
    columns.moment("updated_at"),
    columns.text("text"),
    columns.key("unsent", "team_id", "step", "writer"),
    columns.belongs_to_step("unsent"),
    columns.filled("unsent", "writer"),
)

# What a draft was before something was taken out of it: see `lib.workshop.draft_history`.
draft_history = Table(
    "draft_history",
    metadata,
    columns.text("workshop_id"),
    columns.text("team_id"),
    columns.text("step"),
    columns.number("epoch"),
    columns.number("revision"),
    # Whose change took something out of it, and when, by the database's clock.
    columns.text("by"),
    columns.moment("at"),
    Column("fields", Json, nullable=False),
    columns.key("draft_history", "team_id", "step", "epoch", "revision"),
    columns.belongs_to_step("draft_history", ondelete="CASCADE"),
    columns.at_least("draft_history", "epoch", 0),
    columns.at_least("draft_history", "revision", 0),
)

artifact_versions = Table(
    "artifact_versions",
    metadata,
    columns.text("workshop_id"),
    columns.text("team_id"),
    columns.text("step"),
    columns.number("version"),
    columns.text("confirmed_by"),
    columns.moment("confirmed_at"),
    columns.text("summary"),
    Column("fields", Json, nullable=False),
    columns.key("artifact_versions", "team_id", "step", "version"),
    columns.belongs_to_step("artifact_versions"),
    columns.at_least("artifact_versions", "version", 1),
)

events = Table(
    "events",
    metadata,
    columns.text("workshop_id"),
    columns.text("id"),
    # The order of the story: a clock may step back, and one confirmation makes several events.
    columns.number("position"),
    columns.text("team_id"),
    columns.text("step"),
    columns.text("event"),
    columns.text("status_before"),
    columns.text("status_after"),
    columns.text("actor"),
    columns.text("cause"),
    columns.moment("at"),
    # Why, in the words of who did it.
    columns.text("reason"),
    # The step's row as it was before, where the event may be undone; or null.
    Column("snapshot", Value, nullable=False),
    columns.key("events", "id"),
    UniqueConstraint("workshop_id", "position", name="uq_events_position"),
    columns.belongs_to_step("events"),
    columns.filled(
        "events", "workshop_id", "id", "event", "status_before", "status_after", "cause"
    ),
    columns.at_least("events", "position", 1),
)

# Which message was redacted, by whom and why: never the words, of which only salted digests are kept,
# so that what is saved late is recognised.
redactions = Table(
    "redactions",
    metadata,
    columns.text("workshop_id"),
    columns.text("id"),
    columns.text("team_id"),
    columns.text("step"),
    columns.text("message_id"),
    columns.text("by"),
    columns.text("reason"),
    columns.moment("at"),
    columns.text("salt"),
    Column("digests", Value, nullable=False),
    columns.key("redactions", "id"),
    ForeignKeyConstraint(
        ["workshop_id", "team_id", "step"],
        ["steps.workshop_id", "steps.team_id", "steps.step"],
        name="fk_redactions_steps",
        ondelete="CASCADE",
    ),
    columns.filled("redactions", "id", "message_id"),
)
