"""Ticks: round values along an axis, with their cells and labels."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from tui.chart.values.axes import ceiling, x_to_dots, y_to_dots
from tui.chart.values.metrics import short_number
from tui.chart.values.view import Axes, XKind

ROWS_PER_TICK = 3
COLUMNS_PER_TICK = 11
LEAST = 2
"""Fewest ticks from which a scale can be read; a log axis with fewer round values gets linear ticks."""
MINUTES_FROM_S = 120
"""Time axes that reach this far, in seconds, are labelled in minutes: 2:30."""
SECONDS_STEPS = (1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400)
LARGEST = 1e308
"""Largest tick value: larger ones would overflow."""


class Tick(NamedTuple):
    """A label at a cell of the plot: a row from its top, or a column from its left."""

    cell: int
    label: str


@lru_cache(maxsize=64)
def y_ticks(axes: Axes, rows: int) -> tuple[Tick, ...]:
    """Return the ticks of the y axis for a plot of `rows` cells, from the bottom up."""
    labels = y_labels(axes, max(2, rows // ROWS_PER_TICK))
    cells = np.floor(y_to_dots(axes, np.array([value for value, _ in labels]), rows * 4) / 4)
    return _spread(cells, labels, rows, lambda tick, last: abs(tick.cell - last.cell) >= min(2, rows - 1))


@lru_cache(maxsize=64)
def x_ticks(axes: Axes, columns: int) -> tuple[Tick, ...]:
    """Return the ticks of the x axis for a plot of `columns` cells, from left to right; labels do not touch."""
    labels = x_labels(axes, max(2, columns // COLUMNS_PER_TICK))
    cells = np.floor(x_to_dots(axes, np.array([value for value, _ in labels]), columns * 2) / 2)
    return _spread(cells, labels, columns, has_gap)


def y_labels(axes: Axes, most: int) -> list[tuple[float, str]]:
    """Return about `most` round values of the y axis with their labels, from the bottom up."""
    label: Callable[[float], str] = short_number
    values = _log_values(axes.y_low, axes.y_high, most) if axes.log_y else []
    if len(values) < LEAST:
        values, step = _linear_values(axes.y_low, axes.y_high, most)
        label = _percent_label(step) if axes.percent else _linear_label(step)
    return [(value, label(value)) for value in values]


def x_labels(axes: Axes, most: int) -> list[tuple[float, str]]:
    """Return about `most` round values of the x axis with their labels, from left to right."""
    label: Callable[[float], str] = count_label
    values = _log_values(axes.x_low, axes.x_high, most) if axes.log_x else []
    if len(values) < LEAST and axes.x_kind == "time":
        values, step = _time_values(axes.x_low, axes.x_high, most)
        label = clock_label if step >= 1 and axes.x_high >= MINUTES_FROM_S else _linear_label(step)
    elif len(values) < LEAST:
        whole = 1.0 if axes.x_high - axes.x_low >= 1 else 0.0
        values, step = _linear_values(axes.x_low, axes.x_high, most, least=whole)
        if step < 1:
            label = _linear_label(step)
    return [(value, label(value)) for value in values]


def has_gap(tick: Tick, last: Tick) -> bool:
    """True if the two labels, centred below their cells, leave a gap."""
    return tick.cell - last.cell >= (len(tick.label) + len(last.label)) // 2 + 2


def _spread(
    cells: Iterable[float],
    labels: list[tuple[float, str]],
    size: int,
    is_apart: Callable[[Tick, Tick], bool],
) -> tuple[Tick, ...]:
    """Return the ticks inside the plot that are far enough from the previous one; the far edge is the last cell."""
    ticks: list[Tick] = []
    for cell, (_, label) in zip(cells, labels, strict=True):
        if not -1 <= cell <= size:
            continue
        tick = Tick(min(max(int(cell), 0), size - 1), label)
        if not ticks or is_apart(tick, ticks[-1]):
            ticks.append(tick)
    return tuple(ticks)


def _linear_values(low: float, high: float, most: int, *, least: float = 0.0) -> tuple[list[float], float]:
    """Return the multiples of a round step (>= `least`) and the step; a finer step if fewer than LEAST would lie."""
    for parts in range(most, most + 4):
        step = max(ceiling((high - low) / parts), least)
        first, last = math.ceil(low / step - 1e-6), math.floor(high / step + 1e-6)
        if last - first + 1 >= LEAST:
            break
    return [k * step for k in range(first, min(last, first + 4 * most) + 1)], step


def _time_values(low: float, high: float, most: int) -> tuple[list[float], float]:
    raw = (high - low) / most
    if raw <= 1 or raw > SECONDS_STEPS[-1]:
        return _linear_values(low, high, most)
    place = next(place for place, step in enumerate(SECONDS_STEPS) if step >= raw)
    for step in reversed(SECONDS_STEPS[: place + 1]):
        first, last = math.ceil(low / step), math.floor(high / step)
        if last - first + 1 >= LEAST:
            break
    return [float(k * step) for k in range(first, last + 1)], float(step)


def _log_values(low: float, high: float, most: int) -> list[float]:
    """Return decades, with 2 and 5 or 2 to 9 between them if there is room; every n-th of them if there is not."""
    first, last = math.floor(math.log10(low) + 1e-9), math.ceil(math.log10(high) - 1e-9)
    crowded: list[float] = []
    for multiples in ((1, 2, 3, 4, 5, 6, 7, 8, 9), (1, 2, 5), (1,)):
        values = [float(f"{m}e{power}") for power in range(first, last + 1) for m in multiples]
        values = [value for value in values if low * (1 - 1e-9) <= value <= min(high * (1 + 1e-9), LARGEST)]
        if len(multiples) > 5 and len(values) > 9:
            continue
        if len(values) <= most:
            break
        crowded = values
    if len(values) < LEAST and crowded:  # one decade alone: some of what lies beside it
        values = crowded[:: -(-len(crowded) // most)]
    if len(values) > most:
        stride = next(s for s in (2, 3, 5, 10, 20, 50, 100, 200, 500) if len(values) / s <= most)
        round_ones = [v for v in values if round(math.log10(v)) % stride == 0]
        values = round_ones if len(round_ones) >= LEAST else values[::stride]
    return values


def count_label(value: float) -> str:
    """Format a count in few characters: 800, 1500, 20k, 1.5M."""
    for size, unit in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e4, "k")):
        if abs(value) >= size:
            return f"{value / (1e3 if unit == 'k' else size):.6g}{unit}"
    return f"{value:.6g}"


def clock_label(seconds: float) -> str:
    """Format seconds as m:ss or h:mm:ss."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def x_text(value: float, x_kind: XKind) -> str:
    """Format an x value: whole iterations, examples or losses; time as seconds, or m:ss from two minutes on."""
    if x_kind == "time":
        return clock_label(value) if value >= 120 else f"{value:.3g} s"
    return f"{value:,.0f}"


def _percent_label(step: float) -> Callable[[float], str]:
    decimals = max(0, -math.floor(math.log10(step * 100) + 1e-9))
    return lambda value: f"{100 * value + 0.0:.{min(decimals, 4)}f}%"


def _linear_label(step: float) -> Callable[[float], str]:
    if not 1e-4 <= step < 1e5:
        return lambda value: "0" if abs(value) < step / 2 else short_number(value)
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    return lambda value: f"{value + 0.0:.{decimals}f}" if abs(value) >= step / 2 else "0"
