"""Curves: from a snapshot and the viewer's choices to the ChartView that is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypedDict

import numpy as np

from engine.jobs.people.costs import losses_per_iteration
from engine.spec import FIELDS, short_name, typed_text
from engine.store import Run
from engine.trace.curve import Curve
from tui.chart import ChartRun, ChartView, Points
from tui.chart.values.metrics import METRICS, EvaluationSource, IterationSource, companion_of
from tui.chart.values.view import USED, XKind
from tui.model.chart_options import ChartOptions
from tui.model.choices import Choices
from tui.model.run_seen import RunSeen
from tui.model.snapshot import Snapshot
from tui.presenting.describe import differing, given_name, in_force, label
from tui.presenting.points import evaluated, is_recorded, marks
from tui.presenting.seed_groups import folded
from tui.text import numbers


def chart_view(snapshot: Snapshot, choices: Choices, before: Sequence[ChartView] = ()) -> ChartView:
    """The view of the drawn runs; the run under the cursor is on top.

    In a grid of metrics, panels without the focus are taken from `before` if they are there.
    """
    asked = drawn_runs(snapshot, choices)
    runs = _placed(asked, choices.chart_options.x_kind)
    varied = differing(tuple(spec for run in runs if (spec := in_force(run)) is not None))
    said = {"strategy", "initial_scale", "name"} | (set() if any(map(given_name, runs)) else {"batch_size"})
    chart_options = choices.chart_options
    said |= {"metrics"} if chart_options.x_kind == "time" else {"metrics", "pace"}  # no curve runs otherwise for them
    varied = tuple(name for name in varied if name not in said)
    view = replace(
        axes_view(chart_options),
        runs=tuple(chart_run(run, snapshot, choices, varied) for run in runs),
        seed_band="interval" if chart_options.seeds == "interval" else "range",
        cursor_x=chart_options.cursor,
        y_window=chart_options.y_window,
        show_raw=chart_options.bands != "none",
        grid=chart_options.layout == "runs" and not choices.alone,
        caution=_caution(runs, chart_options.metric) or _unplaced(asked, runs),
        companion_name=_companion_name(chart_options.metric),
        note=_note(snapshot, choices, runs),
    )
    if asked and not runs:
        return replace(view, empty_hint=UNKNOWN_LOSSES)
    if chart_options.layout != "measures":
        return _with_seeds(view, runs, chart_options)
    panels = {panel.metric: panel for panel in before} | {view.metric: view}
    made = tuple(panels.get(one) or _panel(view, runs, snapshot, choices, one) for one in chart_options.metrics)
    return _with_seeds(replace(view, panels=made), runs, chart_options)


UNKNOWN_LOSSES = "how many losses an iteration evaluated is not known: x shows another axis"


def _placed(runs: list[Run], x_kind: XKind) -> list[Run]:
    """The runs that have a place on an x axis: on that of losses, those whose number is known."""
    return [run for run in runs if losses_per_iteration(run) is not None] if x_kind == "evaluations" else runs


def _unplaced(asked: list[Run], placed: list[Run]) -> str:
    """Which runs were asked for and have no place; '' if all have one."""
    if len(placed) == len(asked):
        return ""
    return f"unknown losses: {', '.join(str(run.run_id) for run in asked if run not in placed)}"


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
    drawn = (replace(one, **_measured(run, snapshot, choices)) for one, run in zip(view.runs, runs, strict=True))
    return replace(
        view,
        runs=tuple(drawn),
        metric=metric,
        y_window=None,
        caution=_caution(runs, metric),
        companion_name=_companion_name(metric),
        empty_hint=_empty_panel(runs, snapshot, metric),
    )


def _empty_panel(runs: list[Run], snapshot: Snapshot, metric: str) -> str:
    """The text of a panel without values. Some metrics need single iterations, read only for a visible chart."""
    if not any(run.iterations_done > run.first_iteration for run in runs):
        return "nothing yet"
    is_of_curve = not isinstance(METRICS[metric].source, IterationSource)
    is_read = is_of_curve or any(snapshot.of(run.run_id).visible.samples is not None for run in runs)
    return "not recorded" if is_read else "reading …"


def _companion_name(metric: str) -> str:
    beside = companion_of(METRICS[metric])
    return "" if beside is None else beside.split


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


def _with_seeds(view: ChartView, runs: list[Run], chart_options: ChartOptions) -> ChartView:
    """The view with runs that differ in their seed alone folded, if they are to be; folded ones stay."""
    if chart_options.seeds == "each":
        return view
    of = {run.run_id: run for run in runs}
    panels = tuple(replace(panel, runs=folded(panel.runs, of)) for panel in view.panels)
    return replace(view, runs=folded(view.runs, of), panels=panels)


MINIMISED = ("objective", "delta", "regularization_strength")
"""Fields that define the objective on given data."""


def _caution(runs: list[Run], metric: str) -> str:
    """A warning that the losses on one axis are not comparable; '' if they are."""
    specs = [run.spec for run in runs if run.spec is not None]
    if not METRICS[metric].of_objective:
        return ""
    minimised = {tuple(getattr(spec, name) for name in MINIMISED if spec.decides(name)) for spec in specs}
    differing = ["objectives"] * (len(minimised) > 1) + ["data sets"] * (len({spec.dataset for spec in specs}) > 1)
    return f"different {' and '.join(differing)}" if differing else ""


def chart_run(run: Run, snapshot: Snapshot, choices: Choices, varied: tuple[str, ...]) -> ChartRun:
    """One run of a chart; `settings` holds its values of the `varied` fields."""
    spec, seen = run.spec, snapshot.of(run.run_id)
    return ChartRun(
        run_id=run.run_id,
        label=f"{run.run_id} {given_name(run) or label(run)}",
        slot=choices.slot(run.run_id),
        curve=seen.curve,
        log_x_detail=tuple(seen.visible.log_x_detail.values()) if choices.chart_options.log_x else (),
        kind="search" if run.kind == "engine" and (spec is None or spec.searches) else "gradient",
        noisy=spec is not None and spec.is_noisy,
        raw=choices.chart_options.bands == "all" or run.run_id == choices.pointed,
        done=run.iterations_done or None,
        current=run.current_loss,
        planned_iterations=None if spec is None else spec.iterations,
        growing=run.state in ("queued", "running", "paused"),
        examples_per_iteration=run.examples_per_iteration or 1,
        losses_per_iteration=_losses(run, choices.chart_options.x_kind),
        emphasised=run.run_id == choices.pointed,
        marks=marks(run, seen),
        settings=_settings(run, varied),
        **_measured(run, snapshot, choices),
    )


class _RunMetrics(TypedDict):
    """The parts of a drawn run that depend on the metric."""

    points: Points | None
    companion: Points | None
    before: tuple[Curve, ...]


def _measured(run: Run, snapshot: Snapshot, choices: Choices) -> _RunMetrics:
    seen, chart_options = snapshot.of(run.run_id), choices.chart_options
    beside = companion_of(METRICS[chart_options.metric])
    # a fork needs no curve of its parent if the parent is drawn as a run
    has_before = chart_options.metric == "loss" and run.parent_id not in choices.drawn
    return {
        "points": _points(run, seen, chart_options),
        "companion": None if beside is None else evaluated(seen, beside),
        "before": seen.before if has_before else (),
    }


def _points(run: Run, seen: RunSeen, chart_options: ChartOptions) -> Points | None:
    """The points of a metric other than the loss; None for the loss itself."""
    source = METRICS[chart_options.metric].source
    if isinstance(source, EvaluationSource):
        return evaluated(seen, source)
    if source is None:
        return None
    samples = seen.visible.samples
    if samples is None or not is_recorded(run.spec, source):
        return Points(np.empty(0, np.int64), np.empty(0), np.empty(0))
    done = samples.iteration + (1 if chart_options.x_kind in USED else 0)
    return Points(done, samples.elapsed_s, source.values(samples))


def _settings(run: Run, varied: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """The values by which a run differs from the other drawn runs."""
    spec = in_force(run)
    if spec is None:
        return ()
    return tuple((FIELDS[name].label, _shown(name, getattr(spec, name))) for name in varied if spec.decides(name))


def _shown(name: str, value: object) -> str:
    if isinstance(value, float):
        return numbers.setting(value)
    return short_name(typed_text(name, value)) if FIELDS[name].takes_own else typed_text(name, value)
