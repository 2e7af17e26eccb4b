"""Host names of database servers: looked up in time, or given up."""

import threading
import time
from collections.abc import Callable

import psycopg2
import pytest

from lib.store import deadline, names, open_store
from lib.store.port import StoreUnavailable


def found(*addresses: str) -> Callable[[str], list[str]]:
    return lambda host: list(addresses)


def test_a_name_goes_to_libpq_with_its_address_and_stays_for_tls() -> None:
    told = names.resolved({"host": "db.example"}, found("192.0.2.1"))

    assert told == {"host": "db.example", "hostaddr": "192.0.2.1"}


def test_every_address_of_a_name_is_tried() -> None:
    told = names.resolved({"host": "db"}, found("2001:db8::1", "192.0.2.1"))

    assert told == {"host": "db,db", "hostaddr": "2001:db8::1,192.0.2.1"}


@pytest.mark.parametrize(
    "connecting",
    [
        {},
        {"host": None},
        {"host": "/var/run/postgresql"},
        {"host": "127.0.0.1"},
        {"host": "::1"},
        {"host": "one,two"},
        {"host": "db", "hostaddr": "192.0.2.1"},
    ],
    ids=str,
)
def test_where_there_is_no_name_to_look_up_nothing_is(connecting: dict[str, str]) -> None:
    assert names.resolved(connecting, found("192.0.2.9")) == {}


def test_a_name_server_that_hangs_is_given_up_in_time_and_asked_by_one_thread_alone() -> None:
    asked: list[str] = []
    answer = threading.Event()

    def hang(host: str) -> list[str]:
        asked.append(host)
        answer.wait(10)
        return ["192.0.2.1"]

    began = time.monotonic()
    for _ in range(3):
        with (
            pytest.raises(psycopg2.OperationalError, match="in time"),
            deadline.within(0.1),
        ):
            names.resolved({"host": "slow"}, hang)
    took = time.monotonic() - began
    answer.set()

    assert took < 2.0
    assert asked == ["slow"]


def test_a_name_that_hung_is_asked_for_anew_afterwards() -> None:
    answers = iter([OSError("no such host"), ["192.0.2.1"]])

    def lookup(host: str) -> list[str]:
        answer = next(answers)
        if isinstance(answer, OSError):
            raise answer
        return answer

    with pytest.raises(psycopg2.OperationalError, match="could not translate host"):
        names.resolved({"host": "late"}, lookup)
    deadline_ = time.monotonic() + 5
    while "late" in names._running and time.monotonic() < deadline_:
        time.sleep(0.01)

    assert names.resolved({"host": "late"}, lookup)["hostaddr"] == "192.0.2.1"


def test_a_name_server_that_hangs_holds_no_store_up(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    answer = threading.Event()

    def hang(host: str, *_: object, **__: object) -> list[object]:
        asked.append(host)
        answer.wait(20)
        return []

    monkeypatch.setattr("socket.getaddrinfo", hang)
    began = time.monotonic()
    with pytest.raises(StoreUnavailable):
        open_store("postgresql://ada@db.invalid/workshop")
    took = time.monotonic() - began
    answer.set()

    assert took < 6.0
    assert asked == ["db.invalid"]
