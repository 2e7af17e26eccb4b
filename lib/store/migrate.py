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
from sqlalchemy import Connection, text

from lib.store.engine import Door, Kind
from lib.store.port import SchemaRefused

#: Any number will do, as long as every process takes the same one.
_LOCK = 7_204_118_355


def upgrade(door: Door, to: str = "head") -> None:
    """Upgrade the database. Raises SchemaRefused where it is newer, StoreUnavailable otherwise."""
    config = _config()
    script = ScriptDirectory.from_config(config)
    known = {revision.revision for revision in script.walk_revisions()}
    wanted = script.get_current_head() if to == "head" else to
    stands_at = door.run(Kind.SINGLE, _revision)
    if stands_at is not None and stands_at not in known:
        raise SchemaRefused(
            "The database was made by a newer version of Throughline: please update the program."
        )
    if stands_at != wanted:
        door.run(Kind.WRITE, lambda connection: _upgrade(connection, config, to))


def _upgrade(connection: Connection, config: Config, to: str) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})
    config.attributes["connection"] = connection
    command.upgrade(config, to)


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config
