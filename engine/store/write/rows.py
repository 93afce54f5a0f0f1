"""Rows: SQL that inserts iterations, buckets and checkpoints, inside the caller's transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.store.file.timing import utc_now
from engine.store.records import Checkpoint
from engine.trace.block import Block
from engine.trace.decimation import Floats

STATEMENT_ROWS = (256, 32, 4, 1)
"""Rows per INSERT: long statements are fast, and few lengths keep them in sqlite3's cache of prepared statements."""


Statements = list[tuple[str, list[Any]]]
"""SQL with parameters, built before the write lock is taken, so that it is held only while they run."""


BUCKET_COLUMNS = ("level", "bucket", "n", "total", "low", "high", "last", "elapsed_s")


def insertions(run_id: int, block: Block) -> Statements:
    """Statements that insert a block into `iterations`, with only the columns it has: a NULL costs as much as data.

    SQLite stores NaN as NULL and Inf as is. The SQL computes iteration numbers, which is cheaper than binding them.
    """
    columns = {
        "elapsed_us" if name == "elapsed_s" else name: _microseconds(column) if name == "elapsed_s" else column
        for name, column in block.columns().items()
    }
    names = tuple(columns)
    made: Statements = []
    for start, end in _chunks(len(block)):
        values = [run_id, block.first_iteration + start]
        for column in columns.values():
            values += column[start:end].tolist()
        made.append((_insert_iterations(names, end - start), values))
    return made


def replacements(run_id: int, buckets: Floats) -> Statements:
    """Statements that insert buckets, (8, m) in the order of BUCKET_COLUMNS, or replace the partial ones stored."""
    return [
        (_replace_buckets(end - start), [run_id, *buckets[:, start:end].ravel().tolist()])
        for start, end in _chunks(buckets.shape[1])
    ]


def run_all(raw: sqlite3.Connection, statements: Statements) -> None:
    """Execute statements in order."""
    for sql, values in statements:
        raw.execute(sql, values)


def _microseconds(elapsed_s: Floats) -> NDArray[np.int64]:
    return np.rint(elapsed_s * 1e6).astype(np.int64)


def _chunks(count: int) -> Iterator[tuple[int, int]]:
    start = 0
    for rows in STATEMENT_ROWS:
        while count - start >= rows:
            yield start, start + rows
            start += rows


@lru_cache
def _insert_iterations(names: tuple[str, ...], rows: int) -> str:
    """An INSERT of so many rows; parameters: run id, first iteration, then column after column."""
    values = (f"(?1, ?2 + {row}, {_row_placeholders(2, len(names), rows, row)})" for row in range(rows))
    return f"INSERT INTO iterations (run_id, iteration, {', '.join(names)}) VALUES {', '.join(values)}"


@lru_cache
def _replace_buckets(rows: int) -> str:
    """An INSERT OR REPLACE of so many buckets; parameters: run id, then column after column."""
    values = (f"(?1, {_row_placeholders(1, len(BUCKET_COLUMNS), rows, row)})" for row in range(rows))
    return f"INSERT OR REPLACE INTO buckets (run_id, {', '.join(BUCKET_COLUMNS)}) VALUES {', '.join(values)}"


def _row_placeholders(before: int, columns: int, rows: int, row: int) -> str:
    """Placeholders of one row, whose values are spread over column-wise parameters after the first `before`."""
    return ", ".join(f"?{before + 1 + column * rows + row}" for column in range(columns))


def keep_checkpoint(raw: sqlite3.Connection, run_id: int, checkpoint: Checkpoint) -> None:
    """Store a checkpoint; replaces older ones of kind resume. A snapshot is never downgraded to resume."""
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
