"""A real pooler before a PostgreSQL server: each transaction may get another connection to it."""

import shutil
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

import psycopg2

from tests.app_server import free_port
from tests.postgres import PostgresServer, as_somebody_else

#: Seconds a pooler may take until it answers.
PATIENCE = 10.0

_SETTINGS = """
[databases]
* = host={server} user=postgres

[pgbouncer]
unix_socket_dir = {folder}
listen_port = {port}
auth_type = any
pool_mode = transaction
default_pool_size = {size}
max_client_conn = 200
logfile = {folder}/pooler.log
"""


class PoolerMissing(Exception):
    """There is no PgBouncer here that could be started; the text says what to install."""


class Pooler:
    """PgBouncer in *folder*, with *size* connections to each database of *server*."""

    def __init__(self, server: PostgresServer, folder: Path, *, size: int) -> None:
        found = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
        if found is None:
            raise PoolerMissing("No pooler was found: install Debian's pgbouncer.")
        folder.mkdir()
        folder.chmod(0o777)
        self._folder, self._port = folder, free_port()
        settings = folder / "pooler.ini"
        settings.write_text(
            _SETTINGS.format(server=server.folder, folder=folder, port=self._port, size=size),
            encoding="utf-8",
        )
        self._process = subprocess.Popen(
            [found, "--quiet", str(settings)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **as_somebody_else(),
        )

    def url(self, database_url: str) -> str:
        """Return the address of a database of the server by way of the pooler."""
        name = database_url.partition("@/")[2].partition("?")[0]
        folder = quote(str(self._folder), safe="")
        return f"postgresql://postgres@/{name}?host={folder}&port={self._port}"

    def ready(self, database_url: str) -> None:
        """Wait until it answers for that database."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                psycopg2.connect(self.url(database_url)).close()
            except psycopg2.OperationalError:
                if time.monotonic() > end or self._process.poll() is not None:
                    raise
                time.sleep(0.05)
            else:
                return

    def stop(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()
