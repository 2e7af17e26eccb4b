"""
The app as `streamlit run` starts it, on a computer whose clock is wrong.

    python -m tests.wrong_clock seconds.txt 0.2 run streamlit_app.py --server.port=8501 ...

The file says by how many seconds the clock is ahead, and may change while the app runs. The number
after it is the pace of the scripted guide.
"""

import sys
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from lib.guide import choice
from lib.workshop import clock

if __name__ == "__main__":
    file, pace = Path(sys.argv.pop(1)), float(sys.argv.pop(1))
    seconds, nanoseconds = time.time, time.time_ns

    def ahead() -> int:
        return int(file.read_text(encoding="utf-8"))

    def wall() -> datetime:
        return datetime.fromtimestamp(seconds(), UTC) + timedelta(seconds=ahead())

    time.time = lambda: seconds() + ahead()
    time.time_ns = lambda: nanoseconds() + ahead() * 10**9
    # It read the clock when it was imported, before the clock was wrong.
    clock._wall = wall
    clock.steady.__init__(wall)  # type: ignore[misc]
    choice.guide_for = partial(choice.guide_for, pace=pace)  # type: ignore[assignment]
    # Late: Streamlit reads the command line when it is imported.
    from streamlit.web import cli

    sys.argv[0] = "streamlit"
    cli.main()
