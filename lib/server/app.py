"""
The ASGI app around the pages: its parts, its start and its end.

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
from lib.guide.understanding import encoder
from lib.server import endpoints, exposure, guard, middleware, proxies, streamlit_patches
from lib.settings import SettingsError
from lib.store.errors import StoreError
from lib.team import process

#: Seconds from a signal to the end of the process, whatever it is doing: supervisors kill it after 10.
END_WITHIN = 9.8

#: Seconds the server may still answer after a signal to end. It waits for every running request, and
#: if the database is silent, these time out one after the other. The rest is for the last save.
GRACE = 2.0

#: Seconds after the start until the guide's model is loaded: the first page has the processors to itself.
WARM_UP = 3.0

_ending = threading.Lock()


@asynccontextmanager
async def _life(_app: Any) -> AsyncIterator[None]:
    _bound_the_end()
    _load_pages()
    encoder.warm_up(WARM_UP)
    yield
    await run_in_threadpool(_end)


def _load_pages() -> None:
    """Import what the pages need, so that the first page opens as fast as the next."""
    for page in ("front_door", "step.page", "review.page"):
        importlib.import_module(f"lib.ui.{page}")


def _bound_the_end() -> None:
    """Begin to end at most GRACE seconds after a signal, and end after END_WITHIN seconds."""
    if threading.current_thread() is not threading.main_thread():
        return
    for number in (signal.SIGTERM, signal.SIGINT):
        before = signal.getsignal(number)

        def handle(received: int, frame: Any, before: Any = before) -> None:
            for seconds, end in ((GRACE, _end), (END_WITHIN, _give_up)):
                timer = threading.Timer(seconds, end)
                timer.daemon = True
                timer.start()
            if callable(before):
                before(received, frame)

        signal.signal(number, handle)


def _end() -> None:
    """Save everything and end the process; a second caller waits for the first."""
    with _ending:
        saved = process.stop()
        # The server would raise its signal again, so that the exit code would hide whether
        # everything was saved.
        logging.shutdown()
        sys.stderr.flush()
        os._exit(0 if saved else 1)


def _give_up() -> None:
    """End the process now. Something in its end hangs, so nothing else is waited for, not even a log."""
    os.write(sys.stderr.fileno(), b"Ended by force: the last save did not end in time.\n")
    os._exit(1)


def parts() -> dict[str, Any]:
    """
    Return the arguments of `st.App`: lifespan, routes and middleware.

    Opens the database first. If that fails, prints one line with the reason and ends the process.
    """
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s")
    try:
        loaded = settings.load()
        exposure.check(loaded, get_option("server.address"))
        proxies.trust(loaded.trusted_proxies)
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
