"""Earlier drafts are kept when something is taken out of them."""

import sqlalchemy as sa
from alembic import op

from lib.store.sql.column_types import Moment

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a table, whose rows go with their step: a program that does not know it may erase both."""
    key = ["workshop_id", "team_id", "step"]
    op.create_table(
        "draft_history",
        *(sa.Column(name, sa.Text, nullable=False) for name in key),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("fields", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint(*key, "epoch", "revision", name="pk_draft_history"),
        sa.ForeignKeyConstraint(
            key,
            [f"steps.{name}" for name in key],
            name="fk_draft_history_steps",
            ondelete="CASCADE",
        ),
        sa.CheckConstraint("epoch >= 0", name="ck_draft_history_epoch"),
        sa.CheckConstraint("revision >= 0", name="ck_draft_history_revision"),
    )
