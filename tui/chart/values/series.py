"""Series: a run's decimated curve, or its sparse measurements, in units of the axes."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from engine.trace.curve import Curve, coarsened
from engine.trace.decimation import Floats, Integers
from engine.trace.finite_checks import Flags, all_finite, lowest
from engine.trace.smoothing import HALF_LIFE, smoothed
from tui.chart.values.view import USED, ChartRun, Points, XKind

MOST_BITS = 1000.0
"""Exponents of 0.5 are clipped here: smaller weights would underflow."""

REMEMBERED = 80
"""Size of the series cache: the most curves drawn at once, and some drawn before."""


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """One run's values in units of the axes; all arrays have shape (n,), x does not decrease.

    `line` is NaN in a gap. `low` and `high` bound the raw values (NaN without any); `last` is the last raw value,
    finite or not. `gap` marks the rows without a finite loss; None if there is none. `steps`: the line holds each
    value until the next (best-so-far). `filled`: a row covers many iterations and the band is drawn from row to row;
    else as points. The first row starts at `x_start`, the run ends or will end at `x_end`; `guessed`: that is an
    estimate. `sparse`: measured now and then. `companion`: the run's second line; `before`: the curve of an ancestor
    of a fork (a companion, too).
    """

    run: ChartRun
    x: Floats
    line: Floats
    low: Floats
    high: Floats
    last: Floats
    gap: Flags | None
    steps: bool
    filled: bool
    x_start: float
    x_end: float
    guessed: bool
    sparse: bool = False
    companion: bool = False
    before: bool = False


def series_of(run: ChartRun, x_kind: XKind, smoothing: float, width: int = 1) -> Series | None:
    """Return the series of a run's curve in buckets of at least `width` iterations; None if it has no rows.

    The last series of each run is cached: most key presses change no curve, or one.
    """
    place, asked = (run.run_id, width), (run, x_kind, smoothing)
    held = _cache.pop(place, None)
    if held is None or held[0] != asked:
        held = asked, _series_of(run, x_kind, smoothing, width)
    _cache[place] = held
    while len(_cache) > REMEMBERED:
        del _cache[next(iter(_cache))]
    return held[1]


_cache: dict[tuple[int, int], tuple[tuple[ChartRun, XKind, float], Series | None]] = {}


def _series_of(run: ChartRun, x_kind: XKind, smoothing: float, width: int) -> Series | None:
    if run.curve is None or not len(run.curve.iteration):
        return None
    done, _ = _progress(run)
    curve = coarsened(run.curve, width)
    one, starts = _series(run, curve, x_kind, smoothing, done), curve.iteration
    for curve in run.log_x_detail:
        rest = starts >= curve.iteration[-1] + curve.width
        one = _with_finer_start(one, _series(run, curve, x_kind, smoothing, done), rest)
        starts = np.concatenate([curve.iteration, starts[rest]])
    if run.done is None or done < run.done:
        return one
    seconds = float(run.curve.elapsed_s[-1])
    return _extended(
        one, seconds if x_kind == "time" else float(run.done * run.per_iteration(x_kind)), _end_value(one, smoothing)
    )


def _end_value(one: Series, smoothing: float) -> float:
    """Return the line's last value: the run's `current` loss, unless the line is smoothed with another half-life."""
    run = one.run
    if run.current is not None and (smoothing == HALF_LIFE or not run.noisy):
        return run.current
    is_exact = not run.noisy and not one.steps
    return float(one.last[-1] if is_exact else one.line[-1])


def _extended(one: Series, x: float, value: float) -> Series:
    """Extend a series to `x`, the run's current end; a series that ends in a gap stays as it is."""
    if not (math.isfinite(value) and math.isfinite(float(one.line[-1])) and x >= one.x[-1]):
        return one
    low, high, last = float(one.low[-1]), float(one.high[-1]), float(one.last[-1])
    x_of, line, low_of, high_of, last_of = map(
        _appended, (one.x, one.line, one.low, one.high, one.last), (x, value, low, high, last)
    )
    gap = None if one.gap is None else np.append(one.gap, False)
    return Series(
        one.run, x_of, line, low_of, high_of, last_of, gap, one.steps, one.filled, one.x_start, one.x_end, one.guessed,
        one.sparse, one.companion, one.before,
    )  # fmt: skip


def _appended(values: Floats, value: float) -> Floats:
    """Append one value; several times as fast as np.append."""
    out = np.empty(len(values) + 1)
    out[:-1], out[-1] = values, value
    return out


def _with_finer_start(one: Series, beginning: Series, rest: Flags) -> Series:
    """Replace the first rows of a series by a finer `beginning`; `rest` masks the rows that stay."""
    kept = np.concatenate([np.ones(len(beginning.x), np.bool_), rest])
    x, line, low, high, last = (
        np.concatenate([getattr(beginning, name), getattr(one, name)])[kept]
        for name in ("x", "line", "low", "high", "last")
    )
    gaps = _gaps([beginning, one])
    gap = None if gaps is None else gaps[kept]
    return replace(one, x=x, line=line, low=low, high=high, last=last, gap=gap, x_start=beginning.x_start)


def _series(run: ChartRun, curve: Curve, x_kind: XKind, smoothing: float, done: float) -> Series:
    """Return the series of one curve of a run that has done `done` iterations."""
    gap, low, high, mean = _cleaned(curve)
    steps = run.kind == "search"
    if steps:
        line = best_so_far(low, curve.low_before)
    elif run.noisy and smoothing > 0:
        count = curve.count if gap is None else np.where(gap, 0, curve.count)
        if is_even(curve.iteration, curve.width):
            line = smoothed(mean, count, curve.width / smoothing)
        else:
            line = smoothed_at(mean, curve.iteration / smoothing, count)
        if gap is not None:
            line[gap] = np.nan
    else:
        line = mean
    x, x_start, x_end = _x_of_curve(run, curve, x_kind, done)
    filled = not steps and curve.width > 1
    return Series(run, x, line, low, high, curve.last, gap, steps, filled, x_start, x_end, _is_guessed(run, x_kind))


def _cleaned(curve: Curve) -> tuple[Flags | None, Floats, Floats, Floats]:
    """Return the gap mask (None without gaps), and low, high and mean with NaN for gaps and non-finite values."""
    if all(map(all_finite, (curve.low, curve.high, curve.mean))) and lowest(curve.count) > 0:
        return None, curve.low, curve.high, curve.mean
    gap = (curve.count <= 0) | ~np.isfinite(curve.mean)
    low, high = (np.where(gap | ~np.isfinite(values), np.nan, values) for values in (curve.low, curve.high))
    return gap, low, high, np.where(gap, np.nan, curve.mean)


def series_of_points(
    run: ChartRun,
    points: Points,
    x_kind: XKind,
    smoothing: float = 0.0,
    *,
    steps: bool = False,
    companion: bool = False,
) -> Series | None:
    """Return the series of sparse measurements; None without any.

    With a `smoothing` half-life (iterations) the line is their moving average, drawn over the raw values.
    """
    if not len(points.iteration):
        return None
    values = np.asarray(points.values, dtype=np.float64)
    gap = ~np.isfinite(values)
    line = known = np.where(gap, np.nan, values)
    raw = np.full(len(values), np.nan)
    if smoothing > 0:
        raw, line = known, np.where(gap, np.nan, smoothed_at(known, points.iteration / smoothing))
    # a run continues after its last measurement
    reached, seconds = _progress(run)
    done = max(float(points.iteration[-1]), reached, 1.0)
    end = _end(run, done)
    if x_kind == "time":
        x = _non_decreasing(points.elapsed_s)
        x_end = max(float(x[-1]), seconds) * max(end / done, 1.0)
    else:
        scale = run.per_iteration(x_kind)
        x, x_end = _non_decreasing(points.iteration) * scale, end * scale
    found = Series(
        run=run,
        x=x,
        line=line,
        low=raw,
        high=raw,
        last=values,
        gap=gap,
        steps=steps,
        filled=False,
        x_start=float(x[0]),
        x_end=x_end,
        guessed=_is_guessed(run, x_kind),
        sparse=True,
        companion=companion,
    )
    # values of single iterations hold until the run's end; evaluations end at the last one
    is_newest = run.done is not None and int(points.iteration[-1]) == run.done - 1 and not companion
    if not is_newest:
        return found
    return _extended(found, float(x[-1]) if x_kind == "time" else done * run.per_iteration(x_kind), float(line[-1]))


def _is_guessed(run: ChartRun, x_kind: XKind) -> bool:
    return run.growing and (run.planned_iterations is None or x_kind == "time")


def _progress(run: ChartRun) -> tuple[float, float]:
    """Return the iterations done and the elapsed seconds, as far as the curve knows; its last bucket may be partial."""
    curve, planned = run.curve, run.planned_iterations
    if curve is None or not len(curve.iteration):
        return float(run.done or 0), 0.0
    done = float(curve.iteration[-1] + curve.width)
    if run.done is not None:
        done = min(done, float(run.done))
    elif planned is not None:
        done = min(done, max(float(planned), float(curve.iteration[-1] + 1)))
    seconds = float(curve.elapsed_s[-1])
    return done, seconds if math.isfinite(seconds) else 0.0


def _end(run: ChartRun, done: float) -> float:
    """Return the iterations at the run's end; planned or estimated while it grows."""
    if not run.growing:
        return max(done, float(run.done or 0))
    return (
        max(float(run.planned_iterations), done)
        if run.planned_iterations is not None
        else 1.5 * max(done, float(run.done or 0))
    )


def _non_decreasing(values: Floats | Integers) -> Floats:
    finite = np.nan_to_num(np.asarray(values, dtype=np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    out: Floats = np.maximum.accumulate(finite)
    return out


def _x_of_curve(run: ChartRun, curve: Curve, x_kind: XKind, done: float) -> tuple[Floats, float, float]:
    """Return x (n,) of the rows' middles, the x at which the first row starts, and the x at which the run ends."""
    width, end = curve.width, _end(run, done)
    if x_kind == "time":
        seconds = _non_decreasing(curve.elapsed_s)
        before = np.concatenate([seconds[:1], seconds[:-1]])
        middle = seconds if width == 1 else (seconds + before) / 2
        return middle, float(middle[0]), float(seconds[-1]) * max(end / done, 1.0)
    scale = run.per_iteration(x_kind)
    seen = 1 if x_kind in USED else 0
    middle = curve.iteration + ((width - 1) / 2 + seen)
    return np.minimum(middle, done) * scale, float(curve.iteration[0] + seen) * scale, end * scale


def best_so_far(low: Floats, low_before: float) -> Floats:
    """Return the lowest value up to each row (n,), NaN before the first; `low_before` precedes the rows."""
    best = np.minimum.accumulate(np.concatenate([[low_before], np.where(np.isnan(low), np.inf, low)]))[1:]
    best[~np.isfinite(best)] = np.nan
    return best


def smoothed_at(values: Floats, positions: Floats, counts: Floats | Integers | None = None) -> Floats:
    """Return the exponential moving average (n,) of values (n,) that stand for `counts` each (None: 1), ignoring NaN.

    A value's weight halves for each unit of `positions` (n,), which increase.
    """
    known = np.isfinite(values)
    weights = known.astype(np.float64) if counts is None else np.where(known, counts, 0.0)
    steps = np.diff(positions)
    if len(steps) and (steps == steps[0]).all():
        return smoothed(np.where(known, values, 0.0), weights, float(steps[0]))
    out, total, weight, before = np.empty(len(values)), 0.0, 0.0, 0.0
    rows = zip(np.where(known, values, 0.0).tolist(), weights.tolist(), positions.tolist(), strict=True)
    for row, (value, count, place) in enumerate(rows):
        decay = 0.5 ** min(place - before, MOST_BITS)
        total, weight, before = total * decay + value * count, weight * decay + count, place
        out[row] = total / weight if weight > 0 else np.nan
    return out


def is_even(iteration: Integers, width: int) -> bool:
    """Whether each row begins where the one before ends: rows of a logged metric may be steps apart."""
    rows = len(iteration)
    return not rows or int(iteration[-1]) - int(iteration[0]) == width * (rows - 1)


@dataclass(frozen=True, slots=True, eq=False)
class SeriesBundle:
    """All series of a chart concatenated: NumPy is fast on few long arrays and slow on many short ones.

    `x`, `line`, `low`, `high`, `gap` and `owner` (the index of each row's series) have shape (rows of all series,);
    series i has the rows starts[i]..starts[i + 1]. `gap` is None if no series has one.
    """

    series: tuple[Series, ...]
    x: Floats
    line: Floats
    low: Floats
    high: Floats
    gap: Flags | None
    owner: Integers
    starts: Integers


def bundle(series: list[Series]) -> SeriesBundle:
    """Concatenate some series (at least one)."""
    lengths = [len(one.x) for one in series]
    return SeriesBundle(
        tuple(series),
        np.concatenate([one.x for one in series]),
        np.concatenate([one.line for one in series]),
        np.concatenate([one.low for one in series]),
        np.concatenate([one.high for one in series]),
        _gaps(series),
        np.repeat(np.arange(len(series), dtype=np.int64), lengths),
        np.cumsum([0, *lengths], dtype=np.int64),
    )


def _gaps(series: list[Series]) -> Flags | None:
    if all(one.gap is None for one in series):
        return None
    return np.concatenate([np.zeros(len(one.x), np.bool_) if one.gap is None else one.gap for one in series])
