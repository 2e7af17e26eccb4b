"""Run every measurement and print its table, with what it ran on."""

import os
import platform
import sys

from bench import rerun, review, saving, tabs

BENCHES = {"saving": saving.main, "rerun": rerun.main, "review": review.main, "tabs": tabs.main}


def main() -> None:
    print("command: make bench")
    print(
        f"machine: {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
    )
    for name in sys.argv[1:] or BENCHES:
        BENCHES[name]()


if __name__ == "__main__":
    main()
