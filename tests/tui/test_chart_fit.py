"""How high the y axis is: as what is shown needs it, and steady while runs grow."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.presence import present
from tests.tui.chart_curves import decimated, noisy
from tui.chart import ChartRun, ChartView, Picture, Points, draw
from tui.chart.values.window import zoom_centred

FALLING = [9.0 * 0.99**n + 0.1 for n in range(1000)]


def run_of(losses: list[float], *, run_id: int = 1, **options: Any) -> ChartRun:
    return ChartRun(run_id, f"{run_id} run", run_id, decimated(losses), done=len(losses), **options)


FALLEN = run_of(FALLING)


def heights(view: ChartView, previous: Picture | None = None) -> tuple[float, float]:
    axes = present(draw(view, 100, 24, previous=previous).axes)
    return axes.y_low, axes.y_high


@given(st.integers(0, 900), st.integers(20, 100), st.booleans())
def test_the_y_axis_fits_the_shown_part_of_the_lines(first: int, span: int, log_y: bool) -> None:
    view = ChartView((FALLEN,), log_y=log_y, x_window=(float(first), float(first + span)))
    whole = draw(ChartView((FALLEN,), log_y=log_y), 100, 24)
    low, high = heights(view, whole)
    shown = FALLING[first : first + span + 1]
    assert low <= min(shown) <= max(shown) <= high
    if max(shown) > 1.02 * min(shown):
        size = math.log if log_y else float
        filled = (size(max(shown)) - size(min(shown))) / (size(high) - size(low or 1e-9) if log_y else high - low)
        assert filled >= 0.4 or low == 0.0


def test_what_lies_beyond_the_window_does_not_make_it_higher() -> None:
    accuracy = Points(np.array([0, 500, 1000, 1500]), np.arange(4.0), np.array([0.1, 0.92, 0.96, 0.98]))
    run = ChartRun(1, "1", 0, points=accuracy, done=1500)
    low, high = heights(ChartView((run,), metric="validation accuracy", x_window=(450.0, 1500.0)))
    assert low >= 0.8
    assert high <= 1.0


def test_accuracy_fits_what_is_reached_and_not_the_way_up_from_guessing() -> None:
    accuracy = np.array([0.1, *np.linspace(0.92, 0.98, 20)])
    at = np.arange(21) * 50
    run = ChartRun(1, "1", 0, points=Points(at, at / 100, accuracy), done=1000)
    low, high = heights(ChartView((run,), metric="validation accuracy"))
    assert 0.9 <= low <= 0.93
    assert 0.98 <= high <= 1.0
    assert heights(ChartView((run,), metric="validation accuracy", x_window=(0.0, 60.0)))[0] <= 0.1
    begun = ChartRun(1, "1", 0, points=Points(at[:1], at[:1] / 100, accuracy[:1]), done=1)
    assert heights(ChartView((begun,), metric="validation accuracy"))[0] <= 0.1


def test_of_a_diverged_run_alone_every_point_is_seen_and_beside_others_it_leaves() -> None:
    wild = [9.0, 30.0, 1e3, 1e6, 1e9]
    assert heights(ChartView((run_of(wild),)))[1] >= 1e9
    assert heights(ChartView((run_of(wild), run_of(FALLING, run_id=2))))[1] < 1e6
    text = draw(ChartView((run_of(wild),), show_legend=False), 80, 20).to_text()
    assert "▴" not in text


def test_only_the_bands_that_are_drawn_widen_the_axis() -> None:
    calm, loud = run_of([1.0, 2.0] * 50), run_of([0.01, 1.5, 1e3, 1.5] * 25, run_id=2, raw=False, noisy=True)
    without = heights(ChartView((calm, loud), smoothing=20.0, log_y=False))
    alone = heights(ChartView((calm,), log_y=False))
    assert without[1] < 500
    assert alone[1] <= 2.5


def test_the_axis_of_a_growing_run_stays_while_its_window_follows() -> None:
    losses, picture, seen = noisy(1000), None, set()
    for done in range(400, 1000, 20):
        run = run_of(losses[:done], growing=True, planned_iterations=1000, noisy=True)
        window = (float(done - 300), float(done + 100))
        picture = draw(ChartView((run,), smoothing=20.0, x_window=window), 100, 24, previous=picture)
        seen.add((present(picture.axes).y_low, present(picture.axes).y_high))
    assert len(seen) <= 3


@given(st.floats(1e-6, 1e6), st.floats(1.001, 1e6), st.sampled_from([2.0, 0.5, 4.0]), st.booleans())
def test_stretching_and_stretching_back_changes_nothing(low: float, ratio: float, factor: float, log: bool) -> None:
    window = (low, low * ratio)
    closer = zoom_centred(window, factor, log=log)
    assert zoom_centred(closer, 1 / factor, log=log) == pytest.approx(window, rel=1e-6, abs=1e-9 * low * ratio)
    share = (math.log(closer[1] / closer[0]) / math.log(ratio)) if log else (closer[1] - closer[0]) / (window[1] - low)
    assert share == pytest.approx(1 / factor, rel=1e-3)


def test_a_window_that_can_be_no_narrower_or_wider_stays() -> None:
    for log in (False, True):
        window = (1.0, 2.0)
        for factor in (2.0, 0.5):
            for _ in range(3000):
                window = zoom_centred(window, factor, log=log)
                assert all(map(math.isfinite, window))
                assert window[0] < window[1]


@pytest.mark.parametrize("grid", [False, True])
@pytest.mark.parametrize("log_y", [False, True])
def test_a_chosen_height_is_what_is_drawn(grid: bool, log_y: bool) -> None:
    runs = (FALLEN, run_of(FALLING, run_id=2))
    assert heights(ChartView(runs, log_y=log_y, grid=grid, y_window=(0.5, 0.7))) == pytest.approx((0.5, 0.7))
