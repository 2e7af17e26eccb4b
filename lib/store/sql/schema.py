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

from lib.store.sql import column_types
from lib.store.sql.column_types import Json, Value
from lib.workshop.choices import How
from lib.workshop.notes import Kind
from lib.workshop.status import Phase, Status
from lib.workshop.transcript import MessageStatus, Role

metadata = MetaData()

# One row: the oldest schema revision whose programs still work on this database. A program that does
# not know the database's own revision starts if it knows this one: see `lib.store.migrate`.
schema_compatibility = Table(
    "schema_compatibility",
    metadata,
    column_types.text("minimum"),
    PrimaryKeyConstraint("minimum", name="pk_schema_compatibility"),
)

workshops = Table(
    "workshops",
    metadata,
    column_types.text("workshop_id"),
    column_types.text("title"),
    column_types.text("challenge"),
    column_types.moment("created_at"),
    column_types.text("language"),
    # When it was archived, and when its erasure is due.
    column_types.moment("archived_at", nullable=True),
    column_types.moment("erase_at", nullable=True),
    # The owner's e-mail address; empty if no facilitator owns it.
    column_types.text("owner"),
    column_types.key("workshops"),
    column_types.filled("workshops", "workshop_id"),
)

teams = Table(
    "teams",
    metadata,
    column_types.text("workshop_id"),
    column_types.text("id"),
    column_types.text("name"),
    column_types.text("link"),
    column_types.number("position"),
    # Whether the link was revoked: the stored one then is a new one that nobody knows.
    Column("revoked", Boolean, nullable=False),
    column_types.key("teams", "id"),
    ForeignKeyConstraint(["workshop_id"], ["workshops.workshop_id"], name="fk_teams_workshops"),
    column_types.filled("teams", "workshop_id", "id", "link"),
    column_types.at_least("teams", "position", 1),
)

# A workshop's agenda; no row until a facilitator changes it.
agendas = Table(
    "agendas",
    metadata,
    column_types.text("workshop_id"),
    # Minutes by step.
    Column("plan", Json, nullable=False),
    # Empty for no timer. It ends at a time, or is paused with so many seconds left.
    column_types.text("timer_step"),
    column_types.moment("timer_ends_at", nullable=True),
    Column("timer_left", Float, nullable=False),
    # The last step that is open to the teams; empty for all.
    column_types.text("open_until"),
    column_types.number("revision"),
    column_types.key("agendas"),
    ForeignKeyConstraint(["workshop_id"], ["workshops.workshop_id"], name="fk_agendas_workshops"),
    column_types.at_least("agendas", "revision", 1),
)

# Messages between facilitator and teams, and calls for help; never changed.
notes = Table(
    "notes",
    metadata,
    column_types.text("workshop_id"),
    column_types.text("id"),
    column_types.text("kind"),
    # Null for all teams.
    Column("team_id", Text, nullable=True),
    column_types.text("author"),
    column_types.text("text"),
    column_types.moment("at"),
    # The order of the notes. Null in rows of an earlier release, which come first, by time.
    Column("position", Integer, nullable=True),
    column_types.key("notes", "id"),
    ForeignKeyConstraint(["workshop_id"], ["workshops.workshop_id"], name="fk_notes_workshops"),
    ForeignKeyConstraint(
        ["workshop_id", "team_id"], ["teams.workshop_id", "teams.id"], name="fk_notes_teams"
    ),
    column_types.filled("notes", "id"),
    column_types.one_of("notes", "kind", Kind),
)

# Which team has closed which note: a message to all has a row per team.
closed_notes = Table(
    "closed_notes",
    metadata,
    column_types.text("workshop_id"),
    column_types.text("note_id"),
    column_types.text("team_id"),
    column_types.text("by"),
    column_types.moment("at"),
    column_types.key("closed_notes", "note_id", "team_id"),
    ForeignKeyConstraint(
        ["workshop_id", "note_id"], ["notes.workshop_id", "notes.id"], name="fk_closed_notes_notes"
    ),
    ForeignKeyConstraint(
        ["workshop_id", "team_id"], ["teams.workshop_id", "teams.id"], name="fk_closed_notes_teams"
    ),
)

# The only key that `workshop_id` does not lead: a link is looked up before its workshop is known.
Index("ix_teams_link", teams.c.link, unique=True)

# Co-facilitators and observers of a workshop, by e-mail address.
grants = Table(
    "grants",
    metadata,
    column_types.text("workshop_id"),
    column_types.text("email"),
    column_types.text("role"),
    column_types.key("grants", "email"),
    ForeignKeyConstraint(["workshop_id"], ["workshops.workshop_id"], name="fk_grants_workshops"),
    column_types.filled("grants", "email"),
    CheckConstraint("role IN ('co_facilitator', 'observer')", name="ck_grants_role"),
)

Index("ix_grants_email", grants.c.email)

# The observers' link of a workshop, if there is one.
observer_links = Table(
    "observer_links",
    metadata,
    column_types.text("workshop_id"),
    column_types.text("link"),
    column_types.key("observer_links"),
    ForeignKeyConstraint(
        ["workshop_id"], ["workshops.workshop_id"], name="fk_observer_links_workshops"
    ),
    column_types.filled("observer_links", "link"),
)

Index("ix_observer_links_link", observer_links.c.link, unique=True)

# A short code per team, to be read out, which expires.
codes = Table(
    "codes",
    metadata,
    column_types.text("workshop_id"),
    column_types.text("team_id"),
    column_types.text("code"),
    column_types.moment("expires_at"),
    column_types.key("codes", "team_id"),
    ForeignKeyConstraint(
        ["workshop_id", "team_id"], ["teams.workshop_id", "teams.id"], name="fk_codes_teams"
    ),
    column_types.filled("codes", "code"),
)

Index("ix_codes_code", codes.c.code, unique=True)

# Recent codes, so that an expired one gets its own error message for some days.
issued_codes = Table(
    "issued_codes",
    metadata,
    column_types.text("workshop_id"),
    column_types.text("code"),
    column_types.text("team_id"),
    column_types.moment("expires_at"),
    column_types.key("issued_codes", "code"),
    ForeignKeyConstraint(
        ["workshop_id", "team_id"],
        ["teams.workshop_id", "teams.id"],
        name="fk_issued_codes_teams",
        # A server of the previous release erases a workshop without knowing this table.
        ondelete="CASCADE",
    ),
    column_types.filled("issued_codes", "code"),
)

Index("ix_issued_codes_code", issued_codes.c.code)

# Of no workshop: digests of the passes that browsers hold after the passcode, ...
passes = Table(
    "passes",
    metadata,
    column_types.text("digest"),
    column_types.moment("expires_at"),
    PrimaryKeyConstraint("digest", name="pk_passes"),
    column_types.filled("passes", "digest"),
)

# The model on a machine that guides its workshops; no row while the script does.
local_guides = Table(
    "local_guides",
    metadata,
    column_types.text("machine"),
    column_types.text("program"),
    column_types.text("model"),
    PrimaryKeyConstraint("machine", name="pk_local_guides"),
    column_types.filled("local_guides", "machine", "program", "model"),
)

# ... and counts of recent attempts, by a digest of the caller or the target.
attempts = Table(
    "attempts",
    metadata,
    column_types.text("kind"),
    column_types.text("who"),
    column_types.moment("since"),
    column_types.number("number"),
    PrimaryKeyConstraint("kind", "who", name="pk_attempts"),
    column_types.filled("attempts", "kind", "who"),
    column_types.at_least("attempts", "number", 0),
)

steps = Table(
    "steps",
    metadata,
    column_types.text("workshop_id"),
    column_types.text("team_id"),
    column_types.text("step"),
    column_types.text("status"),
    column_types.moment("started_at", nullable=True),
    column_types.moment("completed_at", nullable=True),
    column_types.text("phase"),
    column_types.number("draft_revision"),
    # The generation of the draft: writes from an earlier one are rejected.
    column_types.number("epoch"),
    # When the draft was last written; at first, when the row was created.
    column_types.moment("updated_at"),
    Column("draft", Json, nullable=False),
    # The current era of the transcript: a reset begins another.
    column_types.number("era"),
    # Why it is stale, and the digests of the inputs of its artifact; or null.
    Column("stale", Value, nullable=False),
    Column("made_from", Value, nullable=False),
    # The newest edit of each writer that is in the draft.
    Column("draft_seen", Json, nullable=False),
    # Id of the reply that will redraft the step once the guide is free; or null.
    Column("redraft", Text, nullable=True),
    column_types.key("steps", "team_id", "step"),
    ForeignKeyConstraint(
        ["workshop_id", "team_id"], ["teams.workshop_id", "teams.id"], name="fk_steps_teams"
    ),
    column_types.filled("steps", "workshop_id", "team_id", "step"),
    column_types.one_of("steps", "status", Status),
    column_types.one_of("steps", "phase", Phase),
    column_types.at_least("steps", "draft_revision", 0),
    column_types.at_least("steps", "epoch", 0),
    column_types.at_least("steps", "era", 0),
)

messages = Table(
    "messages",
    metadata,
    column_types.text("workshop_id"),
    column_types.text("team_id"),
    column_types.text("step"),
    column_types.text("id"),
    column_types.number("era"),
    column_types.number("position"),
    column_types.text("role"),
    column_types.text("author"),
    column_types.text("status"),
    # Attempts are 2^32 revisions apart: see `lib.workshop.transcript.next_attempt`.
    Column("revision", BigInteger, nullable=False),
    column_types.moment("created_at"),
    column_types.moment("updated_at"),
    # When the last writer's lease expires; read only while the status is `streaming`.
    column_types.moment("lease_until"),
    # Among the last columns: SQLite reads a long text to reach the columns after it.
    column_types.text("text"),
    # Suggested replies for the team: a short list of texts.
    Column("suggestions", Value, nullable=False),
    # Whether this reply redrafts its step.
    Column("anew", Boolean, nullable=False, server_default=false()),
    # What a complete reply took and offers, and the revision that does; null for any other message.
    Column("read_back", Value, nullable=True),
    column_types.key("messages", "id"),
    UniqueConstraint(
        "workshop_id", "team_id", "step", "era", "position", name="uq_messages_position"
    ),
    column_types.belongs_to_step("messages"),
    column_types.filled("messages", "workshop_id", "team_id", "step", "id"),
    column_types.one_of("messages", "role", Role),
    column_types.one_of("messages", "status", MessageStatus),
    column_types.at_least("messages", "position", 1),
    column_types.at_least("messages", "revision", 0),
)

# Exactly as in `lib.store.sql.overview`, else SQLite does not use the index.
_IS_UNFINISHED = text(f"status <> '{MessageStatus.COMPLETE}'")

# A few of many rows, which the facilitator's table counts at each poll.
Index(
    "ix_messages_unfinished",
    messages.c.workshop_id,
    messages.c.team_id,
    messages.c.step,
    messages.c.era,
    postgresql_where=_IS_UNFINISHED,
    sqlite_where=_IS_UNFINISHED,
)

# What a complete reply changed in the draft: the fields and the phase, before and after.
reply_updates = Table(
    "reply_updates",
    metadata,
    column_types.text("workshop_id"),
    column_types.text("team_id"),
    column_types.text("step"),
    column_types.text("message_id"),
    column_types.number("epoch"),
    column_types.text("phase_before"),
    column_types.text("phase_after"),
    Column("before", Json, nullable=False),
    Column("after", Json, nullable=False),
    column_types.key("reply_updates", "message_id"),
    # An earlier release that erases a workshop does not know this table.
    column_types.belongs_to_step("reply_updates", ondelete="CASCADE"),
    column_types.filled("reply_updates", "message_id"),
)

# What was last decided about each line and offer of a reply, and what that did to the draft.
choices = Table(
    "choices",
    metadata,
    column_types.text("workshop_id"),
    column_types.text("team_id"),
    column_types.text("step"),
    column_types.text("message_id"),
    column_types.text("item"),
    column_types.text("id"),
    column_types.text("how"),
    column_types.text("by"),
    # Counts the presses: of two at once, one is stored.
    column_types.number("revision"),
    # The revision of the reply: one that is written again has other items.
    Column("message_revision", BigInteger, nullable=False),
    Column("operations", Value, nullable=False),
    column_types.key("choices", "message_id", "item"),
    # An earlier release that erases a workshop does not know this table.
    column_types.belongs_to_step("choices", ondelete="CASCADE"),
    column_types.filled("choices", "message_id", "item", "id"),
    column_types.one_of("choices", "how", How),
    column_types.at_least("choices", "revision", 1),
)

# Interviews a team brought along. Their text never changes; who is called what, and who asks, may.
interviews = Table(
    "interviews",
    metadata,
    column_types.text("workshop_id"),
    column_types.text("team_id"),
    column_types.text("step"),
    column_types.text("id"),
    column_types.text("name"),
    column_types.text("author"),
    Column("interview", Json, nullable=False),
    column_types.number("revision"),
    column_types.number("position"),
    column_types.key("interviews", "id"),
    # An earlier release that erases a workshop does not know this table.
    column_types.belongs_to_step("interviews", ondelete="CASCADE"),
    column_types.filled("interviews", "id"),
)

# Texts of replies that a team had written again: for the facilitator, never in a transcript.
discarded = Table(
    "discarded",
    metadata,
    column_types.text("workshop_id"),
    column_types.text("team_id"),
    column_types.text("step"),
    column_types.text("message_id"),
    # The revision it had: attempts are 2^32 apart.
    Column("revision", BigInteger, nullable=False),
    column_types.number("position"),
    column_types.moment("discarded_at"),
    column_types.text("text"),
    column_types.key("discarded", "message_id", "revision"),
    column_types.belongs_to_step("discarded"),
    column_types.filled("discarded", "message_id"),
)

# Summaries of the older part of a conversation, for the model, which also gets the newest part.
recollections = Table(
    "recollections",
    metadata,
    column_types.text("workshop_id"),
    column_types.text("team_id"),
    column_types.text("step"),
    column_types.number("era"),
    # Position of the last message it covers.
    column_types.number("upto"),
    column_types.moment("made_at"),
    column_types.text("text"),
    column_types.key("recollections", "team_id", "step", "era"),
    column_types.belongs_to_step("recollections"),
    column_types.filled("recollections", "text"),
    column_types.at_least("recollections", "era", 0),
    column_types.at_least("recollections", "upto", 1),
)

# Every request to a model and its outcome, without any text.
guide_calls = Table(
    "guide_calls",
    metadata,
    column_types.text("workshop_id"),
    column_types.text("id"),
    column_types.text("team_id"),
    column_types.text("step"),
    # Id of the message that was being written.
    column_types.text("turn"),
    column_types.text("model"),
    column_types.text("prompt_hash"),
    column_types.number("tokens_in"),
    column_types.number("tokens_out"),
    Column("estimated", Boolean, nullable=False),
    Column("seconds", Float, nullable=False),
    column_types.text("outcome"),
    column_types.moment("at"),
    column_types.key("guide_calls", "id"),
    column_types.belongs_to_step("guide_calls"),
    column_types.filled("guide_calls", "id", "outcome"),
    column_types.at_least("guide_calls", "tokens_in", 0),
    column_types.at_least("guide_calls", "tokens_out", 0),
)

asides = Table(
    "asides",
    metadata,
    column_types.text("workshop_id"),
    column_types.text("team_id"),
    column_types.text("step"),
    column_types.text("field"),
    column_types.text("writer"),
    column_types.text("author"),
    # A browser's milliseconds: see `lib/ui/components/form.js`.
    Column("revision", BigInteger, nullable=False),
    column_types.number("epoch"),
    column_types.moment("updated_at"),
    Column("value", Value, nullable=False),
    column_types.key("asides", "team_id", "step", "field", "writer"),
    column_types.belongs_to_step("asides"),
    column_types.filled("asides", "field", "writer"),
)

unsent = Table(
    "unsent",
    metadata,
    column_types.text("workshop_id"),
    column_types.text("team_id"),
    column_types.text("step"),
    column_types.text("writer"),
    column_types.text("member"),
    Column("revision", BigInteger, nullable=False),
    column_types.moment("updated_at"),
    column_types.text("text"),
    column_types.key("unsent", "team_id", "step", "writer"),
    column_types.belongs_to_step("unsent"),
    column_types.filled("unsent", "writer"),
)

# Drafts before something was removed from them: see `lib.workshop.draft_history`.
draft_history = Table(
    "draft_history",
    metadata,
    column_types.text("workshop_id"),
    column_types.text("team_id"),
    column_types.text("step"),
    column_types.number("epoch"),
    column_types.number("revision"),
    # Who removed something from it, and when, by the database's clock.
    column_types.text("by"),
    column_types.moment("at"),
    Column("fields", Json, nullable=False),
    column_types.key("draft_history", "team_id", "step", "epoch", "revision"),
    column_types.belongs_to_step("draft_history", ondelete="CASCADE"),
    column_types.at_least("draft_history", "epoch", 0),
    column_types.at_least("draft_history", "revision", 0),
)

artifact_versions = Table(
    "artifact_versions",
    metadata,
    column_types.text("workshop_id"),
    column_types.text("team_id"),
    column_types.text("step"),
    column_types.number("version"),
    column_types.text("confirmed_by"),
    column_types.moment("confirmed_at"),
    column_types.text("summary"),
    Column("fields", Json, nullable=False),
    column_types.key("artifact_versions", "team_id", "step", "version"),
    column_types.belongs_to_step("artifact_versions"),
    column_types.at_least("artifact_versions", "version", 1),
)

events = Table(
    "events",
    metadata,
    column_types.text("workshop_id"),
    column_types.text("id"),
    # The order of the log: a clock may be set back, and one confirmation makes several events.
    column_types.number("position"),
    column_types.text("team_id"),
    column_types.text("step"),
    column_types.text("event"),
    column_types.text("status_before"),
    column_types.text("status_after"),
    column_types.text("actor"),
    column_types.text("cause"),
    column_types.moment("at"),
    # The reason the actor gave.
    column_types.text("reason"),
    # The step's row before the event, if the event can be undone; or null.
    Column("snapshot", Value, nullable=False),
    column_types.key("events", "id"),
    UniqueConstraint("workshop_id", "position", name="uq_events_position"),
    column_types.belongs_to_step("events"),
    column_types.filled(
        "events", "workshop_id", "id", "event", "status_before", "status_after", "cause"
    ),
    column_types.at_least("events", "position", 1),
)

# Which message was redacted, by whom and why. Of its words only salted digests are kept, to recognise
# late saves.
redactions = Table(
    "redactions",
    metadata,
    column_types.text("workshop_id"),
    column_types.text("id"),
    column_types.text("team_id"),
    column_types.text("step"),
    column_types.text("message_id"),
    column_types.text("by"),
    column_types.text("reason"),
    column_types.moment("at"),
    column_types.text("salt"),
    Column("digests", Value, nullable=False),
    column_types.key("redactions", "id"),
    ForeignKeyConstraint(
        ["workshop_id", "team_id", "step"],
        ["steps.workshop_id", "steps.team_id", "steps.step"],
        name="fk_redactions_steps",
        ondelete="CASCADE",
    ),
    column_types.filled("redactions", "id", "message_id"),
)
