"""Which model on a machine guides its workshops."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a table that an earlier release does not know."""
    op.create_table(
        "local_guides",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("machine", "program", "model")),
        sa.PrimaryKeyConstraint("machine", name="pk_local_guides"),
        sa.CheckConstraint(
            "machine <> '' AND program <> '' AND model <> ''", name="ck_local_guides_filled"
        ),
    )
