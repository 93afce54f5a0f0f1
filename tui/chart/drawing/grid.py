"""Grid: a tile for every run, all on the same axes, so that heights compare."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tui.chart.cells.canvas import Canvas
from tui.chart.cells.picture import HINT, POINTED, TICK, strong
from tui.chart.drawing import markers
from tui.chart.drawing.frame import AXIS_WIDTH, draw_frame
from tui.chart.drawing.plotting import Layer, Ticks, draw_curves, rasterise, ticks_for
from tui.chart.values.metrics import metric_of
from tui.chart.values.readout import Reading, readout
from tui.chart.values.series import SeriesBundle
from tui.chart.values.view import Axes, ChartRun, ChartView, Plot, Tile
from tui.colours.palette import marker

GAP = 2
LEAST_WIDTH, LEAST_ROWS = 13, 2
"""Smallest tile, in cells of its curve."""
ASPECT = 4.5
"""Preferred ratio of columns to rows of a curve: about two to one on the screen."""
TITLE_ROWS = AXIS_ROWS = LABEL_ROWS = 1


@dataclass(frozen=True, slots=True)
class TileLayout:
    """`down` x `across` tiles, `visible` of them used, each with `width` x `rows` cells for its curve.

    The y labels take `label_width` cells at the left.
    """

    visible: int
    across: int
    down: int
    width: int
    rows: int
    label_width: int


def layout(count: int, width: int, height: int, label_width: int = 4) -> TileLayout | None:
    """Return the best layout of `count` tiles, or of as many as fit; None if none fits."""
    for visible in range(count, 0, -1):
        fitting = [
            one for across in range(1, visible + 1) if (one := _layout(visible, across, width, height, label_width))
        ]
        if fitting:
            return min(fitting, key=_layout_cost)
    return None


def _layout(visible: int, across: int, width: int, height: int, label_width: int) -> TileLayout | None:
    down = -(-visible // across)
    wide = (width - label_width - GAP * (across - 1)) // across - AXIS_WIDTH
    rows = (height - LABEL_ROWS) // down - TITLE_ROWS - AXIS_ROWS
    return (
        TileLayout(visible, across, down, wide, rows, label_width)
        if wide >= LEAST_WIDTH and rows >= LEAST_ROWS
        else None
    )


def _layout_cost(one: TileLayout) -> float:
    empty = one.across * one.down - one.visible
    return abs(math.log(one.width / one.rows / ASPECT)) + 0.5 * empty / one.visible


def draw_tiles(
    view: ChartView, rows: SeriesBundle, axes: Axes, top: int, bottom: int, canvas: Canvas
) -> tuple[Tile, ...]:
    """Draw a tile for each run in the rows top..bottom; return () if fewer than two (of several runs) fit.

    The title row counts the runs without a tile. The emphasised run always has one.
    """
    planned = _planned(len(view.runs), axes, canvas.width, bottom - top)
    if planned is None or planned[0].visible == 1 < len(view.runs):
        return ()
    plan, ticks = planned
    layer = rasterise(view, rows, axes, ticks.columns, ticks.rows, canvas.charset)
    readings = {one.run_id: one for one in readout(view, _read_at(view))}
    chosen = _chosen(view.runs, plan.visible)
    headers, names = _headers(view, chosen, readings, ticks.columns, _free(canvas, top - 1) if top else 0)
    tiles = []
    for place, run in enumerate(chosen):
        down, across = divmod(place, plan.across)
        row = top + down * (plan.rows + TITLE_ROWS + AXIS_ROWS)
        left = plan.label_width + across * (plan.width + AXIS_WIDTH + GAP) + AXIS_WIDTH
        plot = Plot(left, row + TITLE_ROWS, ticks.columns, ticks.rows)
        is_lowest = place + plan.across >= len(chosen)
        _draw_frame(ticks, plot, canvas, first=across == 0, lowest=is_lowest)
        _draw_title(view, run, headers[place], readings[run.run_id], plot, canvas)
        _draw_run(view, run, layer, axes, plot, canvas, lowest=is_lowest)
        tiles.append(Tile(run.run_id, plot))
    left_out = len(view.runs) - len(chosen)
    if left_out:
        text = canvas.fitted(f" +{left_out} more ", canvas.width)
        row, start = top - 1 if top else bottom - 1, canvas.width - len(text) - 1
        if not top:
            markers.clear_label(canvas, row, start, start + len(text))
        canvas.write(row, start, text, HINT)
    if names:
        _write_names(names, canvas, top - 1)
    return tuple(tiles)


def _planned(count: int, axes: Axes, width: int, height: int) -> tuple[TileLayout, Ticks] | None:
    """Return a layout and the ticks of its tiles, which depend on each other; None if none fits."""
    label_width = 0
    for _ in range(4):
        plan = layout(count, width, height, label_width)
        ticks = plan and ticks_for(axes, plan.width + AXIS_WIDTH, plan.rows + AXIS_ROWS + LABEL_ROWS, 0)
        if plan is None or not isinstance(ticks, Ticks):
            return None
        if ticks.label_width <= label_width:
            return plan, ticks
        label_width = ticks.label_width
    return None


def _read_at(view: ChartView) -> float:
    return math.inf if view.cursor_x is None else view.cursor_x


def _chosen(runs: Sequence[ChartRun], room: int) -> list[ChartRun]:
    chosen = list(runs[:room])
    if len(runs) > room:
        chosen[-1:] = [run for run in runs[room - 1 :] if run.emphasised][:1] or chosen[-1:]
    return chosen


def _draw_frame(ticks: Ticks, plot: Plot, canvas: Canvas, *, first: bool, lowest: bool) -> None:
    codes, styles = draw_frame(ticks.columns, ticks.rows, ticks.x, ticks.y, canvas.charset)
    skipped = 0 if first else ticks.label_width
    visible_rows = ticks.rows + AXIS_ROWS + (LABEL_ROWS if lowest else 0)
    visible_rows = min(visible_rows, canvas.height - plot.top)
    left = plot.left - AXIS_WIDTH - (ticks.label_width - skipped)
    canvas.paste(plot.top, left, codes[:visible_rows, skipped:], styles[:visible_rows, skipped:])


def _headers(
    view: ChartView, runs: Sequence[ChartRun], readings: Mapping[int, Reading], width: int, room: int
) -> tuple[list[str], str]:
    """Return each tile's header (its run and the settings that fit above all tiles), and names for the title.

    The names of settings stand beside their values, or once in `room` cells of the chart's title; a value without a
    name is omitted.
    """
    rooms = [width - 3 - len(_value(view, readings[run.run_id])) for run in runs]
    names = list(dict.fromkeys(name for run in runs for name, _ in run.settings))
    candidates = []
    for count in range(len(names), -1, -1):
        title_names = " | ".join(names[:count])
        candidates += [(with_label, names[:count], "") for with_label in (True, False)]
        candidates += [
            (with_label, names[:count], title_names)
            for with_label in (True, False)
            if count and len(title_names) + 4 <= room
        ]
    for with_label, shown_names, title_names in candidates:
        headers = [_header(run, with_label, shown_names, with_names=not title_names) for run in runs]
        if all(len(header) <= room for header, room in zip(headers, rooms, strict=True)):
            break
    return headers, title_names


def _header(run: ChartRun, with_label: bool, names: Sequence[str], *, with_names: bool) -> str:
    settings = dict(run.settings)
    values = [f"{name} {settings[name]}" if with_names else settings[name] for name in names if name in settings]
    return "  ".join([run.label if with_label else str(run.run_id), *([" · ".join(values)] if values else [])])


def _free(canvas: Canvas, row: int) -> int:
    """Count the cells of the title row that hold only the rule."""
    return int((canvas.codes[row] == ord(markers.SIGNS[canvas.charset]["rule"])).sum())


def _write_names(names: str, canvas: Canvas, row: int) -> None:
    """Write the names of settings at the right end of the rule in the title row."""
    rule = (canvas.codes[row] == ord(markers.SIGNS[canvas.charset]["rule"])).nonzero()[0]
    codes = canvas.fitted(f" {names} ", len(rule))
    gaps = [at for at in rule.tolist() if set(range(at, at + len(codes) + 1)) <= set(rule.tolist())]
    if gaps:
        canvas.write(row, gaps[-1], codes, HINT)


def _value(view: ChartView, reading: Reading) -> str:
    return "" if reading.value is None else metric_of(view).text(reading.value)


def _draw_title(view: ChartView, run: ChartRun, header: str, reading: Reading, plot: Plot, canvas: Canvas) -> None:
    row = plot.top - TITLE_ROWS
    value = canvas.fitted(_value(view, reading), plot.width // 2)
    room = plot.width - len(value) - 3
    sign = marker(run.slot, ascii_only=canvas.charset == "ascii")
    canvas.put(row, plot.left, sign, strong(run.slot))
    if room > 0:
        pointed = run.emphasised and len(view.runs) > 1
        canvas.write(row, plot.left + 2, canvas.fitted(header, room), POINTED if pointed else strong(run.slot))
    style = strong(run.slot) if view.cursor_x is not None else TICK
    canvas.write(row, plot.left + plot.width - len(value), value, style)


def _draw_run(
    view: ChartView, run: ChartRun, layer: Layer, axes: Axes, plot: Plot, canvas: Canvas, *, lowest: bool
) -> None:
    own = [index for index, one in enumerate(layer.series) if one.run.run_id == run.run_id]
    if own:
        draw_curves(view, layer.only(own), axes, plot, canvas)
    cursor = markers.cursor_column(axes, view.cursor_x, plot.width)
    if lowest and cursor is not None and view.cursor_x is not None:
        markers.draw_x_value(view.cursor_x, axes, plot, cursor, canvas)
