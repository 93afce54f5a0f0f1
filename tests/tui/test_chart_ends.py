"""Where a line ends, and its marker with it: where the run has come to, at the loss that is told of it elsewhere."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.trace.smoothing import HALF_LIFE, smoothed
from tests.presence import present
from tests.tui.chart_curves import decimated, noisy
from tui.chart import ChartRun, ChartView, Picture, Points, draw, readout
from tui.chart.values.axes import x_to_dots, y_to_dots
from tui.chart.values.series import smoothed_at
from tui.chart.values.view import X_KINDS, RunKind, XKind
from tui.colours.palette import marker

SIZES = st.tuples(st.integers(30, 200), st.integers(10, 50))


def mini_batches(done: int, *, run_id: int = 1, width: int = 1, **options: Any) -> ChartRun:
    losses = noisy(done, seed=run_id, floor=0.2 * run_id)
    current = smoothed(np.array(losses), np.ones(done), 1 / HALF_LIFE)[-1]
    return ChartRun(
        run_id, f"{run_id} gradient", run_id, decimated(losses, width=width), noisy=True, done=done, current=current,
        **options,
    )  # fmt: skip


def places(picture: Picture, slot: int) -> list[tuple[int, int]]:
    """The cells of the plot, as (column, row), that hold the sign of a slot."""
    plot, sign = picture.plot, ord(marker(slot))
    cells = picture.codepoints[plot.top : plot.top + plot.height, plot.left : plot.left + plot.width]
    return [(column, row) for row, column in zip(*map(np.ndarray.tolist, np.nonzero(cells == sign)), strict=True)]


def place_of(picture: Picture, x: float, y: float) -> tuple[int, int]:
    axes, plot = present(picture.axes), picture.plot
    column = float(x_to_dots(axes, np.array([x]), plot.width)[0])
    row = float(y_to_dots(axes, np.array([y]), plot.height)[0])
    return min(int(column), plot.width - 1), min(int(row), plot.height - 1)


@given(SIZES, st.integers(1, 3000), st.sampled_from([1, 4, 16, 64]), st.booleans(), st.booleans())
def test_at_every_size_a_noisy_line_ends_at_the_loss_that_is_told(
    size: tuple[int, int], done: int, width: int, growing: bool, log_y: bool
) -> None:
    run = mini_batches(done, width=width, growing=growing, planned_iterations=3000)
    view = ChartView((run,), smoothing=HALF_LIFE, log_y=log_y, show_legend=False)
    picture = draw(view, *size)
    assert places(picture, 1) == [place_of(picture, done, present(run.current))]
    for x in (done, done + 1, np.inf):
        assert readout(view, x)[0].value == run.current


@given(SIZES, st.lists(st.integers(1, 1000), min_size=1, max_size=6, unique=True), st.sampled_from(X_KINDS))
@settings(max_examples=20)
def test_markers_stand_in_the_column_where_their_run_ended(
    size: tuple[int, int], ends: list[int], x_kind: XKind
) -> None:
    runs = tuple(
        mini_batches(done, run_id=i, examples_per_iteration=32, losses_per_iteration=7)
        for i, done in enumerate(ends, 1)
    )
    picture = draw(ChartView(runs, smoothing=HALF_LIFE, x_kind=x_kind, show_legend=False), *size)
    scale = {"iteration": 1.0, "examples": 32.0, "evaluations": 7.0, "time": 0.01}[x_kind]
    for run in runs:
        there = place_of(picture, present(run.done) * scale, present(run.current))
        beneath = [
            other for other in runs if place_of(picture, present(other.done) * scale, present(other.current)) == there
        ]
        assert places(picture, run.slot) in ([there], [] if len(beneath) > 1 else [there])


def test_at_iteration_40_of_1000_the_marker_stands_at_40() -> None:
    runs = tuple(mini_batches(40, run_id=i, growing=True, planned_iterations=1000) for i in (1, 2, 3))
    picture = draw(ChartView(runs, smoothing=HALF_LIFE, show_legend=False), 120, 30)
    for run in runs:
        assert [column for column, _ in places(picture, run.slot)] in ([picture.plot.width * 40 // 1000], [])
    assert places(picture, 3)


@pytest.mark.parametrize("kind", ["search", "gradient"])
def test_an_exact_line_ends_at_its_last_loss_and_a_search_at_its_lowest(kind: RunKind) -> None:
    losses = [5.0, 1.0, 3.0, 2.0, 9.0]
    run = ChartRun(1, "1 run", 0, decimated(losses, width=4), kind=kind, done=5)
    (end,) = readout(ChartView((run,), smoothing=HALF_LIFE), 5.0)
    assert end.value == (1.0 if kind == "search" else 9.0)


def test_a_line_that_is_smoothed_in_another_way_ends_where_it_comes_to() -> None:
    run = mini_batches(500)
    ends = {
        half_life: readout(ChartView((run,), smoothing=half_life), 500.0)[0].value for half_life in (0.0, 5.0, 20.0)
    }
    assert ends[20.0] == run.current
    assert len(set(ends.values())) == 3


def test_a_line_of_which_only_the_beginning_was_read_does_not_end_there() -> None:
    losses = noisy(1000)
    run = ChartRun(1, "1 run", 0, decimated(losses[:100]), noisy=True, done=1000, current=0.123)
    view = ChartView((run,), smoothing=HALF_LIFE, x_window=(0.0, 50.0), show_legend=False)
    assert readout(view, 99.0)[0].value != run.current
    picture = draw(view, 80, 20)
    assert [column for column, _ in places(picture, 0)] == [picture.plot.width - 1]


@given(
    st.lists(st.one_of(st.floats(-1e6, 1e6), st.just(float("nan"))), min_size=1, max_size=40),
    st.lists(st.integers(1, 60), min_size=40, max_size=40),
    st.booleans(),
)
def test_single_values_are_averaged_by_how_far_they_lie_back(values: list[float], gaps: list[int], even: bool) -> None:
    at = np.cumsum([1] * 40 if even else gaps)[: len(values)] / HALF_LIFE
    found = smoothed_at(np.array(values), at)
    for row in range(len(values)):
        weights = np.where(np.isnan(values[: row + 1]), 0.0, 0.5 ** (at[row] - at[: row + 1]))
        if weights.sum() > 1e-12:
            expected = (np.nan_to_num(values[: row + 1]) * weights).sum() / weights.sum()
            assert found[row] == pytest.approx(expected, rel=1e-6, abs=1e-3)


def test_a_noisy_gradient_norm_is_smoothed_and_its_values_stand_behind_it() -> None:
    norms = np.array([1.0, 3.0] * 100)
    at = np.arange(200)
    run = ChartRun(1, "1", 0, points=Points(at, at / 100, norms), noisy=True, done=200)
    (end,) = readout(ChartView((run,), metric="gradient norm", smoothing=HALF_LIFE), 200.0)
    assert end.value == pytest.approx(2.0, abs=0.05)
    assert (end.low, end.high) == (3.0, 3.0)
    (exact,) = readout(ChartView((run,), metric="train loss", smoothing=HALF_LIFE), 199.0)
    assert exact.value == 3.0
