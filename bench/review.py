"""
The cost of the review page with 200 workshops and a million messages, and with a hundredth of that.

Both databases are on one PostgreSQL server, and are measured in turn within one run: first the store's
queries for a workshop's table; then the page, by a client that speaks Streamlit's own protocol, beside
a page that only draws a blank fragment. Each measurement reads another workshop, so that none profits
from the cache of the last.
"""

import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

import psycopg2

from bench import table
from bench.rerun import Blank, PageTab
from lib import facilitation
from lib.facilitation import TableContext, WorkshopOverview
from lib.store import open_store
from lib.store.port import Store
from lib.workshop import steps
from lib.workshop.ids import new_id, new_link
from lib.workshop.records import Team, Workshop
from tests.app_server import AppServer
from tests.postgres import PostgresServer

#: Workshops at a hundredth of the size, and in full.
SMALL, FULL = 2, 200

TEAMS, MESSAGES = 5, 100

TURNS = 100

#: Refreshes whose queries the database counts.
COUNTED = 40

_BLANK_FRAGMENT = """
import streamlit as st


@st.fragment
def blank():
    st.write("blank")


blank()
"""

#: A team has completed six steps and is at its seventh.
_FILL = """
SET session_replication_role = replica;

UPDATE steps SET phase = 'gather', status = CASE
    WHEN array_position(%(slugs)s, step) <= 6 THEN 'complete'
    WHEN array_position(%(slugs)s, step) = 7 THEN 'in_progress'
    ELSE 'not_started' END;

INSERT INTO events (workshop_id, id, position, team_id, step, event, status_before,
                    status_after, actor, cause, at, reason, snapshot)
SELECT workshop_id, gen_random_uuid()::text,
       1000 + row_number() OVER (PARTITION BY workshop_id ORDER BY team_id, step, number),
       team_id, step, CASE number WHEN 1 THEN 'start' ELSE 'confirm' END,
       CASE number WHEN 1 THEN 'not_started' ELSE 'in_progress' END,
       CASE number WHEN 1 THEN 'in_progress' ELSE 'complete' END, 'Ada', step, now(), '', 'null'
FROM steps CROSS JOIN generate_series(1, 2) AS number;

INSERT INTO messages (workshop_id, team_id, step, id, era, position, role, author, status,
                      revision, created_at, updated_at, lease_until, text, suggestions)
SELECT workshop_id, team_id, step, gen_random_uuid()::text, 0, number,
       CASE number %% 2 WHEN 1 THEN 'user' ELSE 'assistant' END, 'Ada', 'complete', 1,
       at, at, at, repeat('We talked to five people and nobody knew where to go. ', 4), '[]'
FROM steps CROSS JOIN generate_series(1, %(messages)s) AS number,
     LATERAL (SELECT now() - make_interval(mins => 240 - number) AS at) AS moment
ORDER BY workshop_id, number, team_id, step;
"""


@dataclass(frozen=True)
class Size:
    """A database with so many workshops."""

    url: str
    ids: Sequence[str]

    @property
    def messages(self) -> int:
        return len(self.ids) * TEAMS * len(steps.SLUGS) * MESSAGES


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        postgres = PostgresServer(folder / "postgres")
        postgres.start()
        try:
            begin = time.perf_counter()
            small, full = (_filled(postgres, number) for number in (SMALL, FULL))
            print(f"\n{full.messages:,} messages were filled in in {_since(begin):.0f} s")
            _store(small, full)
            _page(postgres, folder, small, full)
        finally:
            postgres.remove()


# Filling


def _filled(postgres: PostgresServer, workshops: int) -> Size:
    url = postgres.new_database()
    store = open_store(url)
    ids = [_workshop(store) for _ in range(workshops)]
    store.close()
    connection = psycopg2.connect(url)
    connection.autocommit = True
    cursor = connection.cursor()
    cursor.execute(_FILL, {"slugs": list(steps.SLUGS), "messages": MESSAGES})
    # As the database does by itself some time after so many rows came in.
    cursor.execute("VACUUM ANALYZE")
    connection.close()
    return Size(url, ids)


def _workshop(store: Store) -> str:
    workshop = Workshop(new_id(), "Bench", "How fast is it?", datetime.now(UTC))
    teams = [
        Team(workshop.id, new_id(), f"Team {place}", new_link(), place)
        for place in range(1, TEAMS + 1)
    ]
    store.create_workshop(workshop, teams)
    return workshop.id


# The store alone


def _store(small: Size, full: Size) -> None:
    with ExitStack() as stack:
        stores = [stack.enter_context(_opened(size.url)) for size in (small, full)]
        times: list[list[float]] = [[], []]
        for _ in range(TURNS + 3):
            for size, store, own in zip((small, full), stores, times, strict=True):
                own.append(_timed(lambda size=size, store=store: _read(store, size)))
    rows = [
        [f"{len(size.ids):,}", f"{size.messages:,}", _ms(own)]
        for size, own in zip((small, full), times, strict=True)
    ]
    rows[1].append(f"{_median(times[1]) / _median(times[0]):.2f}")
    rows[0].append("1.00")
    table.show(
        f"A workshop's table from the store, any workshop (median of {TURNS}, taking turns)",
        ["workshops", "messages", "ms", "against a hundredth"],
        rows,
    )


@contextmanager
def _opened(url: str) -> Iterator[Store]:
    store = open_store(url)
    yield store
    store.close()


def _read(store: Store, size: Size) -> None:
    id_ = random.choice(size.ids)
    workshop, teams, usage = store.roster(id_)
    room = WorkshopOverview(workshop, teams, store.overview(id_), store.desk(id_), usage)
    assert len(facilitation.table_rows(room.rows, TableContext(datetime.now(UTC)))) == TEAMS


# The page


def _page(postgres: PostgresServer, folder: Path, small: Size, full: Size) -> None:
    servers = [AppServer(size.url, folder / "app.log") for size in (small, full)]
    with ExitStack() as stack:
        for server in servers:
            server.start()
            stack.callback(server.stop)
        port = stack.enter_context(Blank(folder, _BLANK_FRAGMENT))
        blank = [PageTab(port, "", "")]
        tabs = [_tabs(server, size) for server, size in zip(servers, (small, full), strict=True)]
        for tab in [*blank, *tabs[0], *tabs[1]]:
            tab.rerun()
        page = _in_turns([blank, *tabs], PageTab.rerun)
        poll = _in_turns([blank, *tabs], PageTab.rerun_fragment)
        queries = [
            _queries(postgres, full, lambda run=run: run(random.choice(tabs[1])))
            for run in (PageTab.rerun, PageTab.rerun_fragment)
        ]
    rows = [
        [name, _ms(b), _ms(s), _ms(f), f"{_median(f) / _median(b):.2f}", f"{count:.1f}"]
        for name, (b, s, f), count in zip(
            ("the whole page", "a refresh"), (page, poll), queries, strict=True
        )
    ]
    table.show(
        f"The review page on its server, any of {len(tabs[1])} workshops (median of {TURNS})",
        ["", "blank ms", f"{SMALL} workshops ms", f"{FULL} ms", f"{FULL}/blank", "queries"],
        rows,
    )


def _tabs(server: AppServer, size: Size) -> list[PageTab]:
    """Return a tab for each of some workshops."""
    ids = random.sample(size.ids, min(len(size.ids), 20))
    return [PageTab(server.port, "review", urlencode({"workshop": id_})) for id_ in ids]


def _in_turns(
    tabs: Sequence[Sequence[PageTab]], run: Callable[[PageTab], float]
) -> list[list[float]]:
    times: list[list[float]] = [[] for _ in tabs]
    for _ in range(TURNS + 3):
        for own, some in zip(times, tabs, strict=True):
            own.append(run(random.choice(some)))
    return times


def _queries(postgres: PostgresServer, size: Size, run: Callable[[], object]) -> float:
    """Return the transactions of a run, as the database counts them; here one per query."""
    before = _transactions(postgres, size)
    for _ in range(COUNTED):
        run()
    return (_transactions(postgres, size) - before) / COUNTED


def _transactions(postgres: PostgresServer, size: Size) -> int:
    # PostgreSQL publishes the statistics of an idle connection within ten seconds.
    time.sleep(11)
    connection = psycopg2.connect(postgres.url("postgres"))
    cursor = connection.cursor()
    name = size.url.partition("@/")[2].partition("?")[0]
    cursor.execute(
        "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = %s", (name,)
    )
    count = int(cursor.fetchone()[0])
    connection.close()
    return count


# Times


def _timed(do: Callable[[], object]) -> float:
    start = time.perf_counter()
    do()
    return _since(start)


def _since(start: float) -> float:
    return time.perf_counter() - start


def _median(times: Sequence[float]) -> float:
    # The first ones warm up.
    return statistics.median(times[3:])


def _ms(times: Sequence[float]) -> str:
    return f"{_median(times) * 1000:.1f}"


if __name__ == "__main__":
    main()
