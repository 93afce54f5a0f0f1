"""Metrics of runs: what each run has, by the names of the board."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from engine.spec import NO_DATA, RunSpec
from engine.store import Evaluation, Run
from engine.trace.metric_names import pairs
from tui.chart.values.metrics import METRICS, EvaluationSource, IterationSource, Metric
from tui.model.run_seen import RunSeen


@dataclass(frozen=True, slots=True)
class RunMetrics:
    """The `names` of a run's metrics, in the order of the table or in that in which they were first logged.

    `logged` are those that its program has logged, `standing` is what it shows on a chart of losses.
    """

    names: tuple[str, ...] = ()
    logged: tuple[str, ...] = ()
    standing: str | None = None

    @property
    def pairs(self) -> Mapping[str, str]:
        """The logged metrics that another one is drawn beside as a dotted line, with its name."""
        return pairs(self.logged)


def metrics_of(run: Run, seen: RunSeen) -> RunMetrics:
    """Return the metrics that a run has, or will have once it has begun."""
    if run.kind == "engine":
        return _of_engine(run.spec)
    evaluated = frozenset(_columns(seen.evaluations[-NEWEST:]))
    return _of_program(tuple(seen.logged.by_name), seen.logged.standing, evaluated)


NEWEST = 8
"""Evaluations that tell which splits a program evaluates."""


def is_recorded(spec: RunSpec | None, source: IterationSource) -> bool:
    """Whether a run records values of this source; a missing value was then not finite.

    The parts of a search's loss belong to its tries, not to the weights that it keeps.
    """
    if spec is None:
        return True
    return spec.metrics == "all" and (
        spec.kind.steps or spec.kind.measures_steps if source.of_searches else not spec.searches
    )


@lru_cache(maxsize=256)
def _of_engine(spec: RunSpec | None) -> RunMetrics:
    return RunMetrics(tuple(name for name, metric in METRICS.items() if _has(spec, metric)))


def _has(spec: RunSpec | None, metric: Metric) -> bool:
    if isinstance(metric.source, IterationSource):
        return is_recorded(spec, metric.source)
    is_of_data = isinstance(metric.source, EvaluationSource) and metric.source != EvaluationSource("train", "loss")
    return spec is None or spec.dataset != NO_DATA or not is_of_data


@lru_cache(maxsize=256)
def _of_program(logged: tuple[str, ...], standing: str | None, evaluated: frozenset[EvaluationSource]) -> RunMetrics:
    names = (name for name, metric in METRICS.items() if metric.source in evaluated)
    return RunMetrics(tuple(dict.fromkeys((*logged, *names))), logged, standing)


def _columns(evaluations: Iterable[Evaluation]) -> Iterator[EvaluationSource]:
    """What evaluations measured."""
    for one in evaluations:
        yield EvaluationSource(one.split, "loss")
        if one.accuracy == one.accuracy:
            yield EvaluationSource(one.split, "accuracy")
