"""Order of metrics: those that the metric key steps through, those of the grid, and those that a chart shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain, zip_longest

from tui.chart.values.metrics import GRID, METRICS
from tui.model.chart_options import ChartOptions
from tui.model.metrics.of_runs import RunMetrics
from tui.model.run_seen import LOSS_NAME

MOST_STEPPED = len(METRICS)
"""Most metrics that a key steps through; more are picked from a list."""

MOST_PANELS = 9
"""Most metrics of a grid; a chart with room for more would show none of them well."""


def stepped(runs: Sequence[RunMetrics]) -> tuple[str, ...]:
    """Return the metrics of some runs, each once: those of the table in its order, then the logged ones.

    Where no run has a loss the logged ones come first. What is drawn beside another metric is left out. Of no run these
    are those of the table.
    """
    names = _all(runs)
    if not names:
        return tuple(METRICS)
    of_table = [name for name in METRICS if name in names]
    ordered = (of_table, _logged(names, runs))
    # what stands for a run without a loss comes first
    return tuple(chain.from_iterable(ordered if LOSS_NAME in names else reversed(ordered)))


def in_grid(runs: Sequence[RunMetrics], focus: str) -> tuple[str, ...]:
    """Return the metrics of the grid of some runs, those that say most first, always with the `focus`."""
    names = _all(runs)
    of_engine = [name for name in GRID if name in names] if names else list(GRID)
    # in the panel of the loss already
    told = {run.standing for run in runs} if LOSS_NAME in of_engine else set()
    beside = zip_longest(of_engine, (name for name in _logged(names, runs) if name not in told))
    ordered = [name for name in chain.from_iterable(beside) if name is not None]
    room = tuple(ordered[:MOST_PANELS])
    return room if focus in room else (*room[: MOST_PANELS - 1], focus)


def shown(chart_options: ChartOptions, runs: Sequence[RunMetrics]) -> tuple[str, ...]:
    """Return the metrics that a chart of some runs shows, and so have to be read."""
    name = meant(chart_options.metric, runs)
    return in_grid(runs, name) if chart_options.layout == "measures" else (name,)


def meant(name: str, runs: Sequence[RunMetrics]) -> str:
    """Return the metric that a chart of `name` shows: that which stands for all the runs, if none has a loss."""
    standing = {LOSS_NAME if LOSS_NAME in run.names else run.standing for run in runs if run.names}
    return next(iter(standing)) or name if name == LOSS_NAME and len(standing) == 1 else name


def _all(runs: Iterable[RunMetrics]) -> dict[str, None]:
    return dict.fromkeys(chain.from_iterable(run.names for run in runs))


def _logged(names: Iterable[str], runs: Iterable[RunMetrics]) -> list[str]:
    """The logged metrics: what stands for a run first, then what has a pair, then the rest as it was logged."""
    paired = {name for run in runs for name in run.pairs}
    standing = {run.standing for run in runs}
    alone = {name for run in runs for name in run.logged if name not in run.pairs.values()}
    logged = (name for name in names if name in alone and name not in METRICS)
    return sorted(logged, key=lambda name: (name not in standing, name not in paired))
