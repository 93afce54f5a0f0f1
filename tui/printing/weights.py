"""How the weights of runs are distributed, printed as histograms on one x axis."""

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
"""Where a logarithmic axis of counts begins: a single weight is seen."""


@dataclass(frozen=True, slots=True, eq=False)
class RunWeights:
    """The finite weights of a run after `iteration` iterations, flat; `lost` others were not finite."""

    run_id: int
    iteration: int
    finite: Floats
    lost: int

    def title(self, width: int) -> str:
        """What is known of them, as far as it fits into a line."""
        parts = [f"weights of run {self.run_id} after {counted(self.iteration, 'iteration')}"]
        parts.append(counted(len(self.finite), "weight"))
        if len(self.finite):
            parts.append(f"mean {short_number(float(self.finite.mean()))} ± {short_number(float(self.finite.std()))}")
        parts[1:1] = [f"{self.lost:,} not finite"] if self.lost else []
        while len(parts) > 1 and len("  ·  ".join(parts)) > width:
            parts.pop()
        return "  ·  ".join(parts)


def weights_of(reader: Reader, run_id: int) -> RunWeights | None:
    """The newest weights that a run has kept; None where there are none yet. Raises StoreError for unreadable ones."""
    try:
        found = flat_weights(reader, run_id)
    except ValueError as error:
        raise StoreError(f"The weights of run {run_id} cannot be read: {error}.") from error
    if found is None:
        return None
    weights = np.asarray(found[1], dtype=np.float64).ravel()
    finite = weights[np.isfinite(weights)]
    return RunWeights(run_id, found[0], finite, len(weights) - len(finite))


def as_data(kept: Sequence[RunWeights], width: int) -> dict[str, Any]:
    """The histograms for other programs: counts[i] weights lie between edges[i] and edges[i + 1]."""
    low, high = _range(kept)
    bins = _bins(kept, width)
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
            for one in kept
        ],
    }


def print_weights(kept: Sequence[RunWeights], paper: Paper, *, log_y: bool) -> str:
    """One histogram below the other, all on the same axes."""
    low, high = _range(kept)
    bins = _bins(kept, paper.width)
    counts = [_counts(one, low, high, bins) for one in kept]
    most = float(max(one.max() for one in counts))
    up = nice_log(LEAST_COUNT, most) if log_y else (0.0, nice_linear(0.0, most)[1])
    axes = Axes(low, high, *up, False, log_y, "iteration", "weights")
    ticks = ticks_for(axes, paper.width, paper.height - 1)
    assert ticks is not None
    dots_x, dots_y = ticks.columns * ACROSS, ticks.rows * DOWN
    across = np.arange(dots_x, dtype=np.float64)
    charts = []
    for slot, (one, found) in enumerate(zip(kept, counts, strict=True)):
        heights = np.rint(dots_y - y_to_dots(axes, found.astype(np.float64), dots_y)) - 1
        bars = heights[(across * bins // dots_x).astype(int)]
        bars[bars < 0] = np.nan
        bar = Stroke(across, bars, paper.colour(slot), filled=True)
        charts.append(paper.print(ticks, [bar], one.title(paper.width)))
    return "\n".join(charts)


def _range(kept: Sequence[RunWeights]) -> tuple[float, float]:
    together = np.concatenate([one.finite for one in kept])
    return nice_linear(float(together.min()), float(together.max()))


def _bins(kept: Sequence[RunWeights], width: int) -> int:
    """Twice the cube root of how many weights there are (Rice's rule), as far as there are cells."""
    most = max(len(one.finite) for one in kept)
    return min(max(round(2 * float(np.cbrt(most))), FEWEST_BINS), width // 2)


def _counts(one: RunWeights, low: float, high: float, bins: int) -> Integers:
    return np.histogram(one.finite, bins, (low, high))[0].astype(np.int64)
