"""Run every measurement and print its table, with what it ran on."""

import os
import platform
import sys

from bench import rerun, saving


def main() -> None:
    print("command: make bench")
    print(
        f"machine: {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
    )
    chosen = sys.argv[1:] or ["saving", "rerun"]
    if "saving" in chosen:
        saving.main()
    if "rerun" in chosen:
        rerun.main()


if __name__ == "__main__":
    main()
