"""Summary: the columns of `runs` that sum up a run's iterations and evaluations, updated block by block."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from engine.spec import RunSpec
from engine.store.records import Evaluation
from engine.trace.block import Block
from engine.trace.smoothing import REACH, Average
from engine.trace.state import DIVERGED

EVALUATED_SPLITS = ("train", "validation", "test")

EVALUATED_COLUMNS = tuple(f"{split}_{measure}" for split in EVALUATED_SPLITS for measure in ("loss", "accuracy"))
STORED_COLUMNS = (
    "iterations_done", "elapsed_s", "last_loss", "best_loss", "best_iteration", "diverged_at", "evaluated_at",
    *EVALUATED_COLUMNS,
)  # fmt: skip
SUMMARY_COLUMNS = (*STORED_COLUMNS, "current_loss")
"""The columns of `runs` that a Summary fills."""

NOT_EVALUATED: tuple[float | None, ...] = (None,) * len(EVALUATED_COLUMNS)


NOTHING = Average()
"""The average before the first loss."""


@dataclass(frozen=True, slots=True)
class Summary:
    """Summary of the iterations done so far, as the table `runs` has it.

    `best_loss` is the lowest evaluated train loss, evaluated after `best_iteration` iterations. A search evaluates
    every proposal on the whole train split and keeps the weights of the lowest loss, its best; `best_iteration` is None
    while a fork has not improved on its parent's. `newest` are the newest evaluations, in the order of
    EVALUATED_COLUMNS. `elapsed_s` is in seconds.
    """

    spec: RunSpec
    iterations_done: int = 0
    elapsed_s: float = 0.0
    last_loss: float | None = None
    average: Average = NOTHING
    best_loss: float | None = None
    best_iteration: int | None = None
    diverged_at: int | None = None
    evaluated_at: int | None = None
    newest: tuple[float | None, ...] = NOT_EVALUATED

    def values(self) -> tuple[Any, ...]:
        """The values in the order of SUMMARY_COLUMNS."""
        return (
            self.iterations_done,
            self.elapsed_s,
            self.last_loss,
            self.best_loss,
            self.best_iteration,
            self.diverged_at,
            self.evaluated_at,
            *self.newest,
            self.current_loss,
        )

    @property
    def current_loss(self) -> float | None:
        """A search's best loss, a full batch's last, or the average of mini-batch losses; None before the first."""
        if self.spec.searches:
            return self.best_loss
        last = self.last_loss
        is_averaged = self.spec.is_noisy and last is not None and math.isfinite(last) and self.average.weight > 0
        return self.average.value if is_averaged else last

    def ended(self, reason: str) -> Summary:
        """The summary of a run that ends for this reason; DIVERGED sets `diverged_at` even after finite losses."""
        if reason != DIVERGED or self.diverged_at is not None:
            return self
        return replace(self, diverged_at=self.iterations_done - 1)

    def inheriting(self, best_before: float | None) -> Summary:
        """The summary of a forked search that starts with its parent's best loss; None: without one."""
        if best_before is None or (self.best_loss is not None and self.best_loss <= best_before):
            return self
        return replace(self, best_loss=best_before, best_iteration=None)

    def after(self, block: Block) -> Summary:
        """The summary after one more block of at least one iteration."""
        finite = np.isfinite(block.loss)
        best_loss, best_iteration, diverged_at = self.best_loss, self.best_iteration, self.diverged_at
        known = block.loss
        if not finite.all():
            known = np.where(finite, known, np.inf)
            if diverged_at is None:
                diverged_at = block.first_iteration + int(finite.argmin())
        if self.spec.searches:
            at = int(known.argmin())
            low = float(known[at])
            if low < (math.inf if best_loss is None else best_loss):
                best_loss, best_iteration = low, block.first_iteration + at + 1
        return replace(
            self,
            iterations_done=block.end_iteration,
            elapsed_s=self.elapsed_s if block.elapsed_s is None else float(block.elapsed_s[-1]),
            last_loss=float(block.loss[-1]),
            average=self.average.after(block.loss) if self.spec.is_noisy else self.average,
            best_loss=best_loss,
            best_iteration=best_iteration,
            diverged_at=diverged_at,
        )

    def evaluated(self, evaluations: Iterable[Evaluation]) -> Summary:
        """The summary after more evaluations, given oldest first."""
        updated = self
        for evaluation in evaluations:
            newest = list(updated.newest)
            if evaluation.split in EVALUATED_SPLITS:
                place = 2 * EVALUATED_SPLITS.index(evaluation.split)
                newest[place : place + 2] = float(evaluation.loss), float(evaluation.accuracy)
            updated = replace(updated, newest=tuple(newest))
            if evaluation.split == "train":
                updated = replace(updated, evaluated_at=evaluation.iteration)._lowered(evaluation)
        return updated

    def _lowered(self, train: Evaluation) -> Summary:
        known = math.inf if self.best_loss is None else self.best_loss
        if self.spec.searches or not (math.isfinite(train.loss) and train.loss < known):
            return self
        return replace(self, best_loss=float(train.loss), best_iteration=train.iteration)


def load(raw: sqlite3.Connection, run_id: int, spec: RunSpec) -> Summary:
    """A run's summary as stored, ready for its next block."""
    row = raw.execute(f"SELECT {', '.join(STORED_COLUMNS)} FROM runs WHERE run_id = ?", (run_id,)).fetchone()
    done, elapsed_s, last_loss, best_loss, best_iteration, diverged_at, evaluated_at, *newest = row
    return Summary(
        spec=spec,
        iterations_done=done,
        elapsed_s=elapsed_s,
        last_loss=last_loss,
        average=average_before(raw, run_id, done) if spec.is_noisy else NOTHING,
        best_loss=best_loss,
        best_iteration=best_iteration,
        diverged_at=diverged_at,
        evaluated_at=evaluated_at,
        newest=tuple(newest),
    )


RECENT_LOSSES = "SELECT loss FROM iterations WHERE run_id = ? AND iteration >= ? AND iteration < ? ORDER BY iteration"


def average_before(raw: sqlite3.Connection, run_id: int, iteration: int) -> Average:
    """The average of a run's losses before an iteration, from its last REACH rows; older ones are negligible."""
    rows = raw.execute(RECENT_LOSSES, (run_id, iteration - REACH, iteration)).fetchall()
    return Average().after(np.array(rows, dtype=np.float64).reshape(-1))
