"""Our routes as another site's page, a proxy and TLS see them."""

from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient
from uvicorn import config

from lib.access import facilitators
from lib.guide.scripted import ScriptedGuide
from lib.server import endpoints, middleware, proxies
from lib.settings import Settings, SettingsError
from lib.ui import navigation
from tests.pages import WatchedStore, running

PASSCODE = "open sesame"

OURS = "http://workshops.example.org"

#: What a browser says of a request that a page of another site has made.
FOREIGN = [
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "same-site", "origin": OURS},
    {"origin": "https://evil.example"},
    {"origin": "http://workshops.example.org.evil.example"},
    {"origin": "http://workshops.example.org:8080"},
    {"origin": "null"},
    {"origin": "null", "sec-fetch-site": "none"},
    {"origin": "http://["},
    {"origin": "not an address"},
]

#: What it says of one that was made by a page of ours, or by hand.
OWN = [
    {},
    {"origin": OURS},
    {"origin": "https://workshops.example.org"},
    {"origin": OURS, "sec-fetch-site": "same-origin"},
    {"origin": "null", "sec-fetch-site": "same-origin"},
    {"sec-fetch-site": "none"},
]

ROUTES = [
    (route.path.format(version="1", name="polling.js"), method)
    for route in endpoints.routes()
    for method in sorted(route.methods or ())
]


@pytest.fixture
def client() -> Iterator[TestClient]:
    app = Starlette(routes=endpoints.routes(), middleware=[Middleware(middleware.SecureCookies)])
    settings = Settings(passcode=PASSCODE)
    with running(WatchedStore(), ScriptedGuide(pace=0), settings=settings):
        yield TestClient(app, base_url=OURS)


def test_the_routes_are_all_under_one_name() -> None:
    assert {path.split("/")[1] for path, _ in ROUTES} == {"throughline"}
    assert {navigation.OUTBOX, navigation.TYPED, navigation.LOOK, navigation.ENTER} <= {
        path for path, _ in ROUTES
    }


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
@pytest.mark.parametrize(("path", "method"), ROUTES)
def test_a_page_of_another_site_is_refused_on_every_route(
    client: TestClient, path: str, method: str, headers: dict[str, str]
) -> None:
    answer = client.request(method, path, headers=headers, content=b"{}")

    assert (answer.status_code, answer.content) == (403, b"")
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("headers", OWN, ids=str)
@pytest.mark.parametrize(("path", "method"), ROUTES)
def test_a_page_of_ours_is_answered_on_every_route(
    client: TestClient, path: str, method: str, headers: dict[str, str]
) -> None:
    assert client.request(method, path, headers=headers, content=b"{}").status_code != 403


def test_a_foreign_guess_is_not_even_counted(client: TestClient) -> None:
    for _ in range(3 * facilitators.ATTEMPTS):
        client.post(navigation.ENTER, headers=FOREIGN[0], json={"passcode": "wrong"})

    assert client.post(navigation.ENTER, json={"passcode": PASSCODE}).status_code == 204


# Cookies


@pytest.mark.parametrize(("scheme", "is_secure"), [("http", False), ("https", True)])
def test_the_pass_is_a_cookie_for_tls_where_there_is_tls(scheme: str, is_secure: bool) -> None:
    app = Starlette(routes=endpoints.routes())
    settings = Settings(passcode=PASSCODE)
    with running(WatchedStore(), ScriptedGuide(pace=0), settings=settings):
        client = TestClient(app, base_url=f"{scheme}://workshops.example.org")
        given = client.post(navigation.ENTER, json={"passcode": PASSCODE})

    assert given.headers["set-cookie"].startswith(facilitators.COOKIE)
    assert ("secure" in attributes(given.headers["set-cookie"])) is is_secure
    assert {"httponly", "samesite=lax"} <= attributes(given.headers["set-cookie"])


def attributes(cookie: str) -> set[str]:
    return {each.strip().lower() for each in cookie.split(";")[1:]}


@pytest.mark.parametrize(("scheme", "is_secure"), [("http", False), ("https", True)])
def test_every_cookie_is_for_tls_where_there_is_tls(scheme: str, is_secure: bool) -> None:
    async def answer(_request: Request) -> Response:
        made = Response()
        made.set_cookie("_streamlit_user", "1")
        made.set_cookie("_streamlit_xsrf", "secure", secure=True)
        return made

    app = Starlette(routes=[Route("/", answer)], middleware=[Middleware(middleware.SecureCookies)])
    got = TestClient(app, base_url=f"{scheme}://workshops.example.org").get("/")
    user, xsrf = got.headers.get_list("set-cookie")

    assert ("secure" in attributes(user)) is is_secure
    assert xsrf.lower().count("; secure") == 1


# Proxies


def asked(trusted: list[str], peer: str, **headers: str) -> tuple[str, str]:
    """Return the address and the scheme of a request that *peer* has passed on."""

    async def answer(request: Request) -> Response:
        assert request.client
        return JSONResponse([request.client.host, request.url.scheme])

    app = proxies.wrapper(trusted)(Starlette(routes=[Route("/", answer)]))  # type: ignore[operator]
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    address, scheme = TestClient(app, client=(peer, 50000)).get("/", headers=named).json()
    return address, scheme


@pytest.mark.parametrize("peer", ["127.0.0.1", "::1", "10.0.0.5", "203.0.113.9"])
def test_what_a_client_says_of_itself_is_not_believed(peer: str) -> None:
    said = {"x_forwarded_for": "198.51.100.1", "x_forwarded_proto": "https"}

    assert asked([], peer, **said) == (peer, "http")
    assert asked(["192.168.0.0/16"], peer, **said) == (peer, "http")


@pytest.mark.parametrize("peer", ["10.0.0.5", "::ffff:10.0.0.5"])
def test_a_proxy_that_is_named_is_believed(peer: str) -> None:
    said = {"x_forwarded_for": "198.51.100.1", "x_forwarded_proto": "https"}

    assert asked(["10.0.0.0/8"], peer, **said) == ("198.51.100.1", "https")


def test_of_several_the_right_most_that_is_no_proxy_counts() -> None:
    """What stands left of it the client may have made up."""
    said = "198.51.100.66, 203.0.113.9, 10.0.0.7"

    assert asked(["10.0.0.0/8"], "10.0.0.5", x_forwarded_for=said)[0] == "203.0.113.9"


def test_an_uvicorn_without_its_wrapper_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(config, "ProxyHeadersMiddleware")

    with pytest.raises(SettingsError):
        proxies.trust([])
