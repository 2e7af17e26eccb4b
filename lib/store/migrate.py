"""
Bring a database to the schema of this program: once at start, under a lock.

Several processes may start at once on an empty or an old database. A database that is newer than
the program is left alone.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, text

from lib.store.engine import Door, Kind, connect
from lib.store.port import SchemaRefused

#: Any number will do, as long as every process takes the same one.
_LOCK = 7_204_118_355

#: Seconds an upgrade may take, waiting for another process that does it included.
PATIENCE = 120.0


def is_behind(door: Door) -> bool:
    """
    Return whether the database is older than the program.

    Raises SchemaRefused where it is newer, StoreUnavailable where it cannot be asked.
    """
    return door.run(Kind.SINGLE, _stands_at) != _script().get_current_head()


def upgrade(address: URL, to: str = "head") -> None:
    """Upgrade the database. Raises SchemaRefused where it is newer, StoreUnavailable otherwise."""
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
    _stands_at(connection)
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, to)


def _stands_at(connection: Connection) -> str | None:
    """Return the database's revision. Raises SchemaRefused for one this program does not know."""
    revision = MigrationContext.configure(connection).get_current_revision()
    known = {each.revision for each in _script().walk_revisions()}
    if revision is not None and revision not in known:
        raise SchemaRefused(
            "The database was made by a newer version of Throughline: please update the program."
        )
    return revision


def _script() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config
