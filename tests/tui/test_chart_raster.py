"""Lines as braille dots."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tui.chart.cells.raster import DOT_BITS, thicker


def test_a_thicker_line_is_the_line_and_its_neighbours_to_the_right_and_below() -> None:
    dots = np.zeros((12, 10), dtype=bool)
    dots[[0, 3, 4, 11], [0, 3, 9, 5]] = True
    wide = dots.copy()
    wide[:, 1:] |= dots[:, :-1]
    thick = wide.copy()
    thick[1:] |= wide[:-1]
    assert (braille_of(thick) == thicker(braille_of(dots))).all()


def braille_of(dots: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Braille cells of a plot of dots."""
    cells = np.zeros((dots.shape[0] // 4, dots.shape[1] // 2), dtype=np.uint8)
    for row, column in zip(*np.nonzero(dots), strict=True):
        cells[row // 4, column // 2] |= DOT_BITS[row % 4][column % 2]
    return cells
