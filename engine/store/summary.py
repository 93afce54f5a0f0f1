"""What the table `runs` says of a run's iterations, kept up block by block."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from engine.block import Block
from engine.state import DIVERGED


class Summary:
    """What the table `runs` says of the iterations done so far."""

    __slots__ = ("best_iteration", "best_loss", "diverged_at", "elapsed_s", "iterations_done", "last_loss")

    def __init__(
        self,
        iterations_done: int,
        elapsed_s: float,
        last_loss: float | None,
        best_loss: float | None,
        best_iteration: int | None,
        diverged_at: int | None,
    ) -> None:
        self.iterations_done = iterations_done
        self.elapsed_s = elapsed_s
        self.last_loss = last_loss
        self.best_loss = best_loss
        self.best_iteration = best_iteration
        self.diverged_at = diverged_at

    def values(self) -> tuple[Any, ...]:
        """In the order of the constructor."""
        return (
            self.iterations_done,
            self.elapsed_s,
            self.last_loss,
            self.best_loss,
            self.best_iteration,
            self.diverged_at,
        )

    def ended(self, reason: str) -> Summary:
        """The summary of a run that ends for this reason: the loss that ended it may have been finite."""
        if reason != DIVERGED or self.diverged_at is not None:
            return self
        done, elapsed_s, last_loss, best_loss, best_iteration, _ = self.values()
        return Summary(done, elapsed_s, last_loss, best_loss, best_iteration, done - 1)

    def inheriting(self, best_before: float | None) -> Summary:
        """The summary of a run that goes on from a loss which it has to beat; None: from none."""
        if best_before is None or (self.best_loss is not None and self.best_loss <= best_before):
            return self
        return Summary(self.iterations_done, self.elapsed_s, self.last_loss, best_before, None, self.diverged_at)

    def after(self, block: Block) -> Summary:
        """The summary once this block, at least one iteration, has been added."""
        finite = np.isfinite(block.loss)
        best_loss, best_iteration, diverged_at = self.best_loss, self.best_iteration, self.diverged_at
        known = block.loss
        if not finite.all():
            known = np.where(finite, known, np.inf)
            if diverged_at is None:
                diverged_at = block.first_iteration + int(finite.argmin())
        at = int(known.argmin())
        low = float(known[at])
        if low < (math.inf if best_loss is None else best_loss):
            best_loss, best_iteration = low, block.first_iteration + at
        elapsed_s = self.elapsed_s if block.elapsed_s is None else float(block.elapsed_s[-1])
        return Summary(block.end_iteration, elapsed_s, float(block.loss[-1]), best_loss, best_iteration, diverged_at)
