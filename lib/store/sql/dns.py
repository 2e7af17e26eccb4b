"""
Host names of PostgreSQL servers, resolved within the calling thread's deadline.

libpq calls the system's resolver, which ignores our wait callback: with an unreachable name server,
for 10 s and more. So a thread looks the name up, and libpq gets the addresses, and also the name,
which TLS checks the certificate against.
"""

import ipaddress
import os
import socket
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any

import psycopg2

from lib.store.port import PATIENCE
from lib.store.sql import deadline

#: Returns the addresses of a host, best first. Raises OSError or UnicodeError.
Lookup = Callable[[str], list[str]]

_lock = threading.Lock()
#: The look-ups in progress: one thread per name, for any number of callers.
_running: dict[str, Future[list[str]]] = {}


def _addresses(host: str) -> list[str]:
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


#: The address of each name that answered last: it is tried first. Names come from the settings.
_good: dict[str, str] = {}


def are_several(connecting: Mapping[str, Any]) -> bool:
    """
    Whether a connection's parameters name more than one server.

    >>> are_several({"host": "one,two"}), are_several({"host": "one"})
    (True, False)
    """
    named = (
        connecting.get(name) or os.environ.get(f"PG{name.upper()}", "")
        for name in ("host", "hostaddr", "port")
    )
    return any("," in str(each) for each in named)


def opened(
    connecting: Mapping[str, Any],
    connect: Callable[[dict[str, Any]], Any],
    lookup: Lookup = _addresses,
) -> Any:
    """
    Return what *connect* makes of a connection's parameters, at the first address that answers.

    The addresses of a name share the thread's deadline, the one that answered last comes first: a
    server that hangs does not use up the time of the next one. Raises psycopg2's OperationalError.
    """
    ways = resolved(connecting, lookup)
    for number, way in enumerate(ways, 1):
        left = deadline.left()
        try:
            with deadline.within((PATIENCE if left is None else left) / (len(ways) - number + 1)):
                connection = connect({**connecting, **way})
        except psycopg2.OperationalError:
            if number == len(ways):
                raise
        else:
            if way:
                _good[way["host"]] = way["hostaddr"]
            return connection
    raise psycopg2.OperationalError("could not translate host name")


def resolved(connecting: Mapping[str, Any], lookup: Lookup = _addresses) -> list[dict[str, str]]:
    """
    Return what to add to a connection's parameters so that libpq looks nothing up, an address each.

    Nothing is added where there is no name to look up: for a socket's folder or an address. Raises
    psycopg2's OperationalError.
    """
    host = str(connecting.get("host") or "")
    if not _is_one_name(host) or connecting.get("hostaddr"):
        return [{}]
    try:
        addresses = _looked_up(host, lookup).result(timeout=deadline.left())
    except TimeoutError as exc:
        raise psycopg2.OperationalError("The name server did not answer in time.") from exc
    except (OSError, UnicodeError) as exc:
        raise psycopg2.OperationalError("could not translate host name") from exc
    first = _good.get(host)
    return [
        {"host": host, "hostaddr": each} for each in sorted(addresses, key=lambda it: it != first)
    ]


def _is_one_name(host: str) -> bool:
    if not host or host.startswith(("/", "@")):
        return False
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return True
    return False


def _looked_up(host: str, lookup: Lookup) -> Future[list[str]]:
    with _lock:
        if (under_way := _running.get(host)) is not None:
            return under_way
        future = _running[host] = Future()
    threading.Thread(target=_look_up, args=(host, lookup, future), daemon=True).start()
    return future


def _look_up(host: str, lookup: Lookup, future: Future[list[str]]) -> None:
    try:
        found = lookup(host)
    # `Future.result` raises it in the waiting threads.
    except Exception as exc:
        future.set_exception(exc)
    else:
        future.set_result(found)
    finally:
        with _lock:
            del _running[host]
