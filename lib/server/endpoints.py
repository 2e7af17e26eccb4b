"""
What a page asks of the server by itself, beside Streamlit's own connection, and how it is answered.

Whoever asks gets no more than a status where something is wrong.
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
from lib.team import chat_input, draft_input, process
from lib.team.process import Process
from lib.ui import assets, navigation
from lib.workshop.clock import utc_now
from lib.workshop.records import Team
from lib.workshop.roles import AccessRefused
from lib.workshop.transcript import MAX_CHARACTERS

log = logging.getLogger(__name__)

#: Bytes a delivery may have: a message of the longest kind, four bytes a character, and a little.
MAX_DELIVERY = 4 * MAX_CHARACTERS + 10_000


Take = Callable[[Process, Team, Any], dict[str, Any] | None]

Answer = Callable[[Request], Awaitable[Response]]


def taking(take: Take, most: int) -> Answer:
    """
    Return the answer to requests in which a page's own inputs say something.

    The team's link is the key, as it is to the page: nobody who does not hold it can make a request
    that does anything. Whatever is wrong gets the same empty answer, a step or workshop that takes
    nothing now 409, and what is not stored stays in the browser. *most* is in bytes.
    """

    async def answer(request: Request) -> Response:
        body = await _body(request, most)
        if body is None:
            return Response(status_code=413)
        try:
            told = await run_in_threadpool(_take, take, json.loads(body))
        except draft_input.TooMuch:
            return Response(status_code=413)
        except (ValueError, KeyError, TypeError, RecursionError, AccessRefused):
            return Response(status_code=404)
        except Closed:
            return Response(status_code=409)
        except (StoreError, SettingsError) as exc:
            log.warning("What a browser sent waits there: %s", exc)
            return Response(status_code=503)
        return Response(status_code=204) if told is None else JSONResponse(told)

    return answer


async def _body(request: Request, most: int) -> bytes | None:
    """Return what a request says; None where that is more than so many bytes."""
    parts, length = [], 0
    async for part in request.stream():
        parts.append(part)
        length += len(part)
        if length > most:
            return None
    return b"".join(parts)


def _take(take: Take, said: Any) -> dict[str, Any] | None:
    running = process.running()
    return take(running, links.team_by_link(running.store, str(said["link"])), said)


def _outbox(running: Process, team: Team, said: Any) -> None:
    chat_input.deliver(running, team, said["step"], str(said["member"]), said["outbox"])


#: Bytes of a question whether a page shows what there is.
MAX_LOOK = 1_000


async def look(request: Request) -> Response:
    """Say what there is to see in a step: what a page compares with what it shows."""
    try:
        said = json.loads(await _body(request, MAX_LOOK) or b"")
        found = await polling.of(process.running()).sight(str(said["link"]), str(said["step"]))
    except (ValueError, KeyError, TypeError, RecursionError):
        found = None
    except (StoreError, SettingsError):
        return Response(status_code=503)
    if found is None:
        return Response(status_code=404)
    return JSONResponse({"seen": found.fingerprint, "late": found.late})


async def clock(_request: Request) -> Response:
    """Say what time it is here, in milliseconds since 1970."""
    return JSONResponse(
        {"now": utc_now().timestamp() * 1000}, headers={"cache-control": "no-store"}
    )


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
    running = process.running()
    facilitators.leave(running.store, running.settings, token)


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


async def script(request: Request) -> Response:
    """Return a script of one of our elements, for a browser to keep."""
    text = assets.text(request.path_params["version"], request.path_params["name"])
    if text is None:
        return Response(status_code=404, headers={"cache-control": "no-store"})
    headers = {"cache-control": "public, max-age=31536000, immutable"}
    return Response(text, media_type="text/javascript", headers=headers)


def own(answer: Answer) -> Answer:
    """Return *answer* as pages of this server alone get it: to another site's it is refused."""

    async def guarded(request: Request) -> Response:
        if is_foreign(request.headers):
            return Response(status_code=403)
        return await answer(request)

    return guarded


def routes(folder: str = "") -> list[Route]:
    """Return where each of them is asked, on a server whose pages are in *folder*."""
    answers: list[tuple[str, Answer, list[str]]] = [
        (navigation.OUTBOX, taking(_outbox, MAX_DELIVERY), ["POST"]),
        (navigation.TYPED, taking(draft_input.deliver, draft_input.MAX_TYPED), ["POST"]),
        (navigation.LOOK, look, ["POST"]),
        (navigation.CLOCK, clock, ["GET"]),
        (navigation.ENTER, enter, ["POST", "DELETE"]),
        (READY, readyz, ["GET"]),
        (assets.ROUTE, script, ["GET"]),
    ]
    before = f"/{folder.strip('/')}".rstrip("/")
    return [
        Route(before + place, own(answer), methods=methods) for place, answer, methods in answers
    ]
