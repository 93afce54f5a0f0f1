"""Axes: the ranges of a chart, round and stable while it grows; and data values converted to dots."""

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
"""Relative change of the x axis' length from which on it counts as a zoom."""
EMPTY_SHARE = 0.45
"""The previous y range is dropped when the data fill less than this share of it."""
FAR = 1e6
"""Positions are clipped to this many dots on either side."""
TINY = 1e-250
"""Linear ranges shorter than this are widened: fractions of them would underflow."""
LIMIT = 1e300
"""Largest absolute end of an axis; a log axis starts at its inverse or above. Longer axes would overflow."""
EDGE = 1e-6
"""Positions this close to the edge of the plot, in dots, are moved onto it: rounding error."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """The ranges that the data need, in data units; positive on a log axis.

    `x_high` is the end of the longest run, planned or reached, `x_seen` the end of the data; `x_guessed`: `x_high` is
    an estimate. `line_low` and `line_high` bound the lines, `y_low` and `y_high` lines and bands. `grows`: some run
    has not ended.
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
    """Return the bounds of the finite values in the x window.

    The lines decide; a band widens the range by at most a quarter. With several runs the top is at most the metric's
    cap times the highest first value, so that a diverging run leaves the plot instead of flattening the others.
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
    """Return the line values inside the x window, plus those interpolated at its edges."""
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
    """Return lows and highs of the rows `near`, of the runs whose bands are drawn."""
    if all(one.run.raw for one in rows.series):
        return rows.low[near], rows.high[near]
    parts = [slice(*rows.starts[index : index + 2]) for index, one in enumerate(rows.series) if one.run.raw]
    low, high = (np.concatenate([values[part] for part in parts]) for values in (rows.low, rows.high))
    if isinstance(near, slice):
        return low, high
    rows_near = np.concatenate([near[part] for part in parts])
    return low[rows_near], high[rows_near]


def _first_values(rows: SeriesBundle, indices: NDArray[np.intp], factor: float) -> Floats:
    """Return each run's first value; the bucket's low where the run has already diverged within its first bucket."""
    line, low = rows.line[indices], rows.low[indices]
    with np.errstate(invalid="ignore", over="ignore"):
        return np.where((low > 0) & (line > factor * low), low, line)


def _usable(values: Floats, log: bool) -> Which:
    return finite(values) if not log or lowest(values) > 0 else np.isfinite(values) & (values > 0)


def _with_band(low: float, high: float, band_low: float, band_high: float, *, log: bool) -> tuple[float, float]:
    a, b, c, d = (_scaled(v, log) for v in (low, high, band_low, band_high))
    slack = max(b - a, 0.3 if log else abs(b) * 0.1) / 4
    a, b = min(a, max(c, a - slack)), max(b, min(d, b + slack))
    return (10 ** _in_range(a), 10 ** _in_range(b)) if log else (a, b)


def _in_range(exponent: float) -> float:
    """The exponent, within what a float64 holds as a normal number: beyond it is 0 or an overflow."""
    return min(max(exponent, -307.0), 308.0)


def _scaled(value: float, log: bool) -> float:
    return math.log10(value) if log else value


def hold(view: ChartView, bounds: Bounds, previous: Axes | None) -> Axes:
    """Return the axes for `bounds`: the `previous` ranges if they still fit, else round ones with some slack.

    A rescale repaints the whole chart, so the y range changes only when the data leave it, fill less than EMPTY_SHARE
    of it, or the x axis was zoomed. The view's own windows take precedence.
    """
    same = previous if previous is not None and _comparable(view, previous) else None
    x_low, x_high = _x_range(view, bounds, same)
    is_zoomed = same is not None and not math.isclose(
        _length(same.x_low, same.x_high, view.log_x), _length(x_low, x_high, view.log_x), rel_tol=ZOOMED
    )
    y_low, y_high = _y_range(view, bounds, None if is_zoomed else same)
    return Axes(x_low, x_high, y_low, y_high, view.log_x, view.log_y, view.x_kind, *_y_of(view))


def _length(low: float, high: float, log: bool) -> float:
    return _scaled(high, log) - _scaled(low, log)


def _comparable(view: ChartView, axes: Axes) -> bool:
    kind = axes.log_x, axes.log_y, axes.x_kind, axes.metric, axes.percent
    return kind == (view.log_x, view.log_y, view.x_kind, *_y_of(view))


def _y_of(view: ChartView) -> tuple[str, bool]:
    return view.metric, metric_of(view).percent


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
    # runs that have ended need no room to grow
    found = nice_linear(low, high)
    return nice_log(low, high) if log and not found[0] > 0 else found


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
    """Return the largest round number <= `value` (positive)."""
    power = 10.0 ** math.floor(math.log10(value))
    return max((step * power for step in steps if step * power <= value * (1 + 1e-9)), default=power)


def ceiling(value: float, steps: Sequence[float] = STEPS_1_2_5) -> float:
    """Return the smallest round number >= `value`; 1 if it is not positive."""
    if not value > 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return min((step * power for step in steps if step * power >= value * (1 - 1e-9)), default=10 * power)


def nice_log(low: float, high: float, steps: Sequence[float] = STEPS_1_2_5) -> tuple[float, float]:
    """Return round positive limits around low..high, at least a factor of two apart; the lower is one of `steps`."""
    low, high = (min(max(value, 1 / LIMIT), LIMIT) for value in (low, high))
    a, b = floor(low, steps), ceiling(high, FINE_STEPS)
    return (a, b) if b >= 2 * a else (floor(a / 1.5), ceiling(b * 1.5))


def nice_linear(low: float, high: float) -> tuple[float, float]:
    """Return round limits around low..high, starting at 0 if the data come near it."""
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
    """Convert x values (n,) to dot columns (n,): 0 at the left edge, `dots` at the right; NaN for log of x <= 0."""
    return _to_dots(x, axes.x_low, axes.x_high, dots, axes.log_x)


def y_to_dots(axes: Axes, y: Floats, dots: int) -> Floats:
    """Convert y values (n,) to dot rows (n,): 0 at the top, `dots` at the bottom; NaN for log of y <= 0."""
    return dots - _to_dots(y, axes.y_low, axes.y_high, dots, axes.log_y)


def _to_dots(values: Floats, low: float, high: float, dots: int, log: bool) -> Floats:
    if log:
        # NaN compares false, so it stays NaN
        values = np.log10(values if lowest(values) > 0 else np.where(values > 0, values, np.nan))
        low, high = math.log10(low), math.log10(high)
    with np.errstate(over="ignore"):  # divide first: the inverse of a tiny range overflows
        out: Floats = np.minimum(np.maximum((values - low) / (high - low or 1.0) * dots, -FAR), FAR)
    # a value on the edge of its range is inside, whatever its last bit
    out[np.abs(out) < EDGE] = 0.0
    out[np.abs(out - dots) < EDGE] = dots
    return out
