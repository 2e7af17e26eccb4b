"""Workshops have owners and people who are let in; ways in can be taken away."""

import sqlalchemy as sa
from alembic import op

from lib.store.sql.column_types import Moment

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what is missing; every workshop so far is the house's, and every link opens its team."""
    _add("workshops", sa.Column("owner", sa.Text, nullable=False, server_default=""))
    _add("teams", sa.Column("revoked", sa.Boolean, nullable=False, server_default=sa.false()))
    _of_workshops()
    _of_the_house()


def _add(table: str, column: "sa.Column[object]") -> None:
    """Add a column whose rows so far have its default; what comes later says what it holds."""
    with op.batch_alter_table(table) as batch:
        batch.add_column(column)
    with op.batch_alter_table(table) as batch:
        batch.alter_column(column.name, existing_type=column.type, server_default=None)


def _text(name: str) -> "sa.Column[str]":
    return sa.Column(name, sa.Text, nullable=False)


def _of_workshops() -> None:
    workshop = ["workshop_id"], ["workshops.workshop_id"]
    op.create_table(
        "grants",
        *map(_text, ("workshop_id", "email", "role")),
        sa.PrimaryKeyConstraint("workshop_id", "email", name="pk_grants"),
        sa.ForeignKeyConstraint(*workshop, name="fk_grants_workshops"),
        sa.CheckConstraint("email <> ''", name="ck_grants_filled"),
        sa.CheckConstraint("role IN ('co_facilitator', 'observer')", name="ck_grants_role"),
    )
    op.create_index("ix_grants_email", "grants", ["email"])
    op.create_table(
        "observer_links",
        *map(_text, ("workshop_id", "link")),
        sa.PrimaryKeyConstraint("workshop_id", name="pk_observer_links"),
        sa.ForeignKeyConstraint(*workshop, name="fk_observer_links_workshops"),
        sa.CheckConstraint("link <> ''", name="ck_observer_links_filled"),
    )
    op.create_index("ix_observer_links_link", "observer_links", ["link"], unique=True)
    team = ["workshop_id", "team_id"], ["teams.workshop_id", "teams.id"]
    op.create_table(
        "codes",
        *map(_text, ("workshop_id", "team_id", "code")),
        sa.Column("expires_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("workshop_id", "team_id", name="pk_codes"),
        sa.ForeignKeyConstraint(*team, name="fk_codes_teams"),
        sa.CheckConstraint("code <> ''", name="ck_codes_filled"),
    )
    op.create_index("ix_codes_code", "codes", ["code"], unique=True)


def _of_the_house() -> None:
    op.create_table(
        "passes",
        _text("digest"),
        sa.Column("expires_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_passes"),
        sa.CheckConstraint("digest <> ''", name="ck_passes_filled"),
    )
    op.create_table(
        "attempts",
        *map(_text, ("kind", "who")),
        sa.Column("since", Moment, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("kind", "who", name="pk_attempts"),
        sa.CheckConstraint("kind <> '' AND who <> ''", name="ck_attempts_filled"),
        sa.CheckConstraint("number >= 0", name="ck_attempts_number"),
    )
