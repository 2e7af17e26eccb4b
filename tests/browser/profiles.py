"""Browser profiles that are used again: what one page has compiled, the next need not."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page

#: Gives a machine nobody has used, with a browser on it.
Lend = Callable[[], BrowserContext]

#: What a page may have kept, but for cookies.
EVERYTHING = {"origin": "*", "storageTypes": "local_storage,indexeddb,cache_storage,websql"}

#: An address of the host all servers under test are on, which none of them answers.
KEEPER = "http://localhost/keeper"


class Profiles:
    """
    Browser profiles that nobody has used, but for what they have compiled: lent, and emptied after.

    In a new one every page compiles Streamlit's scripts again, and so does the first page of each
    process; an empty page keeps that of a profile alive (1.1 instead of 1.5 s of processor time for a
    step's page to open, 2026-11-30).
    """

    def __init__(self, browser: Browser, options: dict[str, Any]) -> None:
        self._browser = browser
        self._options = options
        self._free: list[BrowserContext] = []
        self._lent: list[BrowserContext] = []

    def lend(self) -> BrowserContext:
        """Return a profile for one test."""
        context = self._free.pop() if self._free else self._new()
        self._lent.append(context)
        return context

    def take_back(self) -> None:
        """Empty all that were lent."""
        while self._lent:
            context = self._lent.pop()
            for page in opened(context):
                page.close()
            keeper = context.pages[0]
            context.new_cdp_session(keeper).send("Storage.clearDataForOrigin", EVERYTHING)
            context.clear_cookies()
            self._free.append(context)

    def close(self) -> None:
        """Close all profiles."""
        for context in [*self._free, *self._lent]:
            context.close()

    def _new(self) -> BrowserContext:
        context = self._browser.new_context(**self._options)
        keep(context)
        return context


def keep(context: BrowserContext) -> None:
    """Have the process of a new profile's pages go on when the last of them is closed."""
    keeper = context.new_page()
    keeper.route(KEEPER, lambda route: route.fulfill(body=""))
    keeper.goto(KEEPER)


def opened(context: BrowserContext) -> list[Page]:
    """Return the pages a test has opened."""
    return [page for page in context.pages if page.url != KEEPER]
