"""What the guide has not finished is counted from an index of its own."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add an index of the few messages that are not complete."""
    unfinished = sa.text("status <> 'complete'")
    op.create_index(
        "ix_messages_unfinished",
        "messages",
        ["workshop_id", "team_id", "step", "era"],
        postgresql_where=unfinished,
        sqlite_where=unfinished,
    )
