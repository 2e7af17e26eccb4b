"""One run: people work, things break, all is mended, everything settles; then the checker reads."""

import contextlib
import random
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from faults import nemesis, people
from faults.history import History
from faults.nemesis import Nemesis
from faults.people import Operation, Person
from faults.world import World
from lib.workshop.transcript import MessageStatus, Role


@dataclass(frozen=True)
class Settings:
    """What a run is made of; the same settings make the same plan."""

    seed: int
    trials: int
    teams: int = 6
    members: int = 2
    #: Faults there are at least, however soon the people are through with their plans.
    least_faults: int = 0
    #: Seconds between two chunks of a reply.
    pace: float = 0.012
    faults: frozenset[str] = nemesis.ALL
    operations: Sequence[str] = tuple(people.WEIGHTS)
    #: Seconds after the faults until every reply must have come to an end of some kind.
    patience: float = 90.0
    #: The protection that is taken away: see `launcher.OFFS`.
    off: str = ""


#: What is done instead of the plan, where a test has one of its own.
Work = Callable[[World, list[Person]], None]


def run(
    settings: Settings,
    tell: Callable[[str], None] = lambda line: None,
    work: Work | None = None,
) -> History:
    """Run once and return what happened."""
    history = History()
    folder = Path(tempfile.mkdtemp(prefix="faults-"))
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        world = World(folder, history, settings.teams, settings.pace, settings.off)
        stack.callback(world.close)
        world.start()
        team = _people(settings, world, history)
        if work is None:
            _work(settings, world, history, team, tell)
        else:
            work(world, team)
        tell(f"{history.trials} trials; everything is mended and settles")
        _settle(settings, world, history, team)
    return history


def plans(settings: Settings) -> list[list[Operation]]:
    """Return everybody's plan, team after team."""
    count = settings.teams * settings.members
    # A plan may turn out shorter: Retry and Stop are pressed only where they are offered.
    length = int(settings.trials / count * 1.1) + 1
    return [
        people.plan(
            random.Random(f"{settings.seed}/{position}/{number}"), settings.operations, length
        )
        for position in range(1, settings.teams + 1)
        for number in range(settings.members)
    ]


def _people(settings: Settings, world: World, history: History) -> list[Person]:
    everybody = [(team, number) for team in world.teams for number in range(settings.members)]
    return [
        Person(world, history, team, f"P{team.position}{'abcdef'[number]}", plan)
        for (team, number), plan in zip(everybody, plans(settings), strict=True)
    ]


def _work(
    settings: Settings,
    world: World,
    history: History,
    team: list[Person],
    tell: Callable[[str], None],
) -> None:
    breaking = Nemesis(world, history, settings.seed, settings.faults)
    with ThreadPoolExecutor(len(team)) as pool:
        working = [pool.submit(person.work) for person in team]
        breaking.start()
        while wait(working, timeout=30).not_done:
            tell(f"{history.trials} trials so far, {len(history.faults)} faults")
        breaking.stop(settings.least_faults)
    _raised(working)


def _settle(settings: Settings, world: World, history: History, team: list[Person]) -> None:
    _together([person.settle for person in team])
    end = time.monotonic() + settings.patience
    # A page that is opened has what nobody answered answered; a dead writer's lease must run out.
    while not _calm(world) and time.monotonic() < end:
        _together([lambda one=one: one.visit_all() for one in team[:: settings.members]])
        time.sleep(1)
    _together([one.look_at_all for one in team])
    _together([one.try_old_links for one in team[:: settings.members]])
    world.finish()


def _calm(world: World) -> bool:
    """Whether nothing is being written and nobody waits for an answer."""
    looks = [world.look(place, key) for place, key in world.places]
    shown = [[row for row in look.rows if row.era == look.era] for look in looks]
    return all(
        rows
        and rows[-1].role is Role.ASSISTANT
        and all(row.status is not MessageStatus.STREAMING for row in rows)
        for rows in shown
    )


def _together(calls: Sequence[Callable[[], object]]) -> None:
    with ThreadPoolExecutor(len(calls)) as pool:
        called = [pool.submit(call) for call in calls]
    _raised(called)


def _raised(done: Sequence[Future[Any]]) -> None:
    """Raise what went wrong in any of the threads: a run that broke down proves nothing."""
    for each in done:
        each.result()
