"""Canvas: draws one ChartView at one size as one Picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from tui.chart.cells.canvas import Canvas, blank
from tui.chart.cells.cell_text import cells
from tui.chart.cells.picture import FRAME, HINT, TITLE, Picture
from tui.chart.drawing import markers
from tui.chart.drawing.frame import AXIS_WIDTH, draw_frame
from tui.chart.drawing.grid import draw_tiles
from tui.chart.drawing.legend import Entry, draw_legend, entries_of, entry_at, heading, headings, omitted_names
from tui.chart.drawing.panels import draw_panels, with_room
from tui.chart.drawing.plotting import draw_curves, rasterise, ticks_for
from tui.chart.values.all_series import all_series
from tui.chart.values.axes import bounds_of, hold
from tui.chart.values.metrics import metric_of, settled
from tui.chart.values.readout import readout
from tui.chart.values.seeds import BAND_NAMES
from tui.chart.values.series import bundle
from tui.chart.values.ticks import MINUTES_FROM_S
from tui.chart.values.view import Axes, Charset, ChartView, Panel, Plot

X_NAMES = {
    "iteration": "iteration",
    "time": "time (s)",
    "examples": "examples seen",
    "evaluations": "losses evaluated",
}
WAITING = "waiting for the first iterations"


def draw(
    view: ChartView, width: int, height: int, *, charset: Charset = "unicode", previous: Picture | None = None
) -> Picture:
    """Return the chart at `width` x `height` cells, legend and title included; any size from 1x1 up.

    The axes of `previous` are kept while the data stay within them and the kind of axes is the same. No curve makes
    it raise: non-finite losses are gaps with a sign, and so are non-positive ones on a log axis, where a band that
    reaches below zero ends at the lower edge.
    """
    view = settled(view)
    canvas = blank(max(width, 1), max(height, 1), charset)
    panels = _draw_grid(view, canvas, previous) if view.panels else ()
    if panels:
        front = next((one for one in panels if one.metric == view.metric and one.axes is not None), panels[0])
        return canvas.picture(front.axes, front.plot, panels=panels)
    view = replace(view, panels=())
    series = all_series(view, 2 * canvas.width)
    rows = bundle(series) if series else None
    axes = None if rows is None else hold(view, bounds_of(view, rows), None if previous is None else previous.axes)
    if axes is not None and view.cursor_x is not None:
        # the cursor may stand beyond the end of the runs that are still drawn
        view = replace(view, cursor_x=min(max(view.cursor_x, axes.x_low), axes.x_high))
    top = _title_rows(view, canvas)
    if top:
        _draw_title(view, axes, canvas, () if view.grid else omitted_names(*_legend(view, canvas)))
    if rows is None or axes is None:
        plot = Plot(0, top, canvas.width, canvas.height - _draw_legend(view, canvas) - top)
        _draw_hint(_hint(view), plot, canvas)
        return canvas.picture(None, plot)
    tiles = draw_tiles(view, rows, axes, top, canvas.height, canvas) if view.grid else ()
    if tiles:
        return canvas.picture(axes, tiles[0].plot, tiles)
    plot = _draw_frame(axes, top, canvas.height - _draw_legend(view, canvas), canvas)
    if plot.width > 0 and plot.height > 0:
        draw_curves(view, rasterise(view, rows, axes, plot.width, plot.height, charset), axes, plot, canvas)
        cursor = markers.cursor_column(axes, view.cursor_x, plot.width)
        if cursor is not None and view.cursor_x is not None:
            markers.draw_x_value(view.cursor_x, axes, plot, cursor, canvas)
    return canvas.picture(axes, plot)


def metrics_of(view: ChartView, width: int, height: int) -> tuple[str, ...]:
    """Return the metrics that get a panel in the picture of a view; () if it is a single chart."""
    canvas = blank(max(width, 1), max(height, 1), "unicode")
    metrics = tuple(panel.metric for panel in view.panels)
    return with_room(metrics, view.metric, canvas.width, _grid_rows(view, canvas))


def run_at(view: ChartView, picture: Picture, column: int, row: int) -> int | None:
    """Return the run whose legend entry or tile is at a cell of the picture of a view; None elsewhere."""
    tile = picture.tile_at(column, row)
    if tile is not None or picture.tiles:
        return None if tile is None else tile.run_id
    view = replace(settled(view), panels=() if not picture.panels else view.panels)
    if view.cursor_x is not None and picture.axes is not None:
        view = replace(view, cursor_x=min(max(view.cursor_x, picture.axes.x_low), picture.axes.x_high))
    canvas = blank(picture.width, picture.height, "unicode")
    legend = _legend(view, canvas)
    entry = entry_at(*legend, column - 1, row - (picture.height - len(draw_legend(*legend)[0])))
    return None if entry is None else entry.number


def _grid_rows(view: ChartView, canvas: Canvas) -> int:
    """Return the rows between title and legend."""
    return canvas.height - _title_rows(view, canvas) - len(draw_legend(*_legend(view, canvas))[0])


def _draw_grid(view: ChartView, canvas: Canvas, previous: Picture | None) -> tuple[Panel, ...]:
    """Draw the panels of a view, with the title above and the legend below; return () if they have no room."""
    top = _title_rows(view, canvas)
    panels = draw_panels(view, top, top + _grid_rows(view, canvas), canvas, previous)
    if panels:
        _draw_legend(view, canvas)
        if top:
            axes = next((panel.axes for panel in panels if panel.axes is not None), None)
            caution = next((panel.caution for panel in view.panels if panel.caution), "")
            named = replace(view, metric="measures", log_y=False, companion_name="", caution=caution)
            _draw_title(named, axes, canvas, omitted_names(*_legend(view, canvas)))
    return panels


def _title_rows(view: ChartView, canvas: Canvas) -> int:
    return int(view.show_title and canvas.height >= 7)


def _hint(view: ChartView) -> str:
    if not view.runs:
        return view.empty_hint
    has_begun = any(run.curve is not None and len(run.curve.iteration) for run in view.runs)
    if not has_begun:
        return WAITING
    return view.lacking or f"no {view.metric} recorded of {'this run' if len(view.runs) == 1 else 'these runs'}"


def axes_of(view: ChartView, width: int) -> Axes | None:
    """Return the axes of a first drawing at `width` cells; None if there is nothing to draw."""
    view = settled(view)
    series = all_series(view, 2 * max(width, 1))
    return hold(view, bounds_of(view, bundle(series)), None) if series else None


def _draw_legend(view: ChartView, canvas: Canvas) -> int:
    """Draw the legend, or the readout, at the bottom; return its rows."""
    codes, styles = draw_legend(*_legend(view, canvas))
    if len(codes):
        canvas.paste(canvas.height - len(codes), 1, codes, styles)
    return len(codes)


def _legend(view: ChartView, canvas: Canvas) -> tuple[tuple[Entry, ...], int, int, Charset]:
    """Return the arguments of draw_legend: entries, width, most rows, charset."""
    if not view.show_legend or canvas.height < 4:
        return (), 0, 0, canvas.charset
    if view.cursor_x is None:
        return entries_of(view), canvas.width - 1, min(canvas.height // 6, 4), canvas.charset
    # during a readout every run's value matters more than the height of the curves
    read = readout(view, view.cursor_x)
    return entries_of(view, read), canvas.width - 1, min(max(canvas.height // 4, 1), 6), canvas.charset


def x_name(view: ChartView, axes: Axes | None) -> str:
    """Return the name of the x axis, with its unit unless the tick labels show it."""
    tells = axes is not None and view.x_kind == "time" and not view.log_x and axes.x_high >= MINUTES_FROM_S
    return "time" if tells else X_NAMES[view.x_kind]


def _draw_title(view: ChartView, axes: Axes | None, canvas: Canvas, names: Sequence[str]) -> None:
    """Draw the title; at the right the note, and the legend's setting `names` if there is room."""
    rule = markers.SIGNS[canvas.charset]["rule"]
    title, note = _title_beside(names, view, axes, canvas)
    canvas.codes[0], canvas.styles[0] = ord(rule), FRAME
    end = canvas.write(0, 0, canvas.fitted(title, canvas.width), TITLE)
    stop = canvas.width - 1
    if note:
        stop -= len(note)
        canvas.write(0, stop, cells(note, canvas.charset), HINT)
        stop -= 1
    told = heading(names, stop - end - 4, canvas.charset)
    if told:
        codes = cells(f" {told} ", canvas.charset)
        canvas.write(0, stop - len(codes), codes, HINT)


def _title_beside(names: Sequence[str], view: ChartView, axes: Axes | None, canvas: Canvas) -> tuple[str, str]:
    """Return title and note; a title that need not name its x axis makes room for the `names`."""
    title, note = title_of(view, axes, canvas.width, canvas.charset)
    shorter = _joined(list(_title_parts(view, axes))[1], canvas.charset)
    for told in headings(names, canvas.charset):
        for one in (title, shorter):
            if len(one) + len(note) + len(told) + 4 <= canvas.width and len(one) <= len(title):
                return one, note
    return title, note


def title_of(view: ChartView, axes: Axes | None, width: int, charset: Charset) -> tuple[str, str]:
    """Return the longest title and note that fit into `width` cells; the smoothing of noisy losses always stays."""
    first, _, _ = view.note.partition(" · ")
    notes = [f" {note} " for note in dict.fromkeys((view.note, first)) if note]
    *longer, shortest = (_joined(parts, charset) for parts in _title_parts(view, axes))
    # drop the note only if no title that names the metric leaves room for it
    titles = [
        *((title, note) for title in longer for note in notes),
        *((title, "") for title in longer),
        (shortest, ""),
    ]
    fitting = (one for one in titles if len(one[0]) + (len(one[1]) + 2 if one[1] else 0) <= width)
    return next(fitting, titles[-1])


def _joined(parts: Sequence[str], charset: Charset) -> str:
    dot = f"  {markers.SIGNS[charset]['dot']}  "
    return f" {dot.join(filter(None, parts))} "


def _title_parts(view: ChartView, axes: Axes | None) -> Iterator[tuple[str, ...]]:
    """Yield the parts of ever shorter titles; the least informative parts are dropped first."""
    has_second = view.companion_name and any(run.companion is not None for run in view.runs)
    second = f"┄ {view.companion_name}" if has_second else ""
    scale, x_scale = " (log)" if view.log_y else "", " (log)" if view.log_x else ""
    x = f"x: {x_name(view, axes)}{x_scale}"
    # iteration is the default, so a short title omits it
    shorter = "" if x == "x: iteration" else f"{view.x_kind}{x_scale}"
    smoothing = " · ".join(filter(None, (smoothing_of(view), seeds_of(view))))
    yield view.metric + scale, second, x, smoothing, view.caution
    yield view.metric + scale, second, shorter, smoothing, view.caution
    yield view.metric + scale, shorter, smoothing, view.caution
    yield view.metric, shorter, smoothing, view.caution
    yield view.metric, smoothing, view.caution
    yield view.metric, smoothing
    yield (smoothing or view.metric,)


def smoothing_of(view: ChartView) -> str:
    """Return how noisy losses are smoothed; '' if none is drawn."""
    drawn = [one for one in view.panels or (view,) if metric_of(one).of_batches]
    if not any(run.noisy for one in drawn for run in one.runs):
        return ""
    return f"smoothing {view.smoothing:g}" if view.smoothing > 0 else "raw"


def seeds_of(view: ChartView) -> str:
    """Return what is drawn of runs that differ in their seed alone; '' if each has its own curve."""
    return f"mean of seeds, {BAND_NAMES[view.seed_band]}" if any(run.members for run in view.runs) else ""


def _draw_hint(text: str, plot: Plot, canvas: Canvas) -> None:
    room = max(min(plot.width - 4, 60), 1)
    lines, line = [], ""
    for word in text.split():
        if line and len(line) + 1 + len(word) > room:
            lines.append(line)
            line = ""
        line = f"{line} {word}".strip()
    lines = [*lines, line][: plot.height]
    top = plot.top + (plot.height - len(lines)) // 2
    for row, text in enumerate(lines, top):
        codes = canvas.fitted(text, plot.width)
        canvas.write(row, plot.left + max(plot.width - len(codes), 0) // 2, codes, HINT)


def _draw_frame(axes: Axes, top: int, bottom: int, canvas: Canvas) -> Plot:
    """Draw axes and ticks if there is room; return the cells left for curves."""
    ticks = ticks_for(axes, canvas.width, bottom - top)
    if ticks is None:
        return Plot(0, top, canvas.width, max(bottom - top, 0))
    canvas.paste(top, 0, *draw_frame(ticks.columns, ticks.rows, ticks.x, ticks.y, canvas.charset))
    return Plot(ticks.label_width + AXIS_WIDTH, top, ticks.columns, ticks.rows)
