"""What tests share: a real PostgreSQL server for each worker, with databases to throw away."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

# Streamlit hides what went wrong in a page under test unless it is told not to.
os.environ["STREAMLIT_CLIENT_SHOW_ERROR_DETAILS"] = "full"

from tests.postgres import PostgresMissing, PostgresServer  # noqa: E402 - after the path is set


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """Return a running server; where there is none, skip, or fail where all is required."""
    # Not pytest's own folder: PostgreSQL does not run as root, and must get in as somebody else.
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    folder.chmod(0o755)
    server = PostgresServer(folder / "server") if _installed() else None
    if server is None:
        shutil.rmtree(folder)
        missing = "No PostgreSQL server was found: install Debian's postgresql."
        (pytest.fail if os.environ.get("THROUGHLINE_REQUIRE_ALL") else pytest.skip)(missing)
    server.start()
    yield server
    server.remove()
    shutil.rmtree(folder, ignore_errors=True)


def _installed() -> bool:
    try:
        PostgresServer(Path())
    except PostgresMissing:
        return False
    return True
