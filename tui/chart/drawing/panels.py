"""Panels: the same runs by several metrics, a small chart for each, on one x axis and with one legend."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tui.chart.cells.canvas import Canvas
from tui.chart.cells.picture import HINT, POINTED, TICK, TITLE, Picture, strong
from tui.chart.drawing import markers
from tui.chart.drawing.frame import AXIS_WIDTH, draw_frame, label_width
from tui.chart.drawing.plotting import draw_curves, rasterise
from tui.chart.values.all_series import all_series
from tui.chart.values.axes import bounds_of, hold
from tui.chart.values.metrics import metric_of, settled
from tui.chart.values.readout import readout
from tui.chart.values.series import SeriesBundle, bundle
from tui.chart.values.ticks import Tick, x_ticks, y_ticks
from tui.chart.values.view import Axes, ChartRun, ChartView, Panel, Plot
from tui.colours.palette import marker

GAP = 2
LABELS = 6
"""Assumed width of y labels, in cells, so that the layout does not depend on the labels."""
LEAST_WIDTH, LEAST_ROWS, LEAST_ROWS_ABOVE = 11, 3, 4
"""Smallest panel, in cells of its curves; LEAST_ROWS_ABOVE applies to layouts with more than one row of panels."""
ASPECT = 4.5
"""Preferred ratio of columns to rows of a curve."""
TITLE_ROWS = AXIS_ROWS = LABEL_ROWS = 1
FOCUS = {"unicode": "▸", "ascii": ">"}


@dataclass(frozen=True, slots=True)
class PanelLayout:
    """`across` x `down` panels, each `width` cells wide (labels included), with `rows` rows of curves."""

    across: int
    down: int
    width: int
    rows: int


def layout(count: int, width: int, height: int) -> PanelLayout | None:
    """Return the best layout of `count` panels without an empty place in `width` x `height` cells, or None."""
    found = []
    for across in range(1, count + 1):
        wide, rows = (width - GAP * (across - 1)) // across, (height - LABEL_ROWS) * across // count - 2
        least_rows = LEAST_ROWS if across == count else LEAST_ROWS_ABOVE
        if count % across == 0 and wide - LABELS - AXIS_WIDTH >= LEAST_WIDTH and rows >= least_rows:
            found.append(PanelLayout(across, count // across, wide, rows))
    return min(found, key=lambda one: abs(math.log((one.width - LABELS) / one.rows / ASPECT)), default=None)


def with_room(metrics: Sequence[str], focus: str, width: int, height: int) -> tuple[str, ...]:
    """Return the metrics that fit into a grid of `width` x `height` cells: the first ones, always with `focus`.

    Returns () if two do not fit.
    """
    count = next((count for count in range(len(metrics), 1, -1) if layout(count, width, height)), 0)
    visible = tuple(metrics[:count])
    return visible if focus in visible or not count else (*visible[:-1], focus)


def draw_panels(view: ChartView, top: int, bottom: int, canvas: Canvas, before: Picture | None) -> tuple[Panel, ...]:
    """Draw the panels of a view in the rows top..bottom; return () if two do not fit.

    The axes of the previous picture `before` are kept, and its unchanged panels are copied.
    """
    by_metric = {panel.metric: panel for panel in view.panels}
    visible = with_room(tuple(by_metric), view.metric, canvas.width, bottom - top)
    plan = layout(len(visible), canvas.width, bottom - top) if visible else None
    if plan is None:
        return ()
    drawn = () if before is None or (before.width, before.height) != (canvas.width, canvas.height) else before.panels
    views = [settled(by_metric[metric]) for metric in visible]
    own = [_axes(one, plan, drawn, before) for one in views]
    axes = _on_one_x(own)
    ticks = [() if one is None else y_ticks(one, plan.rows) for one in axes]
    labels = max(map(label_width, ticks), default=0)
    panels = []
    for place, one in enumerate(views):
        down, across = divmod(place, plan.across)
        is_lowest = down == plan.down - 1
        place_of = Plot(
            across * (plan.width + GAP),
            top + down * (plan.rows + TITLE_ROWS + AXIS_ROWS),
            plan.width,
            plan.rows + TITLE_ROWS + AXIS_ROWS + (LABEL_ROWS if is_lowest else 0),
        )
        inner = Plot(labels + AXIS_WIDTH, TITLE_ROWS, plan.width - labels - AXIS_WIDTH, plan.rows)
        plot = replace(inner, left=place_of.left + inner.left, top=place_of.top + inner.top)
        panel = Panel(_within(one, axes[place]), plot, axes[place], own[place], one.metric == view.metric)
        if before is not None and panel in drawn:
            rows, columns = place_of.top + place_of.height, place_of.left + place_of.width
            area = np.s_[place_of.top : rows, place_of.left : columns]
            canvas.paste(place_of.top, place_of.left, before.codepoints[area], before.styles[area])
        else:
            _draw_panel(panel, inner, ticks[place], plan, canvas.part(place_of), lowest=is_lowest)
        panels.append(panel)
    return tuple(panels)


def _axes(view: ChartView, plan: PanelLayout, drawn: Sequence[Panel], before: Picture | None) -> Axes | None:
    """Return the axes that a panel would have alone; the previous ones while its view is unchanged."""
    known = next((panel for panel in drawn if panel.metric == view.metric), None)
    if known is not None and known.view == view:
        return known.own
    rows = _rows(view, plan)
    held = before.axes if before is not None and before.axes is not None else None
    return None if rows is None else hold(view, bounds_of(view, rows), held if known is None else known.axes)


def _rows(view: ChartView, plan: PanelLayout) -> SeriesBundle | None:
    series = all_series(view, 2 * (plan.width - LABELS))
    return bundle(series) if series else None


def _on_one_x(own: Sequence[Axes | None]) -> list[Axes | None]:
    """Return the axes with one common x range that contains all of theirs."""
    known = [axes for axes in own if axes is not None]
    low = min((axes.x_low for axes in known), default=0.0)
    high = max((axes.x_high for axes in known), default=1.0)
    return [None if axes is None else replace(axes, x_low=low, x_high=high) for axes in own]


def _within(view: ChartView, axes: Axes | None) -> ChartView:
    """Return the view with its cursor inside the x axis: runs that are no longer drawn may have been longer."""
    if axes is None or view.cursor_x is None:
        return view
    return replace(view, cursor_x=min(max(view.cursor_x, axes.x_low), axes.x_high))


def held(view: ChartView, axes: Callable[[ChartView], Axes | None]) -> ChartView:
    """Return the view and its panels fixed to the ranges that `axes` gives for a view with one metric.

    A zoomed y axis stays zoomed.
    """
    panels = tuple(held(panel, axes) for panel in view.panels)
    found = axes(replace(view, panels=()))
    if found is None:
        return replace(view, panels=panels)
    x, y = (found.x_low, found.x_high), (found.y_low, found.y_high)
    return replace(view, panels=panels, x_window=x, y_window=view.y_window or y)


def _draw_panel(
    panel: Panel, plot: Plot, y: tuple[Tick, ...], plan: PanelLayout, canvas: Canvas, *, lowest: bool
) -> None:
    """Draw a panel on its own canvas, with its curves in the cells of `plot`."""
    view, axes = panel.view, panel.axes
    _draw_title(view, plot, canvas, focused=panel.focused)
    rows = _rows(view, plan)
    if rows is None or axes is None:
        _draw_nothing(view, plot, canvas)
        return
    codes, styles = draw_frame(plot.width, plot.height, x_ticks(axes, plot.width), y, canvas.charset)
    visible_rows = plot.height + AXIS_ROWS + (LABEL_ROWS if lowest else 0)
    canvas.paste(plot.top, plot.left - AXIS_WIDTH - label_width(y), codes[:visible_rows], styles[:visible_rows])
    draw_curves(view, rasterise(view, rows, axes, plot.width, plot.height, canvas.charset), axes, plot, canvas)
    cursor = markers.cursor_column(axes, view.cursor_x, plot.width)
    if lowest and cursor is not None and view.cursor_x is not None:
        markers.draw_x_value(view.cursor_x, axes, plot, cursor, canvas)


def _draw_title(view: ChartView, plot: Plot, canvas: Canvas, *, focused: bool) -> None:
    """Draw the metric (bold in the focused panel) and, at the right, the value of the run under the cursor.

    If room is short, the companion's name and the scale are dropped first, then the value.
    """
    run_value = _run_value(view)
    value = [] if run_value is None else canvas.fitted(run_value[1], plot.width // 2)
    beside = f"  ┄ {view.companion_name}" if any(run.companion is not None for run in view.runs) else ""
    scales = (" (log)", "") if view.log_y else ("",)
    names = (view.metric + scale + second for second in dict.fromkeys((beside, "")) for scale in scales)
    name = next((name for name in names if len(name) + len(value) + 6 <= canvas.width), "")
    if run_value is not None and name:
        slot, end = run_value[0].slot, canvas.width - len(value)
        canvas.write(0, end, value, strong(slot) if view.cursor_x is not None else TICK)
        canvas.put(0, end - 2, marker(slot, ascii_only=canvas.charset == "ascii"), strong(slot))
    if focused:
        canvas.put(0, 0, FOCUS[canvas.charset], POINTED)
    canvas.write(0, 2, canvas.fitted(name or view.metric, canvas.width - 2), POINTED if focused else TITLE)


def _run_value(view: ChartView) -> tuple[ChartRun, str] | None:
    """Return the run under the cursor (or the only one) and its value at the readout, or its last; None without one."""
    run = next((run for run in view.runs if run.emphasised), view.runs[0] if len(view.runs) == 1 else None)
    if run is None:
        return None
    (reading,) = readout(replace(view, runs=(run,)), math.inf if view.cursor_x is None else view.cursor_x)
    return None if reading.value is None else (run, metric_of(view).text(reading.value))


def _draw_nothing(view: ChartView, plot: Plot, canvas: Canvas) -> None:
    hint = canvas.fitted(view.empty_hint, plot.width)
    canvas.write(plot.top + plot.height // 2, plot.left + (plot.width - len(hint)) // 2, hint, HINT)
