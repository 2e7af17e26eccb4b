"""The store on SQLite and PostgreSQL: the port's methods, over one engine."""

from datetime import UTC, datetime

from sqlalchemy import func, select

from lib.store.sql.access import Access
from lib.store.sql.facilitation import Facilitation
from lib.store.sql.fingerprints import Fingerprints
from lib.store.sql.outcomes import Outcomes
from lib.store.sql.overview import Overview
from lib.store.sql.redaction import Redactions
from lib.store.sql.rewrites import Rewrites
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
