"""What replies are for and what they did to drafts is stored: any server can go on from there."""

import sqlalchemy as sa
from alembic import op

from lib.store.sql.column_types import Json

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add two columns an earlier release need not know of, and a table."""
    op.add_column("steps", sa.Column("redraft", sa.Text, nullable=True))
    op.add_column(
        "messages", sa.Column("anew", sa.Boolean, nullable=False, server_default=sa.false())
    )
    op.create_table(
        "reply_updates",
        sa.Column("workshop_id", sa.Text, nullable=False),
        sa.Column("team_id", sa.Text, nullable=False),
        sa.Column("step", sa.Text, nullable=False),
        sa.Column("message_id", sa.Text, nullable=False),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("phase_before", sa.Text, nullable=False),
        sa.Column("phase_after", sa.Text, nullable=False),
        sa.Column("before", Json, nullable=False),
        sa.Column("after", Json, nullable=False),
        sa.PrimaryKeyConstraint("workshop_id", "message_id", name="pk_reply_updates"),
        sa.ForeignKeyConstraint(
            ["workshop_id", "team_id", "step"],
            ["steps.workshop_id", "steps.team_id", "steps.step"],
            name="fk_reply_updates_steps",
            # An earlier release that erases a workshop does not know this table.
            ondelete="CASCADE",
        ),
        sa.CheckConstraint("message_id <> ''", name="ck_reply_updates_filled"),
    )
