"""Sweeps: start, steer, widen, repeat, refine and delete whole sweeps, and read their outcome.

The dashboard and the command line call these functions. They raise StoreError (NoSweep for an unknown sweep, Refused
for a deleted one) and SpecError; nothing is changed then.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from os import PathLike

from engine.files.program import store_command
from engine.jobs.people.progress import SweepOutcome, outcome, planned, present_outcome, refused_as_deleted
from engine.jobs.people.scripts import prepared_sweep
from engine.jobs.processes.launch import start_workers
from engine.jobs.processes.recovery import recover_lost_runs
from engine.own_code.loading import pinned
from engine.spec import RunSpec
from engine.store import NoSweep, Refused, Store, Verb, open_for_writing
from engine.strategy import optimize
from engine.sweep import SweepPlan, Value
from engine.sweep import refine as refined
from engine.text import counted

__all__ = [
    "SweepOutcome", "add_values", "delete", "outcome", "pause", "refine", "repeat", "resume", "start", "stop",
    "undelete",
]  # fmt: skip

Path = str | PathLike[str]

STOPPING_S = 10.0
POLL_S = 0.02


def start(path: Path, plan: SweepPlan, tags: Sequence[str] = (), environment: Mapping[str, str] | None = None) -> int:
    """Queue a sweep and its runs, each with these tags, in one transaction and start workers; returns its id.

    Every run of the engine is checked against its data set first. Files of code are taken as they are now. Scripts are
    started in the `environment`, by default that of this process.
    """
    if plan.script is None:
        plan = replace(plan, base=pinned(plan.spec))
        _check(plan)
    else:
        plan, environment = prepared_sweep(plan, environment)
    with open_for_writing(path) as store:
        sweep = store.queue.add_sweep(plan, tags, environment)
    start_workers(path)
    return sweep.sweep_id


def repeat(path: Path, sweep_id: int, changes: Mapping[str, str]) -> int:
    """Start a copy of a sweep with changes to its base spec, such as another strategy or seed; returns the new id."""
    with open_for_writing(path, create=False) as store:
        _, plan = planned(store.reader(), sweep_id)
        environment = store.scripts.environment_of_sweep(sweep_id)
    return start(path, _child(plan.changed(changes), sweep_id), environment=environment)


def refine(path: Path, sweep_id: int, changes: Mapping[str, str] | None = None) -> int:
    """Start a sweep one third as wide around the best value so far, with changes to its base spec; returns its id.

    Raises Refused without a best value.
    """
    with open_for_writing(path, create=False) as store:
        found = present_outcome(store.reader(), sweep_id)
        environment = store.scripts.environment_of_sweep(sweep_id)
    if found.best is None:
        raise Refused(f"Sweep {sweep_id} has no best value yet: no run has finished.")
    finer = refined(found.plan, found.best.values)
    return start(path, _child(finer.changed(changes) if changes else finer, sweep_id), environment=environment)


def add_values(path: Path, sweep_id: int, values: Sequence[Value]) -> str:
    """Add values to a sweep's first axis, running or ended, and start workers; returns a sentence."""
    with open_for_writing(path, create=False) as store:
        plan = present_outcome(store.reader(), sweep_id).plan
    known = [member.base for member in plan.members()]
    for member in plan.widened(values).members():
        if member.base not in known and isinstance(member.base, RunSpec):
            optimize.check(member.base)
    with open_for_writing(path, create=False) as store:
        added = store.queue.widen_sweep(sweep_id, values)
    start_workers(path)
    return f"Added {counted(added, 'run')} to sweep {sweep_id}."


def pause(path: Path, sweep_id: int) -> str:
    """Pause all runs of a sweep and free their workers; returns a sentence."""
    return _command(path, sweep_id, "pause", "pauses", "Sweep {} has no run to pause.")


def resume(path: Path, sweep_id: int) -> str:
    """Resume the paused runs of a sweep and start workers for its queued ones; returns a sentence.

    Runs that wait at a rung keep waiting; dropped runs stay dropped.
    """
    return _command(path, sweep_id, "resume", "goes on", "Sweep {} has no paused run; nothing to resume.")


def stop(path: Path, sweep_id: int) -> str:
    """Stop all runs of a sweep at their current iteration, rows kept; returns a sentence."""
    return _command(path, sweep_id, "stop", "stops", "Sweep {} is over already; nothing to stop.")


def delete(path: Path, sweep_id: int) -> str:
    """Stop a sweep and hide all its runs; `undelete` restores them until they are purged. Returns a sentence.

    Raises Refused if its workers have not stopped after STOPPING_S.
    """
    with open_for_writing(path, create=False) as store:
        _check_known(store, sweep_id)
        recover_lost_runs(store, at_once=_runs_of(store, sweep_id))
        store.queue.command_sweep(sweep_id, "stop")
        _wait_for_workers(store, sweep_id)
        deleted = store.catalogue.delete_sweep(sweep_id)
    runs = counted(deleted, "run")
    return f"Sweep {sweep_id} is deleted with {runs}; {store_command(f'sweep undelete {sweep_id}')} brings it back."


def undelete(path: Path, sweep_id: int) -> str:
    """Restore the deleted runs of a sweep; those stopped by the deletion stay stopped. Returns a sentence."""
    with open_for_writing(path, create=False) as store:
        _check_known(store, sweep_id)
        back = store.catalogue.undelete_sweep(sweep_id)
    runs = counted(back, "run")
    return f"Sweep {sweep_id} is back with {runs}." if back else f"Nothing of sweep {sweep_id} is deleted."


def _command(path: Path, sweep_id: int, verb: Verb, does: str, nothing: str) -> str:
    with open_for_writing(path, create=False) as store:
        _check_known(store, sweep_id)
        if not (runs := _runs_of(store, sweep_id)):
            raise refused_as_deleted(sweep_id)
        lost = recover_lost_runs(store, at_once=() if verb == "resume" else runs)
        changed = store.queue.command_sweep(sweep_id, verb)
        requeued = store.queue.decide_rungs()
    if verb == "resume" or lost or requeued:
        start_workers(path)
    return f"Sweep {sweep_id} {does}: {counted(changed, 'run')}." if changed else nothing.format(sweep_id)


def _runs_of(store: Store, sweep_id: int) -> frozenset[int]:
    return frozenset(run.run_id for run in store.reader().sweep_runs(sweep_id))


def _wait_for_workers(store: Store, sweep_id: int) -> None:
    """Wait until no run of the sweep is running, nor any is paused. Raises Refused after STOPPING_S."""
    end = time.monotonic() + STOPPING_S
    while any(run.state in ("running", "paused") for run in store.reader().sweep_runs(sweep_id)):
        if time.monotonic() >= end:
            raise Refused(f"Sweep {sweep_id} was told to stop and has not yet; delete it in a moment. Nothing is lost.")
        time.sleep(POLL_S)


def _check_known(store: Store, sweep_id: int) -> None:
    if store.reader().sweep(sweep_id) is None:
        raise NoSweep(sweep_id)


def _check(plan: SweepPlan) -> None:
    """Raise SpecError where a run of the engine does not fit its data set."""
    for member in plan.members():
        if isinstance(member.base, RunSpec):
            optimize.check(member.base)


def _child(plan: SweepPlan, sweep_id: int) -> SweepPlan:
    return replace(plan, parent_id=sweep_id)
