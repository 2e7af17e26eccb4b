"""What is typed is saved while it is typed, and two who type the same words both keep theirs."""

import sqlalchemy as sa
from alembic import op

from lib.store.sql.column_types import Moment

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_KEY = ("workshop_id", "team_id", "step")


def upgrade() -> None:
    """Add the epoch and the writers of a draft, what was set aside, and what was not sent yet."""
    with op.batch_alter_table("steps") as steps:
        steps.add_column(sa.Column("epoch", sa.Integer, nullable=False, server_default="0"))
        steps.add_column(sa.Column("draft_seen", sa.Text, nullable=False, server_default="{}"))
        steps.create_check_constraint("ck_steps_epoch", "epoch >= 0")
    with op.batch_alter_table("steps") as steps:
        steps.alter_column("epoch", existing_type=sa.Integer(), server_default=None)
        steps.alter_column("draft_seen", existing_type=sa.Text(), server_default=None)
    op.create_table(
        "asides",
        *_texts(*_KEY, "field", "writer", "author"),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("updated_at", Moment, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint(*_KEY, "field", "writer", name="pk_asides"),
        sa.ForeignKeyConstraint(_KEY, [f"steps.{c}" for c in _KEY], name="fk_asides_steps"),
        sa.CheckConstraint("field <> '' AND writer <> ''", name="ck_asides_filled"),
    )
    op.create_table(
        "unsent",
        *_texts(*_KEY, "writer", "member"),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("updated_at", Moment, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint(*_KEY, "writer", name="pk_unsent"),
        sa.ForeignKeyConstraint(_KEY, [f"steps.{c}" for c in _KEY], name="fk_unsent_steps"),
        sa.CheckConstraint("writer <> ''", name="ck_unsent_filled"),
    )


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]
