"""What a chart is asked to show (ChartView) and where what it drew stands (Axes, Plot).

Everything here is frozen and knows neither the store nor Textual: a caller builds a ChartView from what it
read, calls `tui.chart.draw(view, width, height, previous=picture)`, and paints the Picture it gets.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from engine.trace.curve import Curve
from engine.trace.decimation import Floats, Integers

XKind = Literal["iteration", "time", "examples"]
X_KINDS: tuple[XKind, ...] = get_args(XKind)
RunKind = Literal["search", "gradient"]
Charset = Literal["unicode", "ascii"]
MarkKind = Literal["step-size", "step-halved", "step-doubled", "pause", "take-up", "fork", "divergence", "other"]
Window = tuple[float, float]

SMOOTHING_STEPS = (0.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0, 5000.0, 10000.0)
"""Half-lives, in iterations, that the smoothing keys step through; 0 is none."""


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """Sparse measurements of a run in the order in which they were made: all arrays have shape (n,).

    `iteration` is the number of iterations done when a value was measured, `elapsed_s` the time then (seconds).
    A value that is not finite is a gap.
    """

    iteration: Integers
    elapsed_s: Floats
    values: Floats


@dataclass(frozen=True, slots=True)
class ChartMark:
    """Something that happened to a run at `iteration`: a sign on its line and on the x axis, in its colour."""

    iteration: int
    kind: MarkKind = "other"
    elapsed_s: float | None = None


@dataclass(frozen=True, slots=True)
class ChartRun:
    """One curve of a chart. Equal ones are drawn alike; a curve or points are only equal to themselves.

    `label` is what the legend says; the caller has cleaned it (no control characters). `settings` are the
    (name, value) pairs in which it differs from the other runs: ("step size", "1e-3"); the legend says them as
    far as there is room. `slot` comes from `tui.colours.palette.assign`.

    What is drawn is `points` where there are any to draw, else `curve`; a caller that shows another metric
    than the loss gives `points` (perhaps empty ones). `companion` is a second, dotted line in the same colour,
    such as the validation loss; `before` is the curve that a fork goes on from, drawn faintly. `log_x_detail` of the
    curve, each shorter and in narrower buckets than the one before, take the place of its first rows. `kind` decides
    how a curve is drawn: a search shows best-so-far with its tries as faint dots, gradient descent its mean loss over
    a faint min-max band. `noisy` losses are of mini-batches: they are smoothed, all others are exact and would only
    lag. `raw`: its band or its tries are drawn, where the view draws any.

    The line is drawn on to where the run has come after its `done` iterations, and ends at `current`, the loss that is
    told of the run elsewhere; None is where its last row ends. A curve that stops before, as in a window, ends there.

    `planned_iterations` holds the x axis while the run is `growing` (running, paused or queued); the axis ends
    with the data of the others. `examples_per_iteration` (the batch size; N for a full batch) scales the axis
    "examples". An emphasised run wins every cell that it shares, and is drawn thicker than the others.
    """

    run_id: int
    label: str
    slot: int
    curve: Curve | None = None
    kind: RunKind = "gradient"
    noisy: bool = False
    raw: bool = True
    done: int | None = None
    current: float | None = None
    planned_iterations: int | None = None
    growing: bool = False
    examples_per_iteration: int = 1
    emphasised: bool = False
    marks: tuple[ChartMark, ...] = ()
    points: Points | None = None
    companion: Points | None = None
    settings: tuple[tuple[str, str], ...] = ()
    before: tuple[Curve, ...] = ()
    log_x_detail: tuple[Curve, ...] = ()


@dataclass(frozen=True, slots=True)
class ChartView:
    """All that decides a chart except its size: equal views make equal pictures.

    `metric` names the y axis and decides how it is scaled and limited (`tui.chart.values.metrics`); `companion_name`
    is what the dotted second lines are ("validation"). With `grid` every run has a tile of its own, all on the
    same axes.

    `smoothing` of noisy runs is a half-life in iterations (0: none), so it does not depend on the zoom; a caller that
    reads only a window should read some five half-lives more to its left. `x_window` and `y_window` are (low, high) in
    units of the axis (iterations, seconds or examples; loss) and override the held ranges: zoom and pan.
    `panels` are the same runs by several metrics, the first ones of which there is room for are drawn in place of the
    view's own; that has the focus among them.
    `cursor_x` draws the readout: a vertical line, and every run's value there in place of the legend.
    `show_markers` repeats each run's marker along its line, for terminals without colour. `caution` stands in the title
    ("different objectives"), `note` at the right end of that line ("follow"). `empty_hint` is what a chart without any
    curve says.
    """

    runs: tuple[ChartRun, ...] = ()
    metric: str = "loss"
    x_kind: XKind = "iteration"
    log_x: bool = False
    log_y: bool = True
    smoothing: float = 0.0
    x_window: Window | None = None
    y_window: Window | None = None
    cursor_x: float | None = None
    caution: str = ""
    note: str = ""
    empty_hint: str = "nothing to draw yet: mark runs with space, or press n for a new run"
    show_title: bool = True
    show_legend: bool = True
    show_raw: bool = True
    show_markers: bool = False
    grid: bool = False
    companion_name: str = ""
    panels: tuple[ChartView, ...] = ()


@dataclass(frozen=True, slots=True)
class Axes:
    """The ranges that a picture was drawn with, in units of the data; log ranges are positive."""

    x_low: float
    x_high: float
    y_low: float
    y_high: float
    log_x: bool
    log_y: bool
    x_kind: XKind
    metric: str


@dataclass(frozen=True, slots=True)
class Plot:
    """The cells of a picture that hold curves: rows top..top+height, columns left..left+width."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Tile:
    """One run's part of a grid: the cells of its curve, below its title."""

    run_id: int
    plot: Plot


@dataclass(frozen=True, slots=True)
class Panel:
    """One metric's part of a grid of metrics: the cells of its curves, below its title; no `axes` without curves.

    `own` are the axes that it would have by itself. Equal panels look alike.
    """

    view: ChartView
    plot: Plot
    axes: Axes | None
    own: Axes | None
    focused: bool = False

    @property
    def metric(self) -> str:
        return self.view.metric
