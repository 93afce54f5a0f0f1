"""Sweeps: storing their plans, queueing and adding their runs, reading them back."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from engine.spec import RunSpec, SpecError
from engine.spec.script import ScriptSpec
from engine.store.file.connection import Connection
from engine.store.file.timing import utc_now
from engine.store.records import NoSweep, RungDecision, StoreError, Sweep
from engine.store.write.script_rows import insert_scripts, variables_of
from engine.sweep import SweepPlan, Value

SWEEP_COLUMNS = "sweep_id, name, plan, parent_id, created_at"


def insert_runs(
    raw: sqlite3.Connection,
    specs: Sequence[RunSpec],
    names: Sequence[str],
    sweep_id: int | None = None,
    rung: int | None = None,
) -> list[int]:
    """Queue one run per spec; returns their ids in order."""
    now = utc_now()
    return [
        int(
            raw.execute(
                "INSERT INTO runs (name, sweep_id, state, spec, created_at, rung) VALUES (?, ?, 'queued', ?, ?, ?)",
                (name, sweep_id, spec.to_json(), now, rung),
            ).lastrowid
            or 0
        )
        for spec, name in zip(specs, names, strict=True)
    ]


def insert_sweep(raw: sqlite3.Connection, plan: SweepPlan, environment: Mapping[str, str] | None = None) -> Sweep:
    """Store a sweep and queue its runs; those of a script in the `environment` that was recorded for it."""
    fields = [axis.field for axis in plan.axes]
    now = utc_now()
    cursor = raw.execute(
        "INSERT INTO sweeps (name, parameter, second_parameter, spec, plan, parent_id, created_at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        (plan.label, fields[0], fields[1] if fields[1:] else None, plan.base.to_json(), plan.to_json(), plan.parent_id,
         now),
    )  # fmt: skip
    sweep_id = int(cursor.lastrowid or 0)
    _queue_members(raw, sweep_id, plan, [member.base for member in plan.members()], environment or {})
    return Sweep(sweep_id, plan.label, plan, plan.parent_id, now)


def widen_sweep(raw: sqlite3.Connection, sweep_id: int, values: Sequence[Value]) -> int:
    """Add values to a sweep's first axis and queue their runs; returns how many.

    Raises as `plan_of` does, and SpecError for invalid or known values.
    """
    plan = plan_of(raw, sweep_id)
    wider = plan.widened(values)
    known = [member.base for member in plan.members()]
    specs = [member.base for member in wider.members() if member.base not in known]
    raw.execute("UPDATE sweeps SET plan = ? WHERE sweep_id = ?", (wider.to_json(), sweep_id))
    _queue_members(raw, sweep_id, wider, specs, _environment(raw, sweep_id))
    return len(specs)


def plan_of(raw: sqlite3.Connection, sweep_id: int) -> SweepPlan:
    """The plan of a sweep. Raises NoSweep for an unknown sweep, StoreError for an unreadable plan."""
    row = raw.execute("SELECT plan FROM sweeps WHERE sweep_id = ?", (sweep_id,)).fetchone()
    if row is None:
        raise NoSweep(sweep_id)
    try:
        return SweepPlan.from_json(row[0])
    except SpecError as error:
        raise StoreError(f"The plan of sweep {sweep_id} cannot be read: {error.message}. Its runs are kept.") from error


def read_sweeps(connection: Connection, where: str, *values: Any) -> list[Sweep]:
    """The sweeps that a WHERE clause over `sweeps s` selects, with their decisions at rungs."""
    rows = connection.rows(f"SELECT {SWEEP_COLUMNS} FROM sweeps s {where}", values)
    return [
        Sweep(sweep_id, name, _plan(text), parent_id, created_at, _decisions(connection, sweep_id))
        for sweep_id, name, text, parent_id, created_at in rows
    ]


def _queue_members(
    raw: sqlite3.Connection,
    sweep_id: int,
    plan: SweepPlan,
    specs: Sequence[RunSpec | ScriptSpec],
    environment: Mapping[str, str],
) -> None:
    rung = None if plan.halving is None else plan.halving.rungs[0]
    runs = [spec for spec in specs if isinstance(spec, RunSpec)]
    scripts = [spec for spec in specs if isinstance(spec, ScriptSpec)]
    insert_runs(raw, runs, [spec.label for spec in runs], sweep_id, rung)
    names = [spec.label for spec in scripts]
    insert_scripts(raw, scripts, names, environment, sweep_id=sweep_id, rung=rung)


def _environment(raw: sqlite3.Connection, sweep_id: int) -> dict[str, str]:
    """The variables with which the first of a sweep's scripts was launched."""
    row = raw.execute(
        "SELECT environment FROM runs WHERE sweep_id = ? AND kind = 'script' ORDER BY run_id LIMIT 1", (sweep_id,)
    ).fetchone()
    return {} if row is None else variables_of(row[0])


def _decisions(connection: Connection, sweep_id: int) -> tuple[RungDecision, ...]:
    rows = connection.rows(
        "SELECT rung, kept_up_to, kept, dropped, decided_at FROM rung_decisions WHERE sweep_id = ? ORDER BY rung",
        (sweep_id,),
    )
    return tuple(RungDecision(*row) for row in rows)


@lru_cache(maxsize=64)  # a plan validates each of its runs, and a viewer of a sweep reads it ten times a second
def _plan(text: str) -> SweepPlan | None:
    try:
        return SweepPlan.from_json(text)
    except SpecError:
        return None
