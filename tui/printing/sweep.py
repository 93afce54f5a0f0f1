"""Printed sweep: the loss over the values of one parameter, with a line for each value of a second one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from engine.store import StoreError
from engine.sweep import loss_texts
from engine.trace.decimation import Floats
from tui.chart.drawing.legend import Entry
from tui.chart.drawing.loss_by_value import SIGNS, ResponsePoint, ResponseView, response_axes, value_ticks
from tui.chart.values.axes import x_to_dots, y_to_dots
from tui.chart.values.view import Axes, XKind
from tui.colours.palette import marker
from tui.model.snapshot import ReadRequest
from tui.model.sweep_seen import SweepSeen
from tui.presenting.sweep_charts import label, response_view
from tui.printing.paper import Paper, legend_of
from tui.printing.plotext_figure import ACROSS, DOWN, Stroke, dots_up
from tui.reading.feed import read_once
from tui.text.ascii_only import plain

LEAST_PLOT = 5
"""Rows of the title and the smallest plot with its axis."""
MEANING = {"best": "best", "growing": "goes on", "stopped": "stopped sooner", "gone": "diverged"}
"""Captions of the signs, printed for those that occur."""


@dataclass(frozen=True, slots=True)
class SweepLine:
    """One line: its points in the order of x, their indices among the sweep's values, colour slot and name."""

    points: tuple[ResponsePoint, ...]
    indices: tuple[int, ...]
    slot: int
    name: str = ""


def sweep_of(path: Path, sweep_id: int) -> SweepSeen:
    """Read a sweep. Raises StoreError: when it does not exist or cannot be read."""
    seen = read_once(path, ReadRequest(sweep_id=sweep_id)).sweep
    if seen is None or seen.outcome is None:
        raise StoreError(seen.complaint if seen is not None else f"Sweep {sweep_id} could not be read.")
    return seen


def print_sweep(seen: SweepSeen, paper: Paper, *, log_y: bool, x_kind: XKind | None) -> str:
    """Return the printed chart of the loss by value; '' if no loss is known.

    `x_kind` is the budget at which batch sizes are compared: equal iterations, time or examples.
    """
    chart_options = replace(seen.chart_options, log_y=log_y, x_kind=x_kind or seen.chart_options.x_kind)
    view = response_view(seen, None, chart_options, paper.width)
    lines = _lines(seen, view)
    below = [*_line_legend(lines, paper).splitlines(), *_captions(seen, view, paper).splitlines()][
        : paper.height - LEAST_PLOT
    ]
    axes = response_axes(view)
    if axes is None:
        return ""
    ticks = value_ticks(view, axes, paper.width, paper.height - 1 - len(below))
    assert ticks is not None
    strokes: list[Stroke] = []
    for line in lines:
        strokes += _strokes(line, view, axes, (ticks.columns * ACROSS, ticks.rows * DOWN), paper)
    return paper.print(ticks, sorted(strokes, key=lambda stroke: bool(stroke.sign)), view.title, "\n".join(below))


def _lines(seen: SweepSeen, view: ResponseView) -> list[SweepLine]:
    assert seen.outcome is not None
    axes = seen.outcome.plan.axes
    if len(axes) == 1:
        return [SweepLine(view.points, tuple(range(len(view.points))), 0)]
    # the validation losses of several lines could not be told apart
    points = [replace(point, beside=math.nan) for point in view.points]
    seconds = list(dict.fromkeys(result.values[1] for result in seen.values))
    found = []
    for slot, second in enumerate(seconds):
        indices = tuple(place for place, result in enumerate(seen.values) if result.values[1] == second)
        name = f"{axes[1].label} {label(axes[1], second)}"
        found.append(SweepLine(tuple(points[place] for place in indices), indices, slot, name))
    return found


def _strokes(line: SweepLine, view: ResponseView, axes: Axes, dots: tuple[int, int], paper: Paper) -> list[Stroke]:
    """Return the strokes of a line: validation losses, losses, the spread over seeds, and a sign for every value."""
    dots_x, dots_y = dots
    colour, plain_line = paper.colour(line.slot), "."
    x = np.floor(np.clip(x_to_dots(axes, np.array([point.x for point in line.points]), dots_x), 0, dots_x - 1))
    loss, beside, low, high = (
        _up(axes, [getattr(point, name) for point in line.points], dots_y) for name in ("loss", "beside", "low", "high")
    )
    strokes = [_dotted(x, beside, dots_x)]
    known = np.isfinite(loss)
    strokes.append(Stroke(x[known], loss[known], colour, joined=True, plain_sign=plain_line))
    for at in np.flatnonzero(np.isfinite(low) & np.isfinite(high) & (low < high)).tolist():
        ends = np.array([low[at], high[at]])
        strokes.append(Stroke(np.array([x[at], x[at]]), ends, colour, joined=True, plain_sign="|"))
    for place, point, across, up in zip(line.indices, line.points, x.tolist(), loss.tolist(), strict=True):
        kind = _kind(point, is_best=place == view.best)
        # a diverged value stands at its loss if known, at most at the upper edge
        up = min(dots_y - 1.0 if math.isnan(up) else up, dots_y - 1.0) if point.diverged else up
        sign, plain_sign = SIGNS["unicode"][kind], SIGNS["ascii"][kind]
        if kind == "done" and line.name:
            sign, plain_sign = marker(line.slot), marker(line.slot, ascii_only=True)
        strokes.append(Stroke(np.array([across]), np.array([up]), colour, sign=sign, plain_sign=plain_sign))
    return strokes


def _kind(point: ResponsePoint, *, is_best: bool) -> str:
    if point.diverged:
        return "gone"
    return "best" if is_best else "growing" if point.growing else "stopped" if point.stopped else "done"


def _up(axes: Axes, values: Sequence[float], dots_y: int) -> Floats:
    """Return heights in dots up from the lower edge; NaN for unknown losses."""
    return dots_up(y_to_dots(axes, np.array(values, dtype=np.float64), dots_y), dots_y)


def _dotted(x: Floats, up: Floats, dots_x: int) -> Stroke:
    known = np.isfinite(up)
    if known.sum() < 2:
        return Stroke(x[known], up[known], plain_sign=":")
    across = np.arange(0.0, dots_x, ACROSS)
    return Stroke(across, np.round(np.interp(across, x[known], up[known], np.nan, np.nan)), plain_sign=":")


def _line_legend(lines: Sequence[SweepLine], paper: Paper) -> str:
    entries = (Entry(line.slot, place, line.name) for place, line in enumerate(lines, start=1) if line.name)
    return legend_of(tuple(entries), paper)


def _captions(seen: SweepSeen, view: ResponseView, paper: Paper) -> str:
    """Return the captions of the signs, and the best value with its loss, in lines."""
    assert seen.outcome is not None
    axes = seen.outcome.plan.axes
    kinds = [_kind(point, is_best=place == view.best) for place, point in enumerate(view.points)]
    captions = []
    for kind, meaning in MEANING.items():
        if kind in kinds:
            sign = SIGNS[paper.charset][kind]
            captions.append(f"{sign} {meaning}")
            if kind == "best":
                best = kinds.index(kind)
                values = (
                    f"{axis.label} {label(axis, value)}"
                    for axis, value in zip(axes, seen.values[best].values, strict=True)
                )
                captions[-1] += f": {', '.join(values)} ({loss_texts([point.loss for point in view.points])[best]})"
    if len(axes) == 1 and any(math.isfinite(point.beside) for point in view.points):
        captions.append("┄ validation")
    if any(point.low < point.high for point in view.points):
        captions.append("│ seeds")
    lines, line = [], ""
    for caption in (plain(caption) if paper.ascii_only else caption for caption in captions):
        if line and len(line) + len(caption) + 4 > paper.width:
            lines.append(line)
            line = ""
        line = f"{line}   {caption}" if line else caption
    return "\n".join(f" {one}"[: paper.width] for one in (*lines, line) if one)
