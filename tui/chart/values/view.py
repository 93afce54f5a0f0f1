"""View: what a chart shows (ChartView), and where it was drawn (Axes, Plot).

All values are frozen and know neither the store nor Textual: a caller builds a ChartView, calls
`tui.chart.draw(view, width, height, previous=picture)` and paints the returned Picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from engine.trace.curve import Curve
from engine.trace.decimation import Floats, Integers

XKind = Literal["iteration", "time", "examples", "evaluations"]
X_KINDS: tuple[XKind, ...] = get_args(XKind)
USED: frozenset[XKind] = frozenset({"examples", "evaluations"})
"""The axes of what an iteration uses: that counts once the iteration is over."""
RunKind = Literal["search", "gradient"]
Charset = Literal["unicode", "ascii"]
MarkKind = Literal["step-size", "step-halved", "step-doubled", "pause", "take-up", "fork", "divergence", "other"]
SeedBand = Literal["range", "interval"]
"""What is drawn around the mean of runs that differ in their seed: all of them, or how sure their mean is."""
Window = tuple[float, float]

SMOOTHING_STEPS = (0.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0, 5000.0, 10000.0)
"""Half-lives in iterations that the smoothing keys step through; 0 is no smoothing."""


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """Sparse measurements of a run in chronological order; all arrays have shape (n,).

    `iteration` is the number of iterations done at a measurement, `elapsed_s` the run's elapsed seconds. A non-finite
    value is a gap.
    """

    iteration: Integers
    elapsed_s: Floats
    values: Floats


@dataclass(frozen=True, slots=True)
class ChartMark:
    """An event of a run at `iteration`, drawn as a sign on its line and on the x axis, in its colour."""

    iteration: int
    kind: MarkKind = "other"
    elapsed_s: float | None = None


@dataclass(frozen=True, slots=True)
class ChartRun:
    """One run of a chart. Equal runs are drawn alike; curves and points compare by identity.

    `label` stands in the legend; the caller has cleaned it (no control characters). `settings` are the (name, value)
    pairs in which the run differs from the others, such as ("step size", "1e-3"); the legend shows those that fit.
    `slot` is a colour slot of `tui.colours.palette.assign`.

    `points` are drawn unless None, else `curve`; a metric other than the loss is given as `points` (perhaps empty).
    `companion` is a second, dotted line in the same colour, such as the validation loss. `before` are the curves of a
    fork's ancestors, drawn faintly. `metric` and `companion_name` name what is drawn of this run, where these are not
    the view's. `log_x_detail` are finer curves of the first iterations, each shorter than the one
    before, that replace the first rows. `kind`: a search is drawn as best-so-far with its tries as faint dots,
    gradient descent as the mean loss over a faint min-max band. `noisy`: the losses are of mini-batches and are
    smoothed; others are exact. `raw`: the band or the tries are drawn if the view draws any.

    The line extends to `done` iterations and ends at `current`, the loss shown in the table; None ends it at its last
    row. A curve that stops earlier, as in a window, ends there.

    With `members`, runs that differ in their seed alone, it is the mean of these, with the view's `seed_band`.

    `planned_iterations` sets the end of the x axis while the run is `growing` (running, paused or queued).
    `examples_per_iteration` scales the axis "examples", `losses_per_iteration` the axis "evaluations". An emphasised
    run is drawn thicker and on top.
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
    losses_per_iteration: int = 1
    emphasised: bool = False
    marks: tuple[ChartMark, ...] = ()
    points: Points | None = None
    companion: Points | None = None
    metric: str = ""
    companion_name: str = ""
    settings: tuple[tuple[str, str], ...] = ()
    before: tuple[Curve, ...] = ()
    log_x_detail: tuple[Curve, ...] = ()
    members: tuple[ChartRun, ...] = ()

    def per_iteration(self, x_kind: XKind) -> int:
        """Return the length of an iteration on an axis other than time."""
        used = {"examples": self.examples_per_iteration, "evaluations": self.losses_per_iteration}
        return max(used.get(x_kind, 1), 1)


@dataclass(frozen=True, slots=True)
class ChartView:
    """Everything that decides a chart except its size: equal views give equal pictures.

    `metric` names the y axis and decides its scale and limits (`tui.chart.values.metrics`); `companion_name` names
    the dotted second lines ("validation"). With `grid` every run has its own tile, all on the same axes.

    `smoothing` of noisy runs is a half-life in iterations (0: none), independent of the zoom; a caller that reads only
    a window should read about five half-lives more to its left. `x_window` and `y_window` are (low, high) in units of
    the axis (iterations, seconds, examples or losses; the metric) and override the automatic ranges: zoom and pan.
    Of a logged metric, `fractions`: all values lie within 0 and 1; `signed`: some are negative. `panels` show the same
    runs by several metrics; those that fit replace the single chart, and the view's own metric has the focus.
    `cursor_x` draws the readout: a vertical line, and every run's value there in place of the legend.
    `show_markers` repeats each run's marker along its line, for terminals without colour. `caution` stands in the
    title ("different objectives"), `note` at the right end of that line ("follow"). `empty_hint` is the text of a
    chart without runs, `lacking` of one whose runs have nothing of the metric.
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
    lacking: str = ""
    show_title: bool = True
    show_legend: bool = True
    show_raw: bool = True
    show_markers: bool = False
    grid: bool = False
    companion_name: str = ""
    seed_band: SeedBand = "range"
    fractions: bool = False
    signed: bool = False
    panels: tuple[ChartView, ...] = ()


@dataclass(frozen=True, slots=True)
class Axes:
    """The ranges of a picture in data units; positive on a log axis. `percent`: the values are fractions."""

    x_low: float
    x_high: float
    y_low: float
    y_high: float
    log_x: bool
    log_y: bool
    x_kind: XKind
    metric: str
    percent: bool = False


@dataclass(frozen=True, slots=True)
class Plot:
    """The cells that hold curves: rows top..top+height, columns left..left+width of a picture."""

    left: int
    top: int
    width: int
    height: int

    def has(self, column: int, row: int) -> bool:
        """Whether a cell of the picture is one of these."""
        return 0 <= column - self.left < self.width and 0 <= row - self.top < self.height


@dataclass(frozen=True, slots=True)
class Tile:
    """One run's tile in a grid; `plot` is the cells of its curve, below the title."""

    run_id: int
    plot: Plot


@dataclass(frozen=True, slots=True)
class Panel:
    """One metric's panel in a grid of metrics; `plot` is the cells of its curves, below the title.

    `axes` are None without curves; `own` are the axes that the panel would have alone. Equal panels look alike.
    """

    view: ChartView
    plot: Plot
    axes: Axes | None
    own: Axes | None
    focused: bool = False

    @property
    def metric(self) -> str:
        """The panel's metric."""
        return self.view.metric
