"""Interviews a team brings along stay with its step, so that every quote has its source."""

import sqlalchemy as sa
from alembic import op

from lib.store.sql.column_types import Json

revision = "0027"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a table that an earlier release need not know of."""
    op.create_table(
        "interviews",
        sa.Column("workshop_id", sa.Text, nullable=False),
        sa.Column("team_id", sa.Text, nullable=False),
        sa.Column("step", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("interview", Json, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("workshop_id", "id", name="pk_interviews"),
        sa.ForeignKeyConstraint(
            ["workshop_id", "team_id", "step"],
            ["steps.workshop_id", "steps.team_id", "steps.step"],
            name="fk_interviews_steps",
            # An earlier release that erases a workshop does not know this table.
            ondelete="CASCADE",
        ),
        sa.CheckConstraint("id <> ''", name="ck_interviews_filled"),
    )
