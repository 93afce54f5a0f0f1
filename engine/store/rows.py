"""The hot rows: a block into `iterations`, a checkpoint into `checkpoints`, inside the caller's transaction."""

from __future__ import annotations

import sqlite3
from typing import Any

import numpy as np

from engine.block import Block
from engine.store.records import Checkpoint
from engine.store.timing import utc_now

STATEMENT_ROWS = (128, 16, 1)
"""Rows per INSERT: long statements for speed, few lengths so that SQLite keeps them prepared."""


def insert_rows(raw: sqlite3.Connection, run_id: int, block: Block) -> None:
    """Insert a block into `iterations`, naming only the columns that are there: binding NULLs costs as much as data.

    SQLite stores NaN as NULL; Inf is kept.
    """
    columns: dict[str, list[int] | list[float]] = {
        name: column.tolist() for name, column in block.columns().items() if name != "elapsed_s"
    }
    if block.elapsed_s is not None:
        columns["elapsed_us"] = np.rint(block.elapsed_s * 1e6).astype(np.int64).tolist()
    names, width, count = ", ".join(columns), len(columns) + 1, len(block)
    flat: list[Any] = [None] * (count * width)
    flat[0::width] = range(block.first_iteration, block.end_iteration)
    for place, column in enumerate(columns.values(), start=1):
        flat[place::width] = column
    row = f"({int(run_id)}{', ?' * width})"
    done = 0
    for rows in STATEMENT_ROWS:
        statement = f"INSERT INTO iterations (run_id, iteration, {names}) VALUES {', '.join([row] * rows)}"
        while count - done >= rows:
            raw.execute(statement, flat[done * width : (done + rows) * width])
            done += rows


def keep_checkpoint(raw: sqlite3.Connection, run_id: int, checkpoint: Checkpoint) -> None:
    """Store a checkpoint; of those that only serve to go on, the newest stays. A snapshot stays one."""
    raw.execute(
        "DELETE FROM checkpoints WHERE run_id = ? AND kind = 'resume' AND iteration <> ?",
        (run_id, checkpoint.iteration),
    )
    raw.execute(
        "INSERT INTO checkpoints (run_id, iteration, kind, created_at, state) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT DO UPDATE SET created_at = excluded.created_at, state = excluded.state, "
        "kind = iif(kind = 'snapshot' AND excluded.kind = 'resume', kind, excluded.kind)",
        (run_id, checkpoint.iteration, checkpoint.kind, utc_now(), checkpoint.data),
    )
