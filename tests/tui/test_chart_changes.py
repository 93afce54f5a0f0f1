"""What a live chart costs: axes that hold, and repaints of what changed."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.presence import present
from tests.tui.chart_curves import decimated, noisy
from tui.chart import ChartRun, ChartView, Picture, Plot, draw
from tui.chart.values.view import RunKind, XKind
from tui.chart.values.window import zoom

GLYPHS = st.sampled_from([ord(" "), ord("a"), 0x28FF, ord("梯")])


def race(n: int, **options: Any) -> ChartView:
    """Three runs after n of 1,000 iterations."""
    search = list(8 + np.random.default_rng(2).gamma(4, 1.5, 1000))
    local = list(9 * np.exp(-np.arange(1000) / 400))
    curves: tuple[tuple[list[float], RunKind], ...] = ((search, "search"), (local, "search"), (noisy(1000), "gradient"))
    runs = tuple(
        ChartRun(i, f"{i} run", i, decimated(losses[:n], width=4), kind=kind, planned_iterations=1000, growing=n < 1000)
        for i, (losses, kind) in enumerate(curves)
    )
    return ChartView(runs, **options)


def picture_of(rows: list[list[int]]) -> Picture:
    """A picture of one-style cells, where a wide glyph takes two."""
    width = 2 * max(len(row) for row in rows)
    codes = np.full((len(rows), width), ord(" "), dtype=np.uint32)
    for index, row in enumerate(rows):
        cells = [cell for code in row for cell in ([code, 0] if code == ord("梯") else [code])]
        codes[index, : len(cells)] = cells
    return Picture(codes, np.zeros(codes.shape, np.uint8), None, Plot(0, 0, width, len(rows)))


@given(
    st.integers(1, 6).flatmap(
        lambda n: st.tuples(
            st.lists(st.lists(GLYPHS, min_size=12, max_size=12), min_size=n, max_size=n),
            st.lists(st.lists(GLYPHS, min_size=12, max_size=12), min_size=n, max_size=n),
        )
    )
)
def test_repainting_the_changed_spans_gives_the_new_picture_and_cuts_no_wide_glyph(
    pair: tuple[list[list[int]], list[list[int]]],
) -> None:
    old, new = picture_of(pair[0]), picture_of(pair[1])
    screen = old.codepoints.copy()
    for row, start, stop in new.changed_spans(old):
        assert new.codepoints[row, start] != 0
        assert stop == new.width or new.codepoints[row, stop] != 0
        assert old.codepoints[row, start] != 0
        assert stop == old.width or old.codepoints[row, stop] != 0
        screen[row, start:stop] = new.codepoints[row, start:stop]
    assert (screen == new.codepoints).all()


def test_an_unchanged_view_repaints_nothing_and_another_size_everything() -> None:
    first = draw(race(500), 100, 30)
    assert draw(race(500), 100, 30, previous=first).changed_spans(first) == []
    other = draw(race(500), 101, 30, previous=first)
    assert [(span.start, span.stop) for span in other.changed_spans(first)] == [(0, 101)] * 30


@pytest.mark.parametrize("x_kind", ["iteration", "time", "examples"])
@pytest.mark.parametrize("log_y", [True, False])
def test_a_growing_chart_rarely_rescales_and_repaints_little(x_kind: XKind, log_y: bool) -> None:
    picture, rescales, repainted = None, 0, []
    for n in range(20, 1001, 20):
        new = draw(race(n, x_kind=x_kind, log_y=log_y), 120, 30, previous=picture)
        if picture is not None and new.axes == picture.axes:
            repainted.append(sum(span.stop - span.start for span in new.changed_spans(picture)))
        else:
            rescales += 1
        picture = new
    assert rescales <= 5
    assert np.median(repainted) < 60
    assert present(present(picture).axes).x_high == {"iteration": 1000, "time": 10, "examples": 1000}[x_kind]


@given(counts=st.lists(st.integers(1, 1000), min_size=2, max_size=6), log_y=st.booleans())
def test_held_axes_always_contain_the_lines(counts: list[int], log_y: bool) -> None:
    picture = None
    for n in counts:
        view = replace(race(n, log_y=log_y), show_raw=False)
        picture = draw(view, 80, 24, previous=picture)
        curves = [present(run.curve) for run in view.runs]
        best = [float(np.min(c.low)) for c in curves[:2]] + [float(np.min(curves[2].mean))]
        assert present(picture.axes).y_low <= min(best) * (1 + 1e-9)
        assert present(picture.axes).y_high * (1 + 1e-9) >= float(curves[2].mean.max())


def test_another_kind_of_axis_lets_go_of_the_held_range_and_a_window_wins() -> None:
    first = draw(race(500), 80, 24)
    assert present(draw(race(500, log_y=False), 80, 24, previous=first).axes).y_low == 0
    zoomed = draw(race(500, x_window=(100.0, 200.0), y_window=(0.5, 3.0)), 80, 24, previous=first)
    axes = present(zoomed.axes)
    assert (axes.x_low, axes.x_high, axes.y_low, axes.y_high) == (100, 200, 0.5, 3.0)


@pytest.mark.parametrize("smoothing", [0.0, 20.0])
@pytest.mark.parametrize("x_kind", ["iteration", "examples"])
def test_a_growing_chart_does_not_change_when_its_buckets_get_wider(x_kind: XKind, smoothing: float) -> None:
    kinds: tuple[RunKind, ...] = ("gradient", "search", "gradient")

    def at(width: int) -> Picture:
        runs = tuple(
            ChartRun(i, f"{i}", i, decimated(noisy(900, seed=i), width=width), kind=kind, planned_iterations=4000,
                     growing=True, examples_per_iteration=32)
            for i, kind in enumerate(kinds)
        )  # fmt: skip
        return draw(ChartView(runs, x_kind=x_kind, smoothing=smoothing), 120, 30)

    assert at(4).changed_spans(at(1)) == []
    assert at(16).changed_spans(at(4)) == []


@pytest.mark.parametrize("grid", [False, True])
def test_hundreds_of_partial_repaints_equal_the_full_picture(grid: bool) -> None:
    draws = random.Random(7)
    before: Picture | None = None
    n, window = 20, None
    codes = styles = np.zeros((0, 0), np.uint32)
    size = (90, 26)
    for turn in range(400):
        n = min(n + draws.choice([0, 1, 5, 40]), 1000) if n < 1000 else 20
        if turn % 20 == 0:
            size = (draws.randint(20, 130), draws.randint(5, 40))
        if turn % 10 == 0:
            window = zoom(window, draws.choice([0.5, 2.0, 3.0]), draws.uniform(0, 1000), (0.0, 1000.0))
        cursor = draws.choice([None, draws.uniform(0, 1000)])
        view = replace(RACES[n // 100], x_window=window, cursor_x=cursor, grid=grid, log_y=turn % 36 < 24)
        picture = draw(view, *size, previous=before)
        if codes.shape != picture.codepoints.shape:
            codes, styles = np.zeros(picture.codepoints.shape, np.uint32), np.zeros(picture.styles.shape, np.uint8)
        for row, start, stop in picture.changed_spans(before):
            codes[row, start:stop] = picture.codepoints[row, start:stop]
            styles[row, start:stop] = picture.styles[row, start:stop]
        assert (codes == picture.codepoints).all()
        assert (styles == picture.styles).all()
        before = picture


RACES = [race(n) for n in (20, *range(100, 1001, 100))]
