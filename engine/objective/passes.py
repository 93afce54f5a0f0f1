"""Passes: the data loss and its gradient over batches of n examples, in preallocated buffers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import DTypeLike, NDArray

from engine.objective.examples import Chosen, Examples
from engine.objective.kernels import Kernel
from engine.objective.layout import Array, Layout
from engine.objective.losses import DataLoss

Rows = Chosen | None
"""The examples to use: row numbers or a slice; None means all."""
CorrectIndex = NDArray[np.intp]
Run = Callable[[Rows, CorrectIndex], float]


class MakeKernel(Protocol):
    """`kernels.linear`, or the `kernel` of a network."""

    def __call__(self, weights: Sequence[Array], gradient: Sequence[Array] | None, n: int, dtype: DTypeLike) -> Kernel:
        """Make a kernel for n examples that reads the padded `weights` and fills `gradient`, if given."""


@dataclass(frozen=True, slots=True)
class Pass:
    """Forward and backward pass over n examples: the fast interface of an objective.

    Write padded weights into `weights` and call `run(rows, correct_index)`: it returns the mean data loss and fills
    `gradient` with its derivative, padded and without the regularization. If `drops` is not None, give it the generator
    of the iteration's dropout before each call.
    """

    weights: Array
    gradient: Array
    run: Run
    drops: Callable[[np.random.Generator], None] | None = None


@dataclass(frozen=True, slots=True)
class Passes:
    """Makes passes over the same examples."""

    examples: Examples
    layout: Layout
    data_loss: DataLoss
    make_kernel: MakeKernel

    def make(self, n: int, backward: bool) -> Pass:
        """Make a pass over n examples, group by group; without `backward` it computes no gradient."""
        weights, gradient = np.zeros((2, self.layout.padded_size), self.examples.dtype)
        groups = self.examples.groups(n)
        if len(groups) == 1:
            return Pass(weights, gradient, self._group(weights, gradient if backward else None, n, n))
        part = np.zeros_like(gradient)
        sizes = {group.stop - group.start for group in groups}
        runs = {size: self._group(weights, part if backward else None, size, n) for size in sizes}

        def run(rows: Rows, correct_index: CorrectIndex) -> float:
            gradient.fill(0)
            data_loss = 0.0
            for group in groups:
                chosen: Chosen = group
                if rows is not None:
                    assert not isinstance(rows, slice)
                    chosen = rows[group]
                data_loss += runs[group.stop - group.start](chosen, correct_index[group])
                np.add(gradient, part, gradient)
            return data_loss

        return Pass(weights, gradient, run)

    def evaluating(
        self, weights: Sequence[Array], n: int
    ) -> Callable[[slice, CorrectIndex, NDArray[np.intp]], tuple[float, int]]:
        """Make a function that evaluates n rows, given their correct indices in flattened scores (C, n) and classes.

        It returns the sum of data losses and the number of correct rows, where the first highest score decides; a row
        with a score that is not a number is not correct.
        """
        kernel = self.make_kernel(weights, None, n, self.examples.dtype)
        gather, forward, scores = self.examples.gatherer(n, kernel.rows), kernel.forward, kernel.scores
        across = np.empty(scores.shape[::-1], scores.dtype)
        loss, flat = self.data_loss.loss(across), across.reshape(-1)
        is_highest, highest, correct = (
            np.empty(across.shape, np.bool_),
            np.empty_like(across[0]),
            np.empty_like(across[0]),
        )

        def evaluate(rows: slice, correct_index: CorrectIndex, y: NDArray[np.intp]) -> tuple[float, int]:
            forward(gather(rows))
            across[:] = scores.T
            np.maximum.reduce(across, axis=0, out=highest)
            np.equal(across, highest, is_highest)
            if np.count_nonzero(is_highest) == n:
                hits = np.count_nonzero(flat.take(correct_index, None, correct, "clip") == highest)
            else:
                # argmax takes a score that is not a number for the highest: class 0, which nothing has chosen.
                hits = np.count_nonzero((across.argmax(axis=0) == y) & (highest == highest))
            return loss(correct_index), int(hits)

        return evaluate

    def _group(self, weights: Array, gradient: Array | None, n: int, total: int) -> Run:
        """Make a function that returns the part of the mean over `total` examples that n of them contribute."""
        gradients = None if gradient is None else self.layout.matrices(gradient)
        kernel = self.make_kernel(self.layout.matrices(weights), gradients, n, self.examples.dtype)
        gather = self.examples.gatherer(n, kernel.rows)
        loss_and_slope = self.data_loss.loss_and_slope(kernel.scores, 1.0 / total)
        forward, backward, all_rows = kernel.forward, kernel.backward, slice(0, n)

        def run(rows: Rows, correct_index: CorrectIndex) -> float:
            X = gather(all_rows if rows is None else rows)
            forward(X)
            data_loss = loss_and_slope(correct_index) / total
            backward(X)
            return data_loss

        def run_forward(rows: Rows, correct_index: CorrectIndex) -> float:
            forward(gather(all_rows if rows is None else rows))
            return loss_and_slope(correct_index) / total

        return run_forward if gradient is None else run
