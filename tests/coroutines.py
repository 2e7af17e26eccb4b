"""Run a coroutine in a test, also while a browser's driver keeps this thread's event loop running."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from tests.fakes import PATIENCE

Result = TypeVar("Result")


def run(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """
    Run *coroutine* to its end in a thread of its own.

    One that never ends raises TimeoutError: pytest's own timeout signal does not reach that thread.
    """
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, asyncio.wait_for(coroutine, PATIENCE)).result()
