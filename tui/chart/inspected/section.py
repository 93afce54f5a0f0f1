"""Section: the loss along a line through two points of weight space, with the kinks of hinge terms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.trace.decimation import Floats
from tui.chart.cells.picture import FRAME, HINT, POINTED, TICK, strong
from tui.chart.drawing.filled import FilledPicture, FilledSheet
from tui.chart.drawing.weight_cells import Manner
from tui.chart.inspected.landscape import frame_of
from tui.chart.values.metrics import short_number

FEW = 40
"""Most kinks that are marked on the line itself; more are a row of dots below it."""

KINK = {"unicode": "◇", "ascii": "V"}


@dataclass(frozen=True, slots=True, eq=False)
class SectionView:
    """The `loss` (k,) at ascending `positions` (k,), of which 0 and 1 are the two `ends`; `kinks` are positions."""

    positions: Floats
    loss: Floats
    ends: tuple[str, str]
    kinks: Floats
    slot: int


def draw_section(view: SectionView, width: int, height: int, manner: Manner) -> FilledPicture:
    """Return the picture at `width` x `height` cells."""
    sheet, frame = FilledSheet(width, height, manner), frame_of(width, height)
    rows = max(frame.height - 1, 1)  # the last one is that of the kinks
    charset = "ascii" if manner == "ascii" else "unicode"
    finite = view.loss[np.isfinite(view.loss)]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
    first, last = float(view.positions[0]), float(view.positions[-1])

    def columns(at: Floats) -> Floats:
        return frame.left + (at - first) / (last - first) * (frame.width - 0.5)

    def down(loss: Floats) -> Floats:
        with np.errstate(all="ignore"):
            return np.where(np.isfinite(loss), (high - loss) / ((high - low) or 1.0) * (rows - 0.25), np.nan)

    for place, name in zip((0.0, 1.0), view.ends, strict=True):
        x = float(columns(np.array([place]))[0])
        sheet.line(np.array([x, x]), np.array([0.0, rows - 0.25]), FRAME)
        sheet.write(frame.height, max(int(x) - len(name) // 2, 0), name, TICK)
    sheet.line(columns(view.positions), down(view.loss), strong(view.slot), alone=True)
    if len(view.kinks) <= FEW:
        bends = down(np.interp(view.kinks, view.positions, view.loss))
        for x, y in zip(columns(view.kinks).tolist(), bends.tolist(), strict=True):
            sheet.put(x, y, KINK[charset], POINTED)
    else:
        sheet.dots(columns(view.kinks), np.full(len(view.kinks), rows + 0.5), HINT)
    if frame.left:
        for row, value in ((0, high), (rows - 1, low)):
            number = short_number(float(f"{value:.3g}"))
            sheet.write(row, max(frame.left - 1 - len(number), 0), number, TICK)
        sheet.write(rows // 2, frame.left - 5, "loss", TICK)
        if len(view.kinks) > FEW:
            sheet.write(rows, frame.left - 6, "kinks", TICK)
    return sheet.picture("*")
