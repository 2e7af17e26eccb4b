"""What goes around every answer: the headers it is sent with, and the style of its page."""

from pathlib import Path

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lib.ui import assets, navigation

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


class SecureCookies:
    """
    Marks every cookie `Secure` that is set over TLS: ours, and Streamlit's, which leaves it out.

    Behind a proxy that ends TLS the scheme is what that proxy says, if it is one we believe.
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
    Puts our style into the page that everything is drawn in, before anything is, and names our scripts.

    Drawn with the elements it came after the first of them, and all of them jumped: on a step's page
    a layout shift of 0.76, of which 0.25 is left (measured in Chromium). And it was sent with each rerun.
    """

    #: Asked with these the answer may be packed, or none.
    _LEFT_OUT = (b"accept-encoding", b"if-none-match", b"if-modified-since")

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        text = (Path(__file__).parent.parent / "ui" / "style.css").read_text(encoding="utf-8")
        # Behind the page's own: of two rules that are as strong the later one counts.
        self._end = f"<style>{text}</style></body>".encode()
        self._head = f"{assets.HEAD}</head>".encode()

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
                    body = body.replace(b"</head>", self._head, 1)
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
