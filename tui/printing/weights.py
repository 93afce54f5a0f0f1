"""Printed weights: histograms of runs' weights on one x axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.store import Reader, StoreError
from engine.text import counted
from engine.trace.decimation import Floats, Integers
from tui.chart.drawing.plotting import ticks_for
from tui.chart.values.axes import nice_linear, nice_log, y_to_dots
from tui.chart.values.metrics import short_number
from tui.chart.values.view import Axes
from tui.printing.paper import Paper
from tui.printing.plotext_figure import ACROSS, DOWN, Stroke
from tui.reading.weights import flat_weights

FEWEST_BINS = 10
LEAST_COUNT = 0.5
"""Lower end of a log axis of counts, so that a count of 1 is visible."""


@dataclass(frozen=True, slots=True, eq=False)
class RunWeights:
    """The finite weights (n,) of a run after `iteration` iterations; `lost` others were not finite."""

    run_id: int
    iteration: int
    finite: Floats
    lost: int

    def title(self, width: int) -> str:
        """Return the title: run, counts, mean and standard deviation, as far as they fit into `width` cells."""
        parts = [f"weights of run {self.run_id} after {counted(self.iteration, 'iteration')}"]
        parts.append(counted(len(self.finite), "weight"))
        if len(self.finite):
            parts.append(f"mean {short_number(float(self.finite.mean()))} ± {short_number(float(self.finite.std()))}")
        parts[1:1] = [f"{self.lost:,} not finite"] if self.lost else []
        while len(parts) > 1 and len("  ·  ".join(parts)) > width:
            parts.pop()
        return "  ·  ".join(parts)


def weights_of(reader: Reader, run_id: int) -> RunWeights | None:
    """Return the newest stored weights of a run; None without any. Raises StoreError: when they cannot be decoded."""
    try:
        found = flat_weights(reader, run_id)
    except ValueError as error:
        raise StoreError(f"The weights of run {run_id} cannot be read: {error}.") from error
    if found is None:
        return None
    weights = np.asarray(found[1], dtype=np.float64).ravel()
    finite = weights[np.isfinite(weights)]
    return RunWeights(run_id, found[0], finite, len(weights) - len(finite))


def as_data(runs: Sequence[RunWeights], width: int) -> dict[str, Any]:
    """Return the histograms as JSON data: counts[i] weights lie between edges[i] and edges[i + 1]."""
    low, high = _range(runs)
    bins = _bins(runs, width)
    return {
        "metric": "weights",
        "runs": [
            {
                "run_id": one.run_id,
                "iteration": one.iteration,
                "weights": len(one.finite),
                "not_finite": one.lost,
                "edges": np.linspace(low, high, bins + 1).tolist(),
                "counts": _counts(one, low, high, bins).tolist(),
            }
            for one in runs
        ],
    }


def print_weights(runs: Sequence[RunWeights], paper: Paper, *, log_y: bool) -> str:
    """Return the printed histograms, one below the other, on the same axes."""
    low, high = _range(runs)
    bins = _bins(runs, paper.width)
    counts = [_counts(one, low, high, bins) for one in runs]
    most = float(max(one.max() for one in counts))
    up = nice_log(LEAST_COUNT, most) if log_y else (0.0, nice_linear(0.0, most)[1])
    axes = Axes(low, high, *up, False, log_y, "iteration", "weights")
    ticks = ticks_for(axes, paper.width, paper.height - 1)
    assert ticks is not None
    dots_x, dots_y = ticks.columns * ACROSS, ticks.rows * DOWN
    across = np.arange(dots_x, dtype=np.float64)
    charts = []
    for slot, (one, found) in enumerate(zip(runs, counts, strict=True)):
        heights = np.rint(dots_y - y_to_dots(axes, found.astype(np.float64), dots_y)) - 1
        bars = heights[(across * bins // dots_x).astype(int)]
        bars[bars < 0] = np.nan
        bar = Stroke(across, bars, paper.colour(slot), filled=True)
        charts.append(paper.print(ticks, [bar], one.title(paper.width)))
    return "\n".join(charts)


def _range(runs: Sequence[RunWeights]) -> tuple[float, float]:
    together = np.concatenate([one.finite for one in runs])
    return nice_linear(float(together.min()), float(together.max()))


def _bins(runs: Sequence[RunWeights], width: int) -> int:
    """Return the number of bins: 2 * cbrt(n) for n weights (the Rice rule), at most one bin for two cells."""
    most = max(len(one.finite) for one in runs)
    return min(max(round(2 * float(np.cbrt(most))), FEWEST_BINS), width // 2)


def _counts(one: RunWeights, low: float, high: float, bins: int) -> Integers:
    return np.histogram(one.finite, bins, (low, high))[0].astype(np.int64)
