"""Filled pictures: what is drawn stands where it belongs, whatever the size and the points."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.chart.cells.picture import BLANK
from tui.chart.drawing.filled import FilledPicture, FilledSheet
from tui.chart.drawing.weight_cells import Manner
from tui.colours.styles import strong
from tui.widgets.lines import painted


def test_a_line_from_corner_to_corner_touches_each_row_and_column() -> None:
    canvas = FilledSheet(8, 8, "halves")
    canvas.line(np.array([0.0, 7.99]), np.array([0.0, 7.99]), strong(1))
    picture = canvas.picture()
    drawn = picture.styles == strong(1)
    assert np.array_equal(drawn, np.eye(8, dtype=bool))


def test_the_halves_of_a_cell_have_their_own_grounds() -> None:
    canvas = FilledSheet(2, 1, "halves")
    canvas.grounds[0], canvas.grounds[1] = [3, 4], [4, 4]
    assert canvas.picture().row(0) == [("▀", 3, 4), (" ", 4, 4)]


def test_a_blank_above_a_colour_is_not_drawn_in_the_colour_of_text() -> None:
    canvas = FilledSheet(2, 1, "halves")
    canvas.grounds[0], canvas.grounds[1] = [BLANK, 3], [4, BLANK]
    assert canvas.picture().row(0) == [("▄", 4, BLANK), ("▀", 3, BLANK)]


def test_without_colours_shades_stand_for_areas() -> None:
    canvas = FilledSheet(3, 1, "ascii")
    canvas.shades[0] = [ord(sign) for sign in ".:#"]
    canvas.line(np.array([1.0]), np.array([0.0]), strong(0))
    canvas.put(2.5, 0.5, "o", strong(1))
    assert canvas.picture().to_text() == ".*o"


points = st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=0, max_size=12)


@pytest.mark.parametrize("manner", ["halves", "shades", "ascii"])
@given(points, points, st.integers(1, 20), st.integers(1, 10), st.text(max_size=8))
def test_any_points_make_a_picture_of_that_size(
    manner: Manner, x: list[float], y: list[float], width: int, height: int, text: str
) -> None:
    canvas, count = FilledSheet(width, height, manner), min(len(x), len(y))
    canvas.line(np.array(x[:count]), np.array(y[:count]), strong(2))
    canvas.dots(np.array(x[:count]), np.array(y[:count]), strong(3))
    canvas.write(0, 0, text, BLANK)
    picture = canvas.picture()
    assert (picture.width, picture.height) == (width, height)
    assert all(sum(map(len, (text for text, _, _ in picture.row(row)))) <= width for row in range(height))


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 5), st.integers(0, 2)), max_size=4))
def test_rows_that_are_taken_over_from_the_picture_before_are_those_of_this_one(
    changes: list[tuple[int, int, int]],
) -> None:
    shape = (3, 6)
    codes, styles, grounds = np.full(shape, ord("a"), np.uint32), np.zeros(shape, np.uint8), np.zeros(shape, np.uint8)
    before = FilledPicture(codes.copy(), styles.copy(), grounds.copy())
    for row, column, layer in changes:
        (codes, styles, grounds)[layer][row, column] = ord("b") if layer == 0 else 1
    picture = FilledPicture(codes, styles, grounds)
    rows = painted(picture, (before, painted(before)))
    assert [list(row) for row in rows] == [list(row) for row in painted(picture)]
