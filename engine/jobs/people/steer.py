"""Steer: commands of people to runs, during and after them; each returns one sentence.

The dashboard and the command line call these functions. Each opens the store briefly, does what is possible at once,
leaves the rest to the run's worker, and starts workers if needed. They raise StoreError (NoRun for an unknown run,
Refused when the run's state forbids it) and SpecError; nothing is changed then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from typing import NamedTuple

from engine.jobs.processes.launch import start_workers
from engine.jobs.processes.recovery import recover_lost_runs
from engine.jobs.processes.spilled import store_spilled
from engine.spec import RunSpec, SpecError, check_given, parse_field, unknown_field
from engine.store import Knob, Queue, Store, Verb, open_for_writing
from engine.text import clean

Path = str | PathLike[str]


class Forked(NamedTuple):
    """A queued fork: its run id, the sentence for people, and its spec."""

    run_id: int
    sentence: str
    spec: RunSpec


def stop(path: Path, run_id: int) -> str:
    """Stop a run at its current iteration; its rows are kept."""
    return _command(path, run_id, "stop")


def pause(path: Path, run_id: int) -> str:
    """Pause a run and free its worker."""
    return _command(path, run_id, "pause")


def resume(path: Path, run_id: int) -> str:
    """Resume a paused or failed run from its newest iteration. Raises Refused where its data have changed since."""
    with open_for_writing(path, create=False) as store:
        _check_data(store, run_id)
    return _command(path, run_id, "resume")


def set_step_size(path: Path, run_id: int, step_size: float | str) -> str:
    """Set the step size from now on; the iteration at which it takes effect is recorded."""
    return _command(path, run_id, "set-step-size", str(step_size))


def set_knob(path: Path, run_id: int, name: str, value: float | str) -> str:
    """Set a number that a logged run's program lets be changed; the step at which it takes effect is recorded."""
    return _command(path, run_id, "set-knob", f"{name}={value}")


def scale_knob(path: Path, run_id: int, factor: float, name: str = "") -> tuple[str, Knob]:
    """Multiply a knob of a logged run, its only one without a name; returns the knob as it was, too."""
    with open_for_writing(path, create=False) as store:
        return store.queue.scale_knob(run_id, factor, name)


def scale_step_size(path: Path, run_id: int, factor: float) -> str:
    """Multiply the step size last requested, applied or not, so that repeated and concurrent calls all count."""
    return _steered(path, run_id, lambda queue: queue.scale_step_size(run_id, factor))


def fork(
    path: Path, run_id: int, at: int | None = None, changes: Mapping[str, str] | None = None, name: str = ""
) -> Forked:
    """Start a run that continues from iteration `at` of another (None: its newest), with some fields changed.

    `changes` maps fields of a spec to text, as on the command line. The step size in force at `at` is kept unless
    changed. Budgets count from iteration 0, the parent's part included.
    """
    changes = dict(changes or {})
    unknown_field(changes)
    from engine.objective.own_functions import named_here

    with open_for_writing(path, create=False) as store:
        parent = store.reader().the_run(run_id)
        at = parent.iterations_done if at is None else at
        before = store.queue.spec_at(run_id, at)
        _check_data(store, run_id)
        spec = before.changed(**{field: parse_field(field, text) for field, text in changes.items()})
        spec = named_here(spec, spec.own_names.keys() & changes.keys())
        _check_fork(before, check_given(spec, changes), at)
        child = store.queue.fork(run_id, at, spec, name or f"{spec.label} from {run_id}")
    start_workers(path)
    return Forked(child, f"Run {child} goes on from iteration {at} of run {run_id}{_changed(before, spec)}.", spec)


def delete(path: Path, run_id: int) -> str:
    """Hide a run until it is restored or purged. Raises Refused for a running run, but not for a lost one."""
    with open_for_writing(path, create=False) as store:
        recover_lost_runs(store)
        answer = store.catalogue.delete(run_id)
        requeued = store.queue.decide_rungs()
    if requeued:
        start_workers(path)
    return answer


def undelete(path: Path, run_id: int) -> str:
    """Restore a deleted run; one that was queued is queued again."""
    return _catalogue(path, lambda store: store.catalogue.undelete(run_id), then_work=True)


def purge(path: Path, run_ids: Sequence[int] | None = None) -> str:
    """Remove deleted runs (None: all of them) for good and free their space; returns a sentence per run."""
    with open_for_writing(path, create=False) as store:
        chosen = store.catalogue.deleted() if run_ids is None else list(run_ids)
        if not chosen:
            return "There are no deleted runs to purge."
        return "\n".join(store.catalogue.purge(run_id) for run_id in chosen)


def rename(path: Path, run_id: int, name: str) -> str:
    """Rename a run."""
    return _catalogue(path, lambda store: store.catalogue.rename(run_id, name))


def tag(path: Path, run_id: int, tags: Sequence[str]) -> str:
    """Add tags to a run."""
    return _catalogue(path, lambda store: store.catalogue.tag(run_id, tags))


def untag(path: Path, run_id: int, tags: Sequence[str]) -> str:
    """Remove tags from a run."""
    return _catalogue(path, lambda store: store.catalogue.untag(run_id, tags))


def write_note(path: Path, run_id: int, note: str) -> str:
    """Replace a run's note; '' removes it."""
    return _catalogue(path, lambda store: store.catalogue.write_note(run_id, note))


def choose_metric(path: Path, names: Mapping[int, str]) -> dict[int, str]:
    """Let a metric stand for each of some logged runs, '' lets its name decide; returns what was chosen before."""
    with open_for_writing(path, create=False) as store:
        return {run_id: store.logged.choose_metric(run_id, name) for run_id, name in names.items()}


def choose_main_metric(path: Path, run_id: int, name: str) -> str:
    """Let a metric stand for a logged run; '' lets the names of its metrics decide."""
    choose_metric(path, {run_id: name})
    if not name:
        return f"The names of its metrics decide what stands for run {run_id}."
    return f"{clean(name, 80)} is the main metric of run {run_id}."


def recover(path: Path) -> list[int]:
    """Queue lost runs again and start workers; returns the runs' ids."""
    with open_for_writing(path, create=False) as store:
        recovered = recover_lost_runs(store)
    if recovered:
        store_spilled(path)
    start_workers(path)
    return recovered


def _command(path: Path, run_id: int, verb: Verb, argument: str = "") -> str:
    return _steered(path, run_id, lambda queue: queue.command(run_id, verb, argument), verb)


def _steered(path: Path, run_id: int, give: Callable[[Queue], str], verb: Verb = "set-step-size") -> str:
    with open_for_writing(path, create=False) as store:
        lost = run_id in recover_lost_runs(store, at_once=[run_id] if verb in ("stop", "pause") else ())
        answer = give(store.queue)
        requeued = store.queue.decide_rungs()  # a run that ends may have been the last one that its rung waited for
    if verb == "resume" or lost or requeued:
        start_workers(path)
    return f"Run {run_id} had lost its worker. {answer}" if lost else answer


def _catalogue(path: Path, change: Callable[[Store], str], then_work: bool = False) -> str:
    with open_for_writing(path, create=False) as store:
        answer = change(store)
    if then_work:
        start_workers(path)
    return answer


def _check_data(store: Store, run_id: int) -> None:
    """Raise Refused where the run's data are others than those that it began with."""
    from engine.jobs.worker.data_check import check_data_of

    reader = store.reader()
    run = reader.the_run(run_id)
    if run.spec is not None:
        check_data_of(run.spec, reader.background(run), f"run {run_id}")


def _check_fork(before: RunSpec, spec: RunSpec, at: int) -> None:
    from engine.strategy import optimize

    if spec.iterations is not None and spec.iterations <= at:
        raise SpecError(
            "iterations",
            f"iterations: {spec.iterations:,} are done at iteration {at:,}, where the fork begins; give it more",
        )
    optimize.check(spec)
    if any(getattr(before, name) != getattr(spec, name) for name in ("objective", "dataset")):
        from engine.jobs.worker.forking import changed

        changed(optimize.build(before).start(), before, optimize.build(spec))


def _changed(before: RunSpec, spec: RunSpec) -> str:
    from engine.spec import FIELDS, typed_text

    changes = [
        f"{field.label} {typed_text(name, getattr(spec, name))}"
        for name, field in FIELDS.items()
        if getattr(before, name) != getattr(spec, name)
    ]
    return f" with {', '.join(changes)}" if changes else ""
