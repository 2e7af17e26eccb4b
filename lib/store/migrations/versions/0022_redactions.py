"""Who redacted which message, when and why; of its words only digests are kept."""

import sqlalchemy as sa
from alembic import op

from lib.store.sql.column_types import Moment, Value

revision = "0022"
down_revision = "0012"
branch_labels = None
depends_on = None

_KEY = ("workshop_id", "team_id", "step")
_TEXTS = ("message_id", "by", "reason")


def upgrade() -> None:
    """Add a table; what refers to a step goes with it, also where an older program erases it."""
    op.create_table(
        "redactions",
        sa.Column("workshop_id", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("team_id", sa.Text, nullable=False),
        sa.Column("step", sa.Text, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in _TEXTS),
        sa.Column("at", Moment, nullable=False),
        sa.Column("salt", sa.Text, nullable=False),
        sa.Column("digests", Value, nullable=False),
        sa.PrimaryKeyConstraint("workshop_id", "id", name="pk_redactions"),
        sa.ForeignKeyConstraint(
            _KEY,
            [f"steps.{name}" for name in _KEY],
            name="fk_redactions_steps",
            ondelete="CASCADE",
        ),
        sa.CheckConstraint("id <> '' AND message_id <> ''", name="ck_redactions_filled"),
    )
