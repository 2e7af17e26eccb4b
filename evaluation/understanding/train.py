"""
Train the small model: `python -m evaluation.understanding.train`. Takes about a minute.

Multinomial logistic regression by Adam, on the hashed pieces, the sentence vector and the shape of each
message. Deterministic on one machine; across machines the last bits may differ.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from evaluation.understanding.data import Message, kinds, training
from lib.guide.understanding import classifier
from lib.guide.understanding.acts import Act
from lib.guide.understanding.encoder import vectors
from lib.guide.understanding.features import BUCKETS, bounded, hashed, shape
from lib.guide.understanding.kinds import Kind

ACTS = list(Act)
EPOCHS = 25
BATCH = 256
RATE = 0.003
DECAY = 1e-5
KINDS_DECAY = 2e-4
#: One message in so many is left out to find the temperature.
FOLDS = 5


@dataclass
class Table:
    """Messages as arrays: a row for each pair of a message and a kind of question."""

    #: Hashed features of each row, and one over the root of their number.
    pieces: list[np.ndarray]
    share: np.ndarray
    dense: np.ndarray
    act: np.ndarray
    #: Less for a message that stands there for several kinds of questions.
    weight: np.ndarray

    def __getitem__(self, rows: np.ndarray) -> "Table":
        pieces = [self.pieces[row] for row in rows]
        return Table(pieces, self.share[rows], self.dense[rows], self.act[rows], self.weight[rows])


def table(messages: Sequence[Message], with_vectors: bool = True) -> Table:
    """Return *messages* as arrays; without sentence vectors if they are not to be used."""
    pairs = [(each, expects) for each in messages for expects in each.expects]
    pieces = [hashed(each.text, expects) for each, expects in pairs]
    meaning = vectors([bounded(each.text) for each, _ in pairs])
    looks = np.array([shape(each.text, expects) for each, expects in pairs])
    return Table(
        pieces,
        1 / np.sqrt([len(found) for found in pieces], dtype=np.float32),
        np.concatenate([meaning * with_vectors, looks], axis=1),
        np.array([ACTS.index(each.act) for each, _ in pairs]),
        np.array([len(each.expects) ** -0.5 for each, _ in pairs], dtype=np.float32),
    )


Parameters = dict[str, np.ndarray]


def fit(rows: Table, with_pieces: bool = True, seed: int = 0) -> Parameters:
    """Return the parameters that fit *rows*."""
    count = len(ACTS)
    parameters = {
        "hashed": np.zeros((BUCKETS, count), dtype=np.float32),
        "dense": np.zeros((rows.dense.shape[1], count), dtype=np.float32),
        "bias": np.zeros(count, dtype=np.float32),
    }
    moments = {name: (np.zeros_like(one), np.zeros_like(one)) for name, one in parameters.items()}
    for step, batch in enumerate(_batches(len(rows.act), seed), start=1):
        rate = RATE if step < 0.7 * EPOCHS * (len(rows.act) // BATCH) else RATE * 0.3
        for name, slope in _slopes(parameters, rows[batch], with_pieces).items():
            _adam(parameters[name], slope, moments[name], rate, step)
    return parameters


def _batches(count: int, seed: int) -> Iterator[np.ndarray]:
    chance = np.random.default_rng(seed)
    for _ in range(EPOCHS):
        yield from np.array_split(chance.permutation(count), count // BATCH)


def _adam(
    values: np.ndarray,
    slope: np.ndarray,
    moments: tuple[np.ndarray, np.ndarray],
    rate: float,
    step: int,
) -> None:
    first, second = moments
    first += 0.1 * (slope - first)
    second += 0.001 * (slope * slope - second)
    values -= rate * first / (1 - 0.9**step) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)


def sums(parameters: Parameters, rows: Table) -> np.ndarray:
    """Return the sum for each act, a row for each of *rows*."""
    lengths = [len(each) for each in rows.pieces]
    found = parameters["hashed"][np.concatenate(rows.pieces)]
    pieces = np.add.reduceat(found, np.cumsum([0, *lengths[:-1]]), axis=0)
    return parameters["bias"] + rows.dense @ parameters["dense"] + pieces * rows.share[:, None]


def softmax(totals: np.ndarray) -> np.ndarray:
    """Return *totals* as probabilities, a row each."""
    raised = np.exp(totals - totals.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)


def _slopes(parameters: Parameters, rows: Table, with_pieces: bool) -> Parameters:
    error = softmax(sums(parameters, rows))
    error[np.arange(len(rows.act)), rows.act] -= 1
    error *= (rows.weight / rows.weight.sum())[:, None]
    found = {
        "bias": error.sum(axis=0),
        "dense": rows.dense.T @ error + DECAY * parameters["dense"],
    }
    if with_pieces:
        found["hashed"] = _hashed_slope(error * rows.share[:, None], rows.pieces)
        found["hashed"] += DECAY * parameters["hashed"]
    return found


def _hashed_slope(error: np.ndarray, pieces: list[np.ndarray]) -> np.ndarray:
    flat, lengths = np.concatenate(pieces), [len(each) for each in pieces]
    columns = [np.bincount(flat, np.repeat(column, lengths), BUCKETS) for column in error.T]
    return np.stack(columns, axis=1).astype(np.float32)


def temperature(messages: Sequence[Message]) -> float:
    """Return what to divide the sums by, so that messages left out of training are as likely as can be."""
    order = np.random.default_rng(1).permutation(len(messages))
    kept = [messages[at] for place, at in enumerate(order) if place % FOLDS]
    left = table([messages[at] for place, at in enumerate(order) if not place % FOLDS])
    totals = sums(fit(table(kept)), left)
    return min(np.arange(0.5, 3.0, 0.05), key=lambda divisor: _surprise(totals / divisor, left))


def _surprise(totals: np.ndarray, rows: Table) -> float:
    chances = softmax(totals)[np.arange(len(rows.act)), rows.act]
    return float(-(rows.weight * np.log(chances)).sum())


def fit_kinds() -> np.ndarray:
    """Return the weights that tell the kind of content: a row for each number of a vector, and one more."""
    labelled = kinds("kinds")
    meaning = vectors([text for text, _ in labelled])
    rows = np.append(meaning, np.ones((len(labelled), 1)), axis=1)
    wanted = np.array([[kind is each for each in Kind] for _, kind in labelled], dtype=float)
    weights = np.zeros((rows.shape[1], len(Kind)))
    for _ in range(3_000):
        error = softmax(rows @ weights) - wanted
        weights -= 4 * (rows.T @ error / len(labelled) + KINDS_DECAY * weights)
    return weights


def main() -> None:
    """Train on all messages and write the weights the product ships with."""
    messages = training()
    parameters = fit(table(messages))
    largest = np.abs(parameters["hashed"]).max(axis=0)
    scale = (np.maximum(largest, 1e-6) / 127).astype(np.float32)
    np.savez_compressed(
        classifier.WEIGHTS,
        hashed=np.round(parameters["hashed"] / scale).astype(np.int8),
        scale=scale,
        dense=parameters["dense"].astype(np.float16),
        bias=parameters["bias"].astype(np.float32),
        temperature=np.float32(temperature(messages)),
        kinds=fit_kinds().astype(np.float16),
    )
    size = classifier.WEIGHTS.stat().st_size
    print(f"{len(messages)} messages, {size:,} bytes of weights")


if __name__ == "__main__":
    main()
