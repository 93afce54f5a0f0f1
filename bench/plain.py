"""What the engine is compared with: the vectorised code of the notes, as one writes it down in NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def svm_loss(W: Array, X: Array, y: Array, strength: float) -> float:
    """The multiclass SVM loss; W (C, D), X (N, D). Source: CS231n, linear classification."""
    n = np.arange(len(y))
    scores = X.dot(W.T)
    margins = np.maximum(0, scores - scores[n, y][:, None] + 1.0)
    margins[n, y] = 0
    return float(margins.sum() / len(y) + strength * np.sum(W * W))


def svm_loss_and_gradient(W: Array, X: Array, y: Array, strength: float) -> tuple[float, Array]:
    """The loss and its gradient (C, D)."""
    n = np.arange(len(y))
    scores = X.dot(W.T)
    margins = np.maximum(0, scores - scores[n, y][:, None] + 1.0)
    margins[n, y] = 0
    loss = float(margins.sum() / len(y) + strength * np.sum(W * W))
    violated = (margins > 0).astype(X.dtype)
    violated[n, y] = -violated.sum(axis=1)
    return loss, violated.T.dot(X) / len(y) + 2 * strength * W


def descend(X: Array, y: Array, W: Array, batch_size: int, step_size: float, strength: float, k: int) -> list[float]:
    """k iterations of mini-batch gradient descent, every loss kept."""
    generator, losses = np.random.default_rng(0), []
    W = W.copy()
    for _ in range(k):
        rows = generator.integers(0, len(y), batch_size)
        loss, gradient = svm_loss_and_gradient(W, X[rows], y[rows], strength)
        losses.append(loss)
        W -= step_size * gradient
    return losses


def random_search(
    draw: Callable[[], Array], X: Array, y: Array, strength: float, tries: int
) -> tuple[list[float], Array]:
    """Fresh weights `tries` times: every loss, and the best weights."""
    best, kept, losses = float("inf"), draw(), []
    W = kept
    for i in range(tries):
        W = draw() if i else W
        losses.append(svm_loss(W, X, y, strength))
        if losses[-1] < best:
            best, kept = losses[-1], W
    return losses, kept


def local_search(
    draw: Callable[[], Array], W: Array, X: Array, y: Array, strength: float, step_size: float, tries: int
) -> tuple[list[float], Array]:
    """The start and `tries` - 1 steps to somewhere near, kept where the loss falls: every loss, and what was kept."""
    best = svm_loss(W, X, y, strength)
    losses = [best]
    for _ in range(tries - 1):
        trial = W + draw() * step_size
        losses.append(svm_loss(trial, X, y, strength))
        if losses[-1] < best:
            best, W = losses[-1], trial
    return losses, W
