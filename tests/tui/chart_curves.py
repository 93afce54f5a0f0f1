"""Curves for the chart's tests, decimated in the way of the store's reader, but by the plainest means."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from engine.trace.curve import Curve


def decimated(losses: list[float], *, width: int = 1, first: int = 0, low_before: float = np.inf) -> Curve:
    """The Curve of losses that start at iteration `first`, a hundredth of a second each."""
    rows = [np.array(losses[start : start + width], dtype=float) for start in range(0, len(losses), width)]
    finite = [row[np.isfinite(row)] for row in rows]

    def each(of: Callable[[NDArray[np.float64]], np.float64]) -> NDArray[np.float64]:
        return np.array([of(row) if len(row) else np.nan for row in finite], dtype=float)

    starts = first + np.arange(len(rows), dtype=np.int64) * width
    with np.errstate(over="ignore"):
        return Curve(
            width=width,
            iteration=starts,
            elapsed_s=np.array([start + len(row) for start, row in zip(starts, rows, strict=True)], dtype=float) / 100,
            count=np.array([len(row) for row in finite], dtype=np.int64),
            low=each(np.min),
            high=each(np.max),
            mean=each(np.mean),
            last=np.array([row[-1] for row in rows], dtype=float),
            low_before=low_before,
        )


def noisy(n: int, *, seed: int = 1, floor: float = 0.2) -> list[float]:
    """Mini-batch losses that fall from about 9 to `floor`."""
    noise = np.random.default_rng(seed).normal(0, 0.2, n)
    return list((floor + 9 / (1 + 0.3 * np.arange(n))) * np.exp(noise))
