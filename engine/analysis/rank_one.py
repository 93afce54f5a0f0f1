"""The numerical gradient of linear scores in rank-one form: all weights of W in about a second.

Moving W[c, d] by h changes only score column c, by h X[:, d]. So the losses at W[c, d] + h and W[c, d] - h follow
from the scores at W, without another product with X. The gradient is still the difference of two losses for each
weight: no derivative is used.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

DATA_LOSSES = ("svm", "softmax")
FEATURES_AT_ONCE = 32
"""Rows of X transposed that are processed together, so that they stay in the cache."""


def linear_numerical_gradient(
    X: NDArray[Any],
    y: NDArray[np.intp],
    weights: NDArray[Any],
    data_loss: Literal["svm", "softmax"],
    h: float,
    delta: float = 1.0,
) -> Floats:
    """Return the centred differences (C * D,), float64, of the mean data loss at flat `weights` (C * D,).

    X has shape (N, D), y (N,). The regularization loss is not included (see `regularization_difference`). Raises
    ValueError for shapes that do not fit or another data loss.
    """
    if data_loss not in DATA_LOSSES:
        raise ValueError(f"data loss {data_loss!r} has no rank-one form; these do: {', '.join(DATA_LOSSES)}")
    N, D = X.shape
    if weights.size % D or len(y) != N or not N:
        raise ValueError(f"X {X.shape}, y {y.shape} and {weights.size} weights do not fit together")
    W = weights.reshape(-1, D).astype(np.float64)
    # Sorted by class, so that the examples of one class are a slice.
    order = np.argsort(y, kind="stable")
    X, y = X[order].astype(np.float64), y[order]
    scores = X @ W.T
    bounds = np.searchsorted(y, np.arange(len(W) + 1))
    moves = np.ascontiguousarray(X.T) * h
    gradient = np.empty_like(W)
    if data_loss == "svm":
        _svm(scores, y, bounds, moves, delta, gradient)
    else:
        _softmax(scores, bounds, moves, gradient)
    gradient /= 2 * h * N
    return gradient.ravel()


def regularization_difference(weights: NDArray[Any], strength: float, h: float) -> Floats:
    """Return the centred differences (size,) of lambda * sum(W^2)."""
    above, below = weights.astype(np.float64) + h, weights.astype(np.float64) - h
    return np.asarray(strength * (above**2 - below**2) / (above - below))


def margins_within(X: NDArray[Any], y: NDArray[np.intp], weights: NDArray[Any], h: float, delta: float = 1.0) -> int:
    """Count the margins s_j - s_y + delta of linear scores that a move of one weight by h can take across the kink."""
    scores = X.astype(np.float64) @ weights.reshape(-1, X.shape[1]).T
    margins = scores - scores[np.arange(len(y)), y][:, None] + delta
    margins[np.arange(len(y)), y] = np.inf
    reach = h * np.abs(X).max(axis=1)
    return int((np.abs(margins) <= reach[:, None]).sum())


def _svm(
    scores: Floats, y: NDArray[np.intp], bounds: NDArray[np.intp], moves: Floats, delta: float, gradient: Floats
) -> None:
    N, C = scores.shape
    margins = scores - scores[np.arange(N), y][:, None] + delta
    # The correct class has no margin: -inf stays below the hinge for any addend.
    margins[np.arange(N), y] = -np.inf
    for c in range(C):
        gradient[c] = _hinge_differences(margins[:, c].copy(), moves)
        own = slice(bounds[c], bounds[c + 1])
        if own.start == own.stop:
            continue
        away = -np.ascontiguousarray(moves[:, own])
        for j in range(C):
            if j != c:
                gradient[c] += _hinge_differences(margins[own, j].copy(), away)


def _hinge_differences(margins: Floats, moves: Floats) -> Floats:
    """Return the sums (D,) over examples of max(0, m + move) - max(0, m - move), for moves (D, n), margins m (n,)."""
    D, n = moves.shape
    at_once = min(D, max(FEATURES_AT_ONCE, FEATURES_AT_ONCE * 1000 // n))
    above, below, ones = np.empty((at_once, n)), np.empty((at_once, n)), np.ones(n)
    differences = np.empty(D)
    for start in range(0, D, at_once):
        move = moves[start : start + at_once]
        plus, minus = above[: len(move)], below[: len(move)]
        np.add(margins, move, out=plus)
        np.maximum(plus, 0.0, out=plus)
        np.subtract(margins, move, out=minus)
        np.maximum(minus, 0.0, out=minus)
        plus -= minus
        np.dot(plus, ones, out=differences[start : start + at_once])
    return differences


def _softmax(scores: Floats, bounds: NDArray[np.intp], moves: Floats, gradient: Floats) -> None:
    """Fill `gradient` (C, D): a move m of score column c multiplies the sum in log(sum e^s) - s_y by 1 + p_c (e^m - 1).

    One logarithm of the ratio replaces the difference of two logarithms, in half the time.
    """
    D, N = moves.shape
    columns = np.ascontiguousarray(scores.T)
    columns = np.exp(columns - columns.max(axis=0))
    columns /= columns.sum(axis=0)
    ones = np.ones(N)
    for start in range(0, D, FEATURES_AT_ONCE):
        move = moves[start : start + FEATURES_AT_ONCE]
        below = np.expm1(-move)
        spread = np.expm1(move) - below
        ratio, lower = np.empty_like(move), np.empty_like(move)
        for c, p in enumerate(columns):
            np.multiply(below, p, out=lower)
            lower += 1.0
            np.multiply(spread, p, out=ratio)
            ratio /= lower
            np.log1p(ratio, out=ratio)
            own = slice(bounds[c], bounds[c + 1])
            gradient[c, start : start + len(move)] = ratio @ ones - 2 * move[:, own].sum(axis=1)
