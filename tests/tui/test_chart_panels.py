"""Panels: the grid of metrics as a picture."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.presence import present
from tests.tui.chart_curves import decimated, noisy
from tui.chart import ChartRun, ChartView, Points, draw, metrics_of, to_csv
from tui.chart.cells.picture import POINTED
from tui.chart.drawing.panels import LEAST_ROWS, LEAST_WIDTH, layout
from tui.chart.values.metrics import GRID
from tui.chart.values.view import Charset, XKind


def points(count: int, scale: float) -> Points:
    at = np.arange(1, count, max(count // 7, 1))
    return Points(at, at / 100, scale / (1 + at))


def grid(
    focus: str = "loss", *, runs: int = 3, length: int = 200, without: tuple[str, ...] = (), **options: Any
) -> ChartView:
    drawn = [
        ChartRun(n, f"{n} run", n, decimated([(n + 1) * loss for loss in noisy(length, seed=n)]), emphasised=n == 1)
        for n in range(runs)
    ]
    panels = tuple(
        ChartView(
            tuple(
                run
                if metric == "loss"
                else replace(run, points=points(0 if metric in without else length, run.slot + 1))
                for run in drawn
            ),
            metric=metric,
            empty_hint="not recorded",
            **options,
        )
        for metric in GRID
    )
    return replace(next(panel for panel in panels if panel.metric == focus), panels=panels)


@given(st.integers(2, 7), st.integers(1, 240), st.integers(1, 70))
def test_a_layout_has_no_hole_and_fits_its_room(count: int, width: int, height: int) -> None:
    plan = layout(count, width, height)
    if plan is not None:
        assert plan.across * plan.down == count
        assert plan.across * plan.width + 2 * (plan.across - 1) <= width
        assert plan.down * (plan.rows + 2) + 1 <= height
        assert (plan.width >= LEAST_WIDTH, plan.rows >= LEAST_ROWS) == (True, True)


@pytest.mark.parametrize("x_kind", ["iteration", "time", "examples"])
@pytest.mark.parametrize("log_x", [False, True])
def test_all_panels_have_one_x_axis(x_kind: XKind, log_x: bool) -> None:
    picture = draw(grid(x_kind=x_kind, log_x=log_x), 120, 40)
    assert len(picture.panels) == 6
    assert len({(present(one.axes).x_low, present(one.axes).x_high, one.plot.width) for one in picture.panels}) == 1
    assert len({one.plot.left for one in picture.panels}) == 2


@pytest.mark.parametrize("focus", GRID)
def test_the_title_of_the_focused_panel_alone_is_strong(focus: str) -> None:
    picture = draw(grid(focus), 120, 40)
    assert present(picture.axes).metric == focus
    for panel in picture.panels:
        row = picture.row(panel.plot.top - 1, max(panel.plot.left - 6, 0), panel.plot.left + panel.plot.width)
        strong = "".join(text for text, style in row if style == POINTED)
        assert (panel.metric in strong) == (panel.metric == focus)


def test_a_metric_that_no_run_has_recorded_says_so_and_the_others_are_drawn() -> None:
    picture = draw(grid("gradient norm", without=("gradient norm",)), 120, 40)
    (empty,) = (panel for panel in picture.panels if panel.axes is None)
    assert empty.metric == "gradient norm"
    assert "not recorded" in picture.to_text()
    assert picture.axes is not None


@given(
    st.sampled_from(GRID), st.sampled_from(GRID), st.integers(1, 160), st.integers(1, 50),
    st.none() | st.floats(-10, 300), st.sampled_from(["unicode", "ascii"]),
)  # fmt: skip
def test_what_is_copied_from_the_picture_before_is_what_would_be_drawn(
    first: str, then: str, width: int, height: int, cursor: float | None, charset: Charset
) -> None:
    view = grid(first, cursor_x=cursor)
    before = draw(view, width, height, charset=charset)
    assert [panel.metric for panel in before.panels] == list(metrics_of(view, width, height))
    other = next(panel for panel in view.panels if panel.metric == then)
    after = draw(replace(other, panels=view.panels), width, height, charset=charset, previous=before)
    anew = draw(replace(other, panels=view.panels), width, height, charset=charset)
    if before.panels:
        assert (after.codepoints == anew.codepoints).all()
        assert (after.styles == anew.styles).all()


def test_panels_that_have_changed_are_drawn_anew_whatever_stood_there() -> None:
    short, long = grid(length=100), grid(length=200)
    before = draw(short, 120, 40)
    mixed = replace(long, panels=(long.panels[0], *short.panels[1:]))
    after = draw(mixed, 120, 40, previous=before)
    assert {present(panel.axes).x_high for panel in after.panels} == {200.0}
    again = draw(replace(long, panels=(short.panels[0], *short.panels[1:])), 120, 40, previous=after)
    assert {present(panel.axes).x_high for panel in again.panels} == {100.0}


def test_the_values_of_a_grid_are_those_of_all_its_metrics() -> None:
    rows = [line.split(",") for line in to_csv(grid()).splitlines()[1:]]
    assert {row[2] for row in rows} == set(GRID)
