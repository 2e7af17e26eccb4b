"""
HTTP routes that pages call beside Streamlit's websocket: typed text, polls, the passcode, health.

An error is answered with a status and nothing else.
"""

import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from lib.access import facilitators, links
from lib.server import health, polling
from lib.server.guard import is_foreign
from lib.settings import SettingsError
from lib.store.errors import StoreError
from lib.store.port import Closed
from lib.team import chat_input, draft_input, interview_input, process
from lib.team.process import Process
from lib.ui import assets, navigation
from lib.workshop.clock import utc_now
from lib.workshop.records import Team
from lib.workshop.roles import AccessRefused
from lib.workshop.transcript import MAX_CHARACTERS

log = logging.getLogger(__name__)

#: Bytes of a delivery: the longest message, at four bytes a character, and some room.
MAX_DELIVERY = 4 * MAX_CHARACTERS + 10_000


Take = Callable[[Process, Team, Any], dict[str, Any] | None]

Answer = Callable[[Request], Awaitable[Response]]


def receiving(take: Take, most: int) -> Answer:
    """
    Return a route that passes a page's input to *take*, if the request has at most *most* bytes.

    The team's link authorizes the request, as it does for the page. Malformed and unauthorized requests
    get the same empty 404, a step or workshop that accepts no input 409. The browser keeps input that
    was not stored.
    """

    async def answer(request: Request) -> Response:
        body = await _body(request, most)
        if body is None:
            return Response(status_code=413)
        try:
            reply = await run_in_threadpool(_take, take, json.loads(body))
        except draft_input.TooMuch:
            return Response(status_code=413)
        except (ValueError, KeyError, TypeError, RecursionError, AccessRefused):
            return Response(status_code=404)
        except Closed:
            return Response(status_code=409)
        except (StoreError, SettingsError) as exc:
            log.warning("Input stays in the browser for now: %s", exc)
            return Response(status_code=503)
        return Response(status_code=204) if reply is None else JSONResponse(reply)

    return answer


async def _body(request: Request, most: int) -> bytes | None:
    """Return a request's body, or None if it has more than *most* bytes."""
    parts, length = [], 0
    async for part in request.stream():
        parts.append(part)
        length += len(part)
        if length > most:
            return None
    return b"".join(parts)


def _take(take: Take, payload: Any) -> dict[str, Any] | None:
    running = process.running()
    return take(running, links.team_by_link(running.store, str(payload["link"])), payload)


def _outbox(running: Process, team: Team, payload: Any) -> None:
    member = str(payload["member"])
    chat_input.deliver(running, team, payload["step"], member, payload["outbox"])


#: Bytes of a poll.
MAX_POLL = 1_000


async def poll(request: Request) -> Response:
    """Return a step's fingerprint, which the page compares with the one it shows."""
    try:
        payload = json.loads(await _body(request, MAX_POLL) or b"")
        poller = polling.of(process.running())
        found = await poller.poll(str(payload["link"]), str(payload["step"]))
    except (ValueError, KeyError, TypeError, RecursionError):
        found = None
    except (StoreError, SettingsError):
        return Response(status_code=503)
    if found is None:
        return Response(status_code=404)
    return JSONResponse({"seen": found.fingerprint, "late": found.late})


async def clock(_request: Request) -> Response:
    """Return the server's time, in milliseconds since 1970."""
    return JSONResponse(
        {"now": utc_now().timestamp() * 1000}, headers={"cache-control": "no-store"}
    )


#: Bytes of a request with a passcode.
MAX_ENTERING = 4_000


async def enter(request: Request) -> Response:
    """Exchange the passcode for a pass (POST), or end this browser's pass (DELETE)."""
    try:
        if request.method == "DELETE":
            await run_in_threadpool(_leave, request.cookies.get(facilitators.COOKIE, ""))
            answer = Response(status_code=204)
            answer.delete_cookie(facilitators.COOKIE, path="/", httponly=True, samesite="lax")
            return answer
        body = await _body(request, MAX_ENTERING)
        if body is None:
            return Response(status_code=413)
        passcode = str(json.loads(body)["passcode"])
        who = request.client.host if request.client else "unknown"
        token = await run_in_threadpool(_enter, passcode, who)
    except AccessRefused as exc:
        return JSONResponse({"sentence": str(exc)}, status_code=403)
    except (ValueError, KeyError, TypeError, RecursionError):
        return Response(status_code=404)
    except (StoreError, SettingsError) as exc:
        log.warning("A passcode could not be checked: %s", exc)
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
    running = process.running()
    facilitators.leave(running.store, running.settings, token)


#: The readiness check for load balancers.
READY = "/throughline/readyz"


async def readyz(_request: Request) -> Response:
    """Answer 200 if the database answers and changes are saved in time, else 503."""
    try:
        found = await run_in_threadpool(lambda: health.health(process.running()))
    except (StoreError, SettingsError) as exc:
        return JSONResponse({"ready": False, "database": str(exc)}, status_code=503)
    headers = {"cache-control": "no-store"}
    return JSONResponse(found.as_dict(), status_code=200 if found.ready else 503, headers=headers)


async def script(request: Request) -> Response:
    """Return the script of one of our components, cacheable for ever."""
    text = assets.text(request.path_params["version"], request.path_params["name"])
    if text is None:
        return Response(status_code=404, headers={"cache-control": "no-store"})
    headers = {"cache-control": "public, max-age=31536000, immutable"}
    return Response(text, media_type="text/javascript", headers=headers)


def same_origin(answer: Answer) -> Answer:
    """Return *answer*, refused with 403 to pages of other sites."""

    async def guarded(request: Request) -> Response:
        if is_foreign(request.headers):
            return Response(status_code=403)
        return await answer(request)

    return guarded


def routes(folder: str = "") -> list[Route]:
    """Return all routes, below *folder* if the server has a base path."""
    answers: list[tuple[str, Answer, list[str]]] = [
        (navigation.OUTBOX, receiving(_outbox, MAX_DELIVERY), ["POST"]),
        (navigation.TYPED, receiving(draft_input.deliver, draft_input.MAX_TYPED), ["POST"]),
        (
            navigation.INTERVIEWS,
            receiving(interview_input.deliver, interview_input.MAX_REQUEST),
            ["POST"],
        ),
        (navigation.LOOK, poll, ["POST"]),
        (navigation.CLOCK, clock, ["GET"]),
        (navigation.ENTER, enter, ["POST", "DELETE"]),
        (READY, readyz, ["GET"]),
        (assets.ROUTE, script, ["GET"]),
    ]
    before = f"/{folder.strip('/')}".rstrip("/")
    return [
        Route(before + place, same_origin(answer), methods=methods)
        for place, answer, methods in answers
    ]
