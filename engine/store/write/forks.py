"""Forks: runs that continue from an iteration of another run, with another spec."""

from __future__ import annotations

import sqlite3
from typing import Any

from engine.files.program import store_command
from engine.spec import RunSpec, spec_from_json
from engine.store.file.timing import utc_now
from engine.store.records import Checkpoint, NoRun, Origin, Refused, StoreError

STEPS = """
    SELECT applied_at_iteration, argument FROM commands
    WHERE run_id = ? AND verb = 'set-step-size' AND applied_at_iteration <= ? ORDER BY command_id
"""


def spec_at(raw: sqlite3.Connection, run_id: int, iteration: int) -> RunSpec:
    """A run's spec with the step size in force at an iteration.

    Raises NoRun for an unknown run, SpecError for an unreadable spec, Refused when the run cannot be forked there.
    """
    row = raw.execute(
        "SELECT spec, iterations_done, coalesce(parent_iteration, 0), parent_id, deleted_at, kind FROM runs "
        "WHERE run_id = ?",
        (run_id,),
    ).fetchone()
    if row is None:
        raise NoRun(run_id)
    text, done, first, parent_id, deleted_at, kind = row
    if kind != "engine":
        raise Refused(
            f"Run {run_id} is {kind}: it was not computed by the engine, so it has no weights to go on from. "
            f"Nothing was forked."
        )
    if deleted_at is not None:
        raise Refused(
            f"Run {run_id} is deleted; {store_command(f'undelete {run_id}')} brings it back. Nothing was forked."
        )
    if not first <= iteration <= done:
        before = f"; what comes before is run {parent_id}'s" if parent_id is not None and iteration < first else ""
        raise Refused(f"Run {run_id} can be forked at {first} to {done}, not at {iteration}{before}.")
    if first and not _has_begun(raw, run_id):
        raise Refused(f"Run {run_id} was itself forked and has not begun; fork run {parent_id} instead.")
    steps = raw.execute(STEPS, (run_id, iteration)).fetchall()
    spec = spec_from_json(text)
    return spec.changed(step_size=float(steps[-1][1])) if steps else spec


def add_fork(raw: sqlite3.Connection, run_id: int, iteration: int, spec: RunSpec, name: str) -> int:
    """Queue a run that continues from `iteration` of another; returns its id.

    Its iterations, elapsed time and last loss start at its parent's, so that budgets and curves continue from there.
    """
    spec_at(raw, run_id, iteration)
    elapsed_s, loss = _row_before(raw, run_id, iteration)
    cursor = raw.execute(
        "INSERT INTO runs (name, parent_id, parent_iteration, state, spec, created_at, iterations_done, elapsed_s, "
        "last_loss) VALUES (?, ?, ?, 'queued', ?, ?, ?, ?, ?)",
        (name, run_id, iteration, spec.to_json(), utc_now(), iteration, elapsed_s, loss),
    )
    return int(cursor.lastrowid or 0)


def origin_of(raw: sqlite3.Connection, run_id: int) -> Origin | None:
    """The origin of a fork that has not begun; None when the run is no fork.

    Raises StoreError when its parent was purged, SpecError when the parent's spec cannot be read.
    """
    parent_id, iteration = raw.execute(
        "SELECT parent_id, parent_iteration FROM runs WHERE run_id = ?", (run_id,)
    ).fetchone()
    if iteration is None:
        return None
    parent = raw.execute("SELECT spec, environment FROM runs WHERE run_id = ?", (parent_id,)).fetchone()
    if parent is None:
        raise StoreError("the run that it was forked from is gone")
    checkpoint = newest_checkpoint(raw, parent_id, iteration)
    steps = tuple((at, float(text)) for at, text in raw.execute(STEPS, (parent_id, iteration)).fetchall())
    return Origin(spec_from_json(parent[0]), iteration, checkpoint, steps, parent[1])


def newest_checkpoint(raw: sqlite3.Connection, run_id: int, iteration: int) -> Checkpoint | None:
    """A run's newest checkpoint at or before an iteration; None without one."""
    row = raw.execute(
        "SELECT iteration, state, kind FROM checkpoints WHERE run_id = ? AND iteration <= ? "
        "ORDER BY iteration DESC LIMIT 1",
        (run_id, iteration),
    ).fetchone()
    return None if row is None else Checkpoint(*row)


def _has_begun(raw: sqlite3.Connection, run_id: int) -> bool:
    return raw.execute("SELECT 1 FROM checkpoints WHERE run_id = ? LIMIT 1", (run_id,)).fetchone() is not None


def _row_before(raw: sqlite3.Connection, run_id: int | None, iteration: int) -> tuple[float, Any]:
    """Elapsed seconds and loss of iteration - 1, from this run or the ancestor that has it; (0.0, None) if none."""
    while run_id is not None and iteration > 0:
        row = raw.execute(
            "SELECT elapsed_s, loss FROM iterations WHERE run_id = ? AND iteration = ?", (run_id, iteration - 1)
        ).fetchone()
        if row is not None:
            return row[0] or 0.0, row[1]
        (run_id,) = raw.execute("SELECT parent_id FROM runs WHERE run_id = ?", (run_id,)).fetchone() or (None,)
    return 0.0, None
