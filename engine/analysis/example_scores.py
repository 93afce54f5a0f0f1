"""Scores of single examples: what each score adds to an example's data loss.

Source: CS231n, linear classification (margins of the SVM, probabilities of softmax).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.analysis.mistakes import example_losses
from engine.objective.layout import Array
from engine.objective.losses import Hinge
from engine.objective.objectives import Objective

Floats = NDArray[np.float64]
Numbers = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class ExampleScores:
    """Examples `rows` (n,) of a split with their classes `y` (n,), `scores` (n, C) and data losses `losses` (n,).

    `parts` (n, C) are the margins max(0, s_j - s_y + delta) of the SVM, 0 for the right class, else the probabilities
    of softmax.
    """

    rows: Numbers
    y: Numbers
    scores: Floats
    parts: Floats
    losses: Floats

    def __len__(self) -> int:
        return len(self.rows)

    def highest(self, number: int) -> int:
        """The class with the highest score of an example; -1 where a score is not finite."""
        scores = self.scores[number]
        return int(scores.argmax()) if np.isfinite(scores).all() else -1


def example_scores(objective: Objective, weights: Array, rows: Numbers) -> ExampleScores:
    """Return the scores of the examples `rows` (n,) of the objective's split at weights (size,), without dropout.

    Raises ValueError for an objective without scores, and for weights of another shape.
    """
    y = objective.split.y[rows]
    scores = np.array(objective.scores(weights, objective.split.batch(rows)), dtype=np.float64)
    with np.errstate(all="ignore"):
        if isinstance(objective.data_loss, Hinge):
            parts = np.maximum(scores - scores[np.arange(len(y)), y][:, None] + objective.data_loss.delta, 0.0)
            parts[np.arange(len(y)), y] = 0.0
        else:
            parts = np.exp(scores - scores.max(axis=1, keepdims=True))
            parts /= parts.sum(axis=1, keepdims=True)
    return ExampleScores(rows, y, scores, parts, example_losses(objective, scores, y))
