"""Batches: the examples of each iteration, drawn with replacement or in shuffled epochs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from engine.strategy import streams

Rows = NDArray[np.intp]
Saved = Mapping[str, Mapping[str, Any]]
"""Generator states by the name of their stream."""


class Order(Protocol):
    """Draws the row numbers of the batches of consecutive iterations."""

    @property
    def batch_size(self) -> int:
        """The number of examples of every batch."""

    def start(self) -> Saved:
        """Return the generator states before iteration 0."""

    def draw(self, saved: Saved, iteration: int, count: int) -> tuple[Rows, Saved]:
        """Return the rows (count, batch size) of `count` iterations from `iteration` on, and the states after them."""


@dataclass(frozen=True, slots=True)
class WithReplacement:
    """Draws every example independently from all N.

    Source: CS231n, optimization, "mini-batch gradient descent".
    """

    examples: int
    batch_size: int
    seed: int

    def start(self) -> Saved:
        """Return the state of the stream `batches` before iteration 0."""
        return {"batches": streams.saved(streams.stream(self.seed, "batches"))}

    def draw(self, saved: Saved, iteration: int, count: int) -> tuple[Rows, Saved]:
        """Return rows (count, batch size) and the state after them; an absent state restarts the stream."""
        generator = streams.restored((saved if "batches" in saved else self.start())["batches"])
        rows = generator.integers(0, self.examples, (count, self.batch_size), dtype=np.intp)
        return rows, {"batches": streams.saved(generator)}


@dataclass(frozen=True, slots=True)
class Epochs:
    """Cuts consecutive permutations of all N examples, one per epoch, into batches.

    A batch may end in the next epoch, so every batch is full and no example is left out. Each epoch has its own
    stream, so the position follows from the iteration and no generator state is saved.
    """

    examples: int
    batch_size: int
    seed: int

    def start(self) -> Saved:
        """Return no states."""
        return {}

    def draw(self, saved: Saved, iteration: int, count: int) -> tuple[Rows, Saved]:
        """Return rows (count, batch size) and no states."""
        first, end = iteration * self.batch_size, (iteration + count) * self.batch_size
        epoch = first // self.examples
        permutations = [self._permutation(e) for e in range(epoch, (end - 1) // self.examples + 1)]
        offset = first - epoch * self.examples
        rows = np.concatenate(permutations)[offset : offset + end - first]
        return rows.reshape(count, self.batch_size), {}

    def _permutation(self, epoch: int) -> Rows:
        return streams.stream(self.seed, f"epoch {epoch}").permutation(self.examples)


ORDERS: dict[str, Callable[[int, int, int], Order]] = {"replacement": WithReplacement, "epochs": Epochs}
