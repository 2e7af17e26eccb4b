"""Whoever breaks things: a plan of faults from a seed, carried out while people work."""

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from faults.history import History
from faults.world import World

#: Seconds between two faults of one kind of nemesis.
REST = (1.0, 4.0)


class Nemesis:
    """Breaks the servers in one thread, the database and the way to it in another."""

    def __init__(self, world: World, history: History, seed: int, kinds: frozenset[str]) -> None:
        self._world, self._history = world, history
        self._over = threading.Event()
        self._began = time.monotonic()
        self._seed, self._kinds = seed, kinds
        self._pool = ThreadPoolExecutor(2)
        self._working: list[Future[None]] = []

    def start(self) -> None:
        """Begin."""
        for name, all_ in (("servers", _SERVERS), ("database", _DATABASE)):
            chosen = {kind: fault for kind, fault in all_.items() if kind in self._kinds}
            if chosen:
                rng = random.Random(f"{self._seed}/{name}")
                self._working.append(self._pool.submit(self._go_on, rng, chosen))

    def stop(self, least: int = 0) -> None:
        """Let everything be once there were *least* faults, and mend it."""
        while len(self._history.faults) < least and not any(each.done() for each in self._working):
            time.sleep(0.1)
        self._over.set()
        self._pool.shutdown()
        for each in self._working:
            each.result()
        for proxy in self._world.proxies:
            proxy.cut_on(None)
            proxy.forward()

    def _go_on(self, rng: random.Random, faults: dict[str, "Fault"]) -> None:
        while not self._over.wait(rng.uniform(*REST)):
            name = rng.choice(sorted(faults))
            which, seconds = rng.randrange(2), rng.uniform(0.5, 5.0)
            at = time.monotonic() - self._began
            self._history.faults.append(f"{at:6.1f} s  {name} {which} ({seconds:.1f} s)")
            faults[name](self._world, which, seconds)


Fault = Callable[[World, int, float], None]


def _kill_server(world: World, which: int, seconds: float) -> None:
    world.servers[which].kill()
    time.sleep(seconds / 5)
    _start(world, which)


def _stop_server(world: World, which: int, seconds: float) -> None:
    world.servers[which].stop()
    time.sleep(seconds / 5)
    _start(world, which)


def _start(world: World, which: int) -> None:
    """Start a server, again and again: without its database it cannot."""
    for _ in range(30):
        try:
            world.servers[which].start()
        except RuntimeError:
            time.sleep(0.5)
        else:
            return
    raise RuntimeError(f"The server does not start any more: {world.servers[which].log[-2000:]}")


def _kill_database(world: World, which: int, seconds: float) -> None:
    world.postgres.kill()
    time.sleep(seconds / 2)
    world.postgres.start()


def _restart_database(world: World, which: int, seconds: float) -> None:
    world.postgres.stop()
    time.sleep(seconds / 2)
    world.postgres.start()


def _delay(world: World, which: int, seconds: float) -> None:
    world.proxies[which].delay(0.1 + seconds / 10)
    time.sleep(seconds)
    world.proxies[which].forward()


def _refuse(world: World, which: int, seconds: float) -> None:
    world.proxies[which].refuse()
    time.sleep(seconds)
    world.proxies[which].forward()


def _swallow(world: World, which: int, seconds: float) -> None:
    world.proxies[which].swallow()
    time.sleep(2 + seconds)
    world.proxies[which].forward()


def _cut(world: World, which: int, seconds: float) -> None:
    world.proxies[which].cut()


def _cut_commit(world: World, which: int, seconds: float) -> None:
    world.proxies[which].cut_on(b"COMMIT")
    time.sleep(seconds / 2)


_SERVERS: dict[str, Fault] = {"kill server": _kill_server, "stop server": _stop_server}
_DATABASE: dict[str, Fault] = {
    "kill database": _kill_database,
    "restart database": _restart_database,
    "delay": _delay,
    "refuse": _refuse,
    "swallow": _swallow,
    "cut": _cut,
    "cut in commit": _cut_commit,
}
ALL = frozenset([*_SERVERS, *_DATABASE])
