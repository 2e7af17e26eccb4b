"""A workshop has a language."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; every workshop so far was held in English, as far as the guide knew."""
    with op.batch_alter_table("workshops") as workshops:
        workshops.add_column(sa.Column("language", sa.Text, nullable=False, server_default="en"))
    with op.batch_alter_table("workshops") as workshops:
        workshops.alter_column("language", existing_type=sa.Text(), server_default=None)
