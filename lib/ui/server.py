"""
The server around the pages: the headers it sends, and what it does when it begins and ends.

Still started by `streamlit run streamlit_app.py`; Streamlit finds the app in that file.
"""

import gc
import importlib
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import get_option

from lib import entrance, facilitators, health, inbox, navigation, process, settings, typed
from lib.access import AccessRefused
from lib.process import Process
from lib.replies import utc_now
from lib.settings import SettingsError
from lib.store.port import StoreError
from lib.transcript import MAX_CHARACTERS
from lib.workshop import Team

log = logging.getLogger(__name__)

#: Where what a page is made of may come from: here alone, so that nothing in a message calls anybody.
#: Streamlit's page has a script in it, runs components from blobs and WebAssembly, and sets styles as
#: it draws: found out in Chromium, page by page (`tests/browser/test_policy.py`).
_POLICY = {
    "default-src": "'self'",
    "script-src": "'self' 'unsafe-inline' 'wasm-unsafe-eval' blob:",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "connect-src": "'self'",
    "worker-src": "'self' blob:",
    "object-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'self'",
}

#: Sent with every answer.
HEADERS = {
    "content-security-policy": "; ".join(f"{name} {from_}" for name, from_ in _POLICY.items()),
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "SAMEORIGIN",
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


class Styled:
    """
    Puts our style into the page that everything is drawn in, before anything is.

    Drawn with the elements it came after the first of them, and all of them jumped: on a step's page
    a layout shift of 0.76, of which 0.25 is left (measured in Chromium). And it was sent with each rerun.
    """

    #: Asked with these the answer may be packed, or none.
    _LEFT_OUT = (b"accept-encoding", b"if-none-match", b"if-modified-since")

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        text = (Path(__file__).parent / "style.css").read_text(encoding="utf-8")
        # Behind the page's own: of two rules that are as strong the later one counts.
        self._end = f"<style>{text}</style></body>".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on; where a browser asks for a page, add the style to it."""
        if scope["type"] != "http" or scope["method"] != "GET" or not _wants_page(scope):
            await self._app(scope, receive, send)
            return
        asked = [(name, value) for name, value in scope["headers"] if name not in self._LEFT_OUT]
        begun: Message | None = None
        body = b""

        async def send_styled(message: Message) -> None:
            nonlocal begun, body
            if message["type"] == "http.response.start" and _is_page(message):
                begun = message
            elif begun is None:
                await send(message)
            else:
                body += message.get("body", b"")
                if not message.get("more_body"):
                    body = body.replace(b"</body>", self._end, 1)
                    if scope["path"].rpartition("/")[2] in navigation.STEP_PAGES:
                        body = body.replace(b"<body>", b'<body class="at-step">', 1)
                    await send(_of_length(begun, len(body)))
                    await send({**message, "body": body})

        await self._app({**scope, "headers": asked}, receive, send_styled)


def _wants_page(scope: Scope) -> bool:
    return any(name == b"accept" and b"text/html" in value for name, value in scope["headers"])


def _is_page(message: Message) -> bool:
    kinds = [value for name, value in message["headers"] if name.lower() == b"content-type"]
    return any(kind.startswith(b"text/html") for kind in kinds)


def _of_length(message: Message, length: int) -> Message:
    """Return the start of an answer whose body is another one than it was made for."""
    about = (b"content-length", b"etag", b"last-modified")
    kept = [(name, value) for name, value in message["headers"] if name.lower() not in about]
    return {**message, "headers": [*kept, (b"content-length", str(length).encode())]}


#: Bytes a delivery may have: a message of the longest kind, four bytes a character, and a little.
MAX_DELIVERY = 4 * MAX_CHARACTERS + 10_000


Take = Callable[[Process, Team, Any], dict[str, Any] | None]


def taking(take: Take, most: int) -> Callable[[Request], Awaitable[Response]]:
    """
    Return the answer to requests in which a page's own inputs say something.

    The team's link is the key, as it is to the page: nobody who does not hold it can make a request
    that does anything. Whatever is wrong gets the same empty answer, and what is not stored stays
    in the browser. *most* is in bytes.
    """

    async def answer(request: Request) -> Response:
        body = await _body(request, most)
        if body is None:
            return Response(status_code=413)
        try:
            told = await run_in_threadpool(_take, take, json.loads(body))
        except (ValueError, KeyError, TypeError, RecursionError, AccessRefused):
            return Response(status_code=404)
        except (StoreError, SettingsError) as exc:
            log.warning("What a browser sent waits there: %s", exc)
            return Response(status_code=503)
        return Response(status_code=204) if told is None else JSONResponse(told)

    return answer


async def _body(request: Request, most: int) -> bytes | None:
    """Return what a request says; None where that is more than so many bytes."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > most:
            return None
    return body


def _take(take: Take, said: Any) -> dict[str, Any] | None:
    running = process.running()
    return take(running, entrance.team_by_link(running.store, str(said["link"])), said)


def _outbox(running: Process, team: Team, said: Any) -> None:
    inbox.deliver(running, team, said["step"], str(said["member"]), said["outbox"])


#: Bytes of a question whether a page shows what there is.
MAX_LOOK = 1_000


async def look(request: Request) -> Response:
    """Say what there is to see in a step: what a page compares with what it shows."""
    try:
        said = json.loads(await _body(request, MAX_LOOK) or b"")
        found = await process.running().lookout.sight(str(said["link"]), str(said["step"]))
    except (ValueError, KeyError, TypeError, RecursionError):
        found = None
    except (StoreError, SettingsError):
        return Response(status_code=503)
    if found is None:
        return Response(status_code=404)
    return JSONResponse({"seen": found.fingerprint, "late": found.late})


#: Bytes of a request that gives a passcode.
MAX_ENTERING = 4_000


async def enter(request: Request) -> Response:
    """Give a pass for the house's passcode (POST), or end the one this browser holds (DELETE)."""
    try:
        if request.method == "DELETE":
            await run_in_threadpool(_leave, request.cookies.get(facilitators.COOKIE, ""))
            answer = Response(status_code=204)
            answer.delete_cookie(facilitators.COOKIE, path="/", httponly=True, samesite="lax")
            return answer
        body = await request.body()
        passcode = str(json.loads(body[:MAX_ENTERING])["passcode"])
        who = request.client.host if request.client else "unknown"
        token = await run_in_threadpool(_enter, passcode, who)
    except AccessRefused as exc:
        return JSONResponse({"sentence": str(exc)}, status_code=403)
    except (ValueError, KeyError, TypeError, RecursionError):
        return Response(status_code=404)
    except (StoreError, SettingsError) as exc:
        log.warning("Somebody waits at the gate: %s", exc)
        return Response(status_code=503)
    answer = Response(status_code=204)
    answer.set_cookie(
        facilitators.COOKIE,
        token,
        max_age=int(facilitators.PASS_LASTS.total_seconds()),
        path="/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )
    return answer


def _enter(passcode: str, who: str) -> str:
    running = process.running()
    return facilitators.enter(running.store, running.settings, passcode, who, utc_now())


def _leave(token: str) -> None:
    facilitators.leave(process.running().store, token)


#: Where whoever sends people to this server asks whether to.
READY = "/throughline/readyz"


async def readyz(_request: Request) -> Response:
    """Say whether the database answers and everything is saved: 200 if so, else 503."""
    try:
        found = await run_in_threadpool(lambda: health.health(process.running()))
    except (StoreError, SettingsError) as exc:
        return JSONResponse({"ready": False, "database": str(exc)}, status_code=503)
    headers = {"cache-control": "no-store"}
    return JSONResponse(found.as_dict(), status_code=200 if found.ready else 503, headers=headers)


#: Seconds the server may go on answering once it was told to end. It waits for every request that
#: is under way, and with a silent database those take their time one after the other.
GRACE = 3.0

_ending = threading.Lock()


@asynccontextmanager
async def _life(_app: Any) -> AsyncIterator[None]:
    _bound_the_end()
    _settle()
    yield
    await run_in_threadpool(_end)


def _settle() -> None:
    """
    Load what pages are made of, and keep the collector from searching all of it again and again.

    With a hundred tabs open it stopped everything for 0.17 s every few seconds; what tabs hold alone
    takes it 0.06 s (`gc.callbacks` in a run of `make bench ARGS=tabs`).
    """
    for page in ("front_door", "step_page", "review_page"):
        importlib.import_module(f"lib.ui.{page}")
    gc.collect()
    gc.freeze()


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
        facilitators.check(settings.load(), get_option("server.address"))
        process.running()
    except (SettingsError, StoreError) as exc:
        sys.stderr.write(f"Throughline cannot start: {exc}\n")
        sys.exit(1)
    return {
        "lifespan": _life,
        "routes": [
            Route(navigation.OUTBOX, taking(_outbox, MAX_DELIVERY), methods=["POST"]),
            Route(navigation.TYPED, taking(typed.deliver, typed.MAX_TYPED), methods=["POST"]),
            Route(navigation.LOOK, look, methods=["POST"]),
            Route(navigation.ENTER, enter, methods=["POST", "DELETE"]),
            Route(READY, readyz, methods=["GET"]),
        ],
        "middleware": [Middleware(Headers), Middleware(Styled)],
    }
