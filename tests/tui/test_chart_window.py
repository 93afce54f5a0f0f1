"""Windows: zoom, pan and follow are arithmetic on ranges."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.presence import present
from tui.chart.values.window import follow, pan, zoom
from tui.model.chart_options import ChartOptions

LIMITS = (1.0, 10_000.0)
INSIDE = st.floats(*LIMITS)


def share(value: float, window: tuple[float, float], log: bool) -> float:
    scale = math.log if log else float
    low, high = scale(window[0]), scale(window[1])
    return (scale(value) - low) / (high - low)


@given(st.none() | st.tuples(INSIDE, INSIDE), st.floats(1.0, 8.0), INSIDE, st.booleans())
def test_zooming_in_keeps_the_place_under_the_cursor_and_stays_inside(
    window: tuple[float, float] | None, factor: float, around: float, log: bool
) -> None:
    if window is not None:
        window = min(window), max(window)
        assume(window[1] > window[0] * 1.05)
        around = min(max(around, window[0]), window[1])
    before = window or LIMITS
    after = zoom(window, factor, around, LIMITS, log=log)
    if after is None:
        assert factor < 1.01
        return
    assert LIMITS[0] <= after[0] < after[1] <= LIMITS[1]
    assert share(around, after, log) == pytest.approx(share(around, before, log), abs=1e-3)


@given(st.tuples(INSIDE, INSIDE), st.floats(0.01, 100.0), INSIDE, st.booleans())
def test_a_window_never_leaves_its_limits_and_zooming_out_ends_with_the_whole(
    window: tuple[float, float], factor: float, around: float, log: bool
) -> None:
    window = min(window), max(window)
    assume(window[1] > window[0] * 1.01)
    after = zoom(window, factor, around, LIMITS, log=log)
    assert after is None or LIMITS[0] <= after[0] < after[1] <= LIMITS[1]
    assert zoom(window, 1e-6, around, LIMITS, log=log) is None


def test_an_axis_of_whole_numbers_is_not_looked_at_between_two_of_them() -> None:
    chart_options = ChartOptions()
    for _ in range(40):
        chart_options = chart_options.zoomed(2.0, 500.0, (0.0, 1000.0))
    assert chart_options.window is not None
    assert chart_options.window[1] - chart_options.window[0] == pytest.approx(4.0)
    assert ChartOptions().zoomed(2.0, 0.5, (0.0, 1.0)).window is None
    seconds = ChartOptions(x_kind="time").zoomed(1024.0, 5.0, (0.0, 10.0)).window
    assert seconds is not None
    assert seconds[1] - seconds[0] < 0.1


@given(st.tuples(st.floats(2000, 4000), st.floats(4500, 7000)), st.floats(-0.1, 0.1), st.booleans())
def test_panning_there_and_back_changes_nothing_and_the_width_stays(
    window: tuple[float, float], by: float, log: bool
) -> None:
    there = pan(window, by, LIMITS, log=log)
    assert pan(there, -by, LIMITS, log=log) == pytest.approx(window)
    assert present(pan(window, 1e6, LIMITS, log=log))[1] == pytest.approx(LIMITS[1])
    assert pan(None, by, LIMITS, log=log) is None
    far = present(pan(window, 1e6, (0.0, 10_000.0)))
    assert far[1] - far[0] == pytest.approx(window[1] - window[0])


def test_following_moves_once_in_a_while_and_keeps_the_newest_data_in_sight() -> None:
    window, moves = (0.0, 100.0), 0
    for seen in range(1000):
        after = present(follow(window, float(seen)))
        assert after[0] <= seen <= after[1]
        assert after[1] - after[0] == pytest.approx(100)
        moves += after != window
        window = after
    assert moves <= 900 / 25 + 1
    assert follow(None, 5.0) is None
    assert follow((1.0, 2.0), math.nan) == (1.0, 2.0)
