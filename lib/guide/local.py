"""
Finds models that run on this machine: Ollama and LM Studio at their usual ports.

Asks 127.0.0.1 and nothing else, in a thread of its own: no proxy, no redirect, a second at most.
"""

import http.client
import json
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from lib.workshop.local_guide import LocalGuide, is_usable

log = logging.getLogger(__name__)

HOST = "127.0.0.1"

#: Seconds a list of models may take, and for how long the last search counts.
WITHIN, KEPT = 1.0, 10.0

#: Bytes of a list of models, and models of one program that are offered.
MOST_BYTES, MOST_MODELS = 256_000, 8


@dataclass(frozen=True)
class Program:
    """A program that runs models, and how it lists them."""

    key: str
    port: int
    path: str
    #: The list in its answer, and the name of a model in that.
    listed: str
    name: str

    @property
    def base_url(self) -> str:
        """The address of its Chat Completions."""
        return f"http://{HOST}:{self.port}/v1"


PROGRAMS = (
    Program("ollama", 11434, "/api/tags", "models", "name"),
    Program("lm-studio", 1234, "/v1/models", "data", "id"),
)


def base_url(local: LocalGuide) -> str:
    """Return where a model answers; always on this machine."""
    return next(each.base_url for each in PROGRAMS if each.key == local.program)


class Finder:
    """Remembers what runs on this machine; used from several threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._found: tuple[LocalGuide, ...] = ()
        self._searched: float | None = None
        self._done = threading.Event()
        self._done.set()

    def found(self, within: float = 0.3) -> tuple[LocalGuide, ...]:
        """
        Return the models that were found last.

        Begins another search if that is KEPT seconds ago, and waits at most *within* seconds for it.
        """
        with self._lock:
            is_old = self._searched is None or self._clock() - self._searched > KEPT
            if is_old and self._done.is_set():
                self._done.clear()
                threading.Thread(target=self._search, daemon=True, name="local-guides").start()
        self._done.wait(within)
        return self._found

    def _search(self) -> None:
        try:
            self._found = tuple(each for program in PROGRAMS for each in models(program))
        finally:
            self._searched = self._clock()
            self._done.set()


def models(program: Program) -> list[LocalGuide]:
    """Return the models a program lists; none if it does not run or answers anything else."""
    try:
        answer = json.loads(_listed(program))
        entries = answer[program.listed]
        names = [each[program.name] for each in entries if isinstance(each, dict)]
    except (OSError, http.client.HTTPException, ValueError, LookupError, TypeError) as exc:
        log.debug("No list of models at port %d: %s", program.port, exc)
        return []
    except RecursionError:
        return []
    return _usable(program, names)


def _usable(program: Program, names: Iterable[Any]) -> list[LocalGuide]:
    # Models that only turn texts into numbers answer nobody.
    chosen = [
        each for each in names if is_usable(program.key, each) and "embed" not in each.lower()
    ]
    return [LocalGuide(program.key, each) for each in dict.fromkeys(chosen)][:MOST_MODELS]


def _listed(program: Program) -> bytes:
    """Return a program's answer. Raises OSError, HTTPException, ValueError for a bad one."""
    connection = http.client.HTTPConnection(HOST, program.port, timeout=WITHIN)
    connection.connect()
    # A timeout counts for one read: an answer that drips must end too.
    end = threading.Timer(WITHIN, _hang_up, [connection.sock])
    end.daemon = True
    end.start()
    try:
        connection.request("GET", program.path, headers={"Accept": "application/json"})
        response = connection.getresponse()
        # A redirect is an answer like any other, and no list.
        if response.status != http.client.OK:
            raise ValueError(f"the answer was {response.status}")
        body = response.read(MOST_BYTES + 1)
    finally:
        end.cancel()
        connection.close()
    if len(body) > MOST_BYTES:
        raise ValueError("the answer is too long")
    return body


def _hang_up(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
