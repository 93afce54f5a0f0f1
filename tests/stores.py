"""What the tests of the store start from: a claimed run, and blocks with a clock."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from engine.spec import RunSpec, defaults
from engine.store import LoggedFacts, LoggedNews, LoggedWriter, Measured, Process, RunWriter, Store
from engine.trace.block import Block

SECONDS_PER_ITERATION = 0.001


def process(pid: int = 1) -> Process:
    """A process that never was."""
    return Process(host="host", boot_id="boot", pid=pid, start_ticks=1)


def claimed_writer(store: Store, spec: RunSpec | None = None, pid: int = 1) -> RunWriter:
    """The writer of a run that has just been queued and claimed."""
    store.queue.add([spec or defaults()])
    claim = store.queue.claim(store.register_worker(process(pid)))
    assert claim is not None
    return store.writer(claim)


def block_of(losses: ArrayLike, first: int = 0) -> Block:
    """Losses as a block whose iterations take a millisecond each."""
    loss = np.asarray(losses, dtype=np.float64)
    elapsed = SECONDS_PER_ITERATION * np.arange(first + 1, first + len(loss) + 1, dtype=np.float64)
    return Block(first_iteration=first, loss=loss, elapsed_s=elapsed)


def facts(stream: str = "s1", **given: object) -> LoggedFacts:
    """What a program says of its run when it begins."""
    return LoggedFacts(**{"stream": stream, "logged_id": stream, "name": "mine", **given})  # type: ignore[arg-type]


def begun(store: Store, stream: str = "s1", **given: object) -> LoggedWriter:
    """The writer of a logged run that has just begun."""
    return store.logged_writer(store.logged.begin(store.register_worker(process()), facts(stream, **given)))


def measured(rows: Sequence[tuple[int, float]]) -> Measured:
    """(step, value) as a batch, each a millisecond a step after the start."""
    step, value = (list(column) for column in zip(*rows, strict=True))
    return Measured(np.array(step, np.int64), np.array(step, np.int64) * 1000 + 7, np.array(value, np.float64))


def news(received: int = 0, elapsed_s: float = 1.0, **given: object) -> LoggedNews:
    """What else is stored with a batch."""
    return LoggedNews(received, elapsed_s, **given)  # type: ignore[arg-type]


def query(path: Path, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """Rows as any other program sees them."""
    with closing(sqlite3.connect(path, timeout=10)) as connection:
        rows = connection.execute(sql, parameters).fetchall()
        connection.commit()
        return rows


def sweep_row(path: Path, name: str = "", parameter: str = "step_size") -> int:
    """A sweep that has no runs yet, as any program might note it; its number."""
    query(
        path,
        "INSERT INTO sweeps (name, parameter, spec, created_at) VALUES (?, ?, '{}', '2026-01-02')",
        name,
        parameter,
    )
    return int(query(path, "SELECT max(sweep_id) FROM sweeps")[0][0])


def wait_until(condition: Callable[[], object], seconds: float = 60.0, what: str = "") -> None:
    """Return as soon as the condition holds; fail after so many seconds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not within {seconds} s: {what or condition}"
        time.sleep(0.02)
