"""Landscapes as pictures: how bands meet where a terminal draws octants, and where it has sixteen colours."""

from __future__ import annotations

import numpy as np

from tui.chart.cells.picture import BLANK
from tui.chart.inspected.landscape import LandscapeView, band_slot, frame_of, ground_of
from tui.colours.palette import attributes
from tui.colours.styles import faint
from tui.text.octants import CHARACTERS

LEVELS = np.array([2.0, 4.0, 6.0, 8.0, 10.0, 12.0, 14.0, 16.0, 18.0])
"""Losses between ten bands."""


def slope(across: float, up: float) -> LandscapeView:
    """A landscape that rises evenly; losses between its points are exact."""
    columns, rows = np.meshgrid(np.arange(21.0), np.arange(11.0))
    return LandscapeView(across * columns + up * rows, LEVELS, (0.0, 1.0, 0.0, 1.0), ("a", "b"))


def test_the_bands_of_a_cell_are_the_octant_of_the_two_commonest() -> None:
    view, width, height = slope(0.7, 0.9), 30, 13
    picture, frame = ground_of(view, width, height, "halves", "octants").picture(), frame_of(width, height)
    told, expected = [], []
    for row in range(frame.height):
        for column in range(frame.width):
            code, style, ground = (
                int(part[row, column]) for part in (picture.codepoints, picture.styles, picture.grounds)
            )
            pattern = CHARACTERS.index(chr(code))
            told.append([style if pattern >> bit & 1 else ground for bit in range(8)])
            dots = []
            for bit in range(8):
                x, y = 2 * column + bit % 2 + 0.5, 4 * row + bit // 2 + 0.5
                loss = 0.7 * x / (2 * frame.width) * 20 + 0.9 * (1 - y / (4 * frame.height)) * 10
                dots.append(faint(band_slot(sum(loss > level for level in LEVELS), 10)))
            expected.append(dots)
    assert sum(len(set(dots)) == 2 for dots in expected) > 50
    for shown, dots in zip(told, expected, strict=True):
        if len(set(dots)) <= 2:
            assert shown == dots
        else:
            assert len(set(shown)) == 2
            assert set(shown) <= set(dots)


def test_ten_bands_are_told_apart_in_sixteen_colours() -> None:
    picture = ground_of(slope(1.0, 0.0), 80, 24, "halves", "sixteen").picture()
    frame = frame_of(80, 24)
    seen: list[tuple[str, ...]] = []
    for column in range(frame.left, frame.left + frame.width):
        code, style, ground = (int(part[3, column]) for part in (picture.codepoints, picture.styles, picture.grounds))
        colours = attributes(ground, "ansi-dark").colour, attributes(style, "ansi-dark").colour
        cell = (chr(code), *colours) if chr(code) != " " else (" ", colours[0])
        if not seen or seen[-1] != cell:
            seen.append(cell)
    assert len(seen) == len(set(seen)) == 10


def test_a_way_in_sixteen_colours_stands_on_the_screens_own_ground() -> None:
    sheet = ground_of(slope(1.0, 0.0), 80, 24, "halves", "sixteen")
    sheet.line(np.array([20.0, 40.0]), np.array([5.5, 5.5]), 3, alone=True)
    picture = sheet.picture()
    assert set(picture.grounds[5, 21:40].tolist()) == {BLANK}
    assert BLANK not in picture.grounds[6, 21:40]
