"""The readout: what every run had reached at the cursor."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.presence import present
from tests.tui.chart_curves import decimated, noisy
from tui.chart import ChartRun, ChartView, Points, draw, readout
from tui.chart.cells.picture import CURSOR, HINT
from tui.chart.values.view import RunKind, XKind

VALUES = st.lists(st.floats(1e-3, 1e3) | st.just(math.nan), min_size=1, max_size=60)


@given(values=VALUES, at=st.floats(-5, 90), kind=st.sampled_from(["gradient", "search"]))
def test_a_reading_is_the_last_value_at_or_before_the_cursor(values: list[float], at: float, kind: RunKind) -> None:
    view = ChartView((ChartRun(1, "1", 0, decimated(values), kind=kind),))
    (reading,) = readout(view, at)
    if at < 0:
        assert reading.value is None
        return
    seen = values[: int(at) + 1]
    if kind == "gradient":
        expected = seen[-1]
    else:
        expected = min((value for value in seen if math.isfinite(value)), default=math.nan)
    assert reading.value == pytest.approx(expected, nan_ok=True)
    assert reading.ended == (at > len(values))


@pytest.mark.parametrize(("x_kind", "x"), [("iteration", 30.0), ("time", 0.31), ("examples", 31 * 256.0)])
def test_every_kind_of_x_reads_the_same_iteration(x_kind: XKind, x: float) -> None:
    losses = [float(100 - k) for k in range(60)]
    run = ChartRun(1, "1", 0, decimated(losses), examples_per_iteration=256)
    (reading,) = readout(ChartView((run,), x_kind=x_kind), x)
    assert reading.value == losses[30]
    assert reading.at == pytest.approx(x)


def test_readings_are_sorted_best_first_and_what_cannot_be_compared_comes_last() -> None:
    curves = {1: [5.0] * 9, 2: [1.0] * 9, 3: [math.nan] * 9, 4: [], 5: [3.0] * 9}
    runs = tuple(ChartRun(i, str(i), i, decimated(losses)) for i, losses in curves.items())
    assert [one.run_id for one in readout(ChartView(runs), 4.0)] == [2, 5, 1, 3, 4]
    points = tuple(
        ChartRun(i, str(i), i, points=Points(np.array([0]), np.array([0.0]), np.array([share])))
        for i, share in ((1, 0.2), (2, 0.9), (3, 0.5))
    )
    assert [one.run_id for one in readout(ChartView(points, metric="validation accuracy"), 4.0)] == [2, 3, 1]


@pytest.mark.parametrize(("losses", "told"), [([9.0, math.inf], "inf"), ([9.0, math.nan], "nan"), ([math.inf], "inf")])
@pytest.mark.parametrize("kind", ["gradient", "search"])
def test_an_infinite_loss_is_told_as_it_is(losses: list[float], told: str, kind: RunKind) -> None:
    curve, points = decimated(losses), Points(np.arange(len(losses)), np.arange(len(losses)) / 100, np.array(losses))
    runs = (ChartRun(1, "1 run", 0, points=points), ChartRun(2, "2 run", 1, curve, companion=points))
    for reading in readout(ChartView(runs), 9.0):
        assert str(reading.value) == told
        assert reading.companion is None or str(reading.companion) == told
    if kind == "gradient" or len(losses) == 1:
        (reading,) = readout(ChartView((ChartRun(1, "1 run", 0, curve, kind=kind),)), 9.0)
        assert str(reading.value) == told
    tiles = draw(ChartView((ChartRun(1, "1 run", 0, decimated(losses)),), grid=True), 60, 20).to_text()
    assert told in tiles.splitlines()[0] + tiles.splitlines()[1]


def test_the_drawn_readout_says_values_in_the_legends_place_and_covers_nothing_but_the_cursors_column() -> None:
    runs = tuple(ChartRun(i, f"{i} run", i, decimated([float(i + 1)] * 100)) for i in range(3))
    plain, read = draw(ChartView(runs), 80, 20), draw(ChartView(runs, cursor_x=50.0), 80, 20)
    column = present(read.column_at(50.0))
    assert read.plot == plain.plot
    plot = read.plot
    area = np.s_[plot.top : plot.top + plot.height, plot.left : plot.left + plot.width]
    changed = (plain.codepoints[area] != read.codepoints[area]).any(axis=0)
    assert np.flatnonzero(changed).tolist() == [column - plot.left]
    assert (read.styles[:, column] == CURSOR).any()
    below = read.to_text().splitlines()[plot.top + plot.height + 1 :]
    assert "50" in below[0]
    assert all(f"{i + 1}.000  {i} run" in "\n".join(below[1:]) for i in range(3))


@pytest.mark.parametrize(("width", "height", "least"), [(80, 11, 7), (40, 5, 2), (40, 4, 2), (120, 24, 8)])
def test_values_are_read_out_in_however_little_room_and_the_rest_is_counted(
    width: int, height: int, least: int
) -> None:
    runs = tuple(ChartRun(i, f"{i} run", i, decimated([1.0 + i / 8] * 100)) for i in range(8))
    text = draw(ChartView(runs, cursor_x=50.0), width, height).to_text()
    told = sum(f"{1 + i / 8:.4g}" in text.rpartition("└")[2] for i in range(8))
    assert told >= least
    assert told == 8 or "more" in text


@pytest.mark.parametrize("grid", [False, True])
@pytest.mark.parametrize(("x", "log_x", "edge"), [(5000.0, False, 300.0), (0.2, True, 1.0)])
def test_a_cursor_that_an_axis_has_left_is_read_at_its_edge(grid: bool, x: float, log_x: bool, edge: float) -> None:
    runs = tuple(ChartRun(slot, str(slot), slot, decimated(noisy(300))) for slot in (0, 1))
    left, there = (draw(ChartView(runs, log_x=log_x, cursor_x=at, grid=grid), 80, 24) for at in (x, edge))
    assert (left.styles == CURSOR).any()
    assert left.to_text() == there.to_text()


def test_a_run_that_has_ended_before_the_cursor_is_read_quietly() -> None:
    runs = (ChartRun(1, "long", 0, decimated([2.0] * 100)), ChartRun(2, "short", 1, decimated([1.0] * 40)))
    picture = draw(ChartView(runs, cursor_x=80.0), 80, 20)
    quiet = [text for row in range(20) for text, style in picture.row(row) if style == HINT]
    assert any("short" in text for text in quiet)
    assert not any("long" in text for text in quiet)


@given(x=st.floats(1, 99), width=st.integers(12, 160), log_x=st.booleans(), grid=st.booleans())
def test_a_column_and_its_x_lead_to_each_other(x: float, width: int, log_x: bool, grid: bool) -> None:
    picture = draw(ChartView((ChartRun(1, "1", 0, decimated(noisy(100))),), log_x=log_x, grid=grid), width, 20)
    column = picture.column_at(x)
    assert column is not None
    assert picture.column_at(present(picture.x_at(column))) == column
    assert picture.column_at(math.nan) is None
    assert picture.x_at(picture.plot.left + picture.plot.width - 1) == present(picture.axes).x_high
    assert picture.column_at(1e9) is None
    assert picture.x_at(picture.plot.left - 1) is None
