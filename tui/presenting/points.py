"""Points and marks of a chart: the evaluations of a run, and the events on its curve."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.store import Run
from engine.trace.curve import Curve
from engine.trace.decimation import Floats
from tui.chart import ChartMark, Points
from tui.chart.values.metrics import EvaluationSource
from tui.chart.values.view import MarkKind
from tui.model.run_seen import RunSeen

SIGNED: dict[str, MarkKind] = {"pause": "pause", "take-up": "take-up", "fork": "fork", "forked": "fork",
    "mark": "other", "set-knob": "other"}  # fmt: skip


def elapsed_at(seen: RunSeen, iterations: Sequence[int]) -> Floats:
    """Elapsed seconds (n,) after so many iterations, from the visible curve or, beside it, the whole one; else NaN."""
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


def evaluated(seen: RunSeen, source: EvaluationSource) -> Points:
    """The loss or the accuracy on a split as points."""
    kept = [evaluation for evaluation in seen.evaluations if evaluation.split == source.split]
    iteration = np.array([evaluation.iteration for evaluation in kept], dtype=np.int64)
    values = np.array([getattr(evaluation, source.column) for evaluation in kept], dtype=np.float64)
    return Points(iteration, elapsed_at(seen, iteration.tolist()), values)


def points_of(curve: Curve) -> Points:
    """The rows of a curve as points, each in the middle of its steps."""
    return Points(curve.iteration + (curve.width - 1) // 2, curve.elapsed_s, curve.mean)


def marks(run: Run, seen: RunSeen) -> tuple[ChartMark, ...]:
    """The events of a run, as marks on its curve."""
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
