"""Filled pictures: what is drawn stands where it belongs, whatever the size and the points."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.style import Style
from textual.geometry import Region

from tests.tui.emulator import Emulator
from tui.chart.cells.picture import BLANK
from tui.chart.drawing.filled import FilledSheet
from tui.chart.drawing.weight_cells import Manner
from tui.colours.styles import strong
from tui.terminal.output import TerminalOutput
from tui.widgets.lines import FilledRows, strip


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


def test_the_cells_of_a_picture_are_painted_as_its_rows_would_be() -> None:
    sheet = FilledSheet(6, 3, "halves")
    sheet.grounds[:4, 1:4], sheet.grounds[2, 4] = strong(1), strong(2)
    sheet.line(np.array([0.0, 5.9]), np.array([0.0, 2.9]), strong(3))
    sheet.write(2, 2, "字a", strong(4))
    rows = FilledRows(strip([("above", Style(bold=True))], 6), sheet.picture())
    written: list[list[str]] = [[], []]
    for number, text in enumerate(written):
        output = TerminalOutput(text.append, lambda after, then: None, lambda then: None)
        output.answered()
        output.take((), 8, 5)
        if number:
            rows.paint(output, Region(1, 1, 6, 3), Style(bgcolor="#101216"))
        else:
            for y, row in enumerate(rows[:3]):
                output.put(1, 1 + y, row, Style(bgcolor="#101216"))
        output.answered()
        output.flush()
    shown = [Emulator(8, 5), Emulator(8, 5)]
    for emulator, text in zip(shown, written, strict=True):
        emulator.feed("".join(text))
    assert shown[0].cells() == shown[1].cells()
    assert "a" in str(shown[0].cells())
