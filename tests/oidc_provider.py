"""
A small provider of OpenID Connect on this machine: whoever comes chooses who they are.

Speaks the authorization code flow with RS256, as far as a client needs: discovery, authorize, token,
keys, end of session.
"""

import base64
import json
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "throughline", "a client's secret"


@dataclass
class Provider:
    """Runs until it is closed; *people* are names with the claims made for each."""

    people: dict[str, dict[str, Any]]
    #: Where people may be sent back to: any other address is refused.
    redirect_uri: str = ""
    url: str = ""
    #: What was asked for, by path, in order.
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._key = RSAKey.generate_key(2048, {"kid": "one"})
        self._codes: dict[str, dict[str, Any]] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://localhost:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def secrets_file(self, redirect_uri: str) -> str:
        """Return the `[auth]` of an app that uses this provider."""
        self.redirect_uri = redirect_uri
        said = {
            "client_id": CLIENT,
            "client_secret": SECRET,
            "server_metadata_url": f"{self.url}/.well-known/openid-configuration",
            "redirect_uri": redirect_uri,
            "cookie_secret": secrets.token_urlsafe(32),
        }
        return "[auth]\n" + "".join(f"{name} = {json.dumps(said[name])}\n" for name in said)

    # What it answers: a status, a body, and where to go

    def discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/jwks",
            "end_session_endpoint": f"{self.url}/logout",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
        }

    def choice(self, query: dict[str, str]) -> str:
        """Return the page on which somebody says who they are; empty for a request to refuse."""
        if query.get("client_id") != CLIENT or query.get("redirect_uri") != self.redirect_uri:
            return ""
        ways = [
            f'<li><a href="/accept?{escape(urlencode({**query, "who": name}))}">{name}</a></li>'
            for name in self.people
        ]
        return f'<html lang="en"><title>Who are you?</title><ul>{"".join(ways)}</ul></html>'

    def accepted(self, query: dict[str, str]) -> str:
        """Return where somebody goes who has said who they are."""
        code = secrets.token_urlsafe(16)
        self._codes[code] = {"nonce": query.get("nonce"), **self.people[query["who"]]}
        return f"{self.redirect_uri}?{urlencode({'code': code, 'state': query['state']})}"

    def token(self, form: dict[str, str], authorization: str) -> dict[str, Any] | None:
        """Return the tokens for a code, which works once; None for anybody but our client."""
        expected = base64.b64encode(f"{CLIENT}:{SECRET.replace(' ', '+')}".encode()).decode()
        plain = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        known = authorization.removeprefix("Basic ") in (expected, plain)
        claims = self._codes.pop(form.get("code", ""), None)
        if claims is None or not known:
            return None
        now = int(time.time())
        said = {"iss": self.url, "sub": "1", "aud": CLIENT, "iat": now, "exp": now + 300, **claims}
        signed = jwt.encode({"alg": "RS256", "kid": "one"}, said, self._key)
        return {"id_token": signed, "access_token": "none", "token_type": "Bearer"}

    def keys(self) -> dict[str, Any]:
        return {"keys": [self._key.as_dict(private=False)]}


def _handler(provider: Provider) -> type[BaseHTTPRequestHandler]:  # noqa: C901 - one class
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, query = self._asked(urlsplit(self.path).query)
            answers: dict[str, Callable[[], None]] = {
                "/.well-known/openid-configuration": lambda: self._json(provider.discovery()),
                "/jwks": lambda: self._json(provider.keys()),
                "/authorize": lambda: self._page(provider.choice(query)),
                "/accept": lambda: self._go(provider.accepted(query)),
                "/logout": lambda: self._go(query["post_logout_redirect_uri"]),
            }
            answers.get(path, lambda: self._page(""))()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            _, form = self._asked(body)
            told = provider.token(form, self.headers.get("Authorization", ""))
            self._json(told or {"error": "invalid_grant"}, 200 if told else 400)

        def _asked(self, said: str) -> tuple[str, dict[str, str]]:
            path = urlsplit(self.path).path
            provider.asked.append(path)
            return path, {name: values[0] for name, values in parse_qs(said).items()}

        def _page(self, page: str) -> None:
            self._answer(200 if page else 400, "text/html", page.encode())

        def _go(self, where: str) -> None:
            self.send_response(302)
            self.send_header("Location", where)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def _json(self, told: dict[str, Any], status: int = 200) -> None:
            self._answer(status, "application/json", json.dumps(told).encode())

        def _answer(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    return Handler
