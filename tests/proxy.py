"""
A small TCP proxy that misbehaves: between the app and PostgreSQL, or any server on a socket.

Two threads a connection, one a direction. The mode may be switched at any time, also for the
connections that are open; a connection whose bytes were swallowed is cut when the mode changes,
because what follows would make no sense to either side.
"""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from enum import Enum
from pathlib import Path
from types import TracebackType
from urllib.parse import urlsplit, urlunsplit

from tests.postgres import PostgresServer

#: What a proxy stands in front of: a host and a port, or the path of a unix socket.
Address = tuple[str, int] | str

_CHUNK = 65536


class Mode(Enum):
    """What the proxy does with what comes."""

    #: Everything passes.
    PASS = "pass"
    #: Each chunk waits first, in both directions.
    DELAY = "delay"
    #: Whoever comes is let in and cut off at once.
    REFUSE = "refuse"
    #: Whoever comes is let in and listened to, and never answered.
    SWALLOW = "swallow"


class Proxy:
    """
    One listening port on 127.0.0.1 in front of the server at *target*.

    Where nobody answers at *target*, whoever comes is cut off.
    """

    def __init__(self, target: Address) -> None:
        self._target = target
        self._lock = threading.Lock()
        self._connections: set[_Connection] = set()
        self._mode = Mode.PASS
        self._delay = 0.0
        self._delayed = 0
        self._needle: bytes | None = None
        #: How often a chunk was found that `cut_on` waited for.
        self.found = 0
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True, name="proxy").start()

    def __enter__(self) -> "Proxy":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # How it behaves

    @property
    def mode(self) -> Mode:
        """What the proxy does now."""
        return self._mode

    @property
    def under_way(self) -> int:
        """How many chunks still wait to be passed on."""
        return self._delayed

    def forward(self) -> None:
        """Let everything pass, from now on."""
        self._switch(Mode.PASS)

    def delay(self, seconds: float) -> None:
        """Let each chunk wait, from now on."""
        self._delay = seconds
        self._switch(Mode.DELAY)

    def refuse(self) -> None:
        """Cut everybody off, and whoever comes from now on."""
        self._switch(Mode.REFUSE)
        self.cut()

    def swallow(self) -> None:
        """Listen to everybody and answer nobody, from now on."""
        self._switch(Mode.SWALLOW)

    def cut(self) -> None:
        """Cut everybody off who is connected now."""
        self._cut(lambda each: True)

    def cut_on(self, needle: bytes | None) -> None:
        """
        Pass the next chunk that has *needle* in it on to the server and cut that connection before
        the answer comes back; once. None: no longer wait for one.
        """
        self._needle = needle

    def close(self) -> None:
        """Cut everybody off and let go of the port."""
        self._switch(Mode.REFUSE)
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    # Inside

    def _switch(self, mode: Mode) -> None:
        self._mode = mode
        self._cut(lambda each: each.spoilt and mode is not Mode.SWALLOW)

    def _cut(self, which: Callable[["_Connection"], bool]) -> None:
        with self._lock:
            chosen = [each for each in self._connections if which(each)]
        for each in chosen:
            each.cut()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self._mode is Mode.REFUSE:
                client.close()
                continue
            self._join(client)

    def _join(self, client: socket.socket) -> None:
        try:
            server = _connected(self._target)
        except OSError:
            client.close()
            return
        connection = _Connection(client, server)
        with self._lock:
            self._connections.add(connection)
        for upwards in (True, False):
            threading.Thread(
                target=self._pump, args=(connection, upwards), daemon=True, name="proxy-pump"
            ).start()

    def _pump(self, connection: "_Connection", upwards: bool) -> None:
        """Carry bytes in one direction until either side is gone."""
        source, sink = connection.ends(upwards)
        try:
            while chunk := source.recv(_CHUNK):
                if not self._carry(connection, sink, chunk, upwards):
                    break
        except OSError:
            pass
        finally:
            connection.cut()
            with self._lock:
                self._connections.discard(connection)

    def _carry(
        self, connection: "_Connection", sink: socket.socket, chunk: bytes, upwards: bool
    ) -> bool:
        """Pass one chunk on as the mode has it; return whether the connection lives."""
        if self._mode is Mode.DELAY:
            with self._late():
                time.sleep(self._delay)
                return self._pass_on(connection, sink, chunk, upwards)
        return self._pass_on(connection, sink, chunk, upwards)

    @contextlib.contextmanager
    def _late(self) -> Iterator[None]:
        with self._lock:
            self._delayed += 1
        try:
            yield
        finally:
            with self._lock:
                self._delayed -= 1

    def _pass_on(
        self, connection: "_Connection", sink: socket.socket, chunk: bytes, upwards: bool
    ) -> bool:
        if self._mode is Mode.SWALLOW:
            connection.spoilt = True
            return True
        if connection.spoilt or (connection.muted and not upwards):
            return False
        if upwards and self._takes(chunk):
            # Muted first: the answer may come while the chunk is still being handed over.
            connection.muted = True
            sink.sendall(chunk)
            return False
        sink.sendall(chunk)
        return True

    def _takes(self, chunk: bytes) -> bool:
        """Whether this is the chunk that was waited for; true once."""
        with self._lock:
            if self._needle is None or self._needle not in chunk:
                return False
            self._needle = None
            self.found += 1
            return True


class _Connection:
    """A client and its own connection to the server."""

    def __init__(self, client: socket.socket, server: socket.socket) -> None:
        self._client, self._server = client, server
        #: Whether bytes are missing from it.
        self.spoilt = False
        #: Whether the client hears nothing any more.
        self.muted = False

    def ends(self, upwards: bool) -> tuple[socket.socket, socket.socket]:
        """Return where bytes come from and where they go to."""
        return (self._client, self._server) if upwards else (self._server, self._client)

    def cut(self) -> None:
        """End both sides. What the server was sent already, it still reads."""
        for end in (self._client, self._server):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


def _connected(target: Address) -> socket.socket:
    if not isinstance(target, str):
        return socket.create_connection(target, timeout=None)
    server = socket.socket(socket.AF_UNIX)
    try:
        server.connect(target)
    except OSError:
        server.close()
        raise
    return server


def before(server: PostgresServer) -> Proxy:
    """Return a proxy before a PostgreSQL server; it may be started, and started anew, later."""
    return Proxy(str(Path(server.folder) / ".s.PGSQL.5432"))


def through(proxy: Proxy, url: str) -> str:
    """Return the database URL *url* as one that goes through *proxy*."""
    parts = urlsplit(url)
    place = f"{parts.username}@127.0.0.1:{proxy.port}"
    return urlunsplit((parts.scheme, place, parts.path, "sslmode=disable&gssencmode=disable", ""))
