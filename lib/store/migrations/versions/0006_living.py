"""Steps go stale and come back, transcripts have eras, versions have summaries, events a reason."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """
    Add what a living workshop needs to know; every workshop stays as it was.

    All that was said so far is of the first era, 0; nothing is stale; no version has a summary.
    """
    _add("steps", sa.Column("era", sa.Integer, nullable=False, server_default="0"))
    _add("steps", sa.Column("stale", sa.Text, nullable=False, server_default="null"))
    _add("steps", sa.Column("made_from", sa.Text, nullable=False, server_default="null"))
    _add("messages", sa.Column("era", sa.Integer, nullable=False, server_default="0"))
    _add("artifact_versions", sa.Column("summary", sa.Text, nullable=False, server_default=""))
    _add("events", sa.Column("reason", sa.Text, nullable=False, server_default=""))
    _add("events", sa.Column("snapshot", sa.Text, nullable=False, server_default="null"))
    with op.batch_alter_table("messages") as messages:
        messages.drop_constraint("uq_messages_position", type_="unique")
        messages.create_unique_constraint(
            "uq_messages_position", ["workshop_id", "team_id", "step", "era", "position"]
        )
    with op.batch_alter_table("steps") as steps:
        steps.create_check_constraint("ck_steps_era", "era >= 0")


def _add(table: str, column: "sa.Column[object]") -> None:
    """Add a column that has no default once the rows that are there have got theirs."""
    with op.batch_alter_table(table) as changing:
        changing.add_column(column)
    with op.batch_alter_table(table) as changing:
        changing.alter_column(column.name, existing_type=column.type, server_default=None)
