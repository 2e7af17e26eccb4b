"""What the older part of a conversation came to is kept."""

import sqlalchemy as sa
from alembic import op

from lib.store.sql.column_types import Moment

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_KEY = ("workshop_id", "team_id", "step")


def upgrade() -> None:
    """Add a table."""
    op.create_table(
        "recollections",
        *(sa.Column(name, sa.Text, nullable=False) for name in _KEY),
        sa.Column("era", sa.Integer, nullable=False),
        sa.Column("upto", sa.Integer, nullable=False),
        sa.Column("made_at", Moment, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint(*_KEY, "era", name="pk_recollections"),
        sa.ForeignKeyConstraint(_KEY, [f"steps.{c}" for c in _KEY], name="fk_recollections_steps"),
        sa.CheckConstraint("text <> ''", name="ck_recollections_filled"),
        sa.CheckConstraint("era >= 0", name="ck_recollections_era"),
        sa.CheckConstraint("upto >= 1", name="ck_recollections_upto"),
    )
