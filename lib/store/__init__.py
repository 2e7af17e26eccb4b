"""Persistence: the port, and its implementation on SQLite and PostgreSQL."""

from lib.store import migrate
from lib.store.port import LEASE, Store
from lib.store.sql.engine import Door, connect, normalised
from lib.store.sql.store import SqlStore


def open_store(url: str, *, lease: float = LEASE) -> Store:
    """
    Open the database at *url*, brought to this program's schema first.

    Raises StoreError, SchemaRefused or StoreUnavailable, in one line without address or password.
    """
    address = normalised(url)
    door = Door(connect(address))
    try:
        if migrate.is_behind(door):
            migrate.upgrade(address)
    except BaseException:
        door.engine.dispose()
        raise
    return SqlStore(door, lease=lease)
