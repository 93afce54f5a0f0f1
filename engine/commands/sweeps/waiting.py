"""Sweep waiting: wait for a sweep with progress on stderr, and print its outcome on stdout."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import click

from engine.commands.options import DIVERGED, FAILED, as_json, loss, reading
from engine.commands.progress import BAR_STEPS, bar, left, share_done
from engine.files.program import store_command
from engine.jobs.people import steer
from engine.jobs.people.progress import SweepOutcome, leading, left_s, outcome
from engine.jobs.processes.launch import start_workers, worker_count
from engine.jobs.processes.liveness import lost, works
from engine.store import ENDED, Reader, Run, status_word
from engine.sweep import SweepPlan, Value, ValueResult, amount_text, are_compared, best_marks, table_lines, value_text
from engine.text import clean, counted, loss_text

POLL_S = 0.05
LOOK_AFTER_WORKERS_S = 1.0


def wait_and_report(db: str, sweep_id: int, detach: bool, json: bool) -> None:
    """Wait for a sweep and print its outcome; with `detach` only print its id.

    The exit code is 1 if a run failed, and 3 if all have diverged: that some do is what a sweep is to show.
    """
    if detach:
        click.echo(as_json({"sweep_id": sweep_id}) if json else str(sweep_id))
        return
    with reading(db) as reader:
        found = outcome(reader, sweep_id)
        click.echo(f"sweep {sweep_id}: {clean(found.name, 200)}, {counted(found.total, 'run')}", err=True)
        try:
            wait(reader, sweep_id, found.plan)
        except KeyboardInterrupt:
            click.echo(
                f"\nsweep {sweep_id} goes on; wait for it with {store_command(f'sweep resume {sweep_id}')}, "
                f"end it with {store_command(f'sweep stop {sweep_id}')}",
                err=True,
            )
            raise SystemExit(130) from None
        found = outcome(reader, sweep_id)
    report(found, json)
    if found.states.get("failed"):
        raise SystemExit(FAILED)
    if found.diverged == found.total:
        raise SystemExit(DIVERGED)


def report(found: SweepOutcome, json: bool) -> None:
    """Print a sweep's results on stdout, and its best values and unfinished runs on stderr."""
    if json:
        click.echo(as_json(outcome_as_dict(found)))
        return
    is_compared = are_compared(found.plan.axes)
    bests = best_marks(found.comparisons) if is_compared else None
    word = found.plan.measure if found.plan.script is not None else "loss"
    for line in table_lines(found.plan.axes, found.values, bests, measure=word, highest=found.plan.highest):
        click.echo(line)
    for line in _compared(found):
        click.echo(line, err=True)
    if found.best is not None and not is_compared:
        click.echo(_best(found.plan, found.best), err=True)
    if not found.over:
        states = ", ".join(f"{count} {status_word(state)}" for state, count in sorted(found.states.items()))
        click.echo(f"not over yet: {states}{left(found.left_s)}", err=True)


def outcome_as_dict(found: SweepOutcome) -> dict[str, Any]:
    """A sweep's outcome as a JSON object; `values` of a result has one value per parameter."""
    return {
        "sweep_id": found.sweep_id,
        "name": found.name,
        "parent_id": found.plan.parent_id,
        "parameters": [axis.field for axis in found.plan.axes],
        "spec": asdict(found.plan.base),
        "metric": found.plan.metric,
        "repeats": found.plan.repeats,
        "halving": None if found.plan.halving is None else asdict(found.plan.halving),
        "results": [asdict(result) for result in found.values],
        "best": None if found.best is None else asdict(found.best),
        "comparisons": [asdict(one) | {"losses": list(one.losses)} for one in found.comparisons],
        "states": dict(found.states),
        "diverged": found.diverged,
        "over": found.over,
        "left_s": found.left_s,
        "decisions": [asdict(decision) for decision in found.decisions],
    }


def wait(reader: Reader, sweep_id: int, plan: SweepPlan) -> None:
    """Wait until all runs of the sweep have ended or are paused.

    Starts new workers when some are lost or none are left. Raises StoreError.
    """
    looked_at = time.monotonic()
    with bar(f"sweep {sweep_id}") as progress_bar:
        while True:
            runs = reader.sweep_runs(sweep_id)
            share = sum(map(share_done, runs)) / max(len(runs), 1)
            progress_bar.update(round(share * BAR_STEPS) - progress_bar.pos, _standing(reader, runs, plan))
            if not _goes_on(runs):
                # The worker that should decide a rung may be gone: `start_workers` decides complete rungs first.
                start_workers(reader.path)
                if not _goes_on(reader.sweep_runs(sweep_id)):
                    return
            if time.monotonic() - looked_at > LOOK_AFTER_WORKERS_S:
                looked_at = time.monotonic()
                _look_after_workers(reader, runs)
            time.sleep(POLL_S)


def _goes_on(runs: list[Run]) -> bool:
    return any(run.state in ("queued", "running") for run in runs)


def _look_after_workers(reader: Reader, runs: list[Run]) -> None:
    workers = reader.workers()
    if lost(runs, workers) or not any(map(works, workers)):
        click.echo("workers were lost; others take their runs up", err=True)
        steer.recover(reader.path)


def _standing(reader: Reader, runs: list[Run], plan: SweepPlan) -> str:
    """The time left, the best value so far, and how many runs have ended: a narrow terminal cuts the end."""
    ended = f"{sum(run.state in ENDED for run in runs)} of {len(runs)} ended"
    leader, best = leading(runs, plan), []
    if leader is not None and leader.spec is not None:
        best = [f"best {_where(plan, plan.values_of(leader.spec))}: {loss(leader.train_loss)}"]
    seconds = left_s(runs, plan.halving, sum(map(works, reader.workers())) or worker_count(reader))
    return ", ".join([*([] if not seconds or seconds < 0.5 else [f"{seconds:.0f} s left"]), *best, ended])


def _compared(found: SweepOutcome) -> Iterator[str]:
    """One line per comparison: the best value, and the amount at which the runs were compared."""
    for one in found.comparisons:
        at = amount_text(one.equal, one.amount)
        if one.is_short:
            yield f"best for equal time: not known, for {at} is too short to compare; give the runs more iterations"
        elif one.best is None:
            yield f"best for equal {one.equal}: not known, for not all values were evaluated near {at}"
        else:
            lowest = min(value for value in one.losses if value is not None)
            yield f"best for equal {one.equal}: {_where(found.plan, one.best)}, train loss {loss_text(lowest)} at {at}"


def _where(plan: SweepPlan, values: tuple[Value, ...]) -> str:
    return ", ".join(f"{axis.label} {value_text(value)}" for axis, value in zip(plan.axes, values, strict=True))


def _best(plan: SweepPlan, best: ValueResult) -> str:
    where = _where(plan, best.values)
    train = "" if best.train_loss is None else f": {plan.measure} {loss_text(best.train_loss)}"
    validation = "" if best.validation_loss is None else f", validation loss {loss_text(best.validation_loss)}"
    accuracy = "" if best.accuracy is None else f", accuracy {best.accuracy:.1%}"
    return f"best {where}{train}{validation}{accuracy}"
