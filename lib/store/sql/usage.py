"""Calls of models, in SQL: each one a row, and what they come to in one query."""

from typing import Any

from sqlalchemy import func, literal, select
from sqlalchemy.dialects.postgresql import insert as upsert_on_postgresql
from sqlalchemy.dialects.sqlite import insert as upsert_on_sqlite

from lib.store.errors import Unstorable
from lib.store.sql.engine import Door, Kind
from lib.store.sql.schema import guide_calls
from lib.workshop.clock import utc_now
from lib.workshop.usage import FINE, Call, TeamUsage


class Calls:
    """The port's methods for calls of models."""

    def __init__(self, door: Door) -> None:
        self._door = door
        upsert: Any = upsert_on_sqlite if door.is_sqlite else upsert_on_postgresql
        # Once by its id: the commit's answer may be lost, and the unit run again.
        self._insert = upsert(guide_calls).on_conflict_do_nothing(
            index_elements=list(guide_calls.primary_key.columns)
        )

    def _now(self) -> Any:
        """Return the database's clock."""
        if self._door.is_sqlite:
            return literal(utc_now(), guide_calls.c.at.type)
        return func.clock_timestamp()

    def record(self, call: Call) -> None:
        """Keep a call that is over."""
        if call.team is None:
            raise Unstorable("A call without its team cannot be stored.")
        statement = self._insert.values(
            workshop_id=call.team.workshop_id,
            id=call.id,
            team_id=call.team.team_id,
            step=call.step,
            turn=call.turn,
            model=call.model,
            prompt_hash=call.prompt_hash,
            tokens_in=call.tokens_in,
            tokens_out=call.tokens_out,
            estimated=call.estimated,
            seconds=call.seconds,
            outcome=call.outcome,
            at=self._now(),
        )
        self._door.run(Kind.SINGLE, lambda connection: connection.execute(statement))

    def usage(self, workshop_id: str) -> list[TeamUsage]:
        """Return what the calls of each team come to."""
        found = self._door.rows(usage_of(workshop_id).order_by(guide_calls.c.team_id))
        return [usage_row(row.team_id, row) for row in found]


def usage_of(workshop_id: str) -> Any:
    """Return the query for what the calls of each team of a workshop come to."""
    return (
        select(
            guide_calls.c.team_id,
            func.count().label("calls"),
            func.sum(guide_calls.c.tokens_in).label("tokens_in"),
            func.sum(guide_calls.c.tokens_out).label("tokens_out"),
            func.count().filter(guide_calls.c.outcome.not_in(FINE)).label("failures"),
        )
        .where(guide_calls.c.workshop_id == workshop_id)
        .group_by(guide_calls.c.team_id)
    )


def usage_row(team_id: str, row: Any) -> TeamUsage:
    """Return a team's usage from a row of that query."""
    return TeamUsage(team_id, row.calls, int(row.tokens_in), int(row.tokens_out), row.failures)
