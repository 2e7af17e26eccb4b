"""The client address of a request."""

from typing import Any


def client_address(scope: Any) -> str:
    """
    Return the address a request or websocket comes from, or "unknown" if there is none.

    Behind a trusted proxy uvicorn has replaced it by the forwarded one (`lib.server.proxies`).
    """
    client = scope.get("client")
    return str(client[0]) if client else "unknown"
