"""The few shapes that the store's doors hand out."""

from __future__ import annotations

from dataclasses import dataclass
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
