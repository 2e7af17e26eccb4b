"""A query that PostgreSQL plans once a connection, and what comes where the plan is not what it was."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import event, text

from lib.store.errors import StoreUnavailable
from lib.store.sql.engine import Door, Kind, connect, normalised
from lib.store.sql.prepared import Prepared

QUERY = "SELECT id, share || '%' FROM things WHERE id >= $1 AND (id <= $2 OR id = $1) ORDER BY id"


@pytest.fixture
def door(postgres_url: str) -> Iterator[Door]:
    """Return a door to three things; one caller at a time has always the same connection."""
    yield from opened(postgres_url)


def opened(url: str) -> Iterator[Door]:
    door = Door(connect(normalised(url)))
    do(door, "CREATE TABLE things (id INTEGER, share VARCHAR(9))")
    do(door, "INSERT INTO things VALUES (1, 'a'), (2, 'b'), (3, 'c')")
    yield door
    door.engine.dispose()


def do(door: Door, statement: str) -> None:
    door.run(Kind.SINGLE, lambda connection: connection.exec_driver_sql(statement))


def asked(door: Door) -> list[str]:
    """Return a list of the first words of what is asked from now on."""
    seen: list[str] = []

    @event.listens_for(door.engine, "before_cursor_execute")
    def note(_c: object, _k: object, statement: str, *_: object) -> None:
        seen.append(statement.split(maxsplit=1)[0])

    return seen


def of(door: Door) -> Prepared:
    return Prepared(door, QUERY, ["int", "int"])


def test_it_finds_the_same_in_sqlite(tmp_path: Path) -> None:
    for door in opened(f"sqlite:///{tmp_path / 'things.db'}"):
        assert [tuple(row) for row in of(door).rows(2, 3)] == [(2, "b%"), (3, "c%")]


@pytest.mark.postgres
def test_it_is_planned_once(door: Door) -> None:
    query = of(door)
    seen = asked(door)
    found = [[tuple(row) for row in query.rows(*values)] for values in ((1, 1), (2, 3), (3, 0))]

    assert found == [[(1, "a%")], [(2, "b%"), (3, "c%")], [(3, "c%")]]
    assert seen == ["PREPARE", "EXECUTE", "EXECUTE"]
    assert len(door.rows(text("SELECT name FROM pg_prepared_statements"))) == 1


@pytest.mark.postgres
@pytest.mark.parametrize(
    "meanwhile",
    ["DEALLOCATE ALL", "ALTER TABLE things ALTER id TYPE BIGINT"],
    ids=["the plan is gone", "the tables were upgraded"],
)
def test_it_is_asked_as_it_is_where_the_plan_cannot_be_used(door: Door, meanwhile: str) -> None:
    query = of(door)
    query.rows(1, 1)
    do(door, meanwhile)
    seen = asked(door)

    assert [query.rows(3, 3)[0].id, query.rows(2, 2)[0].id] == [3, 2]
    assert seen == ["EXECUTE", "SELECT", "SELECT"]


@pytest.mark.postgres
def test_it_is_asked_as_it_is_where_another_has_planned_it(door: Door) -> None:
    of(door).rows(1, 1)
    with door.engine.connect() as connection:
        # As a pooler has it: another client's connection to the same one of the server.
        connection.info.clear()
    seen = asked(door)

    assert [of(door).rows(3, 3)[0].id, of(door).rows(2, 2)[0].id] == [3, 2]
    assert seen == ["PREPARE", "SELECT", "SELECT"]


@pytest.mark.postgres
def test_what_fails_is_not_asked_twice(door: Door) -> None:
    query = of(door)
    do(door, "DROP TABLE things")
    seen = asked(door)
    with pytest.raises(StoreUnavailable):
        query.rows(1, 1)

    assert seen == ["PREPARE"]
