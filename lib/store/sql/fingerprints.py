"""
Fingerprints of steps' pages in SQL: one query for any number of pages, which reads no text.

A fingerprint is short and changes whenever the page has something else to show. Most of it are
counters that only grow: of the team's events, its drafts, the agenda, its notes and closed notes.
In a transcript only the last message and unfinished ones ever change.
"""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from lib.store import backdating
from lib.store.port import LEASE
from lib.store.sql.column_types import Moment
from lib.store.sql.engine import Door
from lib.store.sql.part import Part
from lib.store.sql.prepared import Prepared

#: A page: a team's link and a step.
Page = tuple[str, str]

#: Any number of pages in one value, so that the query stays the same. Every element is an array; the
#: redundant condition makes PostgreSQL expect few rows and use the indexes.
_PAGES_ON_POSTGRESQL = """
    SELECT page ->> 0 AS link, page ->> 1 AS step
    FROM json_array_elements($1) AS pages (page)
    WHERE json_typeof(page) = 'array'
"""
_PAGES_ON_SQLITE = """
    SELECT json_extract(value, '$[0]') AS link, json_extract(value, '$[1]') AS step
    FROM json_each($1)
"""

# The link alone decides: a replaced or revoked one finds no row.
_QUERY = """
    WITH asked AS ({asked})
    SELECT asked.link, asked.step,
        w.archived_at, w.erase_at, g.revision,
        (SELECT count(*) FROM notes n
        WHERE n.workshop_id = t.workshop_id
            AND (n.team_id = t.id OR n.team_id IS NULL AND n.kind = 'message')),
        (SELECT count(*) FROM closed_notes c
        WHERE c.workshop_id = t.workshop_id AND c.team_id = t.id),
        (SELECT max(position) FROM events e
        WHERE e.workshop_id = t.workshop_id AND e.team_id = t.id),
        (SELECT sum(draft_revision) FROM steps d
        WHERE d.workshop_id = t.workshop_id AND d.team_id = t.id),
        (SELECT count(*) || '+' || coalesce(sum(revision), 0) FROM asides a
        WHERE a.workshop_id = t.workshop_id AND a.team_id = t.id AND a.step = s.step),
        (SELECT position || '+' || revision FROM messages m
        WHERE m.workshop_id = t.workshop_id AND m.team_id = t.id AND m.step = s.step
            AND m.era = s.era
        ORDER BY position DESC LIMIT 1),
        (SELECT count(*) || '+' || coalesce(sum(revision), 0) || '+'
            || count(*) FILTER (WHERE status = 'streaming' AND lease_until < {now})
        FROM messages m
        WHERE m.workshop_id = t.workshop_id AND m.team_id = t.id AND m.step = s.step
            AND m.era = s.era AND m.status <> 'complete')
    FROM asked
    JOIN teams t ON t.link = asked.link AND NOT t.revoked
    JOIN steps s ON s.workshop_id = t.workshop_id AND s.team_id = t.id AND s.step = asked.step
    JOIN workshops w ON w.workshop_id = t.workshop_id
    LEFT JOIN agendas g ON g.workshop_id = t.workshop_id
"""


class Fingerprints(Part):
    """The port's method for fingerprints."""

    def __init__(self, door: Door, *, lease: float = LEASE) -> None:
        super().__init__(door, lease=lease)
        query = _QUERY.format(
            asked=_PAGES_ON_SQLITE if door.is_sqlite else _PAGES_ON_POSTGRESQL,
            now="$2" if door.is_sqlite else "coalesce($2, clock_timestamp())",
        )
        self._fingerprint_query = Prepared(door, query, ["json", "timestamptz"])

    def fingerprints(self, pages: Iterable[Page]) -> dict[Page, str]:
        """Return the fingerprint of each page whose link opens a team."""
        found = self._fingerprint_query.rows(json.dumps(list(pages)), self._time())
        return {(link, step): printed(more) for link, step, *more in found}

    def _time(self) -> Any:
        """Return the time to compare leases with, in the driver's form; None for the database's clock."""
        at: datetime | None = backdating.now() if self._door.is_sqlite else backdating.time()
        return _MOMENT.process_bind_param(at, self._door.dialect)


_MOMENT = Moment()


def printed(parts: Iterable[object]) -> str:
    """Return a fingerprint of its parts."""
    return "/".join("" if each is None else str(each) for each in parts)
