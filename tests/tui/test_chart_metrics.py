"""Other metrics than the loss: sparse values, their axes, and the second line."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.presence import present
from tests.tui.chart_curves import decimated
from tui.chart import ChartRun, ChartView, Picture, Points, draw
from tui.chart.cells.picture import strong
from tui.chart.values.view import X_KINDS, Charset, ChartMark, MarkKind, XKind


def points(values: list[float], every: int = 50) -> Points:
    iteration = np.arange(len(values)) * every
    return Points(iteration, iteration / 100, np.array(values, dtype=float))


def measured(values: list[float], *, slot: int = 0, **options: Any) -> ChartRun:
    return ChartRun(slot, f"{slot} run", slot, points=points(values), **options)


def plot_styles(picture: Picture) -> np.ndarray:
    plot = picture.plot
    return picture.styles[plot.top : plot.top + plot.height, plot.left : plot.left + plot.width]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_accuracy_is_a_linear_axis_of_per_cents_within_0_and_1(values: list[float]) -> None:
    picture = draw(ChartView((measured(values),), metric="validation accuracy", log_y=True), 80, 20)
    axes = present(picture.axes)
    assert not axes.log_y
    assert 0 <= axes.y_low < axes.y_high <= 1
    later = values[int(0.1 * (len(values) - 1)) + 1 :] or values
    assert axes.y_low <= min(later) + 1e-9
    assert axes.y_high >= max(later) - 1e-9
    assert "%" in picture.to_text()
    assert "(log)" not in picture.to_text().splitlines()[0]


def test_step_size_is_a_log_axis_with_upright_steps() -> None:
    picture = draw(ChartView((measured([0.1, 0.05, 0.2, 0.2]),), metric="step size", log_y=False), 80, 20)
    axes = present(picture.axes)
    assert axes.log_y
    assert axes.y_low <= 0.05
    assert axes.y_high >= 0.2
    columns = (plot_styles(picture) == strong(0)).sum(axis=0)
    assert sorted(columns.tolist())[-3] <= 2, "all rows of a step lie in one column"


@pytest.mark.parametrize(
    ("metric", "log_y", "most"),
    [("loss", True, 1e4), ("loss", False, 60), ("gradient norm", True, 1e4), ("something else", True, math.inf)],
)
def test_how_far_a_diverging_run_may_widen_the_axis_depends_on_the_metric(
    metric: str, log_y: bool, most: float
) -> None:
    wild, calm = measured([10.0 * 3**k for k in range(30)]), measured([10.0, 5.0, 2.0, 1.0], slot=1)
    picture = draw(ChartView((wild, calm), metric=metric, log_y=log_y), 80, 20)
    axes = present(picture.axes)
    assert axes.y_high <= most
    if most == math.inf:
        assert axes.y_high >= 10.0 * 3**29


def test_a_value_that_is_not_finite_is_a_gap_with_a_sign() -> None:
    picture = draw(ChartView((measured([1.0, 2.0, math.nan, math.nan, math.nan, 3.0]),), show_legend=False), 80, 20)
    assert picture.to_text().count("✗") == 1
    empty = np.flatnonzero(~(plot_styles(picture) == strong(0)).any(axis=0))
    assert len(empty) > 30


def test_points_that_are_apart_have_signs_and_a_dense_series_is_a_plain_line() -> None:
    assert draw(ChartView((measured([1.0, 2.0, 3.0, 2.0]),)), 80, 20).to_text().count("•") >= 2
    assert "•" not in draw(ChartView((measured([1.0, 2.0] * 60),)), 80, 20).to_text()


@pytest.mark.parametrize("charset", ["unicode", "ascii"])
def test_a_companion_is_a_thinner_line_of_its_run_and_named_in_the_title(charset: Charset) -> None:
    train = decimated([1.0] * 200)
    run = ChartRun(1, "1", 0, train, companion=points([4.0] * 5))
    view = ChartView((run,), companion_name="validation", show_raw=False, show_legend=False)
    picture = draw(view, 80, 20, charset=charset)
    assert "validation" in picture.to_text().splitlines()[0]
    plot = picture.plot
    rows = {}
    for row in range(plot.top, plot.top + plot.height):
        codes = picture.codepoints[row, plot.left : plot.left + plot.width]
        dots = sum(bin(int(code) - 0x2800).count("1") if code >= 0x2800 else 1 for code in codes if code != ord(" "))
        if dots > 10:
            rows[row] = dots
    upper, lower = (rows[row] for row in sorted(rows))
    assert upper < 0.6 * lower


@pytest.mark.parametrize("x_kind", ["iteration", "time", "examples"])
def test_every_metric_has_the_axis_of_the_whole_run(x_kind: XKind) -> None:
    loss = ChartRun(1, "1", 0, decimated([1.0] * 300, width=4), examples_per_iteration=8, planned_iterations=1000)
    sparse = replace(loss, points=points([0.5, 0.6, 0.7]))
    for growing in (False, True):
        axes = [
            draw(ChartView((replace(run, growing=growing),), x_kind=x_kind, metric=metric), 80, 20).axes
            for run, metric in ((loss, "loss"), (sparse, "accuracy"))
        ]
        assert present(axes[0]).x_high == present(axes[1]).x_high


def test_empty_points_draw_nothing_and_not_the_loss() -> None:
    run = ChartRun(1, "1", 0, decimated([1.0] * 10), points=points([]))
    assert draw(ChartView((run,), metric="validation accuracy"), 60, 12).axes is None


def test_marks_of_steering_have_signs_of_their_own_on_the_line_in_every_kind_of_x() -> None:
    kinds: tuple[MarkKind, ...] = ("step-halved", "step-doubled", "pause", "fork")
    marks = tuple(ChartMark(40 + 30 * i, kind, (40 + 30 * i) / 100) for i, kind in enumerate(kinds))
    for x_kind in X_KINDS:
        run = ChartRun(1, "1", 0, decimated([1.0] * 200), marks=marks)
        text = draw(ChartView((run,), x_kind=x_kind), 80, 20).to_text()
        assert all(text.count(sign) == 2 for sign in "↓↑‖◇")
        ascii_text = draw(ChartView((run,), x_kind=x_kind), 80, 20, charset="ascii").to_text()
        assert ascii_text.count("\\") == ascii_text.count("/") == 2
