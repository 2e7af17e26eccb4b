"""
No test reaches another host: neither from its own process nor from any Python it starts.

Python imports this by its name wherever this folder is on PYTHONPATH. An audit hook cannot be
taken away again.
"""

import sys

#: What counts as this machine; a socket is also bound to the wildcard addresses.
LOCAL = ("localhost", "127.0.0.1", "::1", "0.0.0.0", "::", "", None)


class Unreachable(ConnectionRefusedError):
    """A test tried to reach another host."""


def is_local(host: object) -> bool:
    """Whether *host*, a name or an address, is this machine."""
    told = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    return told in LOCAL or (isinstance(told, str) and told.startswith("127."))


def refuse(event: str, arguments: tuple[object, ...]) -> None:
    """Raise Unreachable where something is about to look up, connect or send to another host."""
    if event in ("socket.connect", "socket.sendto"):
        address = arguments[1]
        # The address of a unix socket is no pair.
        host = address[0] if isinstance(address, tuple) else None
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = arguments[0]
    else:
        return
    if not is_local(host):
        raise Unreachable(f"Tests reach no host but this one, and this is {host!r}.")


sys.addaudithook(refuse)
