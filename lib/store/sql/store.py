"""The store on SQLite and PostgreSQL: the port's methods, over one engine."""

from datetime import UTC, datetime

from sqlalchemy import func, select, text

from lib.store.sql.access import Access
from lib.store.sql.facilitation import Facilitation
from lib.store.sql.fingerprints import Fingerprints
from lib.store.sql.interviews import Interviews
from lib.store.sql.outcomes import Outcomes
from lib.store.sql.overview import Overview
from lib.store.sql.redaction import Redactions
from lib.store.sql.rewrites import Rewrites
from lib.store.sql.schema import events, messages, notes, steps
from lib.store.sql.search import Search
from lib.store.sql.summaries import Summaries
from lib.store.sql.transitions import Steps
from lib.store.sql.usage import Usage
from lib.store.sql.workshops import Workshops


class SqlStore(
    Workshops,
    Steps,
    Outcomes,
    Rewrites,
    Summaries,
    Redactions,
    Access,
    Facilitation,
    Overview,
    Search,
    Fingerprints,
    Interviews,
    Usage,
):
    """The port over one door, whose engine it owns. Each part holds some of the methods."""

    def close(self) -> None:
        """Close every connection."""
        self._door.engine.dispose()

    def read_clock(self) -> datetime | None:
        """Return the database's clock; SQLite has none."""
        if self._door.is_sqlite:
            return None
        (row,) = self._door.rows(select(func.clock_timestamp().label("now")))
        at: datetime = row.now.astimezone(UTC)
        return at

    def newest_time(self) -> datetime | None:
        """Return the newest time stored on SQLite; None on PostgreSQL, whose clock decides."""
        if not self._door.is_sqlite:
            return None
        # The row inserted last, by SQLite's own number: no scan of the messages.
        last = [
            select(column.label("at")).order_by(text("rowid DESC")).limit(1)
            for column in (messages.c.updated_at, notes.c.at, events.c.at)
        ]
        queries = [*last, select(func.max(steps.c.updated_at).label("at"))]
        found = [row.at for query in queries for row in self._door.rows(query)]
        return max((at for at in found if at is not None), default=None)
