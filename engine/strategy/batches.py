"""Which examples an iteration uses: drawn with replacement, or each once before any comes again."""

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
    """Row numbers of the batches of consecutive iterations, all of one size."""

    @property
    def batch_size(self) -> int: ...

    def start(self) -> Saved:
        """The generator states before iteration 0."""

    def draw(self, saved: Saved, iteration: int, count: int) -> tuple[Rows, Saved]:
        """The rows of `count` iterations from `iteration` on, shape (count, batch size), and the states after them."""


@dataclass(frozen=True, slots=True)
class WithReplacement:
    """Every example is drawn from all N, whatever was drawn before: the sampled batches of the notes."""

    examples: int
    batch_size: int
    seed: int

    def start(self) -> Saved:
        return {"batches": streams.saved(streams.stream(self.seed, "batches"))}

    def draw(self, saved: Saved, iteration: int, count: int) -> tuple[Rows, Saved]:
        generator = streams.restored((saved if "batches" in saved else self.start())["batches"])
        rows = generator.integers(0, self.examples, (count, self.batch_size), dtype=np.intp)
        return rows, {"batches": streams.saved(generator)}


@dataclass(frozen=True, slots=True)
class Epochs:
    """One shuffled order of all N after the other, cut into batches: an epoch's last batch may end in the next epoch.

    So every batch is whole and no example is left out. Epoch e has a stream of its own: where a
    run stands in its epoch follows from the iteration, and nothing is carried along.
    """

    examples: int
    batch_size: int
    seed: int

    def start(self) -> Saved:
        return {}

    def draw(self, saved: Saved, iteration: int, count: int) -> tuple[Rows, Saved]:
        first, end = iteration * self.batch_size, (iteration + count) * self.batch_size
        epoch = first // self.examples
        orders = [self._order(e) for e in range(epoch, (end - 1) // self.examples + 1)]
        offset = first - epoch * self.examples
        rows = np.concatenate(orders)[offset : offset + end - first]
        return rows.reshape(count, self.batch_size), {}

    def _order(self, epoch: int) -> Rows:
        return streams.stream(self.seed, f"epoch {epoch}").permutation(self.examples)


ORDERS: dict[str, Callable[[int, int, int], Order]] = {"replacement": WithReplacement, "epochs": Epochs}
