"""Real Chromium against the real app."""

import os
import shutil
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from lib.store import open_store
from lib.store.port import Store
from tests.app_server import AppServer
from tests.browser.walker import Walker
from tests.quick_server import serving

#: The system's Chromium, of which the tests need no window: without it, a seventh less to compute
#: (602 and 704 s of processor time for all tests of this folder, 2026-11-27).
CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium")

#: Features of Chromium that are off. The list takes the place of Playwright's own, so that what counts
#: of that is here too.
WITHOUT = (
    # What drops down from a bar nobody sees: two pages of the browser's own for each of ours.
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
    "AimEnabled",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable",
    "LensOverlay",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "ThirdPartyStoragePartitioning",
)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Use the system's Chromium; where there is none, skip, or fail where all is required."""
    if CHROMIUM is None:
        say = pytest.fail if os.environ.get("THROUGHLINE_REQUIRE_ALL") else pytest.skip
        say("No Chromium was found: install Debian's chromium-headless-shell.")
    quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
    quiet.append(f"--disable-features={','.join(WITHOUT)}")
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": quiet}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """Give pages the size of a laptop's."""
    return {**browser_context_args, "viewport": {"width": 1366, "height": 800}}


@pytest.fixture(scope="session")
def _shared_context(browser: Any, browser_context_args: dict[str, Any]) -> Iterator[Any]:
    context = browser.new_context(**browser_context_args)
    yield context
    context.close()


@pytest.fixture
def context(_shared_context: Any) -> Iterator[Any]:
    """
    Return a browser profile that nobody has used, but for what it has compiled.

    One for all tests of a worker, emptied after each: in a new one every page compiles Streamlit's
    scripts again, a third of the time it takes to open.
    """
    yield _shared_context
    emptied = _shared_context.new_page()
    for page in _shared_context.pages:
        if page is not emptied:
            page.close()
    everything = {"origin": "*", "storageTypes": "local_storage,indexeddb,cache_storage,websql"}
    _shared_context.new_cdp_session(emptied).send("Storage.clearDataForOrigin", everything)
    _shared_context.clear_cookies()
    emptied.close()


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    """Return a server on SQLite that the tests of one worker share; nobody kills this one."""
    with serving(tmp_path_factory.mktemp("app"), GUIDE_PACE="0.005") as server:
        yield server


@pytest.fixture
def store(app: AppServer) -> Iterator[Store]:
    """Return a look into the database of the shared server."""
    with closing(open_store(app.database_url)) as store:
        yield store


@pytest.fixture
def walker(page: Any, app: AppServer) -> Walker:
    """Return somebody at a browser, at the shared server's front door."""
    return Walker(page, app.url)
