"""
What tests share: no host but this one, and one real PostgreSQL server a run, with databases to
throw away.
"""

import fcntl
import os
import shutil
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

# Streamlit hides what went wrong in a page under test unless it is told not to.
os.environ["STREAMLIT_CLIENT_SHOW_ERROR_DETAILS"] = "full"

# A developer's own key is none of the tests' business.
for variable in [each for each in os.environ if each.startswith(("GUIDE_", "OPENAI_"))]:
    del os.environ[variable]

from lib.guide import local  # noqa: E402
from lib.store import open_store  # noqa: E402
from lib.store.sql import deadline  # noqa: E402
from tests.postgres import PostgresMissing, PostgresServer  # noqa: E402

# Nor are the models on a developer's machine.
local.PROGRAMS = ()

#: Where the run keeps its server; set by the process that starts the workers.
FOLDER = "THROUGHLINE_TEST_FOLDER"

#: The database of today's schema that new ones are copied from.
TEMPLATE = "migrated"


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        # Not pytest's own folder: PostgreSQL does not run as root, and must get in as another.
        folder = Path(tempfile.mkdtemp(prefix="pg-"))
        folder.chmod(0o755)
        os.environ[FOLDER] = str(folder)


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        folder = Path(os.environ.pop(FOLDER))
        if (folder / "shared").exists():
            PostgresServer(folder / "shared").remove()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session", autouse=True)
def _only_localhost() -> None:
    """Make a request to any other host impossible, here and in every Python that is started."""
    from tests.only_localhost import sitecustomize

    folder = str(Path(sitecustomize.__file__).parent)
    paths = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    os.environ["PYTHONPATH"] = os.pathsep.join(dict.fromkeys([folder, *filter(None, paths)]))


@pytest.fixture(scope="session", autouse=True)
def _components_are_looked_for_once() -> None:
    """
    Have a page under test not look through all that is installed for components at each of its runs.

    A server does so once, when it starts; half of what tests of pages did was this.
    """
    from streamlit.components.v2 import manifest_scanner

    found = cache(manifest_scanner.scan_component_manifests)
    manifest_scanner.scan_component_manifests = found


@pytest.fixture(scope="session")
def postgres() -> PostgresServer:
    """Return the server all workers share: nobody stops it."""
    folder = Path(os.environ[FOLDER])
    with _one_at_a_time(folder / "lock"):
        server = _server(folder / "shared")
        if not (folder / "ready").exists():
            server.start()
            server.execute(f"CREATE DATABASE {TEMPLATE}")
            open_store(server.url(TEMPLATE)).close()
            (folder / "ready").touch()
    return server


@pytest.fixture(scope="session")
def _worker_postgres() -> Iterator[PostgresServer]:
    folder = Path(tempfile.mkdtemp(prefix="own-", dir=os.environ[FOLDER]))
    folder.chmod(0o755)
    server = _server(folder / "server")
    yield server
    server.remove()


@pytest.fixture
def own_postgres(_worker_postgres: PostgresServer) -> PostgresServer:
    """Return a running server of this worker's own, which the test may stop and kill."""
    # A test that failed may have left it down.
    if not (_worker_postgres.folder / "data" / "postmaster.pid").exists():
        _worker_postgres.start()
    return _worker_postgres


@pytest.fixture
def postgres_url(postgres: PostgresServer) -> str:
    """Return the URL of a fresh database with today's schema."""
    return postgres.new_database(TEMPLATE)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("template") / "migrated.db"
    open_store(f"sqlite:///{file}").close()
    return file


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """Return the URL of a fresh file with today's schema."""
    shutil.copy(sqlite_template, tmp_path / "workshop.db")
    return f"sqlite:///{tmp_path / 'workshop.db'}"


@pytest.fixture
def in_vain(monkeypatch: pytest.MonkeyPatch) -> Counter[threading.Thread]:
    """
    Return the seconds that each thread was ready to wait for PostgreSQL, where nothing came.

    What a call was ready to wait does not depend on how busy the machine is, as what it took does.
    """
    seconds: Counter[threading.Thread] = Counter()
    wait = deadline._wait_once

    def counting(file: int, *, reading: bool, within: float | None) -> None:
        wait(file, reading=reading, within=within)
        if deadline.left() == 0.0:
            seconds[threading.current_thread()] += within or 0.0

    monkeypatch.setattr(deadline, "_wait_once", counting)
    return seconds


def _server(folder: Path) -> PostgresServer:
    """Return a server; where there is none, skip, or fail where all is required."""
    try:
        return PostgresServer(folder)
    except PostgresMissing as exc:
        (pytest.fail if os.environ.get("THROUGHLINE_REQUIRE_ALL") else pytest.skip)(str(exc))


@contextmanager
def _one_at_a_time(file: Path) -> Iterator[None]:
    with file.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
