"""A function of one's own in NumPy scalars, minimised through the door, against a plain loop around it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from bench.report import Row
from bench.timing import medians
from engine.objective.own_functions import own_objective
from engine.spec import defaults
from engine.strategy import optimize

ITERATIONS, STEP_SIZE = 20_000, 1e-4


def rosenbrock(W: np.ndarray) -> tuple[float, np.ndarray]:
    """The function as somebody would write it."""
    x, y = W
    off = y - x * x
    return (1 - x) ** 2 + 100 * off * off, np.array([-2 * (1 - x) - 400 * x * off, 200 * off])


START = np.array([-1.2, 1.0])


def rows() -> Iterator[Row]:
    """Gradient descent, every metric recorded; the plain loop records the loss alone."""
    objective = own_objective(_started())
    spec = defaults().changed(step_size=STEP_SIZE, iterations=None, seconds=1e6, batch_size=None)
    optimization = optimize.build(spec, objective)
    start = optimization.start()

    def engine() -> None:
        optimization.advance(start, ITERATIONS)

    taken = medians({"engine": engine, "plain": _plain}, 7, True)
    yield Row(
        "Rosenbrock, a function in NumPy scalars, gradient descent",
        f"{ITERATIONS / taken['engine']:,.0f}/s",
        f"a plain loop {ITERATIONS / taken['plain']:,.0f}/s",
        taken["engine"] / taken["plain"],
        2.0,
        at_most=True,
    )
    yield Row(
        "the same, iterations per second of the goal of 150,000",
        f"{ITERATIONS / taken['engine']:,.0f}/s",
        "150,000/s",
        ITERATIONS / taken["engine"] / 150_000,
        1.0,
        at_most=False,
    )


def _started() -> object:
    def function(W: np.ndarray) -> tuple[float, np.ndarray]:
        return rosenbrock(W)

    function.start = START  # type: ignore[attr-defined]
    return function


def _plain() -> None:
    weights, losses = START.copy(), []
    for _ in range(ITERATIONS):
        loss, gradient = rosenbrock(weights)
        losses.append(float(loss))
        weights -= STEP_SIZE * gradient
