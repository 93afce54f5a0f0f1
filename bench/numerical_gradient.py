"""All 10 x 3073 numerical derivatives at N = 1000 in the rank-one form: their time and their norm error."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median
from time import perf_counter

import numpy as np

from bench.report import Row, line
from engine import datasets
from engine.analysis import gradient, rank_one
from engine.objective.objectives import objective
from engine.strategy import streams

EXAMPLES, H, REPEATS, BLACK_BOX_WEIGHTS = 1000, 1e-6, 5, 40
LIMIT_S, LIMIT_ERROR, LIMIT_DIFFERENCE = 1.0, 1e-8, 1e-8


def rows() -> Iterator[Row]:
    """A row for each data loss; the black box is timed on a few weights in the same run and scaled up."""
    train = datasets.load("synthetic-cifar").splits["train"]
    chosen = slice(0, EXAMPLES)
    X, y = train.batch(chosen).astype(np.float64), train.y[chosen]
    for name in rank_one.DATA_LOSSES:
        plain = objective(name, datasets.Split(X, y), 10, dtype=np.float64)
        weights = plain.initial_weights(streams.stream(0, "weights"), 0.001)
        times = []
        for _ in range(REPEATS):
            start = perf_counter()
            numerical = rank_one.linear_numerical_gradient(X, y, weights, name, H)  # type: ignore[arg-type]
            times.append(perf_counter() - start)
        start = perf_counter()
        few = np.arange(BLACK_BOX_WEIGHTS)
        black_box = gradient.numerical_gradient(plain, weights, H, coordinates=few)
        black_box_s = (perf_counter() - start) * plain.size / BLACK_BOX_WEIGHTS
        error = gradient.norm_error(plain.loss_and_gradient(weights)[1], numerical)
        difference = gradient.norm_error(numerical[few], black_box)
        seconds = median(times)
        yield Row(
            f"{name}: {plain.size:,} numerical derivatives, error {error:.0e}",
            f"{seconds:.2f} s",
            f"limit {LIMIT_S:g} s, as a black box {black_box_s:.0f} s",
            seconds / LIMIT_S,
            1.0,
            at_most=True,
            also=error <= LIMIT_ERROR and difference <= LIMIT_DIFFERENCE,
        )


def main() -> None:
    """Print the rows."""
    for row in rows():
        print(line(row))


if __name__ == "__main__":
    main()
