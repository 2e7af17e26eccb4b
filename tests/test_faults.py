"""People at work while servers are killed and the database misbehaves: `make faults`, short."""

from collections import Counter

import pytest

from faults import checker
from faults.people import Operation, Person
from faults.run import Settings, plans, run
from faults.world import World

#: One worker runs all of it: each run has servers of its own.
pytestmark = [
    pytest.mark.postgres,
    pytest.mark.xdist_group("faults"),
    pytest.mark.timeout(600),
    # Skips, or fails where everything is required, where there is no PostgreSQL.
    pytest.mark.usefixtures("postgres"),
]


#: Messages that an operation sends.
SAYS = Counter({"say": 1, "say twice": 2, "say and go": 1, "say and close": 1, "revoke link": 1})


def test_nothing_is_lost_while_everything_fails():
    settings = Settings(seed=11, trials=120, teams=3, least_faults=5)
    history = run(settings)
    findings = checker.check(history)
    kinds = Counter(each.kind for plan in plans(settings) for each in plan)
    taken_away = kinds["replace link"] + kinds["revoke link"]
    # In the end somebody writes once more with each link that was taken away.
    planned = sum(SAYS[kind] * times for kind, times in kinds.items()) + taken_away

    assert findings == [], "\n".join([*map(str, findings), *history.faults])
    assert len(history.sent) == planned > 50
    assert len(history.revoked) == len(history.tried_links) == taken_away
    assert kinds["replace link"] > 0
    assert len(history.without_another) > 0
    typed = ("edit", "choose", "list", "revoke link")
    assert len(history.edits) == sum(kinds[kind] for kind in typed) > 15
    assert len(history.faults) >= 5


# With a protection taken away the checker must tell


def an_attempt_overtaken_by_another(world: World, team: list[Person]) -> None:
    """A server is cut off from its database while it greets, and back when another has gone on."""
    ada, ben = team
    ada.come()
    # Before that nothing would be cut off in the middle.
    assert ada.tab.watch(20, until=lambda: any(each.growing for each in ada.tab.page.bubbles))
    world.proxies[ada.server].swallow()
    ben.come()
    assert ben.tab.watch(20, until=lambda: "retry" in ben.tab.page.buttons)
    ben.carry_out(Operation("retry", "", "", "", 1.0))
    world.proxies[ada.server].forward()
    ben.tab.watch(10)


def a_kill_in_mid_sentence(world: World, team: list[Person]) -> None:
    """A server is killed right after it confirmed a message, while its guide greets."""
    ada, _ = team
    ada.come()
    ada.carry_out(Operation("say", "One question", "", "", 0.0))
    assert ada.tab.watch(20, until=lambda: not ada.tab.outboxes["challenge"])
    world.servers[ada.server].kill()
    world.servers[ada.server].start()


#: For each protection: what happens that it is there for, and the column that tells.
WITHOUT = {
    "revisions": (an_attempt_overtaken_by_another, "stale overwrites"),
    "leases": (a_kill_in_mid_sentence, "never-ending"),
    "flush": (a_kill_in_mid_sentence, "lost"),
}


@pytest.mark.parametrize("off", WITHOUT)
def test_a_run_without_a_protection_is_found_out(off: str):
    work, column = WITHOUT[off]
    settings = Settings(seed=0, trials=1, teams=1, pace=0.05, patience=10, off=off)
    history = run(settings, work=work)

    assert checker.counts(history, checker.check(history))[column] > 0


def test_the_same_with_all_protections_costs_nothing():
    settings = Settings(seed=0, trials=1, teams=1, pace=0.05, patience=30)
    history = run(settings, work=an_attempt_overtaken_by_another)

    assert checker.check(history) == []
