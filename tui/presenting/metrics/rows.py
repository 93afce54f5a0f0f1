"""Rows: the metrics of the drawn runs as a list to pick from, those of one group together."""

from __future__ import annotations

import re
from collections.abc import Sequence

from engine.store import Run
from engine.trace.metric_names import words
from tui.chart.values.metrics import METRICS, metric_named
from tui.model.choices import Choices
from tui.model.metrics.of_runs import RunMetrics, metrics_of
from tui.model.metrics.order import stepped
from tui.model.snapshot import Snapshot
from tui.presenting.commands import PaletteCommand
from tui.presenting.curves import drawn_runs, metrics_drawn


def metric_rows(snapshot: Snapshot, choices: Choices) -> list[PaletteCommand]:
    """The metrics of the drawn runs: the engine's, then the logged ones, what stands for a run first.

    Each tells what is drawn beside it, which runs have it if not all do, and its last value of the cursor's run.
    """
    runs = drawn_runs(snapshot, choices)
    of_runs = [metrics_of(run, snapshot.of(run.run_id)) for run in runs]
    return [_row(name, runs, of_runs, snapshot, choices) for name in _grouped(of_runs)]


def metrics_named(snapshot: Snapshot, choices: Choices) -> tuple[str, ...]:
    """The metrics that can be drawn by name: those of the board, and what the drawn runs have logged."""
    return tuple(dict.fromkeys((*METRICS, *_grouped(metrics_drawn(snapshot, choices)))))


def _grouped(of_runs: Sequence[RunMetrics]) -> list[str]:
    """All metrics, each pair together, and names that begin alike up to their last / together."""
    first = stepped(of_runs)
    beside = {name: second for one in of_runs for name, second in one.pairs.items()}
    ungrouped = [
        name for name in first if name in METRICS or name in beside or any(name == r.standing for r in of_runs)
    ]
    groups: dict[str, list[str]] = {"": list(ungrouped)}
    for name in first:
        if name not in ungrouped:
            groups.setdefault(name.rpartition("/")[0], []).append(name)
    ordered = [name for group in groups.values() for name in group]
    return list(dict.fromkeys(one for name in ordered for one in (name, beside.get(name, name))))


def _row(
    name: str, runs: Sequence[Run], of_runs: Sequence[RunMetrics], snapshot: Snapshot, choices: Choices
) -> PaletteCommand:
    having = [run for run, metrics in zip(runs, of_runs, strict=True) if name in metrics.names]
    mains = [str(run.run_id) for run, metrics in zip(runs, of_runs, strict=True) if metrics.standing == name]
    second = next((beside for metrics in of_runs if (beside := metrics.pairs.get(name))), metric_named(name).companion)
    whose = "" if len(having) == len(runs) else f"run{'s' * (len(having) > 1)} {_numbers(having)}"
    main = f"main metric of {', '.join(mains)}" if mains else ""
    told = " · ".join(filter(None, (f"┄ {second}" if second else "", whose, main)))
    return PaletteCommand(name, told, name, _value(name, having, snapshot, choices), _aliases(name))


def _aliases(name: str) -> tuple[str, ...]:
    """The words of a name that are joined with underscores, which does not part them where a list is searched."""
    whole = re.findall(r"\w+", name.casefold())
    return tuple(word for word in words(name) if word not in whole)


MOST_NUMBERS = 6


def _numbers(runs: Sequence[Run]) -> str:
    return ", ".join(str(run.run_id) for run in runs[:MOST_NUMBERS]) + ", …" * (len(runs) > MOST_NUMBERS)


def _value(name: str, having: Sequence[Run], snapshot: Snapshot, choices: Choices) -> str:
    """The last value that the cursor's run has logged, or the first run that has one; '' before that in a replay."""
    logged = sorted(having, key=lambda run: run.run_id != choices.pointed)
    found = next(
        (
            one
            for run in logged
            if (one := snapshot.of(run.run_id).logged.by_name.get(name)) and one.last_step < run.iterations_done
        ),
        None,
    )
    if found is None:
        return ""
    return metric_named(name, fractions=found.low >= 0 and found.high <= 1).text(found.last)
