"""RecordedRun: one recorded run in memory; gives the run as it was after any of its iterations."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from engine.jobs.people.costs import losses_per_iteration
from engine.store import ENDED, Evaluation, Event, Reader, Run, RunState
from engine.store.write.summary import EVALUATED_SPLITS
from engine.trace.block import Block
from engine.trace.curve import Curve
from tui.model.metrics.of_runs import RunMetrics, metrics_of
from tui.model.run_seen import NOTHING_LOGGED, LoggedMetrics, RunSeen
from tui.model.timelines import Floats, MarkKind, Recording
from tui.reading.curves.curve_cache import CurveCache
from tui.reading.curves.logged import LoggedPast, logged_metrics

KNOTS = 256
"""Fewest points between which elapsed time is interpolated linearly; at most four times as many."""

AFTER_WAITING = ("resume", "keep", "drop")
"""Events that happen only to a run that stood still."""

STEERING = ("set-step-size", "pause", "resume", "stop")


@dataclass(frozen=True, slots=True, eq=False)
class RecordedRun:
    """A stored run, and what does not depend on the moment; `inherited_loss` is its parent's at the fork."""

    run: Run
    recording: Recording
    evaluations: tuple[Evaluation, ...]
    events: tuple[Event, ...]
    cache: CurveCache
    past: LoggedPast
    logged: LoggedMetrics = NOTHING_LOGGED
    inherited_loss: float | None = None

    @property
    def metrics(self) -> RunMetrics:
        """The metrics that the run has at its end."""
        return metrics_of(self.run, RunSeen(evaluations=self.evaluations, logged=self.logged))

    def after(self, done: int, state: RunState, curve: Curve, newest: Block | None, average: float = math.nan) -> Run:
        """Return the run as it was after `done` iterations, in `state`.

        `curve` is its whole curve up to there. `newest` is the last of these iterations; if None, the last loss of the
        curve is used. `average` is the average loss by then, NaN unless the losses are of batches.
        """
        run = self.run
        if done >= run.iterations_done and state == run.state:
            return run
        loss = float(newest.loss[-1]) if newest is not None else float(curve.last[-1]) if len(curve.last) else None
        has_begun = state != "queued"
        if done == run.first_iteration:
            loss = self.inherited_loss if has_begun else None
        evaluated = [one for one in self.evaluations if one.iteration <= done] if has_begun else []
        latest = {one.split: one for one in evaluated}
        train, validation, test = (latest.get(split) for split in EVALUATED_SPLITS)
        best_loss, best_iteration = self._best(done, curve, evaluated) if has_begun else (None, None)
        return replace(
            run,
            state=state,
            started_at=run.started_at if has_begun else None,
            ended_at=None,
            reason="",
            attempt=min(run.attempt, 1),  # the number of attempts by then is not stored
            iterations_done=done,
            elapsed_s=self.recording.elapsed_after(done) if has_begun and len(self.recording.iterations) else 0.0,
            last_loss=None if loss is None or loss != loss else loss,
            current_loss=best_loss if run.searches else average if math.isfinite(average) else loss,
            best_loss=best_loss,
            best_iteration=best_iteration,
            evaluated_at=None if train is None else train.iteration,
            train_loss=_loss(train),
            train_accuracy=_accuracy(train),
            validation_loss=_loss(validation),
            validation_accuracy=_accuracy(validation),
            test_loss=_loss(test),
            test_accuracy=_accuracy(test),
            iterations_per_s=self.recording.rate_after(done) if done > run.first_iteration else None,
            diverged_at=run.diverged_at if run.diverged_at is not None and run.diverged_at < done else None,
            step_size_now=self._step_size_after(done, is_held=state == "paused") if has_begun else None,
        )

    def _best(self, done: int, curve: Curve, evaluated: list[Evaluation]) -> tuple[float | None, int | None]:
        """Return the lowest evaluated train loss by then (for a search: its best loss), and its iteration if known."""
        run = self.run
        if run.best_iteration is not None and run.best_iteration <= done:
            return run.best_loss, run.best_iteration
        if run.searches:
            lows = [float(np.nanmin(curve.low))] if (curve.count > 0).any() else []
            return min([*lows, *([] if run.to_beat is None else [run.to_beat])], default=None), None
        train = [one for one in evaluated if one.split == "train" and math.isfinite(one.loss)]
        lowest = min(train, key=lambda one: one.loss, default=None)
        return (None, None) if lowest is None else (lowest.loss, lowest.iteration)

    def _step_size_after(self, done: int, *, is_held: bool) -> float | None:
        """Return the step size in force by then; one set during a pause takes effect when the run resumes."""
        known = latest = None
        for event in self.events:
            if event.iteration > done:
                break
            is_here = is_held and event.iteration == done
            if event.verb == "set-step-size":
                latest = _number(event.argument)
            if is_here and event.verb == "pause":
                return latest
            known = known if is_here else latest
        return known


def _loss(evaluation: Evaluation | None) -> float | None:
    return None if evaluation is None else evaluation.loss


def _accuracy(evaluation: Evaluation | None) -> float | None:
    return None if evaluation is None else evaluation.accuracy


def recorded_run_of(reader: Reader, run: Run) -> RecordedRun:
    """Read all of a run that does not depend on the moment."""
    evaluations, events = tuple(reader.evaluations(run.run_id)), tuple(reader.events(run.run_id))
    parent = None if run.parent_id is None or not run.first_iteration else reader.run(run.parent_id)
    inherited_s, inherited_loss = 0.0, None
    if parent is not None:
        row = reader.iterations(parent.run_id, run.first_iteration - 1, limit=1)
        if len(row) and row.first_iteration == run.first_iteration - 1:
            inherited_loss = float(row.loss[0])
            inherited_s = 0.0 if row.elapsed_s is None else float(row.elapsed_s[0])
    iterations, elapsed_s = _knots(reader, run, inherited_s)
    recording = Recording(
        run_id=run.run_id,
        first=run.first_iteration,
        done=run.iterations_done,
        iterations=iterations,
        elapsed_s=elapsed_s,
        started_s=_second(run.started_at or run.created_at),
        examples_per_iteration=run.examples_per_iteration or 1,
        losses_per_iteration=losses_per_iteration(run),
        pauses=_pauses(events),
        losses=tuple((event.iteration, _second(event.happened_at)) for event in events if event.verb == "take-up"),
        marks=_marks(run, events),
        evaluations=tuple(dict.fromkeys(evaluation.iteration for evaluation in evaluations)),
        checkpoints=tuple(reader.checkpoints(run.run_id)),
        best_at=_best_at(run),
        best_loss=run.best_loss,
        diverged_at=run.diverged_at,
        goes_on=run.state not in ENDED,
    )
    logged = NOTHING_LOGGED if run.kind == "engine" else logged_metrics(reader, run)
    caches = CurveCache(run), LoggedPast(run.run_id)
    return RecordedRun(run, recording, evaluations, events, *caches, logged, inherited_loss)


def _best_at(run: Run) -> int | None:
    """Return the iterations done at the run's best loss; those at the fork if it never beat the inherited loss."""
    return run.first_iteration if run.best_iteration is None and run.best_loss is not None else run.best_iteration


def _knots(reader: Reader, run: Run, inherited_s: float) -> tuple[Floats, Floats]:
    """Return iterations done (n,) and elapsed seconds (n,), both increasing; empty if the run never started."""
    if run.started_at is None and run.iterations_done <= run.first_iteration:
        return np.empty(0), np.empty(0)
    curve = reader.curve(run.run_id, KNOTS)
    known = np.isfinite(curve.elapsed_s)
    ends = np.minimum(curve.iteration + curve.width, run.iterations_done)[known]
    seconds = curve.elapsed_s[known]
    begin_s = float(seconds[0]) if run.first_iteration and not inherited_s and len(seconds) else inherited_s
    end_s = float(seconds.max(initial=begin_s))
    done = np.concatenate([[run.first_iteration], ends, [run.iterations_done]]).astype(np.float64)
    elapsed_s = np.maximum.accumulate(np.concatenate([[begin_s], seconds, [end_s]]))
    # of knots with equal seconds the last stays: time is linear between it and the knot before
    kept = np.append((elapsed_s[1:] > elapsed_s[:-1]) & (done[1:] > done[:-1]), True)
    kept[0] = True
    return done[kept], elapsed_s[kept]


def _pauses(events: tuple[Event, ...]) -> tuple[tuple[int, float | None], ...]:
    """Return (iteration, second of resuming or ending, None: not yet) of each pause and each wait at a rung."""
    found: list[tuple[int, float | None]] = []
    for event in sorted(events, key=lambda event: event.happened_at):
        if event.verb == "pause":
            found.append((event.iteration, None))
        elif event.verb in AFTER_WAITING or (event.verb == "stop" and found and found[-1][1] is None):
            if found and found[-1][1] is None:
                found.pop()
            found.append((event.iteration, _second(event.happened_at)))
    return tuple(found)


def _marks(run: Run, events: tuple[Event, ...]) -> tuple[tuple[int, MarkKind], ...]:
    found: list[tuple[int, MarkKind]] = [
        (event.iteration, "steering" if event.verb in STEERING else "take-up" if event.verb == "take-up" else "fork")
        for event in events
    ]
    if run.diverged_at is not None:
        found.append((run.diverged_at + 1, "divergence"))
    return tuple(sorted(found))


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _second(text: str) -> float:
    """Convert a timestamp of the store to seconds since the epoch; 0 if it is invalid."""
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
    except ValueError:
        return 0.0
