"""
Host names of PostgreSQL servers, resolved within the calling thread's deadline.

libpq asks the system's resolver itself and waits for it, whatever our wait callback says: with a name
server that is away, for 10 s and more. So the name is looked up in a thread of its own, and libpq is
told the addresses; it still gets the name, which TLS checks the certificate against.
"""

import ipaddress
import socket
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any

import psycopg2

from lib.store import deadline

#: Returns the addresses of a host, best first. Raises OSError or UnicodeError.
Lookup = Callable[[str], list[str]]

_lock = threading.Lock()
#: The look-ups that are under way: however many wait for a name, one thread asks for it.
_running: dict[str, Future[list[str]]] = {}


def _addresses(host: str) -> list[str]:
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


def resolved(connecting: Mapping[str, Any], lookup: Lookup = _addresses) -> dict[str, str]:
    """
    Return what to add to a connection's parameters so that libpq looks nothing up.

    Nothing where there is no name to look up: a socket's folder, an address, or several hosts,
    which are left to libpq. Raises psycopg2's OperationalError.
    """
    host = str(connecting.get("host") or "")
    if not _is_one_name(host) or connecting.get("hostaddr"):
        return {}
    try:
        addresses = _looked_up(host, lookup).result(timeout=deadline.left())
    except TimeoutError as exc:
        raise psycopg2.OperationalError("The name server did not answer in time.") from exc
    except (OSError, UnicodeError) as exc:
        raise psycopg2.OperationalError("could not translate host name") from exc
    # One name for each address: libpq tries them in turn.
    return {"host": ",".join([host] * len(addresses)), "hostaddr": ",".join(addresses)}


def _is_one_name(host: str) -> bool:
    if not host or host.startswith(("/", "@")) or "," in host:
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
    # Whoever waits raises it.
    except Exception as exc:
        future.set_exception(exc)
    else:
        future.set_result(found)
    finally:
        with _lock:
            del _running[host]
