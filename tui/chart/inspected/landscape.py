"""Landscape: losses over a plane as a filled picture with contour lines, the ways of runs on it, and a key."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.trace.decimation import Floats
from tui.chart.cells.picture import BLANK, HINT, POINTED, TICK, TITLE, faint, strong
from tui.chart.drawing.filled import FilledPicture, FilledSheet
from tui.chart.drawing.weight_cells import Manner
from tui.chart.values.metrics import short_number
from tui.colours.palette import marker
from tui.colours.ramp import ANCHORS as RAMPS
from tui.colours.ramp import slot_at

KEY = 9
"""Cells of the key, at the right edge."""

MARGIN = 8
"""Cells left of the plot, for the values of the vertical axis, where there is room."""

LEAST_WITH_MARGINS = 56

ARROW = 5.0
"""Length of the arrow at the cursor, in columns."""

ARROWS = {"unicode": "→↗↑↖←↙↓↘", "ascii": ">/^\\</v\\"}
LOWEST = {"unicode": "✕", "ascii": "X"}
CROSS = {"unicode": "┼", "ascii": "+"}
LOST = {"unicode": "✗", "ascii": "!"}

SHADE = ord("▒")
ANCHORS = len(RAMPS["ansi-dark"])
"""Colours of the ramp where there are sixteen."""

Window = tuple[float, float, float, float]

Steps = Literal["contours", "octants", "sixteen"]
"""How two bands meet: in a contour line of dots, in octants, or, where sixteen colours are fewer than the bands, as
colours and shades of two colours in turn."""


@dataclass(frozen=True, slots=True, eq=False)
class WayView:
    """A run's way: its colour `slot`, places (k, 2), and the places of its `tries` (m, 2), `accepted` (m,) or not."""

    slot: int
    places: Floats
    tries: Floats
    accepted: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class LandscapeView:
    """Losses `heights` (rows, columns) over a `window` (lowest and highest a, lowest and highest b), lowest b first.

    `levels` are the losses between bands. `lowest` is marked with a cross, `cursor` with an arrow along `slope`.
    """

    heights: Floats
    levels: Floats
    window: Window
    axes: tuple[str, str]
    ways: tuple[WayView, ...] = ()
    lowest: tuple[float, float] | None = None
    cursor: tuple[float, float] | None = None
    slope: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """Where the plot lies: `left` cells from the left, `width` x `height` cells; one row below is the axis."""

    left: int
    width: int
    height: int
    has_key: bool


def frame_of(width: int, height: int) -> Frame:
    """Return the place of the plot in a picture of a size."""
    roomy = width >= LEAST_WITH_MARGINS
    left = MARGIN if roomy else 0
    return Frame(left, max(width - left - (KEY if roomy else 0), 1), max(height - 1, 1), roomy)


def ground_of(view: LandscapeView, width: int, height: int, manner: Manner, steps: Steps = "contours") -> FilledSheet:
    """Return what lies under the ways in a picture of `width` x `height` cells: fill, contour lines, key and axes."""
    sheet, frame = FilledSheet(width, height, manner), frame_of(width, height)
    m, n = view.heights.shape
    across = (np.arange(2 * frame.width) + 0.5) / (2 * frame.width) * (n - 1)
    down = (1 - (np.arange(4 * frame.height) + 0.5) / (4 * frame.height)) * (m - 1)
    fine = resampled(view.heights, down, across)
    is_lost = ~np.isfinite(fine)
    bands = np.searchsorted(view.levels, np.where(is_lost, 0, fine), side="left").astype(np.intp)
    count = len(view.levels) + 1
    plot = np.s_[: frame.height, frame.left : frame.left + frame.width]
    halves = sheet.grounds[: 2 * frame.height, frame.left : frame.left + frame.width]
    if manner == "halves":
        styles = np.array([faint(band_slot(band, count)) for band in range(count)], np.uint8)
        halves[:] = np.where(is_lost[1::2, ::2], np.uint8(BLANK), styles[bands[1::2, ::2]])
        if steps == "contours":
            _draw_contours(bands, is_lost, count, sheet, frame)
    else:
        signs = np.array([ord(band_sign(band)) for band in range(count)], np.uint32)
        halves[:], sheet.shades[plot] = TICK, signs[bands[2::4, 1::2]]
    lost = LOST["ascii" if manner == "ascii" else "unicode"]
    for row, column in np.argwhere(is_lost[2::4, 1::2]).tolist():
        if (row + column) % 2 == 0:
            sheet.put(column + frame.left, row, lost, HINT)
    if frame.has_key:
        _draw_key(view.levels, sheet, frame, manner)
    if manner == "halves" and steps == "octants":
        dots = sheet.grounds.repeat(2, axis=0).repeat(2, axis=1)
        inside = np.s_[: 4 * frame.height, 2 * frame.left : 2 * (frame.left + frame.width)]
        dots[inside] = np.where(is_lost, np.uint8(BLANK), styles[bands])
        sheet.fill_octants(dots)
    elif manner == "halves" and steps == "sixteen":
        _fill_sixteen(sheet, count)
    _draw_axes(view, sheet, frame)
    return sheet


def _draw_contours(
    bands: NDArray[np.intp], is_lost: NDArray[np.bool_], count: int, sheet: FilledSheet, frame: Frame
) -> None:
    """Draw dots where a band (rows of dots, columns of dots) ends and a higher one begins."""
    edges = np.zeros(bands.shape, dtype=bool)
    edges[:, :-1] |= bands[:, 1:] > bands[:, :-1]
    edges[:, 1:] |= bands[:, :-1] > bands[:, 1:]
    edges[:-1] |= bands[1:] > bands[:-1]
    edges[1:] |= bands[:-1] > bands[1:]
    for band in range(count - 1):
        rows, columns = np.nonzero(edges & (bands == band) & ~is_lost)
        style = faint(band_slot(min(band + 3, count - 1), count))
        sheet.dots((columns + 0.5) / 2 + frame.left, (rows + 0.5) / 4, style)


def _fill_sixteen(sheet: FilledSheet, count: int) -> None:
    """Fill each cell as its lower half says: even bands with a colour, those between two with a shade of both."""
    colours = [faint(slot_at(place / (ANCHORS - 1))) for place in range(ANCHORS)]
    behind, before = np.arange(256, dtype=np.uint8), np.arange(256, dtype=np.uint8)
    is_shade = np.zeros(256, dtype=bool)
    for band in range(count):
        style, place = faint(band_slot(band, count)), band * 2 * ANCHORS // count
        behind[style], is_shade[style] = colours[place // 2], place % 2 == 1
        before[style] = colours[place // 2 + 1] if place // 2 + 1 < ANCHORS else BLANK
    bands = sheet.grounds[1::2]
    codes = np.where(is_shade[bands], np.uint32(SHADE), np.uint32(ord(" ")))
    sheet.fill(codes, before[bands], behind[bands], clears=True)  # a way on them is hard to see in sixteen colours


def band_slot(band: int, count: int) -> int:
    """Return the colour slot of a band: low losses dark, so that the ends of the ways stand out."""
    return slot_at(band / max(count - 1, 1))


def band_sign(band: int) -> str:
    """Return the sign of a band where there are no colours: a digit for every second one, so that edges show."""
    return " " if band % 2 else str(band % 10)


def draw_landscape(
    view: LandscapeView,
    width: int,
    height: int,
    manner: Manner,
    ground: FilledSheet | None = None,
    *,
    steps: Steps = "contours",
) -> FilledPicture:
    """Return the picture at `width` x `height` cells; `ground`: what `ground_of` gave for it."""
    sheet, frame = (ground or ground_of(view, width, height, manner, steps)).copy(), frame_of(width, height)
    charset = "ascii" if manner == "ascii" else "unicode"
    for way in view.ways:
        _draw_tries(view, way, sheet, frame)
    for way in reversed(view.ways):
        x, y = _spots(view.window, frame, way.places)
        sheet.line(*_inside(x, y, frame), strong(way.slot), alone=True)
    if view.lowest is not None:
        _put(sheet, frame, view.window, view.lowest, LOWEST[charset], POINTED)
    for way in reversed(view.ways):
        finite = way.places[np.isfinite(way.places).all(axis=1)]
        if len(finite):
            sign = marker(way.slot, ascii_only=manner == "ascii")
            _put(sheet, frame, view.window, finite[-1], sign, strong(way.slot))
    if view.cursor is not None:
        _draw_cursor(view, sheet, frame, charset)
    return sheet.picture("*")


def _draw_tries(view: LandscapeView, way: WayView, sheet: FilledSheet, frame: Frame) -> None:
    """Draw the proposals of a search as dots, those that it rejected faint."""
    if not len(way.tries):
        return
    x, y = _inside(*_spots(view.window, frame, way.tries), frame)
    sheet.dots(x[~way.accepted], y[~way.accepted], faint(way.slot), alone=True)
    sheet.dots(x[way.accepted], y[way.accepted], strong(way.slot), alone=True)


def _spots(window: Window, frame: Frame, places: Floats) -> tuple[Floats, Floats]:
    """Return places (k, 2) as columns and rows of the picture."""
    with np.errstate(all="ignore"):
        x = (places[:, 0] - window[0]) / (window[1] - window[0]) * frame.width + frame.left
        y = (window[3] - places[:, 1]) / (window[3] - window[2]) * frame.height
    return x, y


def _inside(x: Floats, y: Floats, frame: Frame) -> tuple[Floats, Floats]:
    """Return spots with those outside the plot as gaps."""
    with np.errstate(all="ignore"):
        out = ~((x >= frame.left) & (x <= frame.left + frame.width) & (y >= 0) & (y <= frame.height))
    last = frame.left + frame.width - 0.25
    return np.where(out, np.nan, np.minimum(x, last)), np.where(out, np.nan, np.minimum(y, frame.height - 0.125))


def _put(
    sheet: FilledSheet, frame: Frame, window: Window, place: Sequence[float] | Floats, sign: str, style: int
) -> None:
    x, y = _inside(*_spots(window, frame, np.array([place], dtype=np.float64)), frame)
    if np.isfinite(x[0]):
        sheet.put(float(x[0]), float(y[0]), sign, style)


def _draw_cursor(view: LandscapeView, sheet: FilledSheet, frame: Frame, charset: str) -> None:
    """Draw the cursor, and an arrow downhill."""
    assert view.cursor is not None
    window = view.window
    spot = _inside(*_spots(window, frame, np.array([view.cursor])), frame)
    x, y = float(spot[0][0]), float(spot[1][0])
    if not math.isfinite(x):
        return
    if view.slope is not None:
        across = view.slope[0] / (window[1] - window[0]) * frame.width
        down = (
            -view.slope[1] / (window[3] - window[2]) * frame.height * 2
        )  # in widths of a cell, which is twice as high
        length = math.hypot(across, down)
        if 0 < length < math.inf:
            across, down = across / length, down / length
            tip = x + ARROW * across, y + ARROW * down / 2
            ends = np.array([x, tip[0]]), np.array([y, tip[1]])
            sheet.line(*_inside(*ends, frame), POINTED, alone=True)
            turn = round(math.atan2(-down, across) / (math.pi / 4)) % 8
            if frame.left <= tip[0] < frame.left + frame.width and 0 <= tip[1] < frame.height:
                sheet.put(*tip, ARROWS[charset][turn], POINTED)
    sheet.put(x, y, CROSS[charset], POINTED)


def _draw_key(levels: Floats, sheet: FilledSheet, frame: Frame, manner: Manner) -> None:
    """Draw the bands from high to low, each with the highest loss in it."""
    count = len(levels) + 1
    left, rows = frame.left + frame.width + 1, frame.height - 1
    if rows < 2:
        return
    sheet.write(0, left, "loss to", TICK)
    shown = min(rows, count)
    tall = max(rows // count, 1)
    for place in range(shown):
        band = count - 1 - (place if shown == count else round(place * (count - 1) / max(shown - 1, 1)))
        text = short_number(float(levels[band])) if band < len(levels) else "…"
        for row in range(1 + place * tall, 1 + (place + 1) * tall):
            if manner == "halves":
                sheet.grounds[2 * row : 2 * row + 2, left : left + 1] = faint(band_slot(band, count))
            else:
                sheet.write(row, left, band_sign(band), TICK)
        sheet.write(1 + place * tall, left + 2, text, TITLE)


def _draw_axes(view: LandscapeView, sheet: FilledSheet, frame: Frame) -> None:
    """Write the names and ends of both axes."""
    low, high, bottom, top = (short_number(float(f"{end:.3g}")) for end in view.window)
    row = frame.height
    name = view.axes[0]
    sheet.write(row, frame.left, low, TICK)
    sheet.write(row, frame.left + max(frame.width - len(high), 0), high, TICK)
    room = frame.width - len(low) - len(high) - 2
    if len(name) <= room:
        sheet.write(row, frame.left + (frame.width - len(name)) // 2, name, TICK)
    if frame.left:
        for place, text in ((0, top), (frame.height // 2, view.axes[1]), (frame.height - 1, bottom)):
            sheet.write(place, max(frame.left - 1 - len(text), 0), text[: frame.left - 1], TICK)


def resampled(values: Floats, rows: Floats, columns: Floats) -> Floats:
    """Return values (m, n) between their points: at `rows` (k,) from 0 to m - 1 and `columns` (l,) from 0 to n - 1.

    Bilinear where all four neighbours are finite, else the nearest one.
    """
    m, n = values.shape
    top = np.clip(np.floor(rows).astype(np.intp), 0, max(m - 2, 0))
    left = np.clip(np.floor(columns).astype(np.intp), 0, max(n - 2, 0))
    right, below = np.minimum(left + 1, n - 1), np.minimum(top + 1, m - 1)
    down, across = (rows - top)[:, None], columns - left
    with np.errstate(all="ignore"):
        beside = values[:, left] * (1 - across) + values[:, right] * across
        found: Floats = beside[top] * (1 - down) + beside[below] * down
    if np.isfinite(found).all():
        return found
    near_rows = np.clip(np.rint(rows).astype(np.intp), 0, m - 1)
    near_columns = np.clip(np.rint(columns).astype(np.intp), 0, n - 1)
    return np.where(np.isfinite(found), found, values[np.ix_(near_rows, near_columns)])
