"""The proxy that misbehaves, before an echo server and before PostgreSQL."""

import socket
import threading
import time
from collections.abc import Iterator

import psycopg2
import pytest

from tests import proxy as proxy_
from tests.fakes import eventually
from tests.postgres import PostgresServer
from tests.proxy import Proxy


class Echo:
    """A server that answers what it is told, and keeps it."""

    def __init__(self) -> None:
        self.heard = b""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = ("127.0.0.1", int(self._listener.getsockname()[1]))
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(client,), daemon=True).start()

    def _talk(self, client: socket.socket) -> None:
        with client:
            try:
                while chunk := client.recv(1000):
                    self.heard += chunk
                    client.sendall(chunk)
            except OSError:
                return

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@pytest.fixture
def echo() -> Iterator[Echo]:
    server = Echo()
    yield server
    server.close()


@pytest.fixture
def proxy(echo: Echo) -> Iterator[Proxy]:
    with Proxy(echo.address) as each:
        yield each


def connected(proxy: Proxy) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", proxy.port))
    client.settimeout(5)
    return client


def said(client: socket.socket, text: bytes) -> bytes:
    """Return what comes back; nothing where the connection was cut."""
    try:
        client.sendall(text)
        return client.recv(1000)
    except ConnectionError:
        return b""


def test_everything_passes_at_first(proxy: Proxy):
    with connected(proxy) as client:
        assert said(client, b"hello") == b"hello"


def test_a_delay_holds_back_each_chunk_of_open_connections_too(proxy: Proxy):
    with connected(proxy) as client:
        said(client, b"hello")
        proxy.delay(0.1)
        start = time.monotonic()

        assert said(client, b"slow") == b"slow"
        assert time.monotonic() - start >= 0.2


def test_refusing_cuts_who_is_there_and_who_comes(proxy: Proxy):
    with connected(proxy) as before:
        said(before, b"hello")
        proxy.refuse()

        assert said(before, b"still there?") == b""
        with connected(proxy) as after:
            assert said(after, b"hello?") == b""


def test_after_refusing_who_comes_is_served_again(proxy: Proxy):
    proxy.refuse()
    proxy.forward()

    with connected(proxy) as client:
        assert said(client, b"hello") == b"hello"


def test_a_cut_leaves_newcomers_alone(proxy: Proxy):
    with connected(proxy) as before:
        said(before, b"hello")
        proxy.cut()

        assert said(before, b"still there?") == b""
        with connected(proxy) as after:
            assert said(after, b"hello") == b"hello"


def test_what_is_swallowed_is_never_answered_and_never_arrives(proxy: Proxy, echo: Echo):
    with connected(proxy) as client:
        said(client, b"hello")
        proxy.swallow()
        client.settimeout(0.2)

        with pytest.raises(TimeoutError):
            said(client, b"lost")
        proxy.forward()
        assert said(client, b"after that") == b""
        assert echo.heard == b"hello"


def test_a_chunk_waited_for_arrives_and_its_answer_does_not(proxy: Proxy, echo: Echo):
    proxy.cut_on(b"COMMIT")
    with connected(proxy) as client:
        assert said(client, b"INSERT") == b"INSERT"
        assert said(client, b"; COMMIT") == b""
    # The server reads what it was sent when it comes to it: each connection has a thread of its own.
    assert eventually(lambda: echo.heard == b"INSERT; COMMIT")
    with connected(proxy) as client:
        assert said(client, b"; COMMIT again") == b"; COMMIT again"
    assert echo.heard == b"INSERT; COMMIT; COMMIT again"
    assert proxy.found == 1


def test_nobody_behind_it_looks_like_a_cut(echo: Echo):
    with Proxy(("127.0.0.1", 1)) as nowhere, connected(nowhere) as client:
        assert said(client, b"hello?") == b""


@pytest.mark.postgres
def test_a_transaction_cut_while_it_commits_is_stored_and_its_client_is_not_told(
    postgres: PostgresServer,
):
    url = postgres.new_database()
    with proxy_.before(postgres) as proxy:
        client = psycopg2.connect(proxy_.through(proxy, url))
        client.cursor().execute("CREATE TABLE kept (id int)")
        client.commit()
        client.cursor().execute("INSERT INTO kept VALUES (7)")
        proxy.cut_on(b"COMMIT")

        with pytest.raises(psycopg2.OperationalError):
            client.commit()
    direct = psycopg2.connect(url)
    # Each look is a statement of its own, which sees what was committed before it.
    direct.autocommit = True
    cursor = direct.cursor()

    def kept() -> list[tuple[int]]:
        cursor.execute("SELECT id FROM kept")
        return cursor.fetchall()

    assert eventually(lambda: kept() == [(7,)])
    direct.close()
