"""
The server around the pages: the headers it sends, and what it does when it begins and ends.

Still started by `streamlit run streamlit_app.py`; Streamlit finds the app in that file.
"""

import logging
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lib import process
from lib.settings import SettingsError
from lib.store.port import StoreError

#: Sent with every answer. Pictures come from here alone, so that one in a message calls nobody.
HEADERS = {
    "content-security-policy": "img-src 'self' data: blob:; frame-ancestors 'self'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}


class Headers:
    """Adds HEADERS to every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on; add the headers to what comes back."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                extra = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
                message = {**message, "headers": [*message.get("headers", []), *extra]}
            await send(message)

        await self._app(scope, receive, send_with_headers)


@asynccontextmanager
async def _life(_app: Any) -> AsyncIterator[None]:
    yield
    await run_in_threadpool(process.stop)


def app(script: str) -> st.App:
    """
    Return the app whose front door is *script*.

    Opens the database first: where that cannot be done, says why in one line and ends the process.
    """
    # The server passes the signal on when it has shut down; by then everything is saved.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s")
    try:
        process.running()
    except (SettingsError, StoreError) as exc:
        sys.stderr.write(f"Throughline cannot start: {exc}\n")
        sys.exit(1)
    return st.App(Path(script).resolve(), lifespan=_life, middleware=[Middleware(Headers)])
