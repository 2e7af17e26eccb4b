"""Expired codes are remembered for some days, for an error message of their own."""

import sqlalchemy as sa
from alembic import op

from lib.store.sql.column_types import Moment

revision = "0012"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a table of every code that was made lately, with those there are now."""
    op.create_table(
        "issued_codes",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("workshop_id", "code", "team_id")),
        sa.Column("expires_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("workshop_id", "code", name="pk_issued_codes"),
        sa.ForeignKeyConstraint(
            ["workshop_id", "team_id"],
            ["teams.workshop_id", "teams.id"],
            name="fk_issued_codes_teams",
            ondelete="CASCADE",
        ),
        sa.CheckConstraint("code <> ''", name="ck_issued_codes_filled"),
    )
    op.create_index("ix_issued_codes_code", "issued_codes", ["code"])
    op.execute(
        "INSERT INTO issued_codes (workshop_id, code, team_id, expires_at) "
        "SELECT workshop_id, code, team_id, expires_at FROM codes"
    )
