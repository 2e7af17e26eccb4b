"""A workshop is run: its pace and its notes are kept, and it may be put away or erased."""

import sqlalchemy as sa
from alembic import op

from lib.store.sql.column_types import Moment

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add two columns, which say nothing of the workshops there are, and three tables."""
    with op.batch_alter_table("workshops") as workshops:
        workshops.add_column(sa.Column("archived_at", Moment, nullable=True))
        workshops.add_column(sa.Column("erase_at", Moment, nullable=True))
    op.create_table(
        "agendas",
        *_texts("workshop_id"),
        *_texts("plan", "timer_step"),
        sa.Column("timer_ends_at", Moment, nullable=True),
        sa.Column("timer_left", sa.Float, nullable=False),
        *_texts("open_until"),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("workshop_id", name="pk_agendas"),
        _refers("agendas", "workshops", ["workshop_id"], ["workshop_id"]),
        sa.CheckConstraint("revision >= 1", name="ck_agendas_revision"),
    )
    op.create_table(
        "notes",
        *_texts("workshop_id", "id", "kind"),
        sa.Column("team_id", sa.Text, nullable=True),
        *_texts("author", "text"),
        sa.Column("at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("workshop_id", "id", name="pk_notes"),
        _refers("notes", "workshops", ["workshop_id"], ["workshop_id"]),
        _refers("notes", "teams", ["workshop_id", "team_id"], ["workshop_id", "id"]),
        sa.CheckConstraint("id <> ''", name="ck_notes_filled"),
        sa.CheckConstraint("kind IN ('message', 'flag')", name="ck_notes_kind"),
    )
    op.create_table(
        "closed_notes",
        *_texts("workshop_id", "note_id", "team_id", "by"),
        sa.Column("at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("workshop_id", "note_id", "team_id", name="pk_closed_notes"),
        _refers("closed_notes", "notes", ["workshop_id", "note_id"], ["workshop_id", "id"]),
        _refers("closed_notes", "teams", ["workshop_id", "team_id"], ["workshop_id", "id"]),
    )


def _refers(table: str, to: str, columns: list[str], keys: list[str]) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        columns, [f"{to}.{key}" for key in keys], name=f"fk_{table}_{to}"
    )


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]
