"""Whose request this is, as far as the network tells."""

from typing import Any


def client_address(scope: Any) -> str:
    """
    Return the address a request or websocket comes from; "unknown" where there is none.

    uvicorn has put the address a trusted proxy forwards in its place (`lib.server.proxies`).
    """
    client = scope.get("client")
    return str(client[0]) if client else "unknown"
