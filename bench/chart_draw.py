"""What one picture of the chart costs: `python -m bench.chart_draw`, or as part of `python -m bench`.

Processor time of the drawing thread, so that what else the machine does counts as little as can be.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import cycle
from statistics import median, quantiles

import numpy as np

from bench.report import Row, line
from engine.trace.curve import Curve, coarsened
from engine.trace.smoothing import HALF_LIFE
from tui.chart import ChartRun, ChartView, Picture, draw, vector_chart

RUNS, PLANNED, LONG = 8, 1_000, 100_000
GROWING, REDRAWN = (120, 35), (160, 45)


def rows() -> Iterator[Row]:
    """Medians against their limits; the 95th percentile stands beside them."""
    grown = [_growing(n) for n in range(20, PLANNED + 1, 10)]
    yield _row("8 growing runs, 120x35", 2.0, _follow(grown), len(grown) * 5)
    yield _row("the same as a grid", 4.0, _follow([replace(view, grid=True) for view in grown]), len(grown) * 2)
    yield _row("32 growing runs, 120x35", 8.0, _follow([_growing(n, 32) for n in range(20, PLANNED + 1, 40)]), 100)
    yield _row("8 x 100,000 iterations, 160x45, log y", 6.0, _redraw(_log_y()), 200)
    yield _row("8 x 100,000 iterations, 160x45, another zoom each time", 6.0, _redraw(_zooms()), 200)
    yield _row("the same as SVG", 100.0, lambda: vector_chart(_long(), 1440, 810), 20)


def main() -> int:
    """Print the rows; 1 when a limit is missed."""
    missed = 0
    for row in rows():
        print(line(row), flush=True)
        missed += not row.met
    return 1 if missed else 0


def _row(case: str, limit_ms: float, run: Callable[[], object], rounds: int) -> Row:
    times = []
    for counted in range(-5, rounds):
        start = time.thread_time()
        run()
        if counted >= 0:
            times.append((time.thread_time() - start) * 1e3)
    middle, worst = median(times), quantiles(times, n=20)[-1]
    return Row(case, f"{middle:.2f} ms", f"p95 {worst:.2f} ms, limit {limit_ms:g} ms", middle / limit_ms, 1.0, True)


def _losses(seed: int, n: int) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(0, 0.2, n)
    return (0.2 + 9 / (1 + 0.3 * np.arange(n) * PLANNED / n)) * np.exp(noise)


def _curve(losses: np.ndarray, width: int) -> Curve:
    n = len(losses)
    whole = Curve(
        width=1,
        iteration=np.arange(n),
        elapsed_s=np.arange(1, n + 1) / 100,
        count=np.ones(n, dtype=np.int64),
        low=losses,
        high=losses,
        mean=losses,
        last=losses,
        low_before=np.inf,
    )
    return coarsened(whole, width)


def _growing(n: int, runs: int = RUNS) -> ChartView:
    """As the board draws it: mini-batches are smoothed, the cursor's raw values stand behind its line."""
    return ChartView(
        tuple(
            ChartRun(
                run_id,
                f"{run_id} gradient b256",
                run_id,
                _curve(_losses(run_id, PLANNED)[:n], 4),
                kind="gradient" if run_id % 3 else "search",
                noisy=True,
                raw=run_id == 1,
                emphasised=run_id == 1,
                done=n,
                current=0.2,
                planned_iterations=PLANNED,
                growing=True,
            )
            for run_id in range(runs)
        ),
        smoothing=HALF_LIFE,
    )


def _long() -> ChartView:
    return ChartView(
        tuple(ChartRun(run_id, f"{run_id} run", run_id, _curve(_losses(run_id, LONG), 256)) for run_id in range(RUNS))
    )


def _follow(views: list[ChartView]) -> Callable[[], Picture]:
    """Draws the next view, with the picture before it as its previous one."""
    coming, shown = cycle(views), [draw(views[-1], *GROWING)]

    def step() -> Picture:
        shown[0] = draw(next(coming), *GROWING, previous=shown[0])
        return shown[0]

    return step


def _log_y() -> list[ChartView]:
    view = _long()
    return [replace(view, log_y=log_y) for log_y in (True, False)]


def _zooms() -> list[ChartView]:
    view = _long()
    return [replace(view, x_window=(100.0 * k, 50_000.0 + 211 * k)) for k in range(220)]


def _redraw(views: list[ChartView]) -> Callable[[], Picture]:
    coming = cycle(views)
    return lambda: draw(next(coming), *REDRAWN)


if __name__ == "__main__":
    sys.exit(main())
