"""Calls of models in SQL: one row per call, and totals in one query."""

from typing import Any

from sqlalchemy import func, select

from lib.store.errors import Unstorable
from lib.store.sql.engine import Kind
from lib.store.sql.part import Part, insert_once, now
from lib.store.sql.schema import guide_calls
from lib.workshop.usage import FINE, Call, TeamUsage


class Usage(Part):
    """The port's methods for calls of models."""

    def record_call(self, call: Call) -> None:
        """Store a finished call."""
        if call.team is None:
            raise Unstorable("A call without its team cannot be stored.")
        # Once by its id: the commit's answer may be lost, and the unit run again.
        statement = insert_once(self._door, guide_calls).values(
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
            at=now(self._door),
        )
        self._door.run(Kind.SINGLE, lambda connection: connection.execute(statement))

    def usage(self, workshop_id: str) -> list[TeamUsage]:
        """Return each team's totals of calls."""
        found = self._door.rows(usage_of(workshop_id).order_by(guide_calls.c.team_id))
        return [usage_row(row.team_id, row) for row in found]


def usage_of(workshop_id: str) -> Any:
    """Return the query for each team's totals of calls."""
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
