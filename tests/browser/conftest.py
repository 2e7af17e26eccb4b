"""Real Chromium against the real app."""

import os
import shutil
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext

from lib.store import open_store
from lib.store.port import Store
from tests.app_server import AppServer
from tests.browser.profiles import Lend, Profiles
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
    # Scripts compiled while they come, though they were compiled before.
    "BackgroundResourceFetch",
    "ScriptStreaming",
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
    # Pages of one profile share a process, which knows what it has compiled.
    quiet.append("--process-per-site")
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": quiet}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """Give pages the size of a laptop's."""
    return {**browser_context_args, "viewport": {"width": 1366, "height": 800}}


@pytest.fixture(scope="session")
def _profiles(browser: Browser, browser_context_args: dict[str, Any]) -> Iterator[Profiles]:
    profiles = Profiles(browser, browser_context_args)
    yield profiles
    profiles.close()


@pytest.fixture
def profile(_profiles: Profiles) -> Iterator[Lend]:
    """Return a function that gives a machine nobody has used, with a browser on it."""
    yield _profiles.lend
    _profiles.take_back()


@pytest.fixture
def context(profile: Lend) -> BrowserContext:
    """Return the profile of the test's own page."""
    return profile()


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    """Return a server on SQLite that the tests of one worker share; nobody kills this one."""
    with serving(tmp_path_factory.mktemp("app"), pace=0.005) as server:
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
