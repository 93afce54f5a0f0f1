"""The few shapes that the store's doors hand out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.spec import RunSpec
from engine.sweep import SweepPlan

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


class Misplaced(StoreError):
    """The file was put in the place of another store, whose journal is still there: opening it for writing sets that
    aside, unless somebody has the file open."""


class Refused(StoreError):
    """What was asked for cannot be done to that run: nothing was changed, and the message says what would help."""


class NoRun(StoreError):
    """No run has that number."""

    def __init__(self, run_id: int) -> None:
        super().__init__(f"There is no run {run_id} in this store; lossboard list shows which there are.")


class NoSweep(StoreError):
    """No sweep has that number."""

    def __init__(self, sweep_id: int) -> None:
        super().__init__(f"There is no sweep {sweep_id} in this store; lossboard sweep list shows which there are.")


class FilterError(ValueError):
    """A filter that cannot be read: `position` is where, from 0, and the sentence says what would fit."""

    def __init__(self, position: int, sentence: str) -> None:
        super().__init__(f"filter: {sentence} (character {position + 1})")
        self.position = position
        self.sentence = sentence


class Fenced(StoreError):
    """The run belongs to somebody else by now: whoever sees this leaves it alone."""


@dataclass(frozen=True, slots=True)
class Run:
    """One row of the table `runs`. Times are ISO 8601 in UTC; `spec` is None where it is not readable.

    `iterations_done` counts from iteration 0, so a run that was forked begins with its parent's; its own rows are
    those from `first_iteration` on, and `best_before` is the lowest loss that it goes on from. `rung` is the iteration
    at which it waits for the other runs of its sweep, or where it was dropped. `step_size_now` is the one that was set
    last, None while the spec's is in force.

    `train_loss` ... `test_accuracy` are of the newest evaluation of that split, the train split's after `evaluated_at`
    iterations. `best_loss` is the lowest evaluated train loss, of a search the loss of the weights that it keeps, and
    `best_iteration` after how many iterations it was reached. `current_loss` is the loss now: what a search keeps, the
    last loss of a full batch, the average of mini-batches with a half-life of HALF_LIFE iterations. `last_loss` is that
    of the last proposal or batch alone. None is not known yet; what was measured and is no number is NaN, but
    in `last_loss`, where that is None.
    """

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
    tags: tuple[str, ...]
    note: str
    examples_per_iteration: int | None
    deleted_at: str | None
    rung: int | None = None
    best_before: float | None = None
    step_size_now: float | None = None
    current_loss: float | None = None
    evaluated_at: int | None = None
    train_loss: float | None = None
    train_accuracy: float | None = None
    validation_loss: float | None = None
    validation_accuracy: float | None = None
    test_loss: float | None = None
    test_accuracy: float | None = None

    @property
    def searches(self) -> bool:
        """Whether it is a search, which keeps the weights of its lowest loss."""
        return self.spec is not None and self.spec.searches

    @property
    def to_beat(self) -> float | None:
        """The loss that a search was forked at, which counts as its best until it finds a lower one; None elsewhere."""
        return self.best_before if self.searches else None

    @property
    def first_iteration(self) -> int:
        """Where its own rows begin: 0, or where it was forked."""
        return self.parent_iteration or 0


@dataclass(frozen=True, slots=True)
class SweepTitle:
    """What stands above the runs of one sweep in a list: how many of them the list has, and their lowest loss.

    `second_parameter` is '' but in a grid.
    """

    sweep_id: int
    name: str
    parameter: str
    second_parameter: str
    runs: int
    best_loss: float | None


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of a list: `rows` of it, `first` of `total` before them; `fitting` runs fit the filter."""

    rows: tuple[Run | SweepTitle, ...]
    first: int
    total: int
    fitting: int

    @property
    def runs(self) -> tuple[Run, ...]:
        """The runs of the page, without the titles."""
        return tuple(row for row in self.rows if isinstance(row, Run))


@dataclass(frozen=True, slots=True)
class RungDecision:
    """What was decided at one rung of a sweep: how many of its values went on, and the largest loss among them."""

    rung: int
    kept_up_to: float
    kept: int
    dropped: int
    decided_at: str


@dataclass(frozen=True, slots=True)
class Sweep:
    """One row of the table `sweeps`. `plan` is None where it is not readable; `parent_id` is the sweep it came from."""

    sweep_id: int
    name: str
    plan: SweepPlan | None
    parent_id: int | None
    created_at: str
    decisions: tuple[RungDecision, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
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


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Single iterations of a run, evenly spread: all columns have shape (n,), NaN where nothing was recorded."""

    iteration: NDArray[np.int64]
    elapsed_s: Floats
    loss: Floats
    data_loss: Floats
    gradient_norm: Floats
    step_size: Floats


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Loss and accuracy (0..1) of a whole split at the weights after `iteration` iterations."""

    iteration: int
    split: str
    loss: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class Command:
    """A steering command for a run, or what was decided about it: `verb` is one that an Event may have."""

    command_id: int
    run_id: int
    verb: str
    argument: str
    issued_at: str
    applied_at_iteration: int | None
    outcome: str


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a run before `iteration`, for a mark on its curve.

    `verb` is stop, pause, resume, set-step-size (`argument` is the new one), take-up (its worker was lost, and another
    one went on), fork (a run was forked here: `argument` is
    its number), forked (this run goes on from there: `argument` is its parent's number), keep or drop (a decision at a
    rung of a race). `outcome` says it in words.
    """

    iteration: int
    verb: str
    argument: str
    outcome: str
    happened_at: str


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
class Background:
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
