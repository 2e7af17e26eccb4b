"""What a reply took and offers is stored with it, and what people decide about that."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_HOW = "'open', 'edited', 'moved', 'talk', 'accepted', 'undone'"


def upgrade() -> None:
    """Add a column that an earlier release leaves null, and a table whose rows go with their step."""
    op.add_column("messages", sa.Column("read_back", sa.Text, nullable=True))
    key = ["workshop_id", "team_id", "step"]
    texts = [*key, "message_id", "item", "id", "how", "by"]
    op.create_table(
        "choices",
        *(sa.Column(name, sa.Text, nullable=False) for name in texts),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("message_revision", sa.BigInteger, nullable=False),
        sa.Column("operations", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("workshop_id", "message_id", "item", name="pk_choices"),
        sa.ForeignKeyConstraint(
            key,
            [f"steps.{name}" for name in key],
            name="fk_choices_steps",
            ondelete="CASCADE",
        ),
        sa.CheckConstraint(
            "message_id <> '' AND item <> '' AND id <> ''", name="ck_choices_filled"
        ),
        sa.CheckConstraint(f"how IN ({_HOW})", name="ck_choices_how"),
        sa.CheckConstraint("revision >= 1", name="ck_choices_revision"),
    )
