"""Series: what is drawn of a run's numbers is true to them."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.trace.smoothing import smoothed
from tests.presence import present
from tests.tui.chart_curves import decimated, noisy
from tui.chart import ChartRun
from tui.chart.values.axes import nice_linear, nice_log
from tui.chart.values.columns import Columns, to_columns
from tui.chart.values.metrics import short_number
from tui.chart.values.series import Series, bundle, series_of
from tui.chart.values.ticks import clock_label, count_label, x_ticks, y_ticks
from tui.chart.values.view import Axes, XKind

ANY = st.floats(allow_nan=True, allow_infinity=True, width=32)


def columns_of(losses: list[float], width: int, **options: Any) -> tuple[Series, Columns]:
    series = present(series_of(ChartRun(1, "1", 0, decimated(losses), **options), "iteration", 0.0))
    x = series.x * (width / len(losses))
    return series, to_columns(bundle([series]), x, series.line, series.high, series.low, width)


@given(st.lists(ANY, min_size=1, max_size=200), st.integers(1, 40))
def test_two_points_a_column_bound_the_truth(losses: list[float], width: int) -> None:
    # rows are measured downwards, so the greatest value is handed in as the lowest place and the other way round
    _, columns = columns_of(losses, width)
    x = np.arange(len(losses)) * (width / len(losses))
    for column in range(width):
        inside = [v for v, at in zip(losses, x, strict=True) if math.floor(at) == column and math.isfinite(v)]
        if inside:
            assert (columns.low[0, column], columns.high[0, column]) == (max(inside), min(inside))
        else:
            assert math.isnan(columns.low[0, column])
            assert math.isnan(columns.high[0, column])


@given(st.lists(ANY, min_size=1, max_size=100))
def test_a_search_shows_the_lowest_so_far(losses: list[float]) -> None:
    series = present(series_of(ChartRun(1, "1", 0, decimated(losses), kind="search"), "iteration", 0.0))
    best = math.inf
    for value, shown in zip(losses, series.line, strict=True):
        best = min(best, value) if math.isfinite(value) else best
        assert shown == best or (math.isnan(shown) and best == math.inf)


@given(st.lists(st.floats(0.01, 100), min_size=1, max_size=80), st.floats(0.3, 60))
def test_smoothing_is_the_weighted_average_that_it_says(values: list[float], half_life: float) -> None:
    out = smoothed(np.array(values), np.ones(len(values)), 1 / half_life)
    for i in (0, len(values) // 2, len(values) - 1):
        weights = 0.5 ** ((i - np.arange(i + 1)) / half_life)
        assert out[i] == pytest.approx(np.sum(weights * values[: i + 1]) / np.sum(weights))


def test_smoothing_does_not_depend_on_the_zoom() -> None:
    losses = noisy(4096)
    fine = present(series_of(ChartRun(1, "1", 0, decimated(losses), noisy=True), "iteration", 200.0))
    coarse = present(series_of(ChartRun(1, "1", 0, decimated(losses, width=16), noisy=True), "iteration", 200.0))
    at_same_place = fine.line[np.minimum((coarse.x + 7.5).astype(int), 4095)]
    assert np.allclose(coarse.line[50:], at_same_place[50:], rtol=0.02)


def test_long_curves_do_not_overflow_the_average() -> None:
    assert np.isfinite(smoothed(np.ones(100_000), np.ones(100_000), 1.0)).all()
    assert np.isfinite(smoothed(np.ones(1000), np.ones(1000), 39.0)).all()


def test_the_largest_losses_do_not_overflow_the_average_either() -> None:
    largest = np.finfo(float).max
    losses, weights = np.array([1.0, largest, np.nan, 1e300]), np.array([1, 1, 0, 1])
    assert smoothed(losses, weights, 1.0) == pytest.approx(smoothed(losses / largest, weights, 1.0) * largest)


@pytest.mark.parametrize(
    ("x_kind", "end"), [("iteration", 100.0), ("time", 1.0), ("examples", 25600.0), ("evaluations", 300.0)]
)
def test_the_x_axis_ends_with_the_data_in_its_own_units(x_kind: XKind, end: float) -> None:
    run = ChartRun(
        1, "1", 0, decimated(noisy(100)), examples_per_iteration=256, losses_per_iteration=3, planned_iterations=400
    )
    series = present(series_of(run, x_kind, 0.0))
    assert series.x_end == pytest.approx(end)
    assert (np.diff(series.x) > 0).all()
    growing = ChartRun(
        1, "1", 0, run.curve, examples_per_iteration=256, losses_per_iteration=3, planned_iterations=400, growing=True
    )
    assert present(series_of(growing, x_kind, 0.0)).x_end == pytest.approx(4 * end)


@given(st.floats(1e-12, 1e12), st.floats(1, 1e9))
def test_round_limits_contain_the_data(low: float, factor: float) -> None:
    high = low * factor
    for nice in (nice_log, nice_linear):
        a, b = nice(low, high)
        assert a <= low * (1 + 1e-6)
        assert b >= high * (1 - 1e-6)
        assert a < b


@given(
    low=st.floats(1e-9, 1e9),
    factor=st.floats(1.5, 1e12),
    log=st.booleans(),
    x_kind=st.sampled_from(["iteration", "time"]),
    size=st.tuples(st.integers(2, 60), st.integers(8, 200)),
)
def test_ticks_lie_in_the_plot_in_order_and_do_not_touch(
    low: float, factor: float, log: bool, x_kind: XKind, size: tuple[int, int]
) -> None:
    axes = Axes(low, low * factor, low, low * factor, log, log, x_kind, "loss")
    rows, columns = size
    ys, xs = y_ticks(axes, rows), x_ticks(axes, columns)
    assert all(0 <= tick.cell < rows for tick in ys)
    assert all(0 <= tick.cell < columns for tick in xs)
    assert all(a.cell > b.cell for a, b in itertools.pairwise(ys))
    for a, b in itertools.pairwise(xs):
        assert a.cell + len(a.label) / 2 + 0.5 <= b.cell - len(b.label) / 2 + 0.5


@pytest.mark.parametrize(
    ("low", "high", "columns", "log", "x_kind", "labels"),
    [
        (4.01703, 5.6, 52, True, "time", ["4.5", "5.0", "5.5"]),
        (4100, 5600, 52, True, "iteration", ["4500", "5000", "5500"]),
        (1050, 1460, 24, False, "iteration", ["1200", "1400"]),
        (0.22, 5.1, 33, True, "iteration", ["0.5", "2"]),
        (35.7, 49.4, 31, False, "time", ["40", "45"]),
    ],
)
def test_a_window_has_round_ticks_that_tell_its_scale(
    low: float, high: float, columns: int, log: bool, x_kind: XKind, labels: list[str]
) -> None:
    ticks = x_ticks(Axes(low, high, 1.0, 10.0, log, True, x_kind, "loss"), columns)
    assert [tick.label for tick in ticks] == labels


def test_labels_are_short_and_plain() -> None:
    assert [short_number(v) for v in (0.001, 0.2, 1.0, 20.0, 5000.0, 1e4, 1e-4, 1e100)] == [
        "0.001", "0.2", "1", "20", "5000", "1e4", "1e-4", "1e100",
    ]  # fmt: skip
    assert [count_label(v) for v in (0, 800, 1500, 20_000, 1.5e6)] == ["0", "800", "1500", "20k", "1.5M"]
    assert [clock_label(v) for v in (5, 90, 3700)] == ["0:05", "1:30", "1:01:40"]
