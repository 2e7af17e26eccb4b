"""
Middleware that refuses requests which could fill the server's memory or block its event loop.

Refused are foreign Origins, for which Streamlit would ask the network (`streamlit_patches.begin`);
uploads, which the app does not use and Streamlit would keep in memory; and more connections, requests
or bytes from one network than a full room needs (docs/security.md, "Limits").
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config, get_option

from lib.access import links
from lib.access.addresses import network
from lib.access.token_bucket import Buckets, Rate
from lib.server import streamlit_patches
from lib.server.addresses import client_address
from lib.settings import SettingsError
from lib.store.errors import StoreError
from lib.team import process
from lib.ui import navigation
from lib.workshop.clock import Clock
from lib.workshop.roles import AccessRefused

log = logging.getLogger(__name__)


class Limits(NamedTuple):
    """What one network may use. Sixty people with three tabs each use a tenth of it."""

    #: Open tabs.
    tabs: int = 600
    #: New tabs; all of them come back at once after a server restart.
    openings: Rate = Rate(burst=900, per_second=10)
    #: Pages and requests to our own routes; a tab polls every few seconds.
    requests: Rate = Rate(burst=6_000, per_second=400)
    #: Reruns that tabs ask for.
    reruns: Rate = Rate(burst=3_000, per_second=200)
    #: Bytes sent through tabs and to our routes.
    data: Rate = Rate(burst=200_000_000, per_second=8_000_000)
    #: Bytes of the longest messages of all its open tabs, which Streamlit keeps.
    held: int = 400_000_000
    #: Bytes of one message from a tab without a team's link.
    stranger: int = 256_000


#: Shown after a refused request; the browser keeps the input and sends it again.
TOO_MANY = "Too many requests came from your network. Your text is kept and will be sent again in a moment."

#: Shown in place of a page.
WAIT = "Too many pages were opened from your network at once. Wait a minute, then reload this page."


class _Use:
    """What each network uses of its limits."""

    def __init__(self, limits: Limits, clock: Clock) -> None:
        self.limits = limits
        self.openings = Buckets(limits.openings, clock)
        self.requests = Buckets(limits.requests, clock)
        self.reruns = Buckets(limits.reruns, clock)
        self.data = Buckets(limits.data, clock)
        # Networks with open tabs; an entry is deleted with its last tab.
        self.tabs: Counter[str] = Counter()
        self.held: Counter[str] = Counter()

    def leave(self, place: str, held: int) -> None:
        """Record that a tab closed which held so many bytes."""
        for counted, number in ((self.tabs, 1), (self.held, held)):
            counted[place] -= number
            if counted[place] <= 0:
                del counted[place]


class Guard:
    """ASGI middleware that enforces `Limits` and refuses uploads and foreign Origins."""

    def __init__(
        self, app: ASGIApp, limits: Limits | None = None, clock: Clock = time.monotonic
    ) -> None:
        self._app = app
        self._use = _Use(limits or Limits(), clock)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on, or refuse it."""
        if scope["type"] == "websocket":
            await self._connection(scope, receive, send)
        elif scope["type"] == "http":
            await self._request(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        place = network(client_address(scope))
        headers = Headers(scope=scope)
        if _is_upload(scope["path"]):
            refused: Any = PlainTextResponse("This app takes no files.", status_code=403)
        elif _is_limited(scope, headers) and (wait := self._use.requests.take(place)):
            refused = _too_many(headers, wait)
        else:
            refused = None

        async def in_time() -> Message:
            message = await receive()
            await _due(self._use.data, place, len(message.get("body") or b""))
            return message

        await (refused or self._app)(scope, in_time, send)

    async def _connection(self, scope: Scope, receive: Receive, send: Send) -> None:
        place = network(client_address(scope))
        headers = Headers(scope=scope)
        if not is_own_origin(headers.get("origin"), headers.get("host")):
            await _close(receive, send, "A page of another site must not speak to this server.")
            return
        if self._use.tabs[place] >= self._use.limits.tabs or self._use.openings.take(place):
            log.warning("A network has opened more tabs than it may.")
            await _close(receive, send, WAIT)
            return
        tab = _Tab(self._use, place, receive, send)
        self._use.tabs[place] += 1
        try:
            await self._app(scope, tab.receive, send)
        finally:
            self._use.leave(place, tab.held)


class _Tab:
    """One tab's connection: delays and bounds its messages."""

    def __init__(self, use: _Use, place: str, receive: Receive, send: Send) -> None:
        self._use = use
        self._place = place
        self._receive = receive
        self._send = send
        self._has_link = False
        #: Bytes of the longest message so far.
        self.held = 0

    async def receive(self) -> Message:
        """Return the next message when it is due; disconnect if it is too long."""
        message = await self._receive()
        data = message.get("bytes") or b""
        if not data:
            return message
        # Delayed, never dropped: the browser does not send a rerun twice.
        await _due(self._use.reruns, self._place)
        await _due(self._use.data, self._place, len(data))
        if await self._is_too_much(data):
            await self._send({"type": "websocket.close", "code": 1009, "reason": "Too long."})
            return {"type": "websocket.disconnect", "code": 1009}
        return message

    async def _is_too_much(self, data: bytes) -> bool:
        if len(data) > self._use.limits.stranger and not self._has_link:
            self._has_link = await run_in_threadpool(_has_team_link, data)
            if not self._has_link:
                return True
        if (more := len(data) - self.held) > 0:
            if self._use.held[self._place] + more > self._use.limits.held:
                return True
            self._use.held[self._place] += more
            self.held += more
        return False


async def _due(buckets: Buckets, place: str, cost: int = 1) -> None:
    """Wait until the network may send so much."""
    while cost and (wait := buckets.take(place, cost)):
        await asyncio.sleep(wait)


def _has_team_link(data: bytes) -> bool:
    """Whether a message comes from a page whose address has a team's link."""
    try:
        query = parse_qs(streamlit_patches.query_string(data), max_num_fields=50)
        link = query.get(navigation.TEAM, [""])[-1]
        links.team_by_link(process.running().store, link)
    except (StoreError, SettingsError):
        # Text typed during an outage of the database must not be refused.
        return links.is_link(link)
    except (AccessRefused, ValueError, TypeError):
        return False
    return True


def is_allowed_origin(origin: str) -> bool:
    """Whether the settings allow a foreign Origin; asks no name server, unlike Streamlit's check."""
    return is_own_origin(origin, None)


def is_foreign(headers: Mapping[str, str]) -> bool:
    """
    Whether a page of another site made a request, according to its browser.

    A browser without `Sec-Fetch-Site` sends `Origin`; other clients send neither.
    """
    site, origin = headers.get("sec-fetch-site", ""), headers.get("origin")
    if site in ("cross-site", "same-site"):
        return True
    if origin == "null":
        # A beacon of a page whose referrer policy is "no-referrer", as ours is.
        return site != "same-origin"
    return not is_own_origin(origin, headers.get("host"))


def is_own_origin(origin: str | None, host: str | None) -> bool:
    """
    Whether a handshake comes from this server's own pages, or from an Origin the settings allow.

    Makes no network request, unlike Streamlit. A missing Origin, as clients other than browsers send
    it, is allowed.

    >>> is_own_origin("https://here.example", "here.example")
    True
    >>> is_own_origin("https://evil.example", "here.example")
    False
    """
    if origin is None:
        return True
    try:
        found = urlsplit(origin)
        name = (found.hostname or "").casefold()
    except ValueError:
        return False
    if found.netloc and found.netloc.casefold() == (host or "").casefold():
        return True
    if not get_option("server.enableCORS"):
        return True
    return bool(name) and name in _allowed_names()


def _allowed_names() -> set[str]:
    """Return the host names that Streamlit's settings allow."""
    named = [
        get_option("browser.serverAddress")
        if config.is_manually_set("browser.serverAddress")
        else ""
    ]
    named += get_option("server.corsAllowedOrigins") or []
    found = (urlsplit(each if "//" in each else f"//{each}").hostname for each in named if each)
    return {each.casefold() for each in found if each}


def _is_upload(path: str) -> bool:
    return "/_stcore/upload_file" in path


def _is_limited(scope: Scope, headers: Headers) -> bool:
    """Whether a request counts towards the limit: a page, or one of our own routes."""
    return "text/html" in headers.get("accept", "") or "/throughline/" in scope["path"]


def _too_many(headers: Headers, wait: float) -> Callable[[Scope, Receive, Send], Any]:
    after = {"retry-after": str(int(wait) + 1), "cache-control": "no-store"}
    if "text/html" in headers.get("accept", ""):
        return PlainTextResponse(WAIT, status_code=429, headers=after)
    return JSONResponse({"sentence": TOO_MANY}, status_code=429, headers=after)


async def _close(receive: Receive, send: Send, why: str) -> None:
    """Refuse a handshake: the server answers it with 403."""
    await receive()
    await send({"type": "websocket.close", "code": 1008, "reason": why})
