"""The real app, started at once: forked off a process that has its code loaded already."""

import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from types import ModuleType

from tests.app_server import AppServer, Process

#: What a server loads before it answers, most of the seconds it takes to start.
_LOADED = [
    "streamlit.web.cli",
    "streamlit.web.server.starlette",
    "lib.server.app",
    "lib.ui.front_door",
    "lib.ui.step.page",
    "lib.ui.review.page",
    "tests.loaded_encoder",
]

_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(_LOADED)


class QuickServer(AppServer):
    """
    A server that differs from its kind in when its code was read, and in nothing else.

    But for what Streamlit reads of its environment with its code: where its home is.
    """

    def _launch(self, arguments: list[str]) -> Process:
        process = _forks.Process(
            target=_serve,
            args=(self.program, arguments, self._environment, self._root, self._log),
            # Ends with the tests, whatever they do.
            daemon=True,
        )
        with _no_program():
            process.start()
        return _Forked(process)


@contextmanager
def serving(folder: Path, *, pace: float | None = None, **settings: str) -> Iterator[QuickServer]:
    """Have a server run on an SQLite file of its own in *folder*, with these settings."""
    url = f"sqlite:///{folder / 'app.db'}"
    server = QuickServer(url, folder / "app.log", pace=pace, **settings)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def _no_program() -> Iterator[None]:
    """
    Have what is forked begin with nothing but what was loaded.

    Else it runs the program it comes from first, and a page under test has put itself in its place.
    """
    program = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = program


class _Forked:
    """A forked process as `subprocess` shows one it started."""

    def __init__(self, process: ForkServerProcess) -> None:
        self._process = process
        assert process.pid is not None
        self.pid = process.pid

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        if (code := self._process.exitcode) is None:
            raise subprocess.TimeoutExpired("streamlit", timeout or 0.0)
        return code

    def send_signal(self, number: signal.Signals) -> None:
        # Not by its number alone: that may be another's once this one has ended.
        if self.poll() is None:
            os.kill(self.pid, number)


def _serve(
    program: str, arguments: list[str], environment: dict[str, str], root: Path, log: Path
) -> None:
    """Become what `python -m` makes of the program with these arguments."""
    written = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.dup2(written, 1)
    os.dup2(written, 2)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(root)
    sys.argv = [program, *arguments]
    runpy.run_module(program, run_name="__main__", alter_sys=True)
