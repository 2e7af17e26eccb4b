"""The candidates for the model, trained on the same messages and measured on the same sets."""

import numpy as np

from bench import table
from evaluation.understanding import train
from evaluation.understanding.acts import SETS
from evaluation.understanding.data import messages, training
from lib.guide.understanding.acts import Act
from lib.guide.understanding.classifier import ASK

#: Each with whether it reads sentence vectors, and pieces of words.
CANDIDATES = {
    "pieces of words": (False, True),
    "sentence vectors": (True, False),
    "both": (True, True),
}


def show() -> None:
    """Train all candidates; print for each set how often they are right, ask, and are wrong."""
    rows = []
    for name, (with_vectors, with_pieces) in CANDIDATES.items():
        model = train.fit(train.table(training(), with_vectors), with_pieces)
        for one in SETS:
            measured = train.table(messages(one), with_vectors)
            rows.append(
                (name, one, *_figures(train.softmax(train.sums(model, measured)), measured))
            )
    head = ("candidate", "messages", "right", "asks", "wrong if not asked", "talk stored")
    table.show("candidates", head, rows)


def _figures(chances: np.ndarray, measured: train.Table) -> tuple[str, ...]:
    best = chances.argmax(axis=1)
    ordered = np.sort(chances, axis=1)
    sure = ordered[:, -1] - ordered[:, -2] >= ASK
    wrong = best != measured.act
    answer = list(Act).index(Act.ANSWER)
    stored = ((best == answer) & sure)[measured.act != answer]
    return tuple(
        f"{share:.0%}"
        for share in (1 - wrong.mean(), 1 - sure.mean(), wrong[sure].mean(), stored.mean())
    )
