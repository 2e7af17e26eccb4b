"""What the model costs: seconds to load, memory, milliseconds a message."""

import os
import subprocess
import sys
import time
from pathlib import Path

from bench import table
from evaluation.understanding.data import messages
from lib.guide.understanding import classifier, encoder

_CODE = """
import resource, time
import numpy
def rss():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 2**20
before, began = rss(), time.process_time()
from lib.guide.understanding.acts import Expects
from lib.guide.understanding.classifier import understand
understand("hello", Expects.TEXT)
print(time.process_time() - began, rss() - before, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def show() -> None:
    """Print what loading takes in a process of its own, and a message once it is loaded."""
    loaded = subprocess.run(
        [sys.executable, "-c", _CODE], capture_output=True, text=True, check=True, env=os.environ
    ).stdout.split()
    seconds, grown, peak = map(float, loaded)
    rows = [
        ("processor seconds to load", f"{seconds:.2f}"),
        ("MiB more once it is loaded", f"{grown:.0f}"),
        ("MiB at most, of the whole process", f"{peak:.0f}"),
        ("ms of processor time a message", f"{_message():.1f}"),
        ("KB of our own weights", f"{Path(classifier.WEIGHTS).stat().st_size / 1000:.0f}"),
    ]
    table.show("cost", ("", "figure"), rows)


def _message() -> float:
    texts = messages("held_out")
    encoder.vectors(["warm"])
    began = time.process_time()
    for each in texts:
        classifier.understand(each.text, each.expects[0], each.language)
    return (time.process_time() - began) / len(texts) * 1000
