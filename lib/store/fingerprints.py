"""
Whether a step's page shows what there is: one query for any number of pages, and no text in it.

A fingerprint is short and differs whenever what the page shows does. Most of it are counters that
only grow: of the team's story, its drafts, the agenda, the notes it was written and has closed.
Of a transcript only the last message and unfinished ones ever change.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from lib.store import clock
from lib.store.engine import Door, Kind
from lib.store.schema import Moment

#: A team's link and a step.
Asked = tuple[str, str]

#: Pages asked for in one query: a driver takes so many parameters and no more.
_AT_ONCE = 500

# The link alone decides: one that was changed or taken away finds no row.
_QUERY = """
    WITH asked (link, step) AS (VALUES {pairs})
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


class Fingerprints:
    """The query, in the driver's own words: every page asks it, again and again."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._mark = "?" if door.is_sqlite else "%s"

    def read(self, asked: Iterable[Asked]) -> dict[Asked, str]:
        """Return the fingerprint of each page whose link opens a team."""
        wanted = list(asked)
        parts = [wanted[at : at + _AT_ONCE] for at in range(0, len(wanted), _AT_ONCE)]
        return {place: each for part in parts for place, each in self._read(part)}

    def _read(self, asked: Sequence[Asked]) -> Iterable[tuple[Asked, str]]:
        at = self._now()
        query = _QUERY.format(
            pairs=", ".join([f"({self._mark}, {self._mark})"] * len(asked)),
            now="clock_timestamp()" if at is None else self._mark,
        )
        values = (*(each for pair in asked for each in pair), *([] if at is None else [at]))
        found = self._door.run(
            Kind.SINGLE, lambda connection: connection.exec_driver_sql(query, values).all()
        )
        return [((link, step), printed(more)) for link, step, *more in found]

    def _now(self) -> Any:
        """Return the time that counts, as the driver takes it; None for the database's own."""
        told: datetime | None = clock.now() if self._door.is_sqlite else clock.told()
        return _MOMENT.process_bind_param(told, self._door.engine.dialect)


_MOMENT = Moment()


def printed(parts: Iterable[object]) -> str:
    """Return a fingerprint of its parts."""
    return "/".join("" if each is None else str(each) for each in parts)
