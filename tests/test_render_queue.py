"""Script runs queue, people first, and nobody waits for a run that waits."""

import threading
import time
from collections.abc import Callable

import pytest

from lib.ui.render_queue import Turns
from tests.fakes import PATIENCE, eventually


class Crowd:
    """Threads that each take a turn, and the order in which they had it."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self.came: list[int] = []
        self.at_once = self.most = 0
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []

    def send(
        self, number: int, does: Callable[[], object] = lambda: None, *, unasked: bool = False
    ) -> None:
        def draw() -> None:
            with self._turns.turn(unasked=unasked):
                with self._lock:
                    self.came.append(number)
                    self.at_once += 1
                    self.most = max(self.most, self.at_once)
                does()
                with self._lock:
                    self.at_once -= 1

        # A daemon: after a failed assert nobody sets what it waits for.
        self._threads.append(threading.Thread(target=draw, daemon=True))
        self._threads[-1].start()

    def over(self) -> list[int]:
        for each in self._threads:
            each.join(PATIENCE)
            assert not each.is_alive()
        return self.came


def waiting(turns: Turns, number: int) -> bool:
    return eventually(lambda: len(turns._people) + len(turns._pages) == number)


def busy(turns: Turns) -> tuple[Crowd, threading.Event]:
    """Return a crowd of which one has its turn until the event is set."""
    crowd, release = Crowd(turns), threading.Event()
    crowd.send(0, release.wait)
    assert eventually(lambda: crowd.came == [0])
    return crowd, release


def test_runs_go_one_at_a_time_first_come_first_served() -> None:
    turns = Turns(slice_=30, patience=30)
    crowd, release = busy(turns)
    for number in range(1, 20):
        crowd.send(number, lambda: time.sleep(0.001))
        assert waiting(turns, number)
    release.set()

    assert crowd.over() == list(range(20))
    assert crowd.most == 1


def test_runs_nobody_asked_for_go_last() -> None:
    turns = Turns(slice_=30, patience=30)
    crowd, release = busy(turns)
    for place, (number, unasked) in enumerate(
        [(4, True), (1, False), (5, True), (2, False), (3, False)], 1
    ):
        crowd.send(number, unasked=unasked)
        assert waiting(turns, place)
    release.set()

    assert crowd.over() == [0, 1, 2, 3, 4, 5]
    assert crowd.most == 1


def test_a_run_nobody_asked_for_starts_after_its_patience() -> None:
    turns = Turns(slice_=30, patience=0.5)
    crowd, release = busy(turns)
    crowd.send(1, unasked=True)
    assert eventually(lambda: len(turns._pages) == 1 or 1 in crowd.came)
    crowd.send(2)
    assert eventually(lambda: 1 in crowd.came)
    release.set()
    crowd.over()


def test_a_run_longer_than_a_slice_shares_its_turn() -> None:
    turns = Turns(slice_=0.02, patience=30)
    crowd, release = busy(turns)
    for number in (1, 2):
        crowd.send(number, release.wait)
        assert eventually(lambda number=number: crowd.came == list(range(number + 1)))
    release.set()
    crowd.over()

    with turns.turn():
        assert turns._holder is not None


def test_a_run_that_lost_its_turn_does_not_end_anothers() -> None:
    turns = Turns(slice_=0.02, patience=30)
    crowd, first, second = Crowd(turns), threading.Event(), threading.Event()
    crowd.send(0, first.wait)
    assert eventually(lambda: crowd.came == [0])
    crowd.send(1, second.wait)
    assert eventually(lambda: crowd.came == [0, 1])
    holder = turns._holder
    first.set()
    assert eventually(lambda: crowd.at_once == 1)

    assert turns._holder is holder

    second.set()
    crowd.over()

    assert turns._holder is None


def test_after_its_patience_a_run_starts_without_a_turn() -> None:
    turns = Turns(slice_=30, patience=0.02)
    crowd, release = busy(turns)
    holder = turns._holder
    crowd.send(1)
    assert eventually(lambda: crowd.came == [0, 1])

    assert turns._holder is holder
    assert waiting(turns, 0)

    release.set()
    crowd.over()


def test_a_nested_turn_is_the_same_turn() -> None:
    turns = Turns(slice_=30, patience=30)
    with turns.turn():
        holder = turns._holder
        with turns.turn():
            assert turns._holder is holder
        assert turns._holder is holder

    assert turns._holder is None


def test_a_turn_ended_early_lets_the_next_begin() -> None:
    turns = Turns(slice_=30, patience=30)
    crowd = Crowd(turns)
    with turns.turn():
        crowd.send(1)
        assert waiting(turns, 1)
        turns.end()
        turns.end()

        assert crowd.over() == [1]


def test_an_error_ends_the_turn() -> None:
    turns = Turns(slice_=30, patience=30)
    with pytest.raises(ZeroDivisionError), turns.turn():
        raise ZeroDivisionError

    assert turns._holder is None


def test_of_many_runs_every_one_gets_its_turn() -> None:
    turns = Turns(slice_=0.001, patience=0.05)
    crowd = Crowd(turns)
    for number in range(60):
        crowd.send(number, lambda: time.sleep(0.002), unasked=number % 3 == 0)

    assert sorted(crowd.over()) == list(range(60))
    assert turns._holder is None
    assert waiting(turns, 0)
