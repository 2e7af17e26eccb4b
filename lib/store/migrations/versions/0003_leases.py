"""The writer of a reply holds a lease, and the next attempt outranks the last."""

import sqlalchemy as sa
from alembic import op

from lib.store.sql.column_types import Moment

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """
    Add `lease_until` and widen `revision`.

    Nobody is writing while a database is upgraded: what still says `streaming` has no writer, and
    its lease ended when it was written last.
    """
    with op.batch_alter_table("messages") as messages:
        messages.add_column(sa.Column("lease_until", Moment, nullable=True))
        messages.alter_column("revision", type_=sa.BigInteger, existing_nullable=False)
    op.execute("UPDATE messages SET lease_until = updated_at")
    with op.batch_alter_table("messages") as messages:
        messages.alter_column("lease_until", existing_type=Moment(), nullable=False)
