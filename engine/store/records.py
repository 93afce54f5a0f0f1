"""The few shapes that the store's doors hand out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.spec import RunSpec

RunState = Literal["queued", "running", "paused", "finished", "failed", "cancelled"]
STATES: tuple[RunState, ...] = ("queued", "running", "paused", "finished", "failed", "cancelled")
ENDED: frozenset[str] = frozenset({"finished", "failed", "cancelled"})

Floats = NDArray[np.float64]


class StoreError(Exception):
    """Something is wrong with a store: the message says what, what was kept and what to do next."""


class StoreBusy(StoreError):
    """Another process held the write lock for longer than the timeout: try again."""


class StoreFull(StoreError):
    """There is no room for more rows: try again when there is."""


class StoreGone(StoreError):
    """The file was deleted or replaced while it was open: nothing written from now on would be found again."""


class Fenced(StoreError):
    """The run belongs to somebody else by now: whoever sees this leaves it alone."""


@dataclass(frozen=True, slots=True)
class Run:
    """One row of the table `runs`. Times are ISO 8601 in UTC; `spec` is None where it is not readable."""

    run_id: int
    name: str
    state: RunState
    spec: RunSpec | None
    created_at: str
    started_at: str | None
    ended_at: str | None
    reason: str
    sweep_id: int | None
    parent_id: int | None
    parent_iteration: int | None
    iterations_done: int
    elapsed_s: float
    last_loss: float | None
    best_loss: float | None
    best_iteration: int | None
    iterations_per_s: float | None
    diverged_at: int | None
    worker_id: int | None
    attempt: int
    heartbeat_s: float | None
    tags: str
    note: str


@dataclass(frozen=True, slots=True)
class Curve:
    """A run's losses between two iterations, decimated: row i covers `width` iterations from iteration[i].

    All columns have shape (n,). `count` is the number of finite losses in the bucket: 0 is a gap,
    where low, high and mean are NaN. `elapsed_s` is the time at the bucket's last iteration.
    `low_before` is the lowest finite loss before the first row (inf when there is none), from which
    best-so-far goes on.
    """

    run_id: int
    width: int
    iteration: NDArray[np.int64]
    elapsed_s: Floats
    count: NDArray[np.int64]
    low: Floats
    high: Floats
    mean: Floats
    last: Floats
    low_before: float


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Loss and accuracy (0..1) of a whole split at the weights after `iteration` iterations."""

    iteration: int
    split: str
    loss: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class Command:
    """A steering command for a run: `verb` is stop, pause, resume or set-step-size."""

    command_id: int
    run_id: int
    verb: str
    argument: str
    issued_at: str
    applied_at_iteration: int | None
    outcome: str


@dataclass(frozen=True, slots=True)
class Worker:
    """One worker process: where it runs and when it was last heard of (CLOCK_BOOTTIME, seconds)."""

    worker_id: int
    host: str
    boot_id: str
    pid: int
    start_ticks: int
    started_at: str
    heartbeat_s: float
    log_path: str
    left_at: str | None


@dataclass(frozen=True, slots=True)
class Process:
    """Which process, beyond doubt: a pid alone may be used again after its process ended or the machine restarted."""

    host: str
    boot_id: str
    pid: int
    start_ticks: int


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """All that a strategy needs to go on from `iteration`, as bytes; `kind` is resume, snapshot or end."""

    iteration: int
    data: bytes = field(repr=False)
    kind: str = "resume"


@dataclass(frozen=True, slots=True)
class Claim:
    """A worker's right to write one run, until its attempt is over.

    `iterations_done` and `elapsed_s` are what is stored already; `checkpoint` is where to go on
    from (None: from the start), at or before `iterations_done`.
    """

    run_id: int
    spec: RunSpec
    worker_id: int
    attempt: int
    iterations_done: int = 0
    elapsed_s: float = 0.0
    checkpoint: Checkpoint | None = None


@dataclass(frozen=True, slots=True)
class Ownership:
    """A running run and the worker that owns it (None when the store does not know that worker)."""

    run_id: int
    attempt: int
    heartbeat_s: float | None
    worker: Worker | None
