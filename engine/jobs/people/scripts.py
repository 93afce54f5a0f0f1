"""Scripts: launch somebody's own command as runs, and again with other values."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from os import PathLike

from engine.jobs.processes.launch import WORKERS, start_workers
from engine.jobs.processes.threads import SET_HERE
from engine.jobs.scripts.environment import check_variables, recorded
from engine.scrape import parse_pattern
from engine.spec.script import SEED, ScriptSpec, Value, with_seeds
from engine.store import Refused, open_for_writing
from engine.sweep import Axis, SweepPlan

Path = str | PathLike[str]


def launch(
    path: Path,
    spec: ScriptSpec,
    *,
    repeats: int = 1,
    name: str = "",
    tags: Sequence[str] = (),
    workers: int | None = None,
    environment: Mapping[str, str] | None = None,
) -> list[int]:
    """Queue a command as runs and start workers; returns the runs' ids.

    The `environment` (None: that of this process) goes with it, secrets aside, which its worker passes on where it has
    them. Each of several repeats has a seed of its own where the command has a {seed} without a value. `workers` sets
    the store's largest number of workers. Raises SpecError, StoreError; nothing is queued then.
    """
    prepared, kept = _prepared(spec, environment)
    specs = with_seeds(prepared, repeats)
    with open_for_writing(path) as store:
        run_ids = store.scripts.add(specs, [name or each.label for each in specs], kept, tags=tags)
        if workers is not None:
            store.settings.set(WORKERS, str(workers))
    start_workers(path)
    return run_ids


def prepared_sweep(plan: SweepPlan, environment: Mapping[str, str] | None = None) -> tuple[SweepPlan, dict[str, str]]:
    """(the plan of a sweep over a script with what is needed to start it, the variables to store). Raises SpecError."""
    assert plan.script is not None
    spec, kept = _prepared(plan.script, environment)
    return replace(plan, base=spec), kept


def sweep_again(
    path: Path, run_id: int, parameter: str, values: Sequence[float | int | None], repeats: int = 1, metric: str = ""
) -> tuple[int, int]:
    """Start a sweep of a number in a script's command, in the environment that it had; (its id, its number of runs).

    Raises NoRun, Refused for a run that is no script, SpecError; nothing is queued then.
    """
    with open_for_writing(path, create=False) as store:
        run = store.reader().the_run(run_id)
        if run.script is None:
            raise Refused(f"Run {run_id} is no script that this version can read; nothing was swept.")
        spec = run.script if parameter in run.script.placeholders else run.script.adjustable()
        if repeats > 1 and SEED in spec.values and parameter != SEED:
            spec = replace(spec, values={**spec.values, SEED: 0})
        plan = SweepPlan(spec, (Axis(parameter, tuple(values), of_script=True),), repeats, metric=metric)
        sweep = store.queue.add_sweep(plan, run.tags, store.scripts.environment_of(run_id))
    start_workers(path)
    return sweep.sweep_id, plan.size


def _prepared(spec: ScriptSpec, environment: Mapping[str, str] | None) -> tuple[ScriptSpec, dict[str, str]]:
    check_variables(spec.variables)
    for pattern in spec.patterns:
        parse_pattern(pattern)
    kept, secrets = recorded(_of_the_terminal() if environment is None else environment)
    return replace(spec, secrets=tuple(sorted({*spec.secrets, *secrets}))), kept


def _of_the_terminal() -> dict[str, str]:
    """The environment of this process, as the terminal gave it."""
    return {name: value for name, value in os.environ.items() if name not in SET_HERE}


def launch_again(path: Path, run_id: int, values: Mapping[str, Value] | None = None, repeats: int = 1) -> list[int]:
    """Queue a script's command again, in the environment that it had, with other values; returns the runs' ids.

    Values may be those of its placeholders and of the numbers of its options. Raises NoRun, Refused for a run that is
    no script, SpecError; nothing is queued then.
    """
    with open_for_writing(path, create=False) as store:
        run = store.reader().the_run(run_id)
        if run.script is None:
            raise Refused(f"Run {run_id} is no script that this version can read; it is not launched again.")
        changed = run.script if not values else _adjusted(run.script, values)
        specs = with_seeds(changed, repeats)
        kept = store.scripts.environment_of(run_id)
        names = [run.name if each == run.script and run.name else each.label for each in specs]
        run_ids = store.scripts.add(specs, names, kept, tags=run.tags)
    start_workers(path)
    return run_ids


def _adjusted(spec: ScriptSpec, values: Mapping[str, Value]) -> ScriptSpec:
    fitting = spec if all(name in spec.placeholders for name in values) else spec.adjustable()
    return fitting.changed(**values)
