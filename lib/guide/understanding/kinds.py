"""Which kind of content a sentence is, to offer the fields it may belong to, the likeliest first."""

import functools
from collections.abc import Mapping
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from lib.guide.understanding.classifier import WEIGHTS
from lib.guide.understanding.encoder import vectors


class Kind(StrEnum):
    """What a sentence of a team tells."""

    #: What is hard, missing or hurts.
    PAIN = "pain"
    #: What people wish for, or what works well.
    GAIN = "gain"
    #: What cannot be changed: money, time, rules.
    LIMIT = "limit"
    #: People, groups or organisations.
    PERSON = "person"
    #: Something to build or to try.
    IDEA = "idea"
    #: Who does what, by when.
    STEP = "step"
    #: A question for an interview.
    QUESTION = "question"


@functools.cache
def _weights() -> NDArray[np.float32]:
    with np.load(WEIGHTS, allow_pickle=False) as kept:
        weights: NDArray[np.float32] = kept["kinds"].astype(np.float32)
    return weights


def kinds(text: str) -> Mapping[Kind, float]:
    """
    Return the probability of each kind for *text*, the likeliest first; they add up to 1.

    Thread-safe. In the encoder's languages only; in others it is a guess.
    """
    totals = np.append(vectors([text])[0], 1.0) @ _weights()
    raised = np.exp(totals - totals.max())
    chances = dict(zip(Kind, (raised / raised.sum()).tolist(), strict=True))
    return dict(sorted(chances.items(), key=lambda pair: -pair[1]))
