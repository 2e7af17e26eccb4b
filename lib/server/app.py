"""
The server around the pages: what it is made of, and what it does when it begins and ends.

Still started by `streamlit run streamlit_app.py`; Streamlit finds the app in that file.
"""

import importlib
import logging
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from streamlit import get_option

from lib import settings
from lib.server import endpoints, exposure, guard, middleware, proxies, streamlit_patches
from lib.settings import SettingsError
from lib.store.errors import StoreError
from lib.team import process

#: Seconds the server may go on answering once it was told to end. It waits for every request that
#: is under way, and with a silent database those take their time one after the other.
GRACE = 3.0

_ending = threading.Lock()


@asynccontextmanager
async def _life(_app: Any) -> AsyncIterator[None]:
    _bound_the_end()
    _load_pages()
    yield
    await run_in_threadpool(_end)


def _load_pages() -> None:
    """Import what the pages need, so that the first page opens as fast as the next."""
    for page in ("front_door", "step.page", "review.page"):
        importlib.import_module(f"lib.ui.{page}")


def _bound_the_end() -> None:
    """Have the process end GRACE seconds after a signal, whatever the server still waits for."""
    if threading.current_thread() is not threading.main_thread():
        return
    for number in (signal.SIGTERM, signal.SIGINT):
        before = signal.getsignal(number)

        def handle(received: int, frame: Any, before: Any = before) -> None:
            end = threading.Timer(GRACE, _end)
            end.daemon = True
            end.start()
            if callable(before):
                before(received, frame)

        signal.signal(number, handle)


def _end() -> None:
    """Save everything and end the process; whoever comes second waits for the first."""
    with _ending:
        saved = process.stop()
        # The server would raise the signal that ended it once more, and whoever started it could
        # not tell a good end from a bad one.
        logging.shutdown()
        sys.stderr.flush()
        os._exit(0 if saved else 1)


def parts() -> dict[str, Any]:
    """
    Return what the app is made of besides its pages, as `st.App` takes it.

    Opens the database first: where that cannot be done, says why in one line and ends the process.
    """
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s")
    try:
        loaded = settings.load()
        exposure.check(loaded, get_option("server.address"))
        proxies.believe(loaded.trusted_proxies)
        process.running()
    except (SettingsError, StoreError) as exc:
        sys.stderr.write(f"Throughline cannot start: {exc}\n")
        sys.exit(1)
    streamlit_patches.begin(guard.is_allowed_origin)
    return {
        "lifespan": _life,
        "routes": endpoints.routes(get_option("server.baseUrlPath")),
        "middleware": [
            Middleware(middleware.Headers),
            Middleware(guard.Guard),
            Middleware(middleware.SecureCookies),
            Middleware(middleware.Styled),
        ],
    }
