"""Mistakes: which classes are taken for which, and the examples that are most wrong.

Source: CS231n, linear classification (scores, margins, the data loss of one example).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.objective.layout import Array
from engine.objective.objectives import Objective

CHUNK = 256
"""Examples of one forward pass: a few milliseconds for the largest of the data sets."""

Labels = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Example:
    """One example of a split: its row there, its class, the class with the highest score, and its data loss."""

    row: int
    label: int
    predicted: int
    loss: float


@dataclass(frozen=True, slots=True, eq=False)
class Mistakes:
    """The confusion matrix `counts` (C, C) of a split, a row for each class, a column for each predicted one.

    `worst` are its wrong examples, the one with the highest data loss first. An example whose scores are not all finite
    is predicted as nothing: it is wrong, in `lost`, and in no column.
    """

    counts: NDArray[np.int64]
    worst: tuple[Example, ...]
    lost: int = 0

    @property
    def total(self) -> int:
        """The number of examples."""
        return int(self.counts.sum()) + self.lost

    @property
    def correct(self) -> int:
        """The number of examples whose class has the highest score."""
        return int(np.trace(self.counts))


def scored(objective: Objective, weights: Array) -> Iterator[tuple[slice, Array]]:
    """Yield (rows, scores (n, C)) of all examples of the objective's split, CHUNK at a time."""
    for rows, X in objective.split.chunks(CHUNK):
        yield rows, objective.scores(weights, X)


def mistakes(objective: Objective, scores: Array, most: int = 100) -> Mistakes:
    """Return the mistakes of scores (N, C) of the objective's split, at most `most` of them as examples."""
    y = objective.split.y[: len(scores)]
    losses = example_losses(objective, scores, y)
    known = np.isfinite(scores).all(axis=1)
    predicted = np.where(known, np.where(np.isnan(scores), -np.inf, scores).argmax(axis=1), -1)
    counts = np.zeros((objective.classes, objective.classes), dtype=np.int64)
    np.add.at(counts, (y[known], predicted[known]), 1)
    wrong = np.flatnonzero(predicted != y)
    order = wrong[np.argsort(-np.nan_to_num(losses[wrong], nan=np.inf), kind="stable")][:most]
    worst = tuple(Example(int(row), int(y[row]), int(predicted[row]), float(losses[row])) for row in order)
    return Mistakes(counts, worst, int((~known).sum()))


def example_losses(objective: Objective, scores: Array, y: Labels) -> NDArray[np.float64]:
    """Return the data loss (n,) of each example from its scores (n, C) and its class (n,)."""
    stacked = np.ascontiguousarray(scores.T[:, :, None], dtype=np.float64)
    with np.errstate(all="ignore"):
        found = objective.data_loss.summed(objective.data_loss.relative(stacked, y[:, None]))
    return np.asarray(found, dtype=np.float64)
