"""The grid: one tile a run, all on the same axes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tui.chart_curves import decimated, noisy
from tui.chart import ChartRun, ChartView, Picture, draw
from tui.chart.cells.picture import CURSOR, TICK, faint, strong
from tui.chart.drawing.grid import LEAST_ROWS, LEAST_WIDTH, layout
from tui.chart.values.view import Charset


def grid_of(count: int, **options: Any) -> ChartView:
    losses = [[(i + 1) * loss for loss in noisy(200, seed=i)] for i in range(count)]
    runs = tuple(
        ChartRun(i, f"{i} run", i, decimated(one), emphasised=i == options.get("emphasised"))
        for i, one in enumerate(losses)
    )
    options.pop("emphasised", None)
    return ChartView(runs, grid=True, **options)


def cells_of(picture: Picture, index: int) -> tuple[np.ndarray, np.ndarray]:
    plot = picture.tiles[index].plot
    area = np.s_[plot.top : plot.top + plot.height, plot.left : plot.left + plot.width]
    return picture.codepoints[area], picture.styles[area]


@given(st.integers(1, 12), st.integers(1, 240), st.integers(1, 70))
def test_a_layout_fits_its_room_and_shows_as_many_tiles_as_it_can(count: int, width: int, height: int) -> None:
    plan = layout(count, width, height, 4)
    if plan is None:
        assert width < LEAST_WIDTH + 5 or height < LEAST_ROWS + 3
        return
    assert plan.visible <= plan.across * plan.down
    assert (plan.down - 1) * plan.across < plan.visible
    assert plan.width >= LEAST_WIDTH
    assert plan.rows >= LEAST_ROWS
    assert 4 + plan.across * (plan.width + 1) + 2 * (plan.across - 1) <= width
    assert plan.down * (plan.rows + 2) + 1 <= height
    if width >= 80 and height >= 24:
        assert plan.visible == count


@pytest.mark.parametrize("size", [(80, 24), (120, 35), (160, 45), (40, 12)])
@pytest.mark.parametrize("count", [1, 2, 3, 5, 8, 12])
def test_tiles_share_their_axes_and_their_size(count: int, size: tuple[int, int]) -> None:
    picture = draw(grid_of(count), *size)
    assert len({(tile.plot.width, tile.plot.height) for tile in picture.tiles}) == 1
    lines = []
    for tile in picture.tiles:
        assert picture.x_at(tile.plot.left) == pytest.approx(picture.x_at(picture.plot.left))
        styles = cells_of(picture, tile.run_id)[1]
        assert set(np.unique(styles)) <= {0, strong(tile.run_id), faint(tile.run_id)}
        lines.append(float(np.nonzero(styles == strong(tile.run_id))[0].mean()))
    # every run's loss is a multiple of the one before it
    assert lines == sorted(lines, reverse=True) or size == (40, 12)


def test_equal_runs_have_equal_tiles() -> None:
    one = decimated(noisy(300))
    runs = tuple(ChartRun(i, f"{i}", i, one) for i in range(4))
    picture = draw(ChartView(runs, grid=True, show_raw=False), 120, 35)
    heads = {"●", "■", "▲", "▼"}
    drawn = [np.where(np.isin(c, [ord(h) for h in heads]), 0, c) for c, _ in (cells_of(picture, i) for i in range(4))]
    assert all((tile == drawn[0]).all() for tile in drawn)


def test_every_title_is_in_its_runs_colour_and_says_its_latest_value() -> None:
    picture = draw(grid_of(3), 120, 35)
    for tile in picture.tiles:
        pieces = picture.row(tile.plot.top - 1, tile.plot.left, tile.plot.left + tile.plot.width)
        assert any(style == strong(tile.run_id) and f"{tile.run_id} run" in text for text, style in pieces)
        assert any(style == TICK and text.strip() for text, style in pieces)


@pytest.mark.parametrize("size", [(120, 35), (100, 30), (63, 33), (40, 12)])
def test_a_title_keeps_its_value_apart_from_its_label(size: tuple[int, int]) -> None:
    settings = (("step size", "0.0001"), ("batch", "256"), ("iterations", "200000"))
    runs = tuple(
        ChartRun(i, f"{i} gradient b256", i, decimated([3.0, 8.397]), settings=settings, planned_iterations=200_000)
        for i in range(8)
    )
    picture = draw(ChartView(runs, grid=True), *size)
    lines = picture.to_text().splitlines()
    assert picture.tiles
    for tile in picture.tiles:
        title = lines[tile.plot.top - 1][tile.plot.left : tile.plot.left + tile.plot.width + 1]
        assert title.rstrip().endswith((" 8.397", "… 8.397")), title


def test_what_has_no_room_is_counted_and_the_emphasised_run_always_has_a_tile() -> None:
    picture = draw(grid_of(12, emphasised=11), 40, 12)
    assert len(picture.tiles) < 12
    assert 11 in [tile.run_id for tile in picture.tiles]
    assert f"+{12 - len(picture.tiles)} more" in picture.to_text()


def test_where_there_is_no_room_for_a_tile_the_runs_lie_over_each_other() -> None:
    picture = draw(grid_of(3), 16, 5)
    assert picture.tiles == ()
    assert picture.codepoints.shape == (5, 16)


def test_the_cursor_stands_in_every_tile_at_the_same_x() -> None:
    picture = draw(replace(grid_of(4), cursor_x=100.0), 120, 35)
    at = set()
    for tile in picture.tiles:
        styles = cells_of(picture, tile.run_id)[1]
        columns = np.flatnonzero((styles == CURSOR).any(axis=0))
        at |= set(columns.tolist())
    assert len(at) == 1
    assert picture.to_text().count("100") >= 2


@given(
    count=st.integers(0, 14),
    size=st.tuples(st.integers(1, 200), st.integers(1, 60)),
    charset=st.sampled_from(["unicode", "ascii"]),
    cursor=st.none() | st.floats(-10, 300),
)
def test_a_grid_of_any_size_is_drawn(count: int, size: tuple[int, int], charset: Charset, cursor: float | None) -> None:
    picture = draw(grid_of(count, cursor_x=cursor), *size, charset=charset)
    assert picture.codepoints.shape == size[::-1]
    for tile in picture.tiles:
        assert tile.plot.left + tile.plot.width <= size[0]
        assert tile.plot.top + tile.plot.height <= size[1]


@pytest.mark.parametrize(("width", "told"), [
    (170, "1 gradient  step size 0.1 · batch size 256"),
    (90, "1  step size 0.1 · batch size 256"), (56, "1  step size 0.1"), (44, "1 gradient"),
])  # fmt: skip
def test_the_header_of_a_tile_names_its_numbers_or_leaves_them_out(width: int, told: str) -> None:
    settings = (("step size", "0.1"), ("batch size", "256"))
    runs = tuple(
        ChartRun(i, f"{i} gradient", i, decimated([9.0, 1.0]), settings=settings, planned_iterations=2)
        for i in range(4)
    )
    text = draw(ChartView(runs, grid=True, note="follow"), width, 24).to_text()
    (header,) = (row for row in text.splitlines() if "■" in row and "1.000" in row)
    assert f"■ {told} " in header
    assert "256" not in header.replace("batch size 256", "")
