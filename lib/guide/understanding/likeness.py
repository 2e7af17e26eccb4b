"""How alike texts are in meaning, in any of the encoder's sixteen languages and across them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lib.guide.understanding.encoder import vectors

#: From here on two entries of a list may say the same: ask, never merge. It finds half of those that
#: do, and a third of those that differ in one word.
DUPLICATE = 0.6

#: Texts of a list that are compared with each other.
COMPARED = 500


@dataclass(frozen=True)
class Nearest:
    """Which of several texts is the closest one in meaning."""

    #: Its place among the candidates, from 0.
    place: int
    #: How alike it is, from -1 to 1.
    likeness: float
    #: How much more alike it is than the second; the likeness itself if there is no second.
    margin: float


def likeness(left: Sequence[str], right: Sequence[str]) -> NDArray[np.float32]:
    """Return how alike each of *left* (rows) is to each of *right* (columns), from -1 to 1."""
    matrix: NDArray[np.float32] = vectors(left) @ vectors(right).T
    return matrix


def closest(texts: Sequence[str], sources: Sequence[str]) -> list[float]:
    """Return for each of *texts* how alike the closest of *sources* is, from -1 to 1."""
    return [float(each) for each in likeness(texts, sources).max(axis=1)]


def nearest(text: str, candidates: Sequence[str]) -> Nearest | None:
    """Return the closest of *candidates* to *text*, or None if there are no candidates."""
    if not candidates:
        return None
    row = likeness([text], candidates)[0]
    first, *others = (int(place) for place in np.argsort(-row, kind="stable"))
    second = float(row[others[0]]) if others else 0.0
    return Nearest(first, float(row[first]), float(row[first]) - second)


def near_duplicates(texts: Sequence[str], least: float = DUPLICATE) -> list[tuple[int, int]]:
    """
    Return the places of pairs that may say the same, the earlier one first; *least* from 0 to 1.

    Only the first COMPARED texts are compared: each with each.
    """
    compared = texts[:COMPARED]
    found = np.argwhere(np.triu(likeness(compared, compared), k=1) >= least)
    return [(int(one), int(other)) for one, other in found]
