"""Progress: the outcome of a sweep so far, and the estimated time left."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from heapq import heapreplace
from statistics import median

from engine.files.program import store_command
from engine.jobs.processes.launch import worker_count
from engine.jobs.processes.liveness import lost, works
from engine.store import ENDED, Evaluation, NoSweep, Reader, Refused, Run, RungDecision, StoreError, Sweep
from engine.sweep import (
    Comparison,
    Halving,
    RunMeasurement,
    SweepPlan,
    TrainLoss,
    ValueResult,
    are_compared,
    best_by,
    best_of,
    comparisons,
    results,
)


@dataclass(frozen=True, slots=True)
class SweepOutcome:
    """Results and progress of a sweep.

    `values` are in ascending order, `best` is the best complete one. For swept batch sizes `comparisons` say which is
    best for equal examples, time and iterations. `states` counts runs by stored state, with lost ones as 'lost';
    `done` and `diverged` count ended and diverged runs. `left_s` is the estimated seconds until all have ended; None
    before the first measurement, or when runs are lost and no worker is left.
    """

    sweep_id: int
    name: str
    plan: SweepPlan
    values: tuple[ValueResult, ...]
    best: ValueResult | None
    states: Mapping[str, int]
    done: int
    total: int
    diverged: int
    left_s: float | None
    decisions: tuple[RungDecision, ...]
    comparisons: tuple[Comparison, ...] = ()

    @property
    def over(self) -> bool:
        """True when all runs have ended."""
        return self.done == self.total


def outcome(reader: Reader, sweep_id: int) -> SweepOutcome:
    """The outcome of a sweep so far. Raises as `planned` does."""
    sweep, plan = planned(reader, sweep_id)
    runs = reader.sweep_runs(sweep_id)
    evaluations = reader.sweep_evaluations(sweep_id)
    train_losses = reader.sweep_train_losses(sweep_id) if are_compared(plan.axes) else {}
    measured = [
        _measured(run, plan, evaluations.get(run.run_id, {}), train_losses.get(run.run_id, ()))
        for run in runs
        if run.spec is not None and plan.script is None
    ]
    if plan.script is not None:
        values_now = reader.sweep_metric(sweep_id, plan.metric) if plan.metric else {}
        measured = [_measured_script(run, plan, values_now.get(run.run_id)) for run in runs if _is_member(run, plan)]
    values = results(measured)
    workers = reader.workers()
    gone = lost(runs, workers)
    working = sum(map(works, workers))
    return SweepOutcome(
        sweep_id=sweep_id,
        name=sweep.name,
        plan=plan,
        values=values,
        best=best_of(plan.axes, values, highest=plan.highest),
        states=Counter("lost" if run.run_id in gone else run.state for run in runs),
        done=sum(run.state in ENDED for run in runs),
        total=len(runs),
        diverged=sum(one.diverged for one in measured),
        left_s=None if gone and not working else left_s(runs, plan.halving, working or worker_count(reader)),
        decisions=sweep.decisions,
        comparisons=comparisons(plan.axes, measured),
    )


def _is_member(run: Run, plan: SweepPlan) -> bool:
    """Whether a script's row has a value for each axis of its sweep."""
    return run.script is not None and all(axis.field in run.script.values for axis in plan.axes)


def _measured_script(run: Run, plan: SweepPlan, metric: float | None) -> RunMeasurement:
    """What a script has reached: the newest value of the sweep's metric, or of what stands for its loss."""
    assert run.script is not None
    loss = run.current_loss if run.train_loss is None else run.train_loss
    return RunMeasurement(
        run_id=run.run_id,
        values=plan.values_of(run.script),
        state=run.state,
        iterations_done=run.iterations_done,
        train_loss=metric if plan.metric else loss,
        validation_loss=run.validation_loss,
        accuracy=run.validation_accuracy,
        diverged=run.diverged_at is not None,
        evaluated_at=run.iterations_done,
        elapsed_s=run.elapsed_s,
    )


def leading(runs: Sequence[Run], plan: SweepPlan) -> Run | None:
    """The run that is best by now, ranked as `best_of` ranks values; None before the first evaluation.

    None too for a sweep over batch sizes, whose runs are not compared at equal iterations, and for one over a script,
    which is ranked by a metric.
    """
    measured = [
        run for run in runs if run.diverged_at is None and run.train_loss is not None and math.isfinite(run.train_loss)
    ]
    if are_compared(plan.axes) or plan.script is not None:
        return None
    if best_by(plan.axes) == "accuracy":
        return max(measured, key=lambda run: run.validation_accuracy or 0.0, default=None)
    return min(measured, key=lambda run: run.train_loss or 0.0, default=None)


def planned(reader: Reader, sweep_id: int) -> tuple[Sweep, SweepPlan]:
    """A sweep and its plan. Raises NoSweep for an unknown sweep, StoreError for an unreadable plan."""
    sweep = reader.sweep(sweep_id)
    if sweep is None:
        raise NoSweep(sweep_id)
    if sweep.plan is None:
        raise StoreError(f"The plan of sweep {sweep_id} cannot be read; its runs are kept ({store_command('list')}).")
    return sweep, sweep.plan


def present_outcome(reader: Reader, sweep_id: int) -> SweepOutcome:
    """The outcome of a sweep with runs. Raises as `outcome` does, and Refused for a deleted sweep."""
    found = outcome(reader, sweep_id)
    if not found.total:
        raise refused_as_deleted(sweep_id)
    return found


def refused_as_deleted(sweep_id: int) -> Refused:
    """The error for requests to a deleted sweep."""
    return Refused(f"Sweep {sweep_id} is deleted; {store_command(f'sweep undelete {sweep_id}')} brings it back.")


def left_s(runs: Sequence[Run], halving: Halving | None, workers: int) -> float | None:
    """Estimated seconds until all runs have ended, from measured rates and a number of workers; None without a rate.

    The runs of a race count with the expected share that the rungs of its `halving` keep.
    """
    unfinished = [run for run in runs if run.state not in ENDED and run.spec is not None]
    if not unfinished:
        return 0.0
    rates = [run.iterations_per_s for run in runs if run.iterations_per_s]
    median_rate = median(rates) if rates else None
    unfinished.sort(key=lambda run: run.state != "running")
    each_s = [_run_left_s(run, halving, median_rate) for run in unfinished]
    known = [seconds for seconds in each_s if seconds is not None]
    if len(known) < len(each_s):
        return None
    free_after_s = [0.0] * max(min(workers, len(unfinished)), 1)  # workers take whole runs, one after another
    for seconds in known:
        heapreplace(free_after_s, free_after_s[0] + seconds)
    return max(free_after_s)


def _run_left_s(run: Run, halving: Halving | None, median_rate: float | None) -> float | None:
    assert run.spec is not None
    rate = run.iterations_per_s or median_rate
    if run.spec.pace is not None:
        rate = min(rate or run.spec.pace, run.spec.pace)
    by_iterations = None
    if run.spec.iterations is not None and rate:
        by_iterations = _expected_iterations(run, halving, run.spec.iterations) / rate
    by_seconds = None if run.spec.seconds is None else max(run.spec.seconds - run.elapsed_s, 0.0)
    return min((s for s in (by_iterations, by_seconds) if s is not None), default=None)


def _expected_iterations(run: Run, halving: Halving | None, planned: int) -> float:
    rungs = [] if halving is None or run.rung is None else [r for r in halving.rungs if r >= run.rung]
    expected, share, at = 0.0, 1.0, run.iterations_done
    for rung in (*rungs, planned):
        expected += share * max(rung - at, 0)
        share *= 1.0 if halving is None else halving.keep
        at = max(at, rung)
    return expected


def _measured(
    run: Run, plan: SweepPlan, evaluations: Mapping[str, Evaluation], train_losses: tuple[TrainLoss, ...]
) -> RunMeasurement:
    assert run.spec is not None
    train, validation = evaluations.get("train"), evaluations.get("validation")
    return RunMeasurement(
        run_id=run.run_id,
        values=plan.values_of(run.spec),
        state=run.state,
        iterations_done=run.iterations_done,
        train_loss=None if train is None else train.loss,
        validation_loss=None if validation is None else validation.loss,
        accuracy=None if validation is None else validation.accuracy,
        diverged=run.diverged_at is not None,
        evaluated_at=0 if train is None else train.iteration,
        elapsed_s=run.elapsed_s,
        examples_per_iteration=run.examples_per_iteration or 1,
        train_losses=train_losses,
        is_paced=run.spec.pace is not None,
    )
