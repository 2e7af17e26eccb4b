"""ASGI middleware: security headers, secure cookies, and our style in Streamlit's page."""

from pathlib import Path

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lib.ui import assets, navigation

#: Pages load from this server only, so that nothing in a message can call another one. Streamlit's page
#: has an inline script, runs components from blobs and WebAssembly, and sets inline styles; checked
#: page by page in Chromium (`tests/browser/test_policy.py`).
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


class SecureCookies:
    """
    Marks every cookie `Secure` that is set over TLS: ours and Streamlit's, which omits it.

    Behind a proxy that ends TLS, a trusted proxy's headers give the scheme.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on; mark the cookies in what comes back."""
        if scope["type"] != "http" or scope.get("scheme") != "https":
            await self._app(scope, receive, send)
            return

        async def send_secure(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [_secured(*each) for each in message.get("headers", [])]
                message = {**message, "headers": headers}
            await send(message)

        await self._app(scope, receive, send_secure)


def _secured(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    attributes = {each.strip().lower() for each in value.split(b";")[1:]}
    is_open = name.lower() == b"set-cookie" and b"secure" not in attributes
    return name, value + b"; Secure" if is_open else value


class Styled:
    """
    Inserts our style sheet and scripts into Streamlit's page before anything is drawn.

    As an element it arrived after the first ones and moved them: a layout shift of 0.76 on a step's page,
    now 0.25 (measured in Chromium). It was also sent with each rerun.
    """

    #: With these headers the answer may be compressed or empty.
    _LEFT_OUT = (b"accept-encoding", b"if-none-match", b"if-modified-since")

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        text = (Path(__file__).parent.parent / "ui" / "style.css").read_text(encoding="utf-8")
        # After Streamlit's own: of two equally specific rules the later one wins.
        self._end = f"<style>{text}</style></body>".encode()
        self._head = f"{assets.HEAD}</head>".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on; where a browser asks for a page, add the style to it."""
        if scope["type"] != "http" or scope["method"] != "GET" or not _wants_page(scope):
            await self._app(scope, receive, send)
            return
        headers = [(name, value) for name, value in scope["headers"] if name not in self._LEFT_OUT]
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
                    body = body.replace(b"</head>", self._head, 1)
                    if scope["path"].rpartition("/")[2] in navigation.STEP_PAGES:
                        body = body.replace(b"<body>", b'<body class="at-step">', 1)
                    await send(_of_length(begun, len(body)))
                    await send({**message, "body": body})

        await self._app({**scope, "headers": headers}, receive, send_styled)


def _wants_page(scope: Scope) -> bool:
    return any(name == b"accept" and b"text/html" in value for name, value in scope["headers"])


def _is_page(message: Message) -> bool:
    kinds = [value for name, value in message["headers"] if name.lower() == b"content-type"]
    return any(kind.startswith(b"text/html") for kind in kinds)


def _of_length(message: Message, length: int) -> Message:
    """Return the start of an answer whose body has been replaced."""
    about = (b"content-length", b"etag", b"last-modified")
    kept = [(name, value) for name, value in message["headers"] if name.lower() not in about]
    return {**message, "headers": [*kept, (b"content-length", str(length).encode())]}
