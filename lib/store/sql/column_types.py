"""What the tables are made of: the types of columns, and the rules they share."""

import json
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    ForeignKeyConstraint,
    Integer,
    PrimaryKeyConstraint,
    String,
    Text,
)
from sqlalchemy.types import TypeDecorator, TypeEngine

from lib.workshop.records import Fields

#: Characters of a time in SQLite: `2026-01-31T09:30:00.000000+00:00`.
TIME_WIDTH = 32


class Moment(TypeDecorator[datetime]):
    """An aware time in UTC, to the microsecond; in SQLite text of one width, so that it sorts."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the column's type."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(String(TIME_WIDTH))
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Return what is stored. Raises ValueError for a time that does not say where."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A time without its zone cannot be stored.")
        utc = value.astimezone(UTC)
        return utc.isoformat(timespec="microseconds") if dialect.name == "sqlite" else utc

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Return the time in UTC."""
        if value is None:
            return None
        time = datetime.fromisoformat(value) if isinstance(value, str) else value
        return time.astimezone(UTC)


class Value(TypeDecorator[Any]):
    """A value as JSON text: PostgreSQL's own JSON types reorder keys, or parse what nobody asks."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str:
        """Return the text, every character as itself."""
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """Return the value; keys are in the order they were given."""
        # Most of them hold nothing, and a table of them reads hundreds.
        return None if value in {None, "", "null"} else json.loads(value)


class Json(Value):
    """Fields as JSON text."""

    cache_ok = True

    def process_result_value(self, value: str | None, dialect: Dialect) -> Fields:
        """Return the fields."""
        fields: Fields = json.loads(value or "{}")
        return fields


def text(name: str) -> Column[str]:
    """Return a column that holds a text, perhaps an empty one."""
    return Column(name, Text, nullable=False)


def number(name: str) -> Column[int]:
    """Return a column that holds a whole number."""
    return Column(name, Integer, nullable=False)


def moment(name: str, *, nullable: bool = False) -> Column[datetime]:
    """Return a column that holds a time."""
    return Column(name, Moment, nullable=nullable)


def filled(table: str, *columns: str) -> CheckConstraint:
    """Return the rule that none of *columns* is empty."""
    rule = " AND ".join(f"{column} <> ''" for column in columns)
    return CheckConstraint(rule, name=f"ck_{table}_filled")


def one_of(table: str, column: str, values: type[StrEnum]) -> CheckConstraint:
    """Return the rule that a column holds one of *values*."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=f"ck_{table}_{column}")


def at_least(table: str, column: str, least: int) -> CheckConstraint:
    """Return the rule that a column holds no less than *least*."""
    return CheckConstraint(f"{column} >= {least}", name=f"ck_{table}_{column}")


def key(table: str, *columns: str) -> PrimaryKeyConstraint:
    """Return the primary key: the workshop, and *columns*."""
    return PrimaryKeyConstraint("workshop_id", *columns, name=f"pk_{table}")


def belongs_to_step(table: str, *, ondelete: str | None = None) -> ForeignKeyConstraint:
    """Return the rule that a row's step is there; *ondelete* as SQL has it."""
    return ForeignKeyConstraint(
        ["workshop_id", "team_id", "step"],
        ["steps.workshop_id", "steps.team_id", "steps.step"],
        name=f"fk_{table}_steps",
        ondelete=ondelete,
    )
