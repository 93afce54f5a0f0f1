"""Mistakes: the confusion matrix and the order of wrong examples, worked by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from engine.analysis.mistakes import example_losses, mistakes, scored
from engine.datasets import Split
from engine.objective.objectives import objective

X = np.array([[1.0, 1.0], [2.0, 1.0], [3.0, 1.0], [4.0, 1.0]], dtype=np.float32)
Y = np.array([0, 1, 2, 2])
SCORES = np.array([[3.0, 1.0, 0.0], [2.0, 1.5, 0.0], [1.0, 4.0, 2.0], [np.nan, 0.0, 1.0]])


def test_the_matrix_counts_rows_by_class_and_columns_by_the_highest_score() -> None:
    found = mistakes(objective("svm", Split(X, Y), 3), SCORES)
    assert found.counts.tolist() == [[1, 0, 0], [1, 0, 0], [0, 1, 0]]
    assert (found.correct, found.total, found.lost) == (1, 4, 1)
    assert [(one.row, one.label, one.predicted) for one in found.worst] == [(3, 2, -1), (2, 2, 1), (1, 1, 0)]
    assert mistakes(objective("svm", Split(X, Y), 3), SCORES, most=1).worst[0].row == 3


@pytest.mark.parametrize("name", ["svm", "softmax"])
def test_the_loss_of_each_example_is_that_of_the_notes(name: str) -> None:
    losses = example_losses(objective(name, Split(X, Y), 3), SCORES[:3], Y[:3])
    hinge = [0.0, 1.5, 3.0]  # max(0, s_j - s_y + 1), summed over the other classes
    entropy = [
        math.log(sum(math.exp(score) for score in scores)) - scores[label]
        for scores, label in zip(SCORES[:3].tolist(), Y[:3].tolist(), strict=True)
    ]
    assert losses == pytest.approx(hinge if name == "svm" else entropy, abs=1e-12)


def test_the_mean_of_the_losses_is_the_data_loss() -> None:
    rng = np.random.default_rng(4)
    features = rng.standard_normal((300, 5)).astype(np.float32)
    one = objective("svm", Split(features, rng.integers(0, 4, 300)), 4, regularization_strength=0.1, dtype=np.float64)
    weights = rng.standard_normal(one.size)
    scores = np.concatenate([part for _, part in scored(one, weights)])
    assert example_losses(one, scores, one.split.y).mean() == pytest.approx(one.loss(weights).data_loss, rel=1e-9)
