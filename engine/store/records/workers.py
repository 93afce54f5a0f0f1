"""Workers, and what they are given: claims, checkpoints, where a fork goes on from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from engine.spec import RunSpec


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
class RunBackground:
    """Where a run comes from: its sweep ('' without one), the `worker` that had it last, and the library versions and
    the machine that it is computed with, as `environment`. `times_lost` workers were lost since its last progress.
    """

    run_id: int
    environment: tuple[tuple[str, str], ...] = ()
    worker: Worker | None = None
    times_lost: int = 0
    sweep_name: str = ""


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
class Origin:
    """What a fork goes on from: its parent's state before `iteration`, to be computed from the checkpoint before it.

    `steps` are the parent's step sizes set while it ran, as (iteration, step size), oldest first.
    """

    spec: RunSpec
    iteration: int
    checkpoint: Checkpoint | None
    steps: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Claim:
    """A worker's right to write one run, until its attempt is over.

    `iterations_done` and `elapsed_s` are what is stored already; `checkpoint` is where to go on
    from, at or before `iterations_done`. Where it is None the run starts: from `origin` if it was forked.
    `first_iteration` is 0, or where it was forked; `snapshot_iteration` where its newest snapshot was taken, -1 when
    there is none. At iteration `rung` it waits for the other runs of its sweep (None: nowhere).
    `compared`: its sweep compares batch sizes, also at equal examples, for which early evaluations are needed.
    """

    run_id: int
    spec: RunSpec
    worker_id: int
    attempt: int
    iterations_done: int = 0
    elapsed_s: float = 0.0
    checkpoint: Checkpoint | None = None
    origin: Origin | None = None
    first_iteration: int = 0
    snapshot_iteration: int = -1
    rung: int | None = None
    compared: bool = False


@dataclass(frozen=True, slots=True)
class Ownership:
    """A running run and the worker that owns it (None when the store does not know that worker)."""

    run_id: int
    attempt: int
    heartbeat_s: float | None
    worker: Worker | None


WORKER_COLUMNS = ", ".join(f"w.{column.name}" for column in fields(Worker))


def worker_from_row(row: Sequence[Any]) -> Worker | None:
    """A worker from WORKER_COLUMNS of an outer join; None where it found none."""
    return None if row[0] is None else Worker(*row)
