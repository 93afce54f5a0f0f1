"""Ways down: iterations and losses that each takes to within 1e-6 of the lowest loss of softmax on digits.

`python -m bench.ways_down` takes some ten minutes on one core that is free, with OPENBLAS_NUM_THREADS=1. Every way
begins with the same weights; gradient descent is over all examples, with the best of the step sizes in STEP_SIZES for
each update.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np

from engine.spec import UPDATES, RunSpec, defaults
from engine.strategy import optimize

GAP = 1e-6
STEP_SIZES = (10.0, 3.0, 1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001)
AT_ONCE = 1000


@dataclass(frozen=True)
class Found:
    """After how many iterations the gap was small enough, None if never; and the lowest gap."""

    spec: RunSpec
    reached: int | None
    iterations: int
    gap: float
    losses_per_iteration: int
    seconds: float

    def line(self, way: str) -> str:
        """A row of the table."""
        at = self.iterations if self.reached is None else self.reached
        losses = at * self.losses_per_iteration
        within = "no" if self.reached is None else "yes"
        return f"| {way} | {within} | {at:,} | {losses:,} | {self.gap:.1e} | {self.seconds:.1f} s |"


def walked(spec: RunSpec, lowest: float) -> Found:
    """A run of the spec, until it is near enough or its iterations are over."""
    run = optimize.build(spec)
    state, gap, started = run.start(), np.inf, perf_counter()
    reached = None
    while not state.stop_reason and reached is None:
        state, block = run.advance(state, AT_ONCE)
        gaps = block.loss - lowest
        gap = min(gap, float(np.nanmin(gaps)))
        if gap <= GAP:
            reached = block.first_iteration + int(np.argmax(gaps <= GAP)) + 1
    each = run.examples_per_iteration // len(run.objective)
    return Found(spec, reached, state.iteration, gap, each, perf_counter() - started)


def best_step(base: RunSpec, lowest: float) -> Found:
    """The run with the step size of STEP_SIZES that is near enough first, or else comes nearest."""
    found = [walked(base.changed(step_size=step_size), lowest) for step_size in STEP_SIZES]
    return min(found, key=lambda one: (one.reached or np.inf, one.gap))


def main() -> None:
    """Print the table, row by row."""
    base: dict[str, Any] = {"batch_size": None, "iterations": 4000}
    bfgs = optimize.build(defaults("l-bfgs", "softmax").changed(iterations=400))
    state, _ = bfgs.advance(bfgs.start(), 400)
    lowest = bfgs.evaluate(state.weights, "train")[0]
    print(f"lowest loss {lowest!r}\n")
    print("| way | within 1e-6 | iterations | losses | gap | took |\n|---|---|---|---|---|---|", flush=True)
    descent = defaults("gradient-descent", "softmax").changed(**base, decoupled_decay=0.0)
    for update in UPDATES:
        for schedule in ("constant", "cosine"):
            found = best_step(descent.changed(update=update, schedule=schedule), lowest)
            print(found.line(f"{update}, {schedule}, step size {found.spec.step_size:g}"), flush=True)
    others: dict[str, dict[str, Any]] = {
        "l-bfgs": {},
        "conjugate-gradient": {},
        "newton": {},
        "numerical-gradient": {"update": "nesterov", "step_size": 0.3, "batch_size": None, "iterations": 800},
        "random-search": {"iterations": 100_000},
        "local-search": {"iterations": 100_000},
        "simulated-annealing": {"iterations": 100_000, "temperature": 0.01, "cooling": 0.9999},
        "evolution-strategy": {"iterations": 100_000},
        "spsa": {"iterations": 30_000, "step_size": 0.01, "batch_size": None},
        "cma-es": {"iterations": 100_000},
    }
    for strategy, change in others.items():
        spec = defaults(strategy, "softmax").changed(**change)
        print(walked(spec, lowest).line(spec.label), flush=True)


if __name__ == "__main__":
    main()
