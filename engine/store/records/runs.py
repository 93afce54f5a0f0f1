"""The few shapes that the store's doors hand out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from engine.spec import RunSpec, SpecError, spec_from_json
from engine.store.records.sweeps import SweepTitle

RunState = Literal["queued", "running", "paused", "finished", "failed", "cancelled"]
STATES: tuple[RunState, ...] = ("queued", "running", "paused", "finished", "failed", "cancelled")
ENDED: frozenset[str] = frozenset({"finished", "failed", "cancelled"})


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


@lru_cache(maxsize=4096)
def readable_spec(text: str) -> RunSpec | None:
    """The spec of a row, None where this version cannot read it."""
    try:
        return spec_from_json(text)
    except (SpecError, TypeError):
        return None
