"""Regions: which class wins where as a filled picture, with the examples on it; and how several stand side by side."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.trace.decimation import Floats
from tui.chart.cells.picture import BLANK, HINT, POINTED, TICK, Codepoints, StyleIds, faint, strong
from tui.chart.drawing.filled import FilledPicture, FilledSheet
from tui.chart.drawing.weight_cells import Manner
from tui.chart.values.metrics import short_number
from tui.colours.ramp import ramp_slots
from tui.colours.styles import UNORDERED

MARGIN = 8
"""Cells left of a plot, for the values of the vertical axis, where there is room."""

LEAST_WITH_MARGIN, LEAST_WITH_AXIS = 56, 5
"""Columns from which a plot has that margin, and rows from which it has an axis below it."""

LEAST_TILE = (18, 6)
"""Smallest tile, its title and its axis included."""

GAP = 2
"""Columns between two tiles."""

ASPECT = 2.2
"""Preferred ratio of columns to rows of a tile: a cell is about twice as high as it is wide."""

TEXTURES = {"shades": "·░╱═▒│╲~▓:─^;-`_\",'", "ascii": ".:/=-|\\~^;`_\",'<>"}
"""What fills the regions where backgrounds have no colours: no letter, no digit, and no sign of an example."""

RIGHT: dict[Manner, str] = {"halves": "•", "shades": "●", "ascii": "*"}
NOBODY = {"unicode": "✗", "ascii": "!"}
CROSS = {"unicode": "┼", "ascii": "+"}
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

Window = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class RegionsView:
    """The winners `grid` (m, n) of `classes` classes over a `window`, the highest b first; -1: nobody.

    Examples lie at `places` (k, 2), are of class `y` (k,), and `is_wrong` (k,) if they are taken for another one.
    `signs` has a character for each class.
    """

    grid: NDArray[np.int16]
    classes: int
    window: Window
    axes: tuple[str, str]
    places: Floats
    y: NDArray[np.intp]
    is_wrong: NDArray[np.bool_]
    signs: str
    cursor: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """Where the plot lies: `left` cells from the left, `width` x `height` cells; below it an axis if `has_axis`."""

    left: int
    width: int
    height: int
    has_axis: bool


@dataclass(frozen=True, slots=True)
class Tiling:
    """`across` tiles in a row, `visible` of them in all, each of `width` x `height` cells with its title."""

    visible: int
    across: int
    width: int
    height: int


def tiling(count: int, width: int, height: int) -> Tiling:
    """Return the best way to put `count` tiles, or as many as fit, into `width` x `height` cells; at least one."""
    for visible in range(count, 1, -1):
        found = [one for across in range(1, visible + 1) if (one := _tiled(visible, across, width, height))]
        if found:
            return min(found, key=lambda one: abs(math.log(one.width / one.height / ASPECT)))
    return Tiling(1, 1, max(width, 1), max(height, 1))


def _tiled(visible: int, across: int, width: int, height: int) -> Tiling | None:
    wide, tall = (width + GAP) // across - GAP, height // -(-visible // across)
    return Tiling(visible, across, wide, tall) if wide >= LEAST_TILE[0] and tall >= LEAST_TILE[1] else None


def frame_of(width: int, height: int) -> Frame:
    """Return the place of the plot in a picture of a size."""
    left = MARGIN if width >= LEAST_WITH_MARGIN else 0
    has_axis = height >= LEAST_WITH_AXIS
    return Frame(left, max(width - left, 1), max(height - has_axis, 1), has_axis)


def class_slots(classes: int) -> Sequence[int]:
    """Return the colour slot of each class: colours of their own, or those of the ramp where there are more."""
    return range(classes) if classes <= UNORDERED else ramp_slots(classes)


def class_signs(names: Sequence[str]) -> str:
    """Return a character for each class: the first one of its name if these differ, else a letter."""
    first = [name[:1] for name in names]
    if len(set(first)) == len(first) and all(one.isascii() and one.isalnum() for one in first):
        return "".join(first)
    return "".join(LETTERS[number % len(LETTERS)] for number in range(len(names)))


def texture(number: int, manner: Manner) -> str:
    """Return the character that fills the region of a class where there are no colours behind it."""
    signs = TEXTURES["ascii" if manner == "ascii" else "shades"]
    return signs[number % len(signs)]


def draw_regions(view: RegionsView, width: int, height: int, manner: Manner, *, octants: bool = False) -> FilledPicture:
    """Return the picture at `width` x `height` cells; with `octants` a cell of colours shows 2 x 4 dots."""
    sheet, frame = FilledSheet(width, height, manner), frame_of(width, height)
    charset = "ascii" if manner == "ascii" else "unicode"
    _fill(view, sheet, frame, charset)
    if octants and manner == "halves":
        dots = np.full((4 * sheet.height, 2 * sheet.width), BLANK, np.uint8)
        fine = _nearest(view.grid, 4 * frame.height, 2 * frame.width)
        dots[: 4 * frame.height, 2 * frame.left : 2 * (frame.left + frame.width)] = _colours(view)[fine]
        sheet.fill_octants(dots)
    slots = np.array([*class_slots(view.classes)])
    styles = np.array([strong(int(slot)) for slot in slots], np.uint8)
    x, y = _spots(view, frame)
    marks = np.array([ord(sign) for sign in view.signs], np.uint32)[view.y]
    for chosen, codes in ((~view.is_wrong, np.full_like(marks, ord(RIGHT[manner]))), (view.is_wrong, marks)):
        sheet.signs(x[chosen], y[chosen], codes[chosen], styles[view.y[chosen]])
    if view.cursor is not None:
        at = _spot(view.window, frame, *view.cursor)
        if at is not None:
            sheet.put(*at, CROSS[charset], POINTED)
    if frame.has_axis:
        _draw_axes(view, sheet, frame)
    return sheet.picture()


def _fill(view: RegionsView, sheet: FilledSheet, frame: Frame, charset: str) -> None:
    halves = _nearest(view.grid, 2 * frame.height, frame.width)
    plot = np.s_[: frame.height, frame.left : frame.left + frame.width]
    sheet.grounds[: 2 * frame.height, plot[1]] = _colours(view)[halves]
    if sheet.manner != "halves":
        textures: list[str] = [texture(number, sheet.manner) for number in range(view.classes)]
        sheet.shades[plot] = np.array([*map(ord, textures), ord(" ")], np.uint32)[halves[::2]]
    nobody = halves[::2] < 0
    if nobody.any():
        rows, columns = np.nonzero(nobody)
        shown = (rows + columns) % 2 == 0
        x, y = columns[shown].astype(np.float64) + frame.left, rows[shown].astype(np.float64)
        signs: Codepoints = np.full(len(x), ord(NOBODY[charset]), np.uint32)
        hints: StyleIds = np.full(len(x), HINT, np.uint8)
        sheet.signs(x, y, signs, hints)


def _colours(view: RegionsView) -> StyleIds:
    """The style id of each class, and last of none."""
    return np.array([*(faint(slot) for slot in class_slots(view.classes)), BLANK], np.uint8)


def _nearest(grid: NDArray[np.int16], rows: int, columns: int) -> NDArray[np.int16]:
    """The grid with so many rows and columns."""
    m, n = grid.shape
    found: NDArray[np.int16] = grid[(np.arange(rows) * m // rows)[:, None], np.arange(columns) * n // columns]
    return found


def _spots(view: RegionsView, frame: Frame) -> tuple[Floats, Floats]:
    """Return the places of the examples as columns and rows of the picture; NaN outside the plot."""
    left, right, bottom, top = view.window
    with np.errstate(all="ignore"):
        x = (view.places[:, 0] - left) / (right - left) * frame.width
        y = (top - view.places[:, 1]) / (top - bottom) * frame.height
        is_inside = (x >= 0) & (x < frame.width) & (y >= 0) & (y < frame.height)
    return np.where(is_inside, x + frame.left, np.nan), np.where(is_inside, y, np.nan)


def _spot(window: Window, frame: Frame, a: float, b: float) -> tuple[float, float] | None:
    """The cell of a place; a place on the edge is in the last one."""
    left, right, bottom, top = window
    x, y = (a - left) / (right - left), (top - b) / (top - bottom)
    if not (-1e-9 <= x <= 1 + 1e-9 and -1e-9 <= y <= 1 + 1e-9):
        return None
    return frame.left + min(max(x, 0.0) * frame.width, frame.width - 1), min(
        max(y, 0.0) * frame.height, frame.height - 1
    )


def _draw_axes(view: RegionsView, sheet: FilledSheet, frame: Frame) -> None:
    """Write the names and ends of both axes; without a margin the vertical one stands behind the other."""
    low, high, bottom, top = (short_number(float(f"{end:.3g}")) for end in view.window)
    row, name = frame.height, view.axes[0]
    sheet.write(row, frame.left, low, TICK)
    sheet.write(row, frame.left + max(frame.width - len(high), 0), high, TICK)
    room = frame.width - len(low) - len(high) - 2
    if not frame.left:
        both = f"{name}; up {view.axes[1]}"
        name = next((one for one in (f"{both} {bottom} to {top}", both) if len(one) <= room), name)
    if room > 2:
        sheet.write(row, frame.left + len(low) + 1 + max(room - len(name), 0) // 2, name[:room], TICK)
    if frame.left:
        for place, text in ((frame.height - 1, bottom), (frame.height // 2, view.axes[1]), (0, top)):
            sheet.write(place, max(frame.left - 1 - len(text), 0), text[: frame.left - 1], TICK)
