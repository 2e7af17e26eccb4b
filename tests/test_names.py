"""Host names of database servers: looked up in time, or given up."""

import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import psycopg2
import pytest

from lib.store import open_store
from lib.store.errors import StoreError, StoreUnavailable
from lib.store.sql import deadline, dns
from tests.fakes import PATIENCE, eventually
from tests.test_debouncer import FakeClock


def found(*addresses: str) -> Callable[[str], list[str]]:
    return lambda host: list(addresses)


def test_a_name_goes_to_libpq_with_its_address_and_stays_for_tls() -> None:
    told = dns.resolved({"host": "db.example"}, found("192.0.2.1"))

    assert told == [{"host": "db.example", "hostaddr": "192.0.2.1"}]


@pytest.mark.parametrize(
    "connecting",
    [
        {},
        {"host": None},
        {"host": "/var/run/postgresql"},
        {"host": "127.0.0.1"},
        {"host": "::1"},
        {"host": "db", "hostaddr": "192.0.2.1"},
    ],
    ids=str,
)
def test_where_there_is_no_name_to_look_up_nothing_is(connecting: dict[str, str]) -> None:
    assert dns.resolved(connecting, found("192.0.2.9")) == [{}]


class Servers:
    """Servers at addresses: each answers, refuses, or hangs until its caller's deadline."""

    def __init__(self, **behaviour: str) -> None:
        self.behaviour = behaviour
        self.asked: list[str] = []
        #: Share of the caller's time each was given.
        self.given: list[float] = []
        #: What a server that hangs takes its time of.
        self.clock = FakeClock()

    def connect(self, parameters: dict[str, Any]) -> str:
        address = parameters["hostaddr"]
        self.asked.append(address)
        self.given.append(deadline.left() or 0.0)
        match self.behaviour[address]:
            case "answers":
                return str(address)
            case "hangs":
                self.clock.move(deadline.left() or 0.0)
        raise psycopg2.OperationalError("no answer")


def test_an_address_that_hangs_leaves_time_for_the_next_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    servers = Servers(a="hangs", b="refuses", c="answers")
    monkeypatch.setattr(deadline, "time", SimpleNamespace(monotonic=servers.clock))
    with deadline.within(30):
        reached = dns.opened({"host": "three"}, servers.connect, found("a", "b", "c"))

    assert reached == "c"
    assert servers.asked == ["a", "b", "c"]
    assert servers.given == [10, 10, 20]


def test_the_address_that_answered_last_is_tried_first() -> None:
    servers = Servers(a="refuses", b="answers")
    for _ in range(2):
        dns.opened({"host": "pair"}, servers.connect, found("a", "b"))

    assert servers.asked == ["a", "b", "b"]


def test_where_no_address_answers_the_last_error_is_raised() -> None:
    servers = Servers(a="refuses", b="refuses")

    with pytest.raises(psycopg2.OperationalError, match="no answer"):
        dns.opened({"host": "none"}, servers.connect, found("a", "b"))


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ada:secret@one:5432,two:5433/x",
        "postgresql://ada:secret@one,two/x",
        "postgresql://ada:secret@/x?host=one:1&host=two:2",
        "postgresql://ada:secret@/x?host=one,two",
        "postgresql://ada:secret@/x?hostaddr=192.0.2.1,192.0.2.2",
    ],
)
def test_several_hosts_are_refused_in_one_line_without_secrets(url: str) -> None:
    with pytest.raises(StoreError, match="put a proxy such as HAProxy") as refused:
        open_store(url)

    assert "secret" not in str(refused.value)
    assert "\n" not in str(refused.value)


def test_several_hosts_in_the_environment_are_refused_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGHOST", "one,two")

    with pytest.raises(StoreError, match="several hosts"):
        open_store("postgresql:///x")


def test_a_name_server_that_hangs_is_given_up_in_time_and_asked_by_one_thread_alone() -> None:
    asked: list[str] = []
    answer = threading.Event()

    def hang(host: str) -> list[str]:
        asked.append(host)
        answer.wait(PATIENCE)
        return ["192.0.2.1"]

    for _ in range(3):
        with (
            pytest.raises(psycopg2.OperationalError, match="in time"),
            deadline.within(0.1),
        ):
            dns.resolved({"host": "slow"}, hang)
    still_hangs = "slow" in dns._running
    answer.set()

    assert still_hangs
    assert asked == ["slow"]


def test_a_name_that_hung_is_asked_for_anew_afterwards() -> None:
    answers = iter([OSError("no such host"), ["192.0.2.1"]])

    def lookup(host: str) -> list[str]:
        answer = next(answers)
        if isinstance(answer, OSError):
            raise answer
        return answer

    with pytest.raises(psycopg2.OperationalError, match="could not translate host"):
        dns.resolved({"host": "late"}, lookup)
    assert eventually(lambda: "late" not in dns._running)
    assert dns.resolved({"host": "late"}, lookup)[0]["hostaddr"] == "192.0.2.1"


def test_a_name_server_that_hangs_holds_no_store_up(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    answer = threading.Event()

    def hang(host: str, *_: object, **__: object) -> list[object]:
        asked.append(host)
        answer.wait(PATIENCE)
        return []

    monkeypatch.setattr("socket.getaddrinfo", hang)
    with pytest.raises(StoreUnavailable):
        open_store("postgresql://ada@db.invalid/workshop")
    still_hangs = "db.invalid" in dns._running
    answer.set()

    assert still_hangs
    assert asked == ["db.invalid"]
