"""People at work while servers are killed and the database misbehaves: `make faults`, short."""

import pytest

from faults import checker
from faults.run import Settings, run

#: One worker runs all of it: each run has servers of its own.
pytestmark = [
    pytest.mark.postgres,
    pytest.mark.xdist_group("faults"),
    pytest.mark.timeout(240),
    # Skips, or fails where everything is required, where there is no PostgreSQL.
    pytest.mark.usefixtures("postgres"),
]


def test_nothing_is_lost_while_everything_fails():
    history = run(Settings(seed=11, trials=200, seconds=45, teams=4))
    findings = checker.check(history)

    assert findings == [], "\n".join([*map(str, findings), *history.faults])
    assert checker.counts(history, [])["messages acknowledged"] > 100
    assert len(history.faults) >= 5


#: For each protection: what is done so that it matters, and the column that tells.
WITHOUT = {
    "revisions": (
        "stale overwrites",
        Settings(
            seed=3,
            trials=60,
            seconds=20,
            teams=2,
            pace=0.1,
            operations=("say", "retry", "retry", "retry", "move"),
            faults=frozenset({"swallow"}),
            patience=15,
            off="revisions",
        ),
    ),
    "leases": (
        "never-ending",
        Settings(
            seed=3,
            trials=30,
            seconds=10,
            teams=2,
            pace=0.1,
            operations=("say",),
            faults=frozenset({"kill server"}),
            patience=12,
            off="leases",
        ),
    ),
    "flush": (
        "lost",
        Settings(
            seed=3,
            trials=60,
            seconds=12,
            teams=2,
            operations=("say",),
            faults=frozenset({"kill server", "stop server"}),
            patience=12,
            off="flush",
        ),
    ),
}


@pytest.mark.parametrize("off", WITHOUT)
def test_a_run_without_a_protection_is_found_out(off: str):
    column, settings = WITHOUT[off]
    history = run(settings)

    assert checker.counts(history, checker.check(history))[column] > 0
