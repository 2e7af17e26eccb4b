"""A database knows the oldest program that still works on it."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a table; `lib.store.migrate` writes its one row at the end of each upgrade."""
    op.create_table(
        "schema_compatibility",
        sa.Column("minimum", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("minimum", name="pk_schema_compatibility"),
    )
