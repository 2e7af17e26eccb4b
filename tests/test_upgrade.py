"""A workshop of the first version of the program: kept as it was, and revised like any other."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, text

from lib.store import migrate
from lib.store.sql.engine import normalised
from lib.workshop import steps
from lib.workshop.records import StepKey
from lib.workshop.status import Event, Status
from tests.living_workshop import VARIANTS
from tests.servers import BEGIN, Hours, Server
from tests.test_criteria import GOOD
from tests.test_store_sql import connected, empty, empty_url, opened

__all__ = ["empty_url"]

KEY = StepKey("w", "t", "challenge")
AT = BEGIN.isoformat()

#: Steps that were complete; the one behind them was begun.
DONE = steps.SLUGS[:6]

_STATEMENTS = {
    "step": "INSERT INTO steps VALUES ('w', 't', :step, :status, :at, :done, :phase, :n, :at, :draft)",
    "message": "INSERT INTO messages VALUES ('w', 't', :step, :id, 1, 'user', 'Ada', 'complete', 1,"
    " :at, :at, :text)",
    "version": "INSERT INTO artifact_versions VALUES ('w', 't', :step, 1, 'Ada', :at, :draft)",
    "event": "INSERT INTO events VALUES ('w', :id, :n, 't', :step, 'confirm', 'in_progress',"
    " 'complete', 'Ada', :step, :at)",
}


def _rows() -> list[tuple[str, dict[str, Any]]]:
    found: list[tuple[str, dict[str, Any]]] = []
    for number, slug in enumerate(steps.SLUGS):
        begun = number == len(DONE)
        done = slug in DONE
        status = "complete" if done else "in_progress" if begun else "not_started"
        draft = json.dumps(GOOD[slug] if done or begun else {})
        at = AT if done or begun else None
        row = {"step": slug, "status": status, "draft": draft, "at": AT, "n": int(done or begun)}
        row |= {"done": AT if done else None, "phase": "complete" if done else "gather"}
        found.append(("step", row | {"started": at}))
        if done:
            found.append(("message", {"step": slug, "id": f"m{number}", "at": AT, "text": "Hm 🙂"}))
            found.append(("version", {"step": slug, "at": AT, "draft": draft}))
            found.append(("event", {"id": f"e{number}", "n": number + 1, "step": slug, "at": AT}))
    return found


@pytest.fixture
def old(empty_url: str) -> str:
    """Return the URL of a database the first version has left behind, six steps complete."""
    if empty_url.startswith("sqlite:///"):
        Path(empty_url.removeprefix("sqlite:///")).parent.mkdir(exist_ok=True)
    migrate.upgrade(normalised(empty_url), "0001")
    with connected(empty_url) as connection:
        connection.execute(
            text("INSERT INTO workshops VALUES ('w', 'Old', 'Keep me', :at)"), {"at": AT}
        )
        connection.execute(text("INSERT INTO teams VALUES ('w', 't', 'Team', 'link', 1)"))
        for kind, row in _rows():
            statement = _STATEMENTS[kind].replace(":at, :done", ":started, :done")
            connection.execute(text(statement), row)
    return empty_url


def as_it_was(url: str, columns: dict[str, list[str]]) -> dict[str, list[str]]:
    """Return what is in the tables and columns the first version had."""
    with connected(url) as connection:
        return {
            table: sorted(
                str(row._mapping)
                for row in connection.execute(text(f"SELECT {', '.join(names)} FROM {table}"))
            )
            for table, names in columns.items()
        }


@empty
def test_the_upgrade_keeps_every_row_as_it_was(old: str) -> None:
    with connected(old) as connection:
        look = inspect(connection)
        columns = {
            table: sorted(each["name"] for each in look.get_columns(table))
            for table in look.get_table_names()
            if table != "alembic_version"
        }
    before = as_it_was(old, columns)
    with opened(old) as store:
        states = store.steps(KEY.team)

        assert as_it_was(old, columns) == before
        assert [slug for slug, s in states.items() if s.status is Status.COMPLETE] == list(DONE)
        assert {(s.made_from, s.stale, s.era) for s in states.values()} == {(None, None, 0)}
        assert [v.summary for slug in DONE for v in store.versions(KEY._replace(step=slug))] == [
            "" for _ in DONE
        ]
        assert [m.text for m in store.messages(KEY)] == ["Hm 🙂"]


def at_work(store: Any) -> Server:
    return Server(store, KEY, clock=Hours())


@empty
def test_what_was_completed_before_anybody_noted_its_inputs_comes_back_unchanged(old: str) -> None:
    with opened(old) as store:
        server = at_work(store)
        server.do("user-research", Event.REVISE)
        stale = server.among(Status.NEEDS_REGENERATION)
        server.do("user-research", Event.CONFIRM)

        assert stale == ["sense-making", "persona", "journey-mapping", "reframe"]
        assert server.among(Status.COMPLETE) == list(DONE)
        assert server.statuses["reframe"] is Status.IN_PROGRESS
        assert store.steps(KEY.team)["persona"].made_from is not None


@empty
def test_what_was_completed_then_is_stale_where_its_inputs_change(old: str) -> None:
    with opened(old) as store:
        server = at_work(store)
        server.do("user-research", Event.REVISE)
        server.write("user-research", VARIANTS["user-research"][1])
        server.do("user-research", Event.CONFIRM)
        stale = server.among(Status.NEEDS_REGENERATION)
        for slug in DONE[3:]:
            server.do(slug, Event.STILL_VALID)

        assert stale == ["sense-making", "persona", "journey-mapping", "reframe"]
        assert server.among(Status.COMPLETE) == list(DONE)
        assert server.statuses["reframe"] is Status.IN_PROGRESS
        assert [v.version for v in store.versions(server.at("user-research"))] == [1, 2]


@empty
@pytest.mark.parametrize("event", [Event.REVISE, Event.RESET])
def test_a_reopening_of_then_is_taken_back(old: str, event: Event) -> None:
    with opened(old) as store:
        server = at_work(store)
        before = store.standing(KEY.team)
        server.do("challenge", event)
        server.do("challenge", Event.UNDO)
        after = store.standing(KEY.team)

        assert (after.states, after.drafts) == (before.states, before.drafts)
        assert after.artifacts == before.artifacts
        assert [m.text for m in store.messages(KEY)] == ["Hm 🙂"]
