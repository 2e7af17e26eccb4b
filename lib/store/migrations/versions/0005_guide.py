"""What a guide leaves behind: suggested replies, replies that were discarded, calls of a model."""

import sqlalchemy as sa
from alembic import op

from lib.store.sql.column_types import Moment

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_KEY = ("workshop_id", "team_id", "step")


def upgrade() -> None:
    """Add a column to the messages, and two tables."""
    with op.batch_alter_table("messages") as messages:
        messages.add_column(sa.Column("suggestions", sa.Text, nullable=False, server_default="[]"))
    with op.batch_alter_table("messages") as messages:
        messages.alter_column("suggestions", existing_type=sa.Text(), server_default=None)
    op.create_table(
        "discarded",
        *_texts(*_KEY, "message_id"),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("discarded_at", Moment, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("workshop_id", "message_id", "revision", name="pk_discarded"),
        sa.ForeignKeyConstraint(_KEY, [f"steps.{c}" for c in _KEY], name="fk_discarded_steps"),
        sa.CheckConstraint("message_id <> ''", name="ck_discarded_filled"),
    )
    op.create_table(
        "guide_calls",
        *_texts("workshop_id", "id", "team_id", "step", "turn", "model", "prompt_hash"),
        sa.Column("tokens_in", sa.Integer, nullable=False),
        sa.Column("tokens_out", sa.Integer, nullable=False),
        sa.Column("estimated", sa.Boolean, nullable=False),
        sa.Column("seconds", sa.Float, nullable=False),
        *_texts("outcome"),
        sa.Column("at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("workshop_id", "id", name="pk_guide_calls"),
        sa.ForeignKeyConstraint(_KEY, [f"steps.{c}" for c in _KEY], name="fk_guide_calls_steps"),
        sa.CheckConstraint("id <> '' AND outcome <> ''", name="ck_guide_calls_filled"),
        sa.CheckConstraint("tokens_in >= 0", name="ck_guide_calls_tokens_in"),
        sa.CheckConstraint("tokens_out >= 0", name="ck_guide_calls_tokens_out"),
    )


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]
