"""Workers, and what a worker gets with a run: claim, checkpoint, origin of a fork."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from engine.spec import RunSpec


@dataclass(frozen=True, slots=True)
class Worker:
    """One worker process: where it runs and its last heartbeat (`heartbeat_s`: seconds of CLOCK_BOOTTIME).

    A recorder is stored as one, too (`is_recorder`): it owns its run, and takes no others.
    `cluster` is where it has its runs computed, '' where it computes itself; `trouble` why it cannot reach that, and
    `chunks_lost` how many chunks had to be computed again because a cluster worker was lost.
    """

    worker_id: int
    host: str
    boot_id: str
    pid: int
    start_ticks: int
    started_at: str
    heartbeat_s: float
    log_path: str
    left_at: str | None
    is_recorder: int = 0
    cluster: str = ""
    trouble: str = ""
    chunks_lost: int = 0


@dataclass(frozen=True, slots=True)
class RunBackground:
    """Background of a run: `sweep_name` ('' without a sweep), the last `worker`, and `environment`, the library
    versions and machine as (name, value). `times_lost` counts workers lost since the run's last progress.
    """

    run_id: int
    environment: tuple[tuple[str, str], ...] = ()
    worker: Worker | None = None
    times_lost: int = 0
    sweep_name: str = ""


@dataclass(frozen=True, slots=True)
class ClusterWorker:
    """One worker of a cluster as its bridge, the worker `bridge_id`, knows it, about a second ago.

    `run_ids` are the runs whose chunks it has, `kind` names the workers that give the same bits, `busy` is the share of
    its time in which it computes, `chunks` and `lost` count chunks computed and lost. `trouble` says why it gets none,
    '' where it does.
    """

    bridge_id: int
    run_ids: tuple[int, ...]
    address: str
    host: str
    pid: int
    cpu: str
    kind: str
    iterations_per_s: float
    busy: float
    chunks: int
    lost: int
    trouble: str


@dataclass(frozen=True, slots=True)
class Process:
    """Unique identity of a process: a pid alone may be reused after its process ends or the machine restarts."""

    host: str
    boot_id: str
    pid: int
    start_ticks: int


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A strategy's complete state before `iteration`, as bytes; `kind` is resume, snapshot or end."""

    iteration: int
    data: bytes = field(repr=False)
    kind: str = "resume"


@dataclass(frozen=True, slots=True)
class Origin:
    """Origin of a fork: its parent's state before `iteration`, recomputed from `checkpoint` (None: from the start).

    `steps` are the step sizes set during the parent's run, as (iteration, step size), oldest first; `environment` is
    what the parent recorded of its own, as JSON.
    """

    spec: RunSpec
    iteration: int
    checkpoint: Checkpoint | None
    steps: tuple[tuple[int, float], ...] = ()
    environment: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """A worker's exclusive right to write one run, for one attempt.

    `iterations_done` and `elapsed_s` (seconds) are stored already. `checkpoint`, at or before `iterations_done`, is
    the state to resume from; None: start, from `origin` if the run is a fork. `first_iteration` is 0, or the iteration
    of the fork; `snapshot_iteration` is that of the newest snapshot, -1 without one. At iteration `rung` the run waits
    for the others of its sweep (None: never). `compared`: the sweep compares batch sizes at equal examples too, which
    needs early evaluations. `environment` is what an earlier attempt recorded of its own, as JSON; '' before the first.
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
    environment: str = ""


@dataclass(frozen=True, slots=True)
class Ownership:
    """A running run and the worker that owns it (None: not in the store). `process` is that of a script, or ''."""

    run_id: int
    attempt: int
    heartbeat_s: float | None
    worker: Worker | None
    process: str = ""


WORKER_COLUMNS = ", ".join(f"w.{column.name}" for column in fields(Worker))


def worker_from_row(row: Sequence[Any]) -> Worker | None:
    """A worker from WORKER_COLUMNS of an outer join; None where the join found none."""
    return None if row[0] is None else Worker(*row)
