"""
Bring a database to the schema of this program: once at start, under a lock.

Several processes may start at once on an empty or an old database. Servers are updated one after the
other, so a database may be newer than the program: the program leaves it alone, and works on it if it
is no older than the oldest one the database still supports (`schema_compatibility`).
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, delete, insert, inspect, select, text

from lib.store.errors import SchemaRefused
from lib.store.sql.engine import Door, Kind, connect
from lib.store.sql.schema import schema_compatibility

#: The oldest schema revision whose programs still work on this program's schema: that of the release
#: before. Raise it in the release after the one that has stopped using what a migration takes away
#: or narrows; `tests/test_rolling.py` runs the release before on this schema.
MINIMUM = "0011"

#: Any number will do, as long as every process takes the same one.
_LOCK = 7_204_118_355

#: Seconds an upgrade may take, waiting for another process that does it included.
PATIENCE = 120.0


def is_behind(door: Door) -> bool:
    """
    Return whether the database is older than the program.

    Raises SchemaRefused where it is newer and no longer supports the program, StoreUnavailable where
    it cannot be asked.
    """
    return door.run(Kind.SINGLE, _is_behind)


def upgrade(address: URL, to: str = "head") -> None:
    """
    Upgrade the database, unless it is as new or newer.

    Raises SchemaRefused where it no longer supports this program, StoreUnavailable otherwise.
    """
    # SQLite rebuilds a table to change it, which no foreign key may get in the way of.
    door = Door(connect(address, patience=PATIENCE, foreign_keys=False))
    try:
        door.run(Kind.WRITE, lambda connection: _upgrade(connection, to), patience=PATIENCE)
    finally:
        door.engine.dispose()


def _upgrade(connection: Connection, to: str) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})
    # Asked again under the lock: another process may have been here meanwhile.
    if not _is_behind(connection):
        return
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, to)
    if to == "head":
        connection.execute(delete(schema_compatibility))
        connection.execute(insert(schema_compatibility).values(minimum=MINIMUM))


def _is_behind(connection: Connection) -> bool:
    revision = MigrationContext.configure(connection).get_current_revision()
    known = {each.revision for each in _script().walk_revisions()}
    if revision is None or revision in known:
        return revision != _script().get_current_head()
    if not known & _minimum(connection):
        raise SchemaRefused(
            "The database was made by a newer version of Throughline: please update the program."
        )
    return False


def _minimum(connection: Connection) -> set[str]:
    """Return the oldest revision a newer database supports; nothing where it does not say."""
    if not inspect(connection).has_table(schema_compatibility.name):
        return set()
    return set(connection.scalars(select(schema_compatibility.c.minimum)))


def _script() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config
