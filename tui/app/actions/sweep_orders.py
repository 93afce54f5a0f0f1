"""Sweep orders: what the viewer asks of the store about sweeps and probes. Call them in a thread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from engine.spec import RunSpec, SpecError
from engine.spec.script import parse_value
from engine.store import StoreError
from engine.sweep import Axis, SweepPlan, listed, span_values
from engine.text import counted

if TYPE_CHECKING:
    from engine.jobs.people.probe import RunProbe


def get_ready(path: Path) -> None:
    """Start workers while the sweep is still being planned."""
    from engine.jobs.processes import launch

    with suppress(StoreError):  # starting the sweep reports the same error
        launch.warm_workers(path)


def start(path: Path, plan: SweepPlan, tags: Sequence[str] = ()) -> tuple[int, str]:
    """Queue a sweep whose runs have these tags; its number and the answer. Raises StoreError, SpecError."""
    from engine.jobs.people import sweeps

    sweep_id = sweeps.start(path, plan, tags)
    return sweep_id, f"Sweep {sweep_id}: {counted(plan.size, 'run')} {'was' if plan.size == 1 else 'were'} queued."


def steered(path: Path, sweep_id: int, verb: str) -> str:
    """Pause, resume, stop or delete a whole sweep; the answer as a sentence.

    Raises StoreError, and ValueError for another verb.
    """
    from engine.jobs.people import sweeps

    steering = {"pause": sweeps.pause, "resume": sweeps.resume, "stop": sweeps.stop, "delete": sweeps.delete}
    return steering[verb](path, sweep_id)


def go_on(path: Path, run_ids: Sequence[int]) -> str:
    """Resume runs that were dropped at a rung; the answers as one sentence. Raises StoreError."""
    from engine.jobs.people import steer

    return " ".join(steer.resume(path, run_id) for run_id in run_ids)


def refine(path: Path, sweep_id: int) -> tuple[int, str]:
    """Start a sweep around the best value of another; its number and the answer. Raises StoreError, SpecError."""
    from engine.jobs.people import sweeps

    child = sweeps.refine(path, sweep_id)
    return child, f"Sweep {child} refines sweep {sweep_id}: a third as wide, around its best value."


def repeat(path: Path, sweep_id: int, changes: Mapping[str, str]) -> tuple[int, str]:
    """Start a sweep again with changed fields; its number and the answer. Raises StoreError, SpecError."""
    from engine.jobs.people import sweeps

    child = sweeps.repeat(path, sweep_id, changes)
    said = ", ".join(f"{field.replace('_', ' ')} {text or 'none'}" for field, text in changes.items())
    return child, f"Sweep {child} repeats sweep {sweep_id}{' with ' + said if said else ''}."


def add_values(path: Path, sweep_id: int, axis: Axis, text: str) -> str:
    """Add typed values to a sweep; the answer as a sentence. Raises StoreError, SpecError."""
    from engine.jobs.people import sweeps

    return sweeps.add_values(path, sweep_id, listed(text, axis.field, of_script=axis.of_script))


def make_default(path: Path, run_id: int) -> str:
    """Make a run's spec the default for new runs; the answer as a sentence. Raises StoreError."""
    from engine.jobs.people import default_spec

    return default_spec.make_default(path, run_id)


def probe(path: Path, run_id: int, iteration: int | None) -> RunProbe:
    """Take one step with each step size from a run's weights. Raises StoreError, SpecError."""
    from engine.jobs.people import probe as probing

    return probing.probe(path, run_id, iteration)


def start_probed(path: Path, run_id: int, spec: RunSpec, step_size: float, at: int) -> int:
    """Start gradient descent with a step size from a run's weights after `at` iterations; the new run's number.

    It gets as many further iterations as the run's spec gives. Raises StoreError, SpecError.
    """
    from engine.jobs.people import steer
    from engine.jobs.people.submit import submit

    strategy = "gradient-descent"
    if not at:
        return submit(path, [spec.changed(strategy=strategy, step_size=step_size)])[0]
    changes = {"step_size": repr(step_size)}
    if spec.strategy != strategy:
        changes["strategy"] = strategy
    if spec.iterations is not None:
        changes["iterations"] = str(at + spec.iterations)
    return steer.fork(path, run_id, at, changes).run_id


def sweep_script(path: Path, run_id: int, texts: Mapping[str, str]) -> tuple[int, int]:
    """Start a sweep of a script's command; its number and how many runs it has. Raises StoreError, SpecError."""
    from engine.jobs.people import scripts

    repeats = texts["repeats"].strip() or "1"
    if not repeats.isdecimal():
        raise SpecError("repeats", f"repeats: give a number, not {repeats[:20]!r}")
    values = span_values(texts["values"])
    return scripts.sweep_again(
        path, run_id, texts["parameter"].strip(), values, int(repeats), metric=texts["metric"].strip()
    )


def launch_again(path: Path, run_id: int, changes: Mapping[str, str]) -> list[int]:
    """Launch a script's command again; the numbers of the runs. Raises StoreError, SpecError."""
    from engine.jobs.people import scripts

    return scripts.launch_again(path, run_id, {name: parse_value(text) for name, text in changes.items()})
