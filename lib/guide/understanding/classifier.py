"""Which kind of message a text is, given what was asked for."""

import functools
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lib.guide.understanding.acts import Act, Expects, Understood
from lib.guide.understanding.encoder import vectors
from lib.guide.understanding.features import bounded, hashed, shape

#: Written by `python -m evaluation.understanding.train`.
WEIGHTS = Path(__file__).with_name("weights.npz")

_ACTS = list(Act)


@dataclass(frozen=True)
class Weights:
    """A linear model: a row for each feature, a column for each act."""

    #: For each hashed feature; one byte each, times `scale`.
    hashed: NDArray[np.int8]
    scale: NDArray[np.float32]
    #: For the sentence vector and the shape.
    dense: NDArray[np.float32]
    bias: NDArray[np.float32]
    #: Divides the sums, so that probabilities are as sure as they are right.
    temperature: float


@functools.cache
def _weights() -> Weights:
    with np.load(WEIGHTS, allow_pickle=False) as kept:
        return Weights(
            kept["hashed"],
            kept["scale"],
            kept["dense"].astype(np.float32),
            kept["bias"],
            float(kept["temperature"]),
        )


def understand(text: str, expects: Expects, language: str = "en") -> Understood:
    """
    Return what kind of message *text* is, as an answer to a question that expects *expects*.

    *language* is the workshop's. Any text is understood as something; a `margin` below ASK is a guess,
    so ask. Thread-safe; the same text gives the same result in every process.
    """
    if not text.strip():
        return Understood(Act.TALK, 1.0, {act: float(act is Act.TALK) for act in Act})
    chances = probabilities(_weights(), text, expects)
    first, second = np.argsort(-chances, kind="stable")[:2]
    scores = {act: float(chance) for act, chance in zip(_ACTS, chances, strict=True)}
    return Understood(_ACTS[first], float(chances[first] - chances[second]), scores)


#: Below this margin, ask. `docs/measured.md` has how often that is, and how often the rest is wrong.
ASK = 0.3


def probabilities(weights: Weights, text: str, expects: Expects) -> NDArray[np.float32]:
    """Return the probability of each act, in the order of Act."""
    pieces = hashed(text, expects)
    dense = np.concatenate([vectors([bounded(text)])[0], shape(text, expects)])
    summed = weights.hashed[pieces].sum(axis=0, dtype=np.float32) * weights.scale
    total = weights.bias + dense @ weights.dense + summed / np.sqrt(max(len(pieces), 1))
    raised = np.exp((total - total.max()) / weights.temperature)
    chances: NDArray[np.float32] = raised / raised.sum()
    return chances
