"""Run once and print the table: `make faults`, or `python -m faults --seed 7 --trials 200`."""

import argparse
import logging
import os
import platform
import secrets
import sys
import time

from bench import table
from faults import checker, dump, launcher
from faults.run import Settings, run

#: Findings that are printed in full.
SHOWN = 40


def main() -> int:
    """Return the exit code: 1 where anything was found."""
    parser = argparse.ArgumentParser(prog="python -m faults", description=__doc__)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10_000))
    parser.add_argument("--trials", type=int, default=1_000, help="operations to carry out")
    parser.add_argument("--off", choices=sorted(launcher.OFFS), default="", help="to see it fail")
    chosen = parser.parse_args()
    logging.disable(logging.WARNING)
    print(f"command: make faults ARGS='--seed {chosen.seed} --trials {chosen.trials}'")
    print(
        f"machine: {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
    )
    began = time.monotonic()
    history = run(Settings(chosen.seed, chosen.trials, off=chosen.off), tell=_tell)
    findings = checker.check(history)
    figures = checker.counts(history, findings)
    title = (
        f"Nothing is lost while everything fails: seed {chosen.seed}, {len(history.faults)} faults,"
        f" {time.monotonic() - began:.0f} s"
    )
    table.show(title, list(figures), [list(figures.values())])
    for finding in findings[:SHOWN]:
        print(f"{finding.column}: {' / '.join(finding.place)}: {finding.what}")
    if findings:
        print(f"{len(findings)} findings; the same plan again: --seed {chosen.seed}")
        print("\n".join(history.faults))
        print(f"What happened in these steps: {dump.write(history, findings)}")
    return 1 if findings else 0


def _tell(line: str) -> None:
    print(f"  {line}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
