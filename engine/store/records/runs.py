"""Runs: rows of the table `runs`, and pages of a list of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from engine.spec import RunSpec, SpecError, spec_from_json
from engine.spec.script import ScriptSpec, script_from_json
from engine.store.records.knobs import Knob
from engine.store.records.logged import Kind
from engine.store.records.sweeps import SweepTitle
from engine.text import counted
from engine.trace.state import PLANNED_DONE

RunState = Literal["queued", "running", "paused", "finished", "failed", "cancelled"]
STATES: tuple[RunState, ...] = ("queued", "running", "paused", "finished", "failed", "cancelled")
ENDED: frozenset[str] = frozenset({"finished", "failed", "cancelled"})


def status_word(status: str) -> str:
    """The word for a stored state or judged status on screens and in answers: who stops a run finds it stopped."""
    return "stopped" if status == "cancelled" else status


def reason_words(reason: str, iterations: int) -> str:
    """The stored reason for which a run ended after some iterations, as it is told: stores keep the older words."""
    if reason == PLANNED_DONE:
        return f"finished {'all ' if iterations != 1 else ''}{counted(iterations, 'iteration')}"
    return reason


@dataclass(frozen=True, slots=True)
class Run:
    """One row of the table `runs`. Times are ISO 8601 in UTC; `spec` is None where this version cannot read it.

    `iterations_done` counts from iteration 0, a fork's parent included; a fork's own rows begin at `first_iteration`,
    and `best_before` is the lowest loss that it continues from. `rung` is the iteration at which the run waits for the
    others of its sweep, or was dropped. `step_size_now` is the step size set last; None: the spec's is in force.

    `train_loss` ... `test_accuracy` are of the newest evaluation of that split, the train split's after `evaluated_at`
    iterations. `best_loss` is the lowest evaluated train loss (a search: the loss of the weights it keeps), reached
    after `best_iteration` iterations. `current_loss` is a search's best loss, a full batch's last loss, or the average
    of mini-batch losses with a half-life of HALF_LIFE iterations. `last_loss` is of the last proposal or batch alone.
    None means not known yet, NaN means measured but not a number; `last_loss` is None in both cases.

    Of a `kind` other than engine, `spec` is None, `iterations_done` counts up to the largest step, and `current_loss`
    is the last value of the metric that stands for the run. `revision` rises where values at steps behind the newest
    change. `listens` says whether its program asks for commands (None: not known), `exit_code` how that ended,
    `retries` how often it was started again, and `times_lost` of a failed one whether it ended without a word.
    `script` is a script's command (None where this version cannot read it), `slot` the one that it has of its pool.
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
    kind: Kind = "engine"
    revision: int = 0
    listens: int | None = None
    exit_code: int | None = None
    retries: int = 0
    times_lost: int = 0
    project: str = ""
    run_group: str = ""
    knobs: tuple[Knob, ...] = ()
    slot: str = ""
    script: ScriptSpec | None = None

    @property
    def searches(self) -> bool:
        """True for a search strategy, which keeps the weights of its lowest loss."""
        return self.spec is not None and self.spec.searches

    @property
    def to_beat(self) -> float | None:
        """The loss that a forked search starts from and counts as its best until it finds a lower one; else None."""
        return self.best_before if self.searches else None

    @property
    def diverged_after(self) -> int | None:
        """The number of iterations done when the run diverged, as people count; None if it did not."""
        return None if self.diverged_at is None else self.diverged_at + 1

    @property
    def loss(self) -> float | None:
        """The newest train loss; of a run that the engine does not compute the metric that stands for it."""
        return self.train_loss if self.kind == "engine" else self.current_loss

    @property
    def batch_loss(self) -> float | None:
        """The current loss of a run of the engine."""
        return self.current_loss if self.kind == "engine" else None

    @property
    def first_iteration(self) -> int:
        """First iteration of the run's own rows: 0, or the iteration of the fork."""
        return self.parent_iteration or 0


OF_KIND: Mapping[str, str] = {
    "logged": "is logged by a program of its own",
    "script": "is a command that a worker runs",
    "imported": "was imported",
}
"""What runs are that the engine does not compute."""


def uncomputed(run: Run) -> str:
    """Why the engine can compute nothing of a run without a spec, as a sentence."""
    if run.kind == "engine":
        return f"This version cannot read the spec of run {run.run_id}, so its loss cannot be computed."
    return f"Run {run.run_id} {OF_KIND[run.kind]}: the engine has neither its loss function nor its weights."


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of a list: `rows` begin at index `first` of `total`; `fitting` runs match the filter."""

    rows: tuple[Run | SweepTitle, ...]
    first: int
    total: int
    fitting: int

    @property
    def runs(self) -> tuple[Run, ...]:
        """The runs of the page, sweep titles left out."""
        return tuple(row for row in self.rows if isinstance(row, Run))


@lru_cache(maxsize=4096)
def readable_spec(text: str) -> RunSpec | None:
    """The spec of a row's JSON; None where this version cannot read it."""
    try:
        return spec_from_json(text)
    except (SpecError, TypeError):
        return None


@lru_cache(maxsize=4096)
def readable_script(text: str) -> ScriptSpec | None:
    """The command of a script's row, from its JSON; None where this version cannot read it."""
    try:
        return script_from_json(text)
    except SpecError:
        return None
