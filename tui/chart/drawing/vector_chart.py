"""Vector chart: a chart as an SVG document for reports: curves as paths, words as text, on a light ground."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from html import escape
from itertools import pairwise

import numpy as np

from engine.trace.decimation import Floats
from tui.chart.drawing.chart import smoothing_of, x_name
from tui.chart.drawing.legend import entries_of
from tui.chart.drawing.loss_by_value import ResponseView, response_axes
from tui.chart.values.all_series import all_series
from tui.chart.values.axes import bounds_of, hold, x_to_dots, y_to_dots
from tui.chart.values.metrics import settled, short_number
from tui.chart.values.readout import readout
from tui.chart.values.series import Series, bundle
from tui.chart.values.ticks import x_labels, y_labels
from tui.chart.values.view import Axes, ChartView
from tui.colours.palette import colour, marker

FONT = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', Helvetica, Arial, sans-serif"
FONT_SIZE, LETTER, LINE = 13, 7.4, 19.0
"""Height of letters, their assumed width and the height of a line of text, in pixels."""

GROUND, INK, QUIET, RULE, GRID = "#ffffff", "#22262c", "#5f656e", "#8a9099", "#e8eaed"
EDGE, GAP = 18.0, 30.0
"""Pixels around the document, and between two charts of it."""

TICK_ROOM, TICK_WIDTH = 46.0, 90.0
"""Fewest pixels from one tick to the next, on the y axis and on the x axis."""

SIGN = 14.0
"""Pixels beside the curves for the sign at the end of a line."""

DIVERGED = "✗"


@dataclass(frozen=True, slots=True)
class Frame:
    """The pixels of the curves of one chart."""

    left: float
    top: float
    width: float
    height: float

    def x(self, axes: Axes, values: Floats) -> Floats:
        """Pixels from the left of x values (n,); NaN for those without a place."""
        out: Floats = self.left + x_to_dots(axes, values, round(self.width))
        return out

    def y(self, axes: Axes, values: Floats) -> Floats:
        """Pixels from the top of y values (n,); NaN for those without a place."""
        out: Floats = self.top + y_to_dots(axes, values, round(self.height))
        return out


def vector_chart(
    view: ChartView, width: int, height: int, *, title: str = "", beside: ResponseView | None = None
) -> str:
    """Return the chart as an SVG document of `width` x `height` pixels, and as many more as its legend needs.

    A grid becomes as many small charts; `beside` is the loss by value of a sweep. Screen readers read its `title`.
    """
    view = settled(view)
    charts: list[tuple[str, ChartView | ResponseView, Axes | None]] = [*_charts(view)]
    if beside is not None:
        charts.append((beside.title, beside, response_axes(beside)))
    legend = _legend(view, width - 2 * EDGE)
    across = 1 if len(charts) < 2 else 2 if len(charts) < 5 else 3
    down = -(-len(charts) // across)
    body_height = height - 2 * EDGE
    inner = (width - 2 * EDGE - GAP * (across - 1)) / across, (body_height - GAP * (down - 1)) / down
    whole = height + len(legend) * LINE + (LINE if legend else 0)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {whole:g}" width="{width}" height="{whole:g}" '
        f'role="img" font-family="{FONT}" font-size="{FONT_SIZE}" fill="{INK}">',
        f"<title>{_escaped(title)}</title>" if title else "",
        f'<rect width="100%" height="100%" fill="{GROUND}"/>',
    ]
    for place, (name, one, axes) in enumerate(charts):
        row, column = divmod(place, across)
        left, top = EDGE + column * (inner[0] + GAP), EDGE + row * (inner[1] + GAP)
        area = (left, top, *inner)
        if isinstance(one, ChartView):
            parts += _chart(one, axes, name, area, clip=f"plot{place}")
        else:
            parts += _response(one, axes, area)
    for row, entries in enumerate(legend):
        parts += [*_entries(entries, height + LINE / 2 + row * LINE)]
    return "\n".join(filter(None, [*parts, "</svg>"])) + "\n"


def _charts(view: ChartView) -> list[tuple[str, ChartView, Axes | None]]:
    """Return the charts of a view, each with its heading and its axes; tiles share their axes."""
    if view.panels:
        return [("", panel, _axes(settled(panel))) for panel in view.panels]
    axes = _axes(view)
    if not view.grid or len(view.runs) < 2:
        return [("", view, axes)]
    return [(run.label, replace(view, runs=(run,), grid=False), axes) for run in view.runs]


def _axes(view: ChartView) -> Axes | None:
    series = all_series(view)
    return hold(view, bounds_of(view, bundle(series)), None) if series else None


def _chart(
    view: ChartView, axes: Axes | None, name: str, area: tuple[float, float, float, float], *, clip: str
) -> Iterator[str]:
    """Yield one chart: heading, axes with labels and names, and all curves."""
    left, top, width, height = area
    scale = " (log)" if axes is not None and axes.log_y else ""
    yield _text(left, top + FONT_SIZE, name or view.metric + scale, weight="bold")
    remarks = [view.caution, view.metric + scale if name else "", smoothing_of(view), _companion(view)]
    candidates = [", ".join(filter(None, remarks[:count])) for count in range(len(remarks), 0, -1)]
    room = width / LETTER - len(name or view.metric + scale) - 2
    remark = next((text for text in candidates if len(text) <= room), "")
    yield _text(left + width, top + FONT_SIZE, remark, fill=QUIET, anchor="end")
    if axes is None:
        yield _text(left + width / 2, top + height / 2, view.empty_hint, fill=QUIET, anchor="middle")
        return
    frame, rows = _room(axes, area)
    columns = x_labels(axes, max(2, int(frame.width / TICK_WIDTH)))
    yield from _frame(axes, frame, rows, columns, x_name(view, axes) + (" (log)" if axes.log_x else ""))
    yield (
        f'<clipPath id="{clip}"><rect x="{frame.left:g}" y="{frame.top:g}" width="{frame.width:g}" '
        f'height="{frame.height:g}"/></clipPath><g clip-path="url(#{clip})" fill="none" stroke-linejoin="round">'
    )
    series = sorted(all_series(view, 2 * round(frame.width)), key=lambda one: one.run.emphasised)
    for one in series:
        yield from _band(one, axes, frame, is_drawn=view.show_raw and one.run.raw)
    for one in series:
        yield from _line(one, axes, frame, is_strong=one.run.emphasised and len(view.runs) > 1)
    if view.cursor_x is not None:
        at = float(frame.x(axes, np.array([view.cursor_x]))[0])
        yield f'<path d="M{at:.1f} {frame.top:.1f}v{frame.height:.1f}" stroke="{QUIET}" stroke-dasharray="4 3"/>'
    yield "</g>"
    for one in series:
        yield from _signs(one, axes, frame)


def _room(axes: Axes, area: tuple[float, float, float, float]) -> tuple[Frame, list[tuple[float, str]]]:
    """Return the pixels of the curves below a heading and above the labels, and the labels of the y axis."""
    left, top, width, height = area
    rows = y_labels(axes, max(2, int(height / TICK_ROOM)))
    margin = max((len(label) for _, label in rows), default=0) * LETTER + 10
    return Frame(left + margin, top + LINE + 6, width - margin - SIGN, height - 3 * LINE - 10), rows


def _response(view: ResponseView, axes: Axes | None, area: tuple[float, float, float, float]) -> Iterator[str]:
    """Yield the chart of the loss by value: a line, the validation loss dashed, and a sign at each value."""
    left, top, _, _ = area
    yield _text(left, top + FONT_SIZE, view.title, weight="bold")
    if axes is None:
        yield _text(left, top + 3 * LINE, view.empty_hint, fill=QUIET)
        return
    frame, rows = _room(axes, area)
    labelled = [(point.x, point.label) for point in view.points if point.label]
    spread = x_labels(axes, max(2, int(frame.width / TICK_WIDTH)))
    yield from _frame(axes, frame, rows, labelled or [(x, short_number(x)) for x, _ in spread], "")
    x = frame.x(axes, np.array([point.x for point in view.points]))
    loss, beside, low, high = (
        frame.y(axes, np.array([getattr(point, name) for point in view.points], np.float64))
        for name in ("loss", "beside", "low", "high")
    )
    loss[[point.diverged for point in view.points]] = np.nan
    for values, dashes in ((beside, ' stroke-dasharray="2 4"'), (loss, "")):
        dots = [f"{at:.1f} {down:.1f}" for at, down in _finite(x, values)]
        yield f'<path d="M{"L".join(dots)}" stroke="{RULE}" fill="none"{dashes}/>' if len(dots) > 1 else ""
    for place, point in enumerate(view.points):
        run_colour, at = colour(point.slot, "light"), float(x[place])
        if math.isfinite(low[place] + high[place]) and high[place] < low[place]:
            yield f'<path d="M{at:.1f} {high[place]:.1f}V{low[place]:.1f}" stroke="{run_colour}"/>'
        down = frame.top + FONT_SIZE if point.diverged else float(loss[place])
        if math.isfinite(at + down):
            sign = DIVERGED if point.diverged else "★" if place == view.best else marker(point.slot)
            yield f'<circle cx="{at:.1f}" cy="{down:.1f}" r="9" fill="{GROUND}"/>'
            yield _text(at, down + 4.5, sign, fill=run_colour, anchor="middle", weight="bold")


def _companion(view: ChartView) -> str:
    is_drawn = view.companion_name and any(run.companion is not None for run in view.runs)
    return f"dashed: {view.companion_name}" if is_drawn else ""


def _frame(
    axes: Axes, frame: Frame, rows: Sequence[tuple[float, str]], columns: Sequence[tuple[float, str]], name: str
) -> Iterator[str]:
    """Yield the grid, both axes, their labels, and the name of the x axis."""
    bottom, right = frame.top + frame.height, frame.left + frame.width
    for at, label in _placed(frame.y(axes, np.array([value for value, _ in rows])), rows):
        yield f'<path d="M{frame.left:.1f} {at:.1f}h{frame.width:.1f}" stroke="{GRID}"/>'
        yield _text(frame.left - 7, at + FONT_SIZE / 3, label, fill=QUIET, anchor="end")
    for at, label in _placed(frame.x(axes, np.array([value for value, _ in columns])), columns):
        yield f'<path d="M{at:.1f} {bottom:.1f}v5" stroke="{RULE}"/>'
        yield _text(min(at, right - len(label) * LETTER / 2 + 8), bottom + LINE, label, fill=QUIET, anchor="middle")
    yield f'<path d="M{frame.left:.1f} {frame.top:.1f}V{bottom:.1f}H{right:.1f}" stroke="{RULE}" fill="none"/>'
    yield _text(frame.left + frame.width / 2, bottom + 2 * LINE, name, fill=QUIET, anchor="middle")


def _placed(where: Floats, labels: Sequence[tuple[float, str]]) -> Iterator[tuple[float, str]]:
    return ((at, label) for at, (_, label) in zip(where.tolist(), labels, strict=True) if math.isfinite(at))


def _band(one: Series, axes: Axes, frame: Frame, *, is_drawn: bool) -> Iterator[str]:
    """Yield the raw values behind a line: an area where a row covers many iterations, else dots."""
    if not is_drawn or not np.isfinite(one.low).any():
        return
    run_colour = colour(one.run.slot, "light")
    x, low, high = frame.x(axes, one.x), frame.y(axes, one.low), frame.y(axes, one.high)
    if axes.log_y:
        low = np.where((one.low <= 0) & (one.high > 0), frame.top + frame.height, low)
    if not one.filled:
        dots = "".join(f"M{at:.1f} {down:.1f}h0" for at, down in _finite(x, high))
        yield f'<path d="{dots}" stroke="{run_colour}" stroke-width="2.4" stroke-linecap="round" opacity="0.3"/>'
        return
    for start, stop in _known(x, low, high):
        above = [f"{at:.1f} {down:.1f}" for at, down in zip(x[start:stop], high[start:stop], strict=True)]
        under = [f"{at:.1f} {down:.1f}" for at, down in zip(x[start:stop], low[start:stop], strict=True)]
        yield f'<path d="M{"L".join([*above, *reversed(under)])}Z" fill="{run_colour}" opacity="0.15"/>'


def _line(one: Series, axes: Axes, frame: Frame, *, is_strong: bool) -> Iterator[str]:
    """Yield a curve as one path, interrupted at gaps; a second line is dashed, that of an ancestor faint."""
    x, y = frame.x(axes, one.x), frame.y(axes, one.line)
    path = "".join(_path(x[start:stop], y[start:stop], steps=one.steps) for start, stop in _known(x, y))
    if not path:
        return
    look = ' opacity="0.4"' if one.before else ' stroke-dasharray="2 4"' if one.companion else ""
    width = 2.6 if is_strong and not one.companion else 1.5
    run_colour = colour(one.run.slot, "light")
    yield f'<path d="{path}" stroke="{run_colour}" stroke-width="{width:g}"{look}><title>{_name_of(one)}</title></path>'


def _name_of(one: Series) -> str:
    return _escaped(one.run.label)


def _path(x: Floats, y: Floats, *, steps: bool) -> str:
    """Return the data of a path from point to point; with `steps` each value holds until the next x."""
    points = list(zip(x.tolist(), y.tolist(), strict=True))
    if not points:
        return ""
    begin = f"M{points[0][0]:.1f} {points[0][1]:.1f}"
    if steps:
        return begin + "".join(f"H{at:.1f}V{down:.1f}" for at, down in points[1:])
    return begin + "".join(f"L{at:.1f} {down:.1f}" for at, down in points[1:]) + ("h0" if len(points) == 1 else "")


def _signs(one: Series, axes: Axes, frame: Frame) -> Iterator[str]:
    """Yield the run's sign at the end of its line; if the line ends in numbers that are not finite, a cross there."""
    known = np.flatnonzero(np.isfinite(one.line))
    if one.companion or not len(known):
        return
    at, down = frame.x(axes, one.x[known[-1:]])[0], frame.y(axes, one.line[known[-1:]])[0]
    if not (frame.left - 1 <= at <= frame.left + frame.width + 1 and frame.top <= down <= frame.top + frame.height):
        return
    is_gone = known[-1] < len(one.line) - 1 and not one.steps
    sign = DIVERGED if is_gone else marker(one.run.slot)
    beside = SIGN / 2 if sign.isalpha() else 0.0  # a letter on its own line could not be read
    yield _text(float(at) + beside, float(down) + 4.5, sign, fill=colour(one.run.slot, "light"), anchor="middle")


def _finite(x: Floats, y: Floats) -> Iterator[tuple[float, float]]:
    known = np.isfinite(x) & np.isfinite(y)
    return zip(x[known].tolist(), y[known].tolist(), strict=True)


def _known(*columns: Floats) -> Iterator[tuple[int, int]]:
    """Yield the ranges of rows (start, stop) in which all columns are finite."""
    known = np.logical_and.reduce([np.isfinite(column) for column in columns])
    edges = np.flatnonzero(np.diff(np.concatenate([[False], known, [False]]).astype(np.int8)))
    return ((start, stop) for start, stop in list(pairwise(edges.tolist()))[::2])


LegendEntry = tuple[float, int, str]
"""Pixels from the left, colour slot and words of a run."""


def _legend(view: ChartView, room: float) -> list[list[LegendEntry]]:
    """Return the rows of the legend: every run with its whole name, its settings and, during a readout, its value."""
    if not view.show_legend:
        return []
    found = entries_of(view) if view.cursor_x is None else entries_of(view, readout(view, view.cursor_x))
    texts = [
        ", ".join(
            filter(None, [entry.value, entry.label, ", ".join(f"{name} {value}" for name, value in entry.settings)])
        )
        for entry in found
    ]
    width = max((len(text) for text in texts), default=0) * LETTER + 44
    across = max(int((room + 20) / width), 1)
    entries = [
        (EDGE + place % across * width, entry.slot, text)
        for place, (entry, text) in enumerate(zip(found, texts, strict=True))
    ]
    return [entries[start : start + across] for start in range(0, len(entries), across)]


def _entries(entries: Sequence[LegendEntry], middle: float) -> Iterator[str]:
    for left, slot, text in entries:
        run_colour = colour(slot, "light")
        yield f'<path d="M{left:g} {middle:g}h11" stroke="{run_colour}" stroke-width="2.4"/>'
        yield _text(left + 19, middle + 4.5, marker(slot), fill=run_colour, anchor="middle")
        yield _text(left + 29, middle + 4.5, text)


def _text(x: float, y: float, text: str, *, fill: str = "", anchor: str = "", weight: str = "") -> str:
    if not text:
        return ""
    named = (("fill", fill), ("text-anchor", anchor), ("font-weight", weight))
    looks = "".join(f' {name}="{value}"' for name, value in named if value)
    return f'<text x="{x:.1f}" y="{y:.1f}"{looks}>{_escaped(text)}</text>'


def _escaped(text: str) -> str:
    return escape("".join(character for character in text if character.isprintable()))
