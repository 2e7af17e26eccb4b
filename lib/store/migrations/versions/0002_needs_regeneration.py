"""A step may need regeneration: a fourth status."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let the status column know it."""
    with op.batch_alter_table("steps") as steps:
        steps.drop_constraint("ck_steps_status", type_="check")
        steps.create_check_constraint(
            "ck_steps_status",
            "status IN ('not_started', 'in_progress', 'complete', 'needs_regeneration')",
        )
