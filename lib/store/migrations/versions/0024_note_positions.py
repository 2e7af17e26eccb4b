"""Notes have an order of their own: a clock may step back."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a column that an earlier release leaves null: its notes are in order of time."""
    op.add_column("notes", sa.Column("position", sa.Integer, nullable=True))
