"""Heat: a heat map of the loss over two parameters, as shaded cells."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from engine.text import loss_text
from engine.trace.decimation import Floats
from tui.chart.cells.canvas import Canvas, blank
from tui.chart.cells.cell_text import cells
from tui.chart.cells.picture import HINT, TICK, TITLE, Picture, strong
from tui.chart.drawing.loss_by_value import LARGEST, draw_hint, draw_title
from tui.chart.values.metrics import short_number
from tui.chart.values.view import Charset, Plot
from tui.colours.ramp import slot_at

SHADES = {"unicode": "░▒▓█", "ascii": ".:+#"}
"""From the highest loss to the lowest, so that the map reads without colour."""

STOPPED = {"unicode": "⊘", "ascii": "/"}
GONE = {"unicode": "✗", "ascii": "X"}
BEST = {"unicode": "★", "ascii": "*"}
POINTED = {"unicode": "‹›", "ascii": "<>"}
MOST_WIDTH = 14
"""Widest field of the map, in cells."""


@dataclass(frozen=True, slots=True, eq=False)
class HeatView:
    """`losses` has shape (rows, columns): NaN while unknown, inf where the run diverged.

    `row_labels` and `column_labels` are the values, `row_name` and `column_name` the parameters. `best`, `pointed` and
    the `stopped` fields, whose runs ended earlier than others, are (row, column). The last row is drawn at the top.
    """

    losses: Floats
    row_labels: tuple[str, ...]
    column_labels: tuple[str, ...]
    row_name: str
    column_name: str
    title: str = ""
    best: tuple[int, int] | None = None
    stopped: frozenset[tuple[int, int]] = frozenset()
    pointed: tuple[int, int] | None = None


def draw_heat(view: HeatView, width: int, height: int, *, charset: Charset = "unicode") -> Picture:
    """Return the map at `width` x `height` cells, its title line included; any size from 1x1 up."""
    canvas = blank(max(width, 1), max(height, 1), charset)
    top = draw_title(view.title, _scale(view.losses, charset), canvas)
    rows, columns = view.losses.shape
    margin = max((len(label) for label in view.row_labels), default=0) + 1
    room = Plot(0, top, canvas.width, max(canvas.height - top, 0))
    wide = min((canvas.width - margin) // max(columns, 1), MOST_WIDTH)
    tall = (canvas.height - top - 2) // max(rows, 1)
    if wide < 1 or tall < 1 or not rows or not columns:
        draw_hint("too small for a map", room, canvas)
        return canvas.picture(None, room)
    shades = shares(view.losses)
    for row in range(rows):
        y = top + (rows - 1 - row) * tall
        label = cells(view.row_labels[row].rjust(margin - 1), charset)
        canvas.write(y + tall // 2, 0, label, TITLE if view.pointed is not None and view.pointed[0] == row else TICK)
        for column in range(columns):
            area = canvas.part(Plot(margin + column * wide, y, wide, tall))
            _draw_field(view, (row, column), float(shades[row, column]), area)
    _draw_columns(view, margin, wide, top + rows * tall, canvas)
    return canvas.picture(None, Plot(margin, top, columns * wide, rows * tall))


def shares(losses: Floats) -> Floats:
    """Return how good each loss is, from 0 (the highest finite one) to 1 (the lowest); NaN for non-finite losses.

    The scale is logarithmic if all are positive, else linear.
    """
    found = np.full(losses.shape, np.nan)
    finite = np.isfinite(losses)
    if not finite.any():
        return found
    values = np.clip(losses[finite], -LARGEST, LARGEST)
    scaled = np.log(values) if (values > 0).all() else values
    span = float(scaled.max() - scaled.min())
    found[finite] = 1.0 if span == 0 else (scaled.max() - scaled) / span
    return found


def _scale(losses: Floats, charset: Charset) -> str:
    """Return the key of the shades: the highest loss of each, best first; '' if there is one loss or none."""
    finite = losses[np.isfinite(losses)]
    if len(finite) < 2 or finite.min() == finite.max():
        return ""
    low, high = (float(np.clip(bound, -LARGEST, LARGEST)) for bound in (finite.min(), finite.max()))
    shades = SHADES[charset][::-1]
    steps = [step / len(shades) for step in range(1, len(shades) + 1)]
    tops = [low * (high / low) ** step if low > 0 else low + (high - low) * step for step in steps]
    return "up to " + "  ".join(f"{shade} {_short(top)}" for shade, top in zip(shades, tops, strict=True))


def _short(loss: float) -> str:
    return short_number(float(f"{max(-LARGEST, min(loss, LARGEST)):.3g}"))


def _draw_field(view: HeatView, place: tuple[int, int], share: float, area: Canvas) -> None:
    loss = float(view.losses[place])
    charset, middle = area.charset, area.height // 2
    style = HINT if math.isnan(share) else strong(slot_at(share))
    if not math.isnan(share):
        shade = SHADES[charset][min(int(share * len(SHADES[charset])), len(SHADES[charset]) - 1)]
        # the last column stays free if there is room: it separates neighbours
        filled = max(area.width - (area.width > 3), 1)
        area.codes[:, :filled], area.styles[:, :filled] = ord(shade), style
    if math.isfinite(loss):
        mark = STOPPED[charset] if place in view.stopped else ""
        full = mark + loss_text(loss)
        sign = full if len(full) + 4 <= area.width else mark + _short(loss)
    else:
        sign = "·" if math.isnan(loss) else GONE[charset]
    if place == view.best:
        sign = f"{BEST[charset]}{sign}" if area.width > len(sign) + 2 else BEST[charset]
    if place == view.pointed and area.width > len(sign) + 3:
        sign = POINTED[charset][0] + sign + POINTED[charset][1]
    elif place == view.pointed and area.width > 2 and len(sign) + 2 > area.width:
        sign = POINTED[charset]
    if len(sign) + 2 <= area.width or math.isnan(share) or place in (view.best, view.pointed):
        text = cells(f" {sign} " if len(sign) + 2 <= area.width else sign, charset)[: area.width]
        strong_words = TITLE if place in (view.best, view.pointed) else style
        area.write(middle, max((area.width - (area.width > 3) - len(text)) // 2, 0), text, strong_words)


def _draw_columns(view: HeatView, margin: int, wide: int, row: int, canvas: Canvas) -> None:
    """Write the column values below the map, skipping those that would touch, and the names of both parameters."""
    end = 0
    for column, label in enumerate(view.column_labels):
        codes = cells(label, canvas.charset)
        start = max(margin + column * wide + (wide - len(codes)) // 2, 0)
        if start >= end and start + len(codes) <= canvas.width and row < canvas.height:
            is_pointed = view.pointed is not None and view.pointed[1] == column
            end = canvas.write(row, start, codes, TITLE if is_pointed else TICK) + 1
    if row + 1 < canvas.height:
        caption = f"across: {view.column_name}   up: {view.row_name}"
        canvas.write(row + 1, margin, canvas.fitted(caption, max(canvas.width - margin, 0)), HINT)
