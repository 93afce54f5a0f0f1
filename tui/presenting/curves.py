"""Curves: from a snapshot and the viewer's choices to the ChartView that is drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypedDict

import numpy as np

from engine.jobs.people.costs import losses_per_iteration
from engine.spec import FIELDS, short_name, typed_text
from engine.store import ENDED, Run
from engine.text import counted
from engine.trace.curve import Curve
from engine.trace.metric_names import is_loss
from engine.trace.smoothing import HALF_LIFE
from tui.chart import ChartRun, ChartView, Points
from tui.chart.values.metrics import METRICS, EvaluationSource, IterationSource, evaluation_beside, metric_named
from tui.chart.values.view import USED, XKind
from tui.model.chart_options import ChartOptions
from tui.model.choices import Choices
from tui.model.metrics.of_runs import RunMetrics, is_recorded, metrics_of
from tui.model.metrics.order import in_grid, meant, stepped
from tui.model.run_seen import LOSS_NAME, MetricPart, RunSeen
from tui.model.snapshot import Snapshot
from tui.presenting.describe import differing, given_name, in_force, label
from tui.presenting.detailed.config import config_settings, differing_config
from tui.presenting.points import evaluated, marks, points_of
from tui.presenting.seed_groups import folded
from tui.text import numbers


def chart_view(snapshot: Snapshot, choices: Choices, before: Sequence[ChartView] = ()) -> ChartView:
    """The view of the drawn runs; the run under the cursor is on top.

    In a grid of metrics, panels without the focus are taken from `before` if they are there.
    """
    asked = drawn_runs(snapshot, choices)
    choices = choices.with_chart_options(metric_meant(snapshot, choices))
    placed = _placed(asked, choices.chart_options.x_kind)
    runs = _having(placed, snapshot, choices.chart_options)
    varied = differing(tuple(spec for run in runs if (spec := in_force(run)) is not None))
    varied += differing_config(snapshot, runs)
    said = {"strategy", "initial_scale", "name"} | (set() if any(map(given_name, runs)) else {"batch_size"})
    chart_options = choices.chart_options
    said |= {"metrics"} if chart_options.x_kind == "time" else {"metrics", "pace"}  # no curve runs otherwise for them
    varied = tuple(name for name in varied if name not in said)
    drawn = tuple(chart_run(run, snapshot, choices, varied) for run in runs)
    cautions = (
        _caution(runs, chart_options.metric),
        _unplaced(asked, placed, chart_options.x_kind),
        _without(placed, runs),
        _no_losses(drawn),
    )
    view = replace(
        axes_view(chart_options),
        runs=drawn,
        seed_band="interval" if chart_options.seeds == "interval" else "range",
        cursor_x=chart_options.cursor,
        y_window=chart_options.y_window,
        show_raw=chart_options.bands != "none",
        grid=chart_options.layout == "runs" and not choices.alone,
        caution=next(filter(None, cautions), ""),
        note=_note(snapshot, choices, runs),
    )
    is_grid = chart_options.layout == "measures"
    has = metrics_drawn(snapshot, choices) if is_grid or chart_options.metric != LOSS_NAME else []
    view = replace(view, **_of_metric(view.runs, snapshot, chart_options.metric, has))
    if asked and not runs:
        return replace(view, empty_hint=UNKNOWN_USE.get(chart_options.x_kind, ""))
    if not is_grid:
        return _with_seeds(view, runs, snapshot, chart_options)
    panels = {panel.metric: panel for panel in before} | {view.metric: view}
    names = in_grid(has, chart_options.metric)
    made = tuple(panels.get(one) or _panel(view, runs, snapshot, choices, one) for one in names)
    return _with_seeds(replace(view, panels=made), runs, snapshot, chart_options)


def metrics_drawn(snapshot: Snapshot, choices: Choices) -> list[RunMetrics]:
    """The metrics of each drawn run."""
    return [metrics_of(run, snapshot.of(run.run_id)) for run in drawn_runs(snapshot, choices)]


def metric_meant(snapshot: Snapshot, choices: Choices) -> ChartOptions:
    """The chart options with the metric that is drawn: what stands for the runs where none has a loss."""
    chart_options = choices.chart_options
    if chart_options.metric != LOSS_NAME or any(run.kind == "engine" for run in drawn_runs(snapshot, choices)):
        return chart_options
    metric = meant(chart_options.metric, metrics_drawn(snapshot, choices))
    return chart_options if metric == chart_options.metric else replace(chart_options, metric=metric)


UNKNOWN_USE: Mapping[XKind, str] = {
    "examples": "how many examples a step used is not known: x shows another axis",
    "evaluations": "how many losses an iteration evaluated is not known: x shows another axis",
}
"""What an empty chart says on an axis of what an iteration uses."""


def _placed(runs: list[Run], x_kind: XKind) -> list[Run]:
    """The runs that have a place on an x axis: on that of examples or losses, those whose number is known."""
    if x_kind == "evaluations":
        return [run for run in runs if losses_per_iteration(run) is not None]
    return [run for run in runs if run.kind == "engine"] if x_kind == "examples" else runs


def _unplaced(asked: list[Run], placed: list[Run], x_kind: XKind) -> str:
    """Which runs were asked for and have no place; '' if all have one."""
    if len(placed) == len(asked):
        return ""
    what = "examples" if x_kind == "examples" else "losses"
    return f"unknown {what}: {', '.join(str(run.run_id) for run in asked if run not in placed)}"


def _having(placed: list[Run], snapshot: Snapshot, chart_options: ChartOptions) -> list[Run]:
    """The runs without those that cannot have the metric any more; all of them where none has it, or in a grid."""
    metric = chart_options.metric
    if metric == LOSS_NAME or chart_options.layout == "measures":
        return placed
    having = [run for run in placed if metric in metrics_of(run, snapshot.of(run.run_id)).names]
    return [run for run in placed if run in having or _may_have(run, metric)] if having else placed


def _may_have(run: Run, metric: str) -> bool:
    return metric in METRICS if run.kind == "engine" else run.state not in ENDED


def _without(placed: list[Run], having: list[Run]) -> str:
    """How many runs have no such metric, and so no place in the legend; '' if all have."""
    count = len(placed) - len(having)
    return f"{counted(count, 'run')} without it" if count else ""


def _no_losses(drawn: Sequence[ChartRun]) -> str:
    """Which of several runs on a chart of losses show another metric, since they have no loss; '' if none does."""
    others = [str(run.run_id) for run in drawn if run.metric and not is_loss(run.metric)]
    return f"other metric{'s' * (len(others) > 1)}: {', '.join(others)}" if others and len(drawn) > 1 else ""


def _losses(run: Run, x_kind: XKind) -> int:
    """The losses of an iteration, where the x axis counts them."""
    return losses_per_iteration(run) or 1 if x_kind == "evaluations" else 1


def axes_view(chart_options: ChartOptions) -> ChartView:
    """A view without runs: the metric, the axes and the smoothing as they are chosen."""
    return ChartView(
        metric=chart_options.metric,
        x_kind=chart_options.x_kind,
        log_x=chart_options.log_x,
        log_y=chart_options.log_y,
        smoothing=chart_options.smoothing,
        x_window=chart_options.window,
    )


def _panel(view: ChartView, runs: list[Run], snapshot: Snapshot, choices: Choices, metric: str) -> ChartView:
    """The view of the same runs in another metric."""
    choices = choices.with_chart_options(replace(choices.chart_options, metric=metric))
    drawn = tuple(replace(one, **_measured(run, snapshot, choices)) for one, run in zip(view.runs, runs, strict=True))
    view = replace(view, runs=drawn, metric=metric, y_window=None, caution=_caution(runs, metric))
    view = replace(view, empty_hint=_empty_panel(runs, snapshot, metric))
    return replace(view, **_of_metric(drawn, snapshot, metric, ()))


def _empty_panel(runs: list[Run], snapshot: Snapshot, metric: str) -> str:
    """The text of a panel without values. Some metrics need single iterations, read only for a visible chart."""
    if not any(run.iterations_done > run.first_iteration for run in runs):
        return "nothing yet"
    is_of_curve = not isinstance(metric_named(metric).source, IterationSource)
    is_read = is_of_curve or any(
        run.kind != "engine" or snapshot.of(run.run_id).visible.samples is not None for run in runs
    )
    return "not recorded" if is_read else "reading …"


class _ViewMetrics(TypedDict):
    """The parts of a view that depend on what its runs have of the metric."""

    companion_name: str
    fractions: bool
    signed: bool
    lacking: str


def _of_metric(drawn: Sequence[ChartRun], snapshot: Snapshot, metric: str, has: Sequence[RunMetrics]) -> _ViewMetrics:
    names = dict.fromkeys(one.companion_name for one in drawn if one.companion_name)
    shown = [
        seen.by_name[one.metric or metric]
        for one in drawn
        if (one.metric or metric) in (seen := snapshot.of(one.run_id).logged).by_name
    ]
    return {
        "companion_name": _companion_name(metric, tuple(names)),
        "fractions": all(one.low >= 0 and one.high <= 1 for one in shown),
        "signed": any(one.low < 0 for one in shown),
        "lacking": _lacking(metric, has),
    }


MOST_NAMED = 8
"""Most metrics that an empty chart names."""


def _lacking(metric: str, has: Sequence[RunMetrics]) -> str:
    """What an empty chart says where runs have begun and none has the metric; '' if one has or will have it."""
    if not any(one.names for one in has) or any(metric in one.names for one in has):
        return ""
    names = stepped(has)
    rest = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    whose = "this run" if len(has) == 1 else "these runs"
    return f"no {metric} recorded of {whose}; m shows {', '.join(names[:MOST_NAMED])}{rest}"


def _companion_name(metric: str, logged: tuple[str, ...]) -> str:
    """The names of what is drawn beside a metric."""
    of_table = evaluation_beside(metric_named(metric))
    return ", ".join(dict.fromkeys((*(() if of_table is None else (of_table.split,)), *logged)))


def drawn_runs(snapshot: Snapshot, choices: Choices) -> list[Run]:
    """The runs that the chart shows in mark order, then the run under the cursor if it has no mark."""
    return [run for run_id in choices.drawn if (run := snapshot.run(run_id)) is not None]


def _note(snapshot: Snapshot, choices: Choices, runs: list[Run]) -> str:
    if choices.chart_options.cursor is not None:
        return "readout · esc back"
    if choices.room == "chart":
        return "whole room · esc back"
    if choices.chart_options.layout == "measures":
        return "m next · enter enlarges"
    if choices.chart_options.enlarged:
        return "enlarged · esc back"
    if choices.alone:
        return f"run {choices.pointed} alone · esc back"
    chart_options, is_live = choices.chart_options, any(snapshot.status(run) == "running" for run in runs)
    is_zoomed = chart_options.window is not None and not (is_live and chart_options.following)
    across = "zoomed · 0 all" if is_zoomed else "follow" if is_live else ""
    up = "" if chart_options.y_window is None else "= fits y" if is_zoomed else "y zoomed · = fits"
    return " · ".join(filter(None, (across, up)))


def _with_seeds(view: ChartView, runs: list[Run], snapshot: Snapshot, chart_options: ChartOptions) -> ChartView:
    """The view with runs that differ in their seed alone folded, if they are to be; folded ones stay."""
    if chart_options.seeds == "each":
        return view
    of = {run.run_id: run for run in runs}
    configs = {run.run_id: snapshot.of(run.run_id).logged.config for run in runs}
    panels = tuple(replace(panel, runs=folded(panel.runs, of, configs)) for panel in view.panels)
    return replace(view, runs=folded(view.runs, of, configs), panels=panels)


MINIMISED = ("objective", "delta", "regularization_strength")
"""Fields that define the objective on given data."""


def _caution(runs: list[Run], metric: str) -> str:
    """A warning that the losses on one axis are not comparable; '' if they are."""
    specs = [run.spec for run in runs if run.spec is not None]
    if not metric_named(metric).of_objective:
        return ""
    minimised = {tuple(getattr(spec, name) for name in MINIMISED if spec.decides(name)) for spec in specs}
    differing = ["objectives"] * (len(minimised) > 1) + ["data sets"] * (len({spec.dataset for spec in specs}) > 1)
    return f"different {' and '.join(differing)}" if differing else ""


def chart_run(run: Run, snapshot: Snapshot, choices: Choices, varied: tuple[str, ...]) -> ChartRun:
    """One run of a chart; `settings` holds its values of the `varied` fields."""
    spec, seen, measured = run.spec, snapshot.of(run.run_id), _measured(run, snapshot, choices)
    own = f" · {measured['metric']}" if measured["metric"] else ""
    return ChartRun(
        run_id=run.run_id,
        label=f"{run.run_id} {given_name(run) or label(run)}{own}",
        slot=choices.slot(run.run_id),
        kind="search" if run.kind == "engine" and (spec is None or spec.searches) else "gradient",
        raw=choices.chart_options.bands == "all" or run.run_id == choices.pointed,
        done=run.iterations_done or None,
        planned_iterations=None if spec is None else spec.iterations,
        growing=run.state in ("queued", "running", "paused"),
        examples_per_iteration=run.examples_per_iteration or 1,
        losses_per_iteration=_losses(run, choices.chart_options.x_kind),
        emphasised=run.run_id == choices.pointed,
        marks=marks(run, seen),
        settings=_settings(run, varied, seen.logged.config),
        **measured,
    )


class _RunMetrics(TypedDict):
    """The parts of a drawn run that depend on the metric."""

    curve: Curve
    log_x_detail: tuple[Curve, ...]
    noisy: bool
    current: float | None
    points: Points | None
    companion: Points | None
    metric: str
    companion_name: str
    before: tuple[Curve, ...]


def _measured(run: Run, snapshot: Snapshot, choices: Choices) -> _RunMetrics:
    seen, chart_options = snapshot.of(run.run_id), choices.chart_options
    if run.kind != "engine" and (own := seen.logged.shown_as(chart_options.metric)) is not None:
        return _logged(run, seen, own, chart_options)
    of_table = evaluation_beside(metric_named(chart_options.metric))
    # a fork needs no curve of its parent if the parent is drawn as a run
    has_before = chart_options.metric == LOSS_NAME and run.parent_id not in choices.drawn
    return {
        "curve": seen.curve,
        "log_x_detail": tuple(seen.visible.log_x_detail.values()) if chart_options.log_x else (),
        "noisy": run.spec is not None and run.spec.is_noisy,
        "current": run.current_loss,
        "points": _points(run, seen, chart_options),
        "companion": None if of_table is None else evaluated(seen, of_table),
        "metric": "",
        "companion_name": "",
        "before": seen.before if has_before else (),
    }


LEAST_SMOOTHED = 10 * HALF_LIFE
"""Fewest values of a logged metric that are smoothed: an average over a tenth of fewer would hide how they run."""


def _logged(run: Run, seen: RunSeen, own: str, chart_options: ChartOptions) -> _RunMetrics:
    """A metric that a run has logged, and what is beside it."""
    part, second = seen.visible.logged.get(own, MetricPart()), metrics_of(run, seen).pairs.get(own)
    other = None if second is None else seen.visible.logged.get(second)
    return {
        "curve": part.curve,
        "log_x_detail": tuple(part.log_x_detail.values()) if chart_options.log_x else (),
        "noisy": metric_named(own).of_batches and seen.logged.by_name[own].count >= LEAST_SMOOTHED,
        "current": None,
        "points": None,
        "companion": None if other is None else points_of(other.curve),
        "metric": "" if own == chart_options.metric else own,
        "companion_name": second or "",
        "before": (),
    }


def _points(run: Run, seen: RunSeen, chart_options: ChartOptions) -> Points | None:
    """The points of a metric other than the loss; None for the loss itself."""
    source = metric_named(chart_options.metric).source
    if isinstance(source, EvaluationSource):
        return evaluated(seen, source)
    if source is None:
        return None
    samples = seen.visible.samples
    if not isinstance(source, IterationSource) or samples is None or not is_recorded(run.spec, source):
        return Points(np.empty(0, np.int64), np.empty(0), np.empty(0))
    done = samples.iteration + (1 if chart_options.x_kind in USED else 0)
    return Points(done, samples.elapsed_s, source.values(samples))


def _settings(run: Run, varied: tuple[str, ...], config: str = "") -> tuple[tuple[str, str], ...]:
    """The values by which a run differs from the other drawn runs; of a logged run those of its config."""
    spec = in_force(run)
    if spec is None:
        return tuple(config_settings(config, varied))
    varied = tuple(name for name in varied if name in FIELDS)
    return tuple((FIELDS[name].label, _shown(name, getattr(spec, name))) for name in varied if spec.decides(name))


def _shown(name: str, value: object) -> str:
    if isinstance(value, float):
        return numbers.setting(value)
    return short_name(typed_text(name, value)) if FIELDS[name].takes_own else typed_text(name, value)
