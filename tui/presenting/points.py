"""Points and marks of a chart: what was measured now and then, and what happened to a run."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.spec import RunSpec
from engine.store import Run
from engine.trace.curve import Curve
from engine.trace.decimation import Floats
from tui.chart import ChartMark, Points
from tui.chart.values.metrics import EvaluationSource, IterationSource
from tui.chart.values.view import MarkKind
from tui.model.run_seen import RunSeen

SIGNED: dict[str, MarkKind] = {"pause": "pause", "take-up": "take-up", "fork": "fork", "forked": "fork"}


def elapsed_at(seen: RunSeen, iterations: Sequence[int]) -> Floats:
    """The seconds that had gone by after so many iterations: by the curve, and by the whole one what lies beside it."""
    curve, asked = seen.curve, np.asarray(iterations, dtype=np.float64)
    if not len(curve.iteration):
        return np.full(len(asked), np.nan)
    seconds = _elapsed_by(curve, asked)
    if curve is seen.whole:
        return seconds
    end = curve.iteration[-1] + curve.width
    first_end = curve.iteration[1] if len(curve.iteration) > 1 else end
    return np.where((asked >= first_end) & (asked <= end), seconds, _elapsed_by(seen.whole, asked))


def _elapsed_by(curve: Curve, iterations: Floats) -> Floats:
    ends = np.append(curve.iteration[1:], curve.iteration[-1] + curve.width)
    seconds: Floats = np.interp(iterations, np.concatenate([[0.0], ends]), np.concatenate([[0.0], curve.elapsed_s]))
    return seconds


def is_recorded(spec: RunSpec | None, source: IterationSource) -> bool:
    """Whether a run records such values: what is missing otherwise was not finite.

    The parts of a search's loss are those of its tries, not of the weights that it keeps.
    """
    if spec is None:
        return True
    return spec.metrics == "all" and (spec.kind.steps if source.of_searches else not spec.searches)


def evaluated(seen: RunSeen, source: EvaluationSource) -> Points:
    """The loss or the accuracy of a split as points."""
    kept = [evaluation for evaluation in seen.evaluations if evaluation.split == source.split]
    iteration = np.array([evaluation.iteration for evaluation in kept], dtype=np.int64)
    values = np.array([getattr(evaluation, source.column) for evaluation in kept], dtype=np.float64)
    return Points(iteration, elapsed_at(seen, iteration.tolist()), values)


def marks(run: Run, seen: RunSeen) -> tuple[ChartMark, ...]:
    """What happened to a run, as signs on its curve."""
    found: list[tuple[int, MarkKind]] = []
    step = None if run.spec is None else run.spec.step_size
    for event in seen.events:
        kind = SIGNED.get(event.verb)
        if event.verb == "set-step-size":
            kind, step = _step(event.argument, step)
        if kind is not None:
            found.append((event.iteration, kind))
    if run.diverged_at is not None:
        found.append((run.diverged_at, "divergence"))
    if not found:
        return ()
    seconds = elapsed_at(seen, [iteration for iteration, _ in found]).tolist()
    return tuple(
        ChartMark(iteration, kind, None if at != at else at)
        for (iteration, kind), at in zip(found, seconds, strict=True)
    )


def _step(argument: str, before: float | None) -> tuple[MarkKind, float | None]:
    try:
        after = float(argument)
    except ValueError:
        return "step-size", before
    if before and after == 2 * before:
        return "step-doubled", after
    return ("step-halved" if before and after == before / 2 else "step-size"), after
