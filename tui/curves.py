"""From a snapshot and the viewer's choices to what the chart is asked to show."""

from __future__ import annotations

from engine.store import Run
from tui import format as fmt
from tui.chart import ChartRun, ChartView
from tui.choices import Choices
from tui.describe import differing, given_name, label
from tui.snapshot import Snapshot


def chart_view(snapshot: Snapshot, choices: Choices) -> ChartView:
    """The chart of the drawn runs; the run under the cursor wins the cells that it shares."""
    runs = [run for run_id in choices.drawn if (run := snapshot.run(run_id)) is not None]
    varied = set(differing([run.spec for run in runs if run.spec is not None]))
    return ChartView(
        runs=tuple(_chart_run(run, snapshot, choices, varied) for run in runs),
        x_kind=choices.x_kind,
        log_y=choices.log_y,
        note=_note(snapshot, choices, runs),
    )


def _note(snapshot: Snapshot, choices: Choices, runs: list[Run]) -> str:
    if choices.alone:
        return f"run {choices.pointed} alone · esc back"
    return "follow" if any(snapshot.status(run) == "running" for run in runs) else ""


def _chart_run(run: Run, snapshot: Snapshot, choices: Choices, varied: set[str]) -> ChartRun:
    spec = run.spec
    return ChartRun(
        run_id=run.run_id,
        label=legend(run, varied),
        slot=choices.slot(run.run_id),
        curve=snapshot.curves.get(run.run_id),
        kind="gradient" if spec is not None and spec.strategy == "gradient-descent" else "search",
        planned_iterations=None if spec is None else spec.iterations,
        growing=run.state in ("queued", "running", "paused"),
        examples_per_iteration=run.examples_per_iteration or 1,
        emphasised=run.run_id == choices.pointed,
    )


def legend(run: Run, varied: set[str]) -> str:
    """What the legend says of a run: its number, its name or strategy, and its step size where that varies."""
    words = [str(run.run_id), given_name(run) or label(run)]
    if run.spec is not None and "step_size" in varied and run.spec.strategy != "random-search":
        words.append(fmt.setting(run.spec.step_size))
    return " ".join(words)
