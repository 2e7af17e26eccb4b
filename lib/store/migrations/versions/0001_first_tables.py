"""The first tables: a step is not started, in progress, or complete."""

import sqlalchemy as sa
from alembic import op

from lib.store.sql.column_types import Moment

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False)


def _to_step(table: str) -> sa.ForeignKeyConstraint:
    key = ["workshop_id", "team_id", "step"]
    return sa.ForeignKeyConstraint(key, [f"steps.{c}" for c in key], name=f"fk_{table}_steps")


def _check(name: str, rule: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=f"ck_{name}")


_PHASES = "('orient', 'gather', 'synthesize', 'refine', 'validate', 'complete')"


def upgrade() -> None:
    """Make the tables."""
    _workshops_and_teams()
    _steps()
    _messages()
    _artifacts_and_events()


def _workshops_and_teams() -> None:
    op.create_table(
        "workshops",
        *_texts("workshop_id", "title", "challenge"),
        sa.Column("created_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("workshop_id", name="pk_workshops"),
        _check("workshops_filled", "workshop_id <> ''"),
    )
    op.create_table(
        "teams",
        *_texts("workshop_id", "id", "name", "link"),
        _number("position"),
        sa.PrimaryKeyConstraint("workshop_id", "id", name="pk_teams"),
        sa.ForeignKeyConstraint(
            ["workshop_id"], ["workshops.workshop_id"], name="fk_teams_workshops"
        ),
        _check("teams_filled", "workshop_id <> '' AND id <> '' AND link <> ''"),
        _check("teams_position", "position >= 1"),
    )
    op.create_index("ix_teams_link", "teams", ["link"], unique=True)


def _steps() -> None:
    op.create_table(
        "steps",
        *_texts("workshop_id", "team_id", "step", "status"),
        sa.Column("started_at", Moment, nullable=True),
        sa.Column("completed_at", Moment, nullable=True),
        *_texts("phase"),
        _number("draft_revision"),
        sa.Column("updated_at", Moment, nullable=False),
        *_texts("draft"),
        sa.PrimaryKeyConstraint("workshop_id", "team_id", "step", name="pk_steps"),
        sa.ForeignKeyConstraint(
            ["workshop_id", "team_id"], ["teams.workshop_id", "teams.id"], name="fk_steps_teams"
        ),
        _check("steps_filled", "workshop_id <> '' AND team_id <> '' AND step <> ''"),
        _check("steps_status", "status IN ('not_started', 'in_progress', 'complete')"),
        _check("steps_phase", f"phase IN {_PHASES}"),
        _check("steps_draft_revision", "draft_revision >= 0"),
    )


def _messages() -> None:
    op.create_table(
        "messages",
        *_texts("workshop_id", "team_id", "step", "id"),
        _number("position"),
        *_texts("role", "author", "status"),
        _number("revision"),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("updated_at", Moment, nullable=False),
        *_texts("text"),
        sa.PrimaryKeyConstraint("workshop_id", "id", name="pk_messages"),
        sa.UniqueConstraint(
            "workshop_id", "team_id", "step", "position", name="uq_messages_position"
        ),
        _to_step("messages"),
        _check(
            "messages_filled", "workshop_id <> '' AND team_id <> '' AND step <> '' AND id <> ''"
        ),
        _check("messages_role", "role IN ('user', 'assistant')"),
        _check("messages_status", "status IN ('streaming', 'complete', 'interrupted', 'error')"),
        _check("messages_position", "position >= 1"),
        _check("messages_revision", "revision >= 0"),
    )


def _artifacts_and_events() -> None:
    op.create_table(
        "artifact_versions",
        *_texts("workshop_id", "team_id", "step"),
        _number("version"),
        *_texts("confirmed_by"),
        sa.Column("confirmed_at", Moment, nullable=False),
        *_texts("fields"),
        sa.PrimaryKeyConstraint(
            "workshop_id", "team_id", "step", "version", name="pk_artifact_versions"
        ),
        _to_step("artifact_versions"),
        _check("artifact_versions_version", "version >= 1"),
    )
    op.create_table(
        "events",
        *_texts("workshop_id", "id"),
        _number("position"),
        *_texts("team_id", "step", "event", "status_before", "status_after", "actor", "cause"),
        sa.Column("at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("workshop_id", "id", name="pk_events"),
        sa.UniqueConstraint("workshop_id", "position", name="uq_events_position"),
        _to_step("events"),
        _check(
            "events_filled",
            "workshop_id <> '' AND id <> '' AND event <> '' AND status_before <> ''"
            " AND status_after <> '' AND cause <> ''",
        ),
        _check("events_position", "position >= 1"),
    )
