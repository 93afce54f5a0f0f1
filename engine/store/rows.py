"""The hot rows: blocks into `iterations`, buckets, checkpoints, inside the caller's transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

import numpy as np

from engine.block import Block
from engine.store.records import Checkpoint
from engine.store.timing import utc_now

STATEMENT_ROWS = (128, 16, 1)
"""Rows per INSERT: long statements for speed, few lengths so that SQLite keeps them prepared."""


Statements = list[tuple[str, list[Any]]]
"""SQL with its parameters, made before the write lock is taken so that it is held only while they run."""


def insertions(run_id: int, block: Block) -> Statements:
    """What inserts a block into `iterations`, naming only the columns that are there: a NULL costs as much as data.

    SQLite stores NaN as NULL; Inf is kept. It counts the iterations itself, which costs less than binding them.
    """
    names: list[str] = []
    columns: list[list[Any]] = []
    for name, column in block.columns().items():
        if name == "elapsed_s":
            name, column = "elapsed_us", np.rint(column * 1e6).astype(np.int64)
        names.append(name)
        columns.append(column.tolist())
    made: Statements = []
    for start, end in _pieces(len(block)):
        values = [run_id, block.first_iteration + start]
        for column_values in columns:
            values += column_values[start:end]
        made.append((_insert_iterations(tuple(names), end - start), values))
    return made


def replacements(buckets: Sequence[Sequence[Any]]) -> Statements:
    """What inserts rows into `buckets`, in place of the partial ones that have grown."""
    return [
        (_replace_buckets(end - start), list(chain.from_iterable(buckets[start:end])))
        for start, end in _pieces(len(buckets))
    ]


def run_all(raw: sqlite3.Connection, statements: Statements) -> None:
    """Run prepared statements, in order."""
    for sql, values in statements:
        raw.execute(sql, values)


def _pieces(count: int) -> Iterator[tuple[int, int]]:
    start = 0
    for rows in STATEMENT_ROWS:
        while count - start >= rows:
            yield start, start + rows
            start += rows


@lru_cache
def _insert_iterations(names: tuple[str, ...], rows: int) -> str:
    """Parameters: the run, the first iteration, then column after column, as they lie in a block."""
    values = (
        f"(?1, ?2 + {row}, {', '.join(f'?{3 + column * rows + row}' for column in range(len(names)))})"
        for row in range(rows)
    )
    return f"INSERT INTO iterations (run_id, iteration, {', '.join(names)}) VALUES {', '.join(values)}"


@lru_cache
def _replace_buckets(rows: int) -> str:
    row = "(?, ?, ?, ?, ?, ?, ?, ?, ?)"
    return (
        "INSERT OR REPLACE INTO buckets (run_id, level, bucket, n, low, high, total, last, elapsed_s) VALUES "
        + ", ".join([row] * rows)
    )


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
