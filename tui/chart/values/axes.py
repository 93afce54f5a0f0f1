"""Axes: ranges that are held while a chart grows, values to dots, and ticks that are round numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.trace.decimation import Floats
from engine.trace.finite_checks import ALL, Which, finite, lowest
from tui.chart.values.columns import reaching
from tui.chart.values.metrics import metric_of
from tui.chart.values.series import SeriesBundle
from tui.chart.values.view import Axes, ChartView, Window

STEPS_1_2_5 = (1.0, 2.0, 5.0, 10.0)
FINE_STEPS = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
ZOOMED = 0.01
"""A change of an axis' length, as a share of it, by which somebody has looked closer or from further away."""
EMPTY_SHARE = 0.45
"""A held range is given up when the data fill less than this share of it."""
FAR = 1e6
"""Dots beyond which a position no longer matters."""
TINY = 1e-250
"""A range below which shares of it can no longer be computed."""
LIMIT = 1e300
"""Axes end here, and logarithmic ones begin at its inverse: beyond it their lengths are no numbers."""
EDGE = 1e-6
"""Dots by which rounding may miss the edge of the plot."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the data need: positive where the axis is logarithmic.

    `x_high` is where the runs end or will end, `x_seen` where the data end; `x_guessed`: `x_high` is an estimate.
    `line_low` and `line_high` bound the lines alone, `y_low` and `y_high` bands as well. `grows`: more is to come.
    """

    x_low: float
    x_high: float
    x_seen: float
    x_guessed: bool
    line_low: float
    line_high: float
    y_low: float
    y_high: float
    grows: bool = False


def bounds_of(view: ChartView, rows: SeriesBundle) -> Bounds:
    """The bounds of the finite values in the x window.

    The lines decide. A band may widen the range by a quarter, no more, and a run that diverges may not squeeze
    the others flat: the top is at most the metric's cap, counted from the highest first value, and such a line
    leaves the plot. Of a run alone all is seen.
    """
    metric, log = metric_of(view), view.log_y
    x_high = max(one.x_end for one in rows.series)
    known = np.arange(len(rows.line))[_usable(rows.line, log)]
    firsts = _first_values(rows, known[np.flatnonzero(np.diff(rows.owner[known], prepend=-1))], metric.cap_log)
    window = _window(view.x_window, view.log_x)
    near = ALL if window is None else reaching(rows.x, rows.owner, *window)
    if window is not None:
        line = _lines_in(rows, window, log_x=view.log_x, log_y=log)
    else:
        line = rows.line if not view.log_x or lowest(rows.x) > 0 else rows.line[rows.x > 0]
    if metric.climbs and not view.log_x:
        begin = metric.climbs * float(rows.x.max())
        later = rows.line[(rows.x > begin) & (rows.x <= (x_high if window is None else window[1]))]
        if (window is None or window[0] <= begin) and len(later) and np.isfinite(later).any():
            line = later
    line = line[_usable(line, log)]
    low, high = (float(line.min()), float(line.max())) if len(line) else (0.1, 10.0) if log else (0.0, 1.0)
    cap = float(firsts.max(initial=0.0)) * (metric.cap_log if log else metric.cap_linear) if len(firsts) else high
    if low < cap < high and any(one.run.run_id != rows.series[0].run.run_id for one in rows.series):
        high = cap
    line_low, line_high = low, high
    if view.show_raw and len(line) and any(one.run.raw for one in rows.series):
        raw_low, raw_high = _bands_in(rows, near)
        least = float(raw_low[_usable(raw_low, log)].min(initial=np.inf))
        most = float(raw_high[_usable(raw_high, log)].max(initial=-np.inf))
        if least <= most:
            low, high = _with_band(low, high, least, min(most, max(high, cap)), log=log)
    x_low, x_seen = 0.0, float(rows.x.max())
    if view.log_x:
        x_low = float(rows.x[rows.x > 0].min(initial=np.inf))
        x_low = x_low if math.isfinite(x_low) else 1.0
        x_high = max(x_high, x_low)
    guessed, grows = any(one.guessed for one in rows.series), any(one.run.growing for one in rows.series)
    return Bounds(x_low, x_high, x_seen, guessed, line_low, line_high, low, high, grows)


def _lines_in(rows: SeriesBundle, window: Window, *, log_x: bool, log_y: bool) -> Floats:
    """The values of the lines in a window, and those at its edges, between the rows on both sides."""
    x, line = rows.x, rows.line
    crossing = []
    for edge in window:
        at = np.flatnonzero((x[:-1] < edge) & (x[1:] > edge) & (rows.owner[1:] == rows.owner[:-1]))
        if not len(at):
            continue
        before, after = line[at], line[at + 1]
        with np.errstate(divide="ignore", invalid="ignore"):
            first, here, then = (np.log(place) if log_x else place for place in (x[at], edge, x[at + 1]))
            share = (here - first) / (then - first)
            value = before * (after / before) ** share if log_y else before + (after - before) * share
        crossing.append(np.where([rows.series[owner].steps for owner in rows.owner[at]], before, value))
    return np.concatenate([line[(x >= window[0]) & (x <= window[1])], *crossing])


def _bands_in(rows: SeriesBundle, near: Which) -> tuple[Floats, Floats]:
    """Lows and highs of the runs whose bands are drawn, in these rows."""
    if all(one.run.raw for one in rows.series):
        return rows.low[near], rows.high[near]
    parts = [slice(*rows.starts[index : index + 2]) for index, one in enumerate(rows.series) if one.run.raw]
    low, high = (np.concatenate([values[part] for part in parts]) for values in (rows.low, rows.high))
    if isinstance(near, slice):
        return low, high
    kept = np.concatenate([near[part] for part in parts])
    return low[kept], high[kept]


def _first_values(rows: SeriesBundle, places: NDArray[np.intp], factor: float) -> Floats:
    """Where the runs begin: in a wide first bucket one may have exploded already, and its lowest value counts."""
    line, low = rows.line[places], rows.low[places]
    with np.errstate(invalid="ignore", over="ignore"):
        return np.where((low > 0) & (line > factor * low), low, line)


def _usable(values: Floats, log: bool) -> Which:
    return finite(values) if not log or lowest(values) > 0 else np.isfinite(values) & (values > 0)


def _with_band(low: float, high: float, band_low: float, band_high: float, *, log: bool) -> tuple[float, float]:
    a, b, c, d = (_scaled(v, log) for v in (low, high, band_low, band_high))
    slack = max(b - a, 0.3 if log else abs(b) * 0.1) / 4
    a, b = min(a, max(c, a - slack)), max(b, min(d, b + slack))
    return (10**a, 10**b) if log else (a, b)


def _scaled(value: float, log: bool) -> float:
    return math.log10(value) if log else value


def hold(view: ChartView, bounds: Bounds, previous: Axes | None) -> Axes:
    """The axes for `bounds`: those of `previous` where they still serve, else round ones with some slack.

    A rescale repaints everything, so a held range is left only when the data leave it, or fill less than half, or when
    another length of the x axis is looked at. Windows of the view always win.
    """
    same = previous if previous is not None and _comparable(view, previous) else None
    x_low, x_high = _x_range(view, bounds, same)
    is_zoomed = same is not None and not math.isclose(
        _length(same.x_low, same.x_high, view.log_x), _length(x_low, x_high, view.log_x), rel_tol=ZOOMED
    )
    y_low, y_high = _y_range(view, bounds, None if is_zoomed else same)
    return Axes(x_low, x_high, y_low, y_high, view.log_x, view.log_y, view.x_kind, view.metric)


def _length(low: float, high: float, log: bool) -> float:
    return _scaled(high, log) - _scaled(low, log)


def _comparable(view: ChartView, axes: Axes) -> bool:
    return (axes.log_x, axes.log_y, axes.x_kind, axes.metric) == (view.log_x, view.log_y, view.x_kind, view.metric)


def _x_range(view: ChartView, bounds: Bounds, held: Axes | None) -> tuple[float, float]:
    window = _window(view.x_window, view.log_x)
    if window is not None:
        return window
    low, high = bounds.x_low, bounds.x_high
    if bounds.x_guessed:
        if held is not None and held.x_low == low and bounds.x_seen <= held.x_high <= 2 * high:
            return low, held.x_high
        high = ceiling(high, FINE_STEPS)
    if high <= low:
        high = low * 10 if view.log_x else low + 1.0
    return low, high


def _y_range(view: ChartView, bounds: Bounds, held: Axes | None) -> tuple[float, float]:
    low, high = _window(view.y_window, view.log_y) or _held_y(view, bounds, held)
    least, most = metric_of(view).limits
    return (max(low, least), min(high, most)) if max(low, least) < min(high, most) else (low, high)


def _held_y(view: ChartView, bounds: Bounds, held: Axes | None) -> tuple[float, float]:
    low, high, log = bounds.y_low, bounds.y_high, view.log_y
    if held is not None:
        rises, falls = bounds.line_high > held.y_high, bounds.line_low < held.y_low
        slack = 1.6 if log else 1.0
        kept_low = floor(low / slack) if falls and log else held.y_low
        kept_high = ceiling(high * slack, FINE_STEPS) if rises and log else held.y_high
        filled = _scaled(min(high, kept_high), log) - _scaled(max(low, kept_low), log)
        if filled >= EMPTY_SHARE * (_scaled(kept_high, log) - _scaled(kept_low, log)) and (log or not rises | falls):
            return kept_low, kept_high
    if log and (bounds.grows or low < 0.4 * high):
        return nice_log(low, high, STEPS_1_2_5 if bounds.grows else FINE_STEPS)
    # what has ended needs no room to grow into
    return nice_linear(low, high)


def _window(window: Window | None, log: bool) -> Window | None:
    if window is None or not all(map(math.isfinite, window)):
        return None
    low, high = min(window), max(window)
    low, high = max(low, -LIMIT), min(high, LIMIT)
    if log:
        high = max(high, 1 / LIMIT) if high > 0 else 1.0
        low = low if low > 0 else high / 1e3
        low = max(low, 1 / LIMIT)
    if not high > low:
        return None
    return low, high


def floor(value: float, steps: Sequence[float] = STEPS_1_2_5) -> float:
    """The largest round number that is at most `value` (positive)."""
    power = 10.0 ** math.floor(math.log10(value))
    return max((step * power for step in steps if step * power <= value * (1 + 1e-9)), default=power)


def ceiling(value: float, steps: Sequence[float] = STEPS_1_2_5) -> float:
    """The smallest round number that is at least `value`; 1 for what is not positive."""
    if not value > 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return min((step * power for step in steps if step * power >= value * (1 - 1e-9)), default=10 * power)


def nice_log(low: float, high: float, steps: Sequence[float] = STEPS_1_2_5) -> tuple[float, float]:
    """Round positive limits around low..high, at least a factor of two apart; the lower one is one of the `steps`."""
    low, high = (min(max(value, 1 / LIMIT), LIMIT) for value in (low, high))
    a, b = floor(low, steps), ceiling(high, FINE_STEPS)
    return (a, b) if b >= 2 * a else (floor(a / 1.5), ceiling(b * 1.5))


def nice_linear(low: float, high: float) -> tuple[float, float]:
    """Round limits around low..high; from 0 when the data come near it."""
    low, high = max(min(low, LIMIT), -LIMIT), max(min(high, LIMIT), -LIMIT)
    if 0 <= low <= 0.4 * high:
        low = 0.0
    span = high - low
    if not span > max(abs(high) * 1e-9, TINY):
        span = abs(high) * 0.2 if abs(high) > TINY else 1.0
        low, high = low - span / 2, high + span / 2
    step = ceiling(span / 10)
    return math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step


def x_to_dots(axes: Axes, x: Floats, dots: int) -> Floats:
    """Positions in dot columns, 0 at the left edge and `dots` at the right one; NaN for log of non-positive."""
    return _to_dots(x, axes.x_low, axes.x_high, dots, axes.log_x)


def y_to_dots(axes: Axes, y: Floats, dots: int) -> Floats:
    """Positions in dot rows, 0 at the top and `dots` at the bottom; NaN for log of non-positive."""
    return dots - _to_dots(y, axes.y_low, axes.y_high, dots, axes.log_y)


def _to_dots(values: Floats, low: float, high: float, dots: int, log: bool) -> Floats:
    if log:
        # NaN compares false, so it stays NaN
        values = np.log10(values if lowest(values) > 0 else np.where(values > 0, values, np.nan))
        low, high = math.log10(low), math.log10(high)
    with np.errstate(over="ignore"):  # divided first: the inverse of a tiny range is no number
        out: Floats = np.minimum(np.maximum((values - low) / (high - low or 1.0) * dots, -FAR), FAR)
    # a value on the edge of its range is inside, whatever the last bit says
    out[np.abs(out) < EDGE] = 0.0
    out[np.abs(out - dots) < EDGE] = dots
    return out
