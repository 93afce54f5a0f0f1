"""RunCache: reads the runs that are drawn or under the cursor, and only what changed since the last read."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from engine.store import Evaluation, Reader, Run
from engine.trace.curve import Curve
from tui.model.chart_options import ChartOptions
from tui.model.choices import Choices
from tui.model.metrics.of_runs import metrics_of
from tui.model.metrics.order import shown
from tui.model.run_seen import LOSS_NAME, NOTHING_LOGGED, UNSEEN, LoggedMetrics, MetricPart, RunSeen
from tui.reading.curves.curve_growth import grown
from tui.reading.curves.logged import grown_metric, logged_metrics, logged_parts
from tui.reading.curves.parent_curves import parent_curves
from tui.reading.curves.visible_part import visible_part

KEPT = 24
"""Runs kept after they were drawn last: the cursor often comes back to them."""

Stamp = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class CachedRun:
    """What was read of a run, and the keys it depends on: the `rows` in the store and the chart's `window`."""

    seen: RunSeen
    columns: int
    rows: Stamp
    window: Stamp


class RunCache:
    """Reads runs and caches them; `with_parents` reads the curves of a fork's ancestors as well."""

    def __init__(self, *, with_parents: bool = True) -> None:
        self._with_parents = with_parents
        self._held: dict[int, CachedRun] = {}

    def read(self, reader: Reader, runs: Iterable[Run], choices: Choices, columns: int) -> dict[int, RunSeen]:
        """Return what is shown of each run; `columns` is the width of the chart in points."""
        runs = list(runs)
        logged = {run.run_id: self._logged(reader, run, columns) for run in runs}
        metrics = self._shown(runs, logged, choices)
        found = {run.run_id: self._one(reader, run, choices, columns, logged[run.run_id], metrics) for run in runs}
        others = {run_id: one for run_id, one in self._held.items() if run_id not in found}
        kept = list(others.items())[max(len(others) - KEPT, 0) :]
        self._held = {**dict(kept), **found}
        return {run_id: one.seen for run_id, one in found.items()}

    def _logged(self, reader: Reader, run: Run, columns: int) -> LoggedMetrics:
        """The metrics that a run has logged by now."""
        held = self._held.get(run.run_id)
        if run.kind == "engine" or (held is not None and held.rows == _rows(run, columns)):
            return NOTHING_LOGGED if held is None else held.seen.logged
        return logged_metrics(reader, run)

    def _shown(self, runs: Iterable[Run], logged: Mapping[int, LoggedMetrics], choices: Choices) -> tuple[str, ...]:
        """The metrics that the chart shows of these runs."""
        chart_options = choices.chart_options
        if chart_options.layout != "measures" and (
            chart_options.metric != LOSS_NAME
            or any(run.kind == "engine" for run in runs if run.run_id in choices.drawn)
        ):
            return (chart_options.metric,)
        drawn = [
            metrics_of(run, replace(self._seen(run), logged=logged[run.run_id]))
            for run in runs
            if run.run_id in choices.drawn
        ]
        return shown(chart_options, drawn)

    def _seen(self, run: Run) -> RunSeen:
        held = self._held.get(run.run_id)
        return UNSEEN if held is None else held.seen

    def _one(
        self,
        reader: Reader,
        run: Run,
        choices: Choices,
        columns: int,
        logged: LoggedMetrics,
        metrics: tuple[str, ...],
    ) -> CachedRun:
        held, chart_options = self._held.get(run.run_id), choices.chart_options
        seen = UNSEEN if held is None else held.seen
        rows = _rows(run, columns)
        window: Stamp = (
            chart_options.window,
            chart_options.x_kind,
            chart_options.log_x,
            chart_options.smoothing if chart_options.window else 0.0,
            metrics,
        )
        has_grown = held is None or held.rows != rows
        if has_grown:
            seen = replace(self._grown(reader, run, held, columns, logged), logged=logged)
        elif _may_have_new_events(run):
            seen = replace(seen, events=tuple(reader.events(run.run_id)))
        if has_grown or (held is not None and held.window != window):
            visible = visible_part(reader, chart_options, run, seen.whole, columns, seen.visible, metrics)
            if run.kind != "engine":
                before = held.seen.visible.logged if held is not None and _is_same(held.rows, rows) else {}
                parts = _logged_parts(reader, run, seen, chart_options, columns, metrics, before)
                visible = replace(visible, logged=parts)
            seen = replace(seen, visible=visible)
        if run.run_id == choices.pointed and seen.gradient_norm is None:
            seen = replace(seen, gradient_norm=_gradient_norm(reader, run))
        return CachedRun(seen, columns, rows, window)

    def _grown(self, reader: Reader, run: Run, held: CachedRun | None, columns: int, logged: LoggedMetrics) -> RunSeen:
        """Read a run that has changed; its visible part is still the old one."""
        is_as_wide = held is not None and held.columns == columns
        is_longer = held is not None and _is_same(held.rows, _rows(run, columns))
        if run.kind != "engine" and is_longer and held is not None and held.seen.logged.standing == logged.standing:
            whole = _whole_logged(reader, run, held.seen.whole, columns, logged)
        else:
            whole = _whole(reader, run, held.seen.whole if held is not None and is_as_wide else None, columns)
        return RunSeen(
            whole=whole,
            visible=UNSEEN.visible if held is None else held.seen.visible,
            evaluations=_evaluations(reader, run, () if held is None else held.seen.evaluations),
            events=tuple(reader.events(run.run_id)),
            before=held.seen.before if held is not None and is_as_wide else self._before(reader, run, columns),
        )

    def _before(self, reader: Reader, run: Run, columns: int) -> tuple[Curve, ...]:
        return parent_curves(reader, run, columns) if self._with_parents else ()


def _rows(run: Run, columns: int) -> Stamp:
    return (run.iterations_done, run.state, run.attempt, run.revision, columns)


def _is_same(before: Stamp, now: Stamp) -> bool:
    """Whether a run has the rows that it had, if perhaps others after them, for a chart of the same width."""
    return before[2:] == now[2:]


def _whole_logged(reader: Reader, run: Run, held: Curve, columns: int, logged: LoggedMetrics) -> Curve:
    name = logged.standing
    longer = None if name is None else grown_metric(held, reader, run.run_id, logged.by_name[name].name, columns)
    return reader.curve(run.run_id, columns) if longer is None else longer


def _logged_parts(
    reader: Reader,
    run: Run,
    seen: RunSeen,
    chart_options: ChartOptions,
    columns: int,
    names: tuple[str, ...],
    before: Mapping[str, MetricPart],
) -> Mapping[str, MetricPart]:
    """What the chart shows of the metrics that a run has logged; of whole curves in `before` what is new is read."""
    on_board = {metric.name: name for name, metric in seen.logged.by_name.items()}

    def read(name: str, first: int, last: int | None) -> Curve:
        held = before.get(on_board[name])
        if held is not None and held.is_whole and last is None:
            longer = grown_metric(held.curve, reader, run.run_id, name, columns)
            if longer is not None:
                return longer
        return reader.metric_curve(run.run_id, name, columns, first, last)

    return logged_parts(
        names, seen.logged, metrics_of(run, seen), run, seen.whole, chart_options, columns, read, seen.visible
    )


def _whole(reader: Reader, run: Run, held: Curve | None, columns: int) -> Curve:
    if held is not None and run.kind == "engine":  # a logged run may have changed anywhere
        if int(held.iteration[-1:].sum()) + held.width == run.iterations_done and held.width == 1:
            return held
        longer = grown(held, reader, run, columns)
        if longer is not None:
            return longer
    return reader.curve(run.run_id, columns)


def _evaluations(reader: Reader, run: Run, known: tuple[Evaluation, ...]) -> tuple[Evaluation, ...]:
    """Return all evaluations; those from the newest known iteration on are read, as splits may have been added."""
    if not known:
        return tuple(reader.evaluations(run.run_id))
    newest = known[-1].iteration
    before = bisect_left(known, newest, key=lambda evaluation: evaluation.iteration)
    since = tuple(reader.evaluations(run.run_id, first=newest))
    return known if known[before:] == since else (*known[:before], *since)


def _gradient_norm(reader: Reader, run: Run) -> float | None:
    """Return the gradient norm of the newest iteration; None if it has none."""
    last = reader.iterations(run.run_id, first=max(run.iterations_done - 1, 0), limit=1)
    norms = last.gradient_norm
    return None if norms is None or not len(norms) else float(norms[-1])


def _may_have_new_events(run: Run) -> bool:
    """True if events may be added without iterations: commands to a paused run, forks of an ended one."""
    return run.state not in ("running", "queued")
