"""Objectives: score function, data loss and regularization loss over a split, with analytic gradients."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from engine.datasets import Image, Split, StoredSplit
from engine.objective import kernels
from engine.objective.examples import Chosen, Examples
from engine.objective.kernels import Kernel
from engine.objective.kinds import HIDDEN_SIZE, KINDS, network_of
from engine.objective.layers import Layer, Masks
from engine.objective.layout import Array, Layout
from engine.objective.losses import CrossEntropy, DataLoss, Hinge
from engine.objective.networks import Network, NetworkOptions, Scoring
from engine.objective.passes import CorrectIndex, Pass, Passes, Rows
from engine.spec import near_match, quoted

__all__ = ["Array", "CorrectIndex", "Loss", "NetworkOptions", "Objective", "Pass", "Rows", "objective"]

KEPT_BYTES = 8 << 20
"""Largest split whose evaluation buffers are kept; for a larger one, filling them takes longer than making them."""


@dataclass(frozen=True, slots=True)
class Loss:
    """The mean data loss over the examples used, and the regularization loss."""

    data_loss: float
    regularization_loss: float

    @property
    def total(self) -> float:
        """The loss that runs minimise: data loss + regularization loss."""
        return self.data_loss + self.regularization_loss


class Objective:
    """The loss L = mean_i L_i(s(x_i; W)) + lambda * sum(W^2) of one flat vector of weights, on one split.

    The scores s are those of `network`, or W x if it is None.
    Arrays have `dtype`: float32 for runs, float64 for checks. Raises ValueError for weights of the wrong shape and for
    row numbers out of range. Calls share buffers: use it in one thread at a time.
    """

    def __init__(
        self,
        split: Split,
        classes: int,
        data_loss: DataLoss,
        network: Network | None = None,
        regularization_strength: float = 0.0,
        regularize_bias: bool = True,
        unit: float = 1.0,
        dtype: DTypeLike = np.float32,
    ) -> None:
        self.split = split
        self.classes = classes
        self.data_loss = data_loss
        self.network = network
        self.regularization_strength = regularization_strength
        self.dtype: np.dtype[Any] = np.dtype(dtype)
        # Products of few columns with all of X packed are fastest with W in column-major order.
        linear = Layout([(classes, split.dimensions)], [split.bias], transposed=not kernels.SMALL_PRODUCTS)
        self.layout = linear if network is None else network.layout
        self.examples = Examples(split, self.dtype, unit, network.group(self.dtype.itemsize) if network else None)
        mask = self.layout.regularized(regularize_bias, self.dtype)
        self.penalty: Array = mask * np.array(2 * regularization_strength, self.dtype)
        """2 * lambda per regularized weight, else 0, padded: penalty * W is the regularization loss's derivative."""
        self._flat_penalty = self.layout.flat(self.penalty)
        self._make = Passes(self.examples, self.layout, data_loss, network.kernel if network else kernels.linear)
        self._passes: dict[tuple[int, str], Pass] = {}
        self._scoring = None if network is None else Scoring(network, self.dtype)

    @property
    def size(self) -> int:
        """The number of weights."""
        return self.layout.size

    @property
    def linear(self) -> bool:
        """True if the scores are linear in the weights."""
        return self.network is None

    def __len__(self) -> int:
        return len(self.split)

    def losses_per_gradient(self, weights: Array) -> int:
        """Return how many losses a gradient at these weights takes: one, computed together with it."""
        return 1

    def initial_weights(self, generator: np.random.Generator, scale: float) -> Array:
        """Draw normal weights (size,) of standard deviation `scale`, biases included.

        A network scales them again, each layer by its start: see `Network.start_scales`.
        """
        weights: Array = self.as_start(self.draws(generator, 1), scale)[0]
        return weights

    def as_start(self, draws: Array, scale: float) -> Array:
        """Standard normal draws (count, size) made into first weights, in place."""
        draws *= self.dtype.type(scale)
        if self.network is not None:
            draws *= self._start_scales
        return draws

    @cached_property
    def _start_scales(self) -> Array:
        assert self.network is not None
        return self.network.start_scales(self.dtype)

    def draws(self, generator: np.random.Generator, count: int) -> Array:
        """Draw standard normal weight vectors (count, size): the same numbers as one vector at a time."""
        return generator.standard_normal((count, self.size), dtype=self.dtype)

    def scores(self, weights: Array, X: Array) -> Array:
        """Return the class scores (n, C) of the examples X (n, D). Raises ValueError for another D."""
        return next(self.scores_of(weights, [X]))

    def scores_of(self, weights: Array, chunks: Iterable[Array]) -> Iterator[Array]:
        """Yield the class scores (n, C) of chunks of examples (n, D); the next ones may overwrite them.

        Raises ValueError for another D.
        """
        padded = self.padded(self._checked_weights(weights))
        matrices = self.layout.matrices(padded)
        made: dict[int, tuple[Array, Kernel]] = {}
        for X in chunks:
            if X.ndim != 2 or X.shape[1] != self.split.dimensions:
                raise ValueError(f"X has shape {X.shape}; examples of this split need (n, {self.split.dimensions})")
            with np.errstate(all="ignore"):
                if self._scoring is None:
                    scores: Array = X @ matrices[0][:, : X.shape[1]].T
                else:
                    if len(X) not in made:
                        made[len(X)] = self._scoring.kernel(len(X))
                    own, kernel = made[len(X)]
                    own[...] = padded  # between two chunks it may have scored with others
                    kernel.forward(self._in_columns(X))
                    scores = kernel.scores
            yield scores

    def outputs(self, weights: Array, X: Array) -> Iterator[tuple[Layer, Array]]:
        """Yield the layers of the network with what they give on for the examples X (n, D): see `Network.outputs`."""
        if self.network is not None:
            with np.errstate(all="ignore"):
                matrices = self.layout.matrices(self.padded(self._checked_weights(weights)))
                yield from self.network.outputs(matrices, self._in_columns(X))

    def _in_columns(self, X: Array) -> Array:
        """Examples (n, D) as networks take them: in units, with padded columns."""
        examples = np.zeros((len(X), self.examples.columns), self.dtype)
        examples[:, : X.shape[1]] = X
        self.examples.in_units(examples)
        return examples

    def loss(self, weights: Array, rows: Rows = None) -> Loss:
        """Return the loss at these weights over the chosen rows (None: all)."""
        run, correct_index, chosen = self._prepared(weights, rows, backward=False)
        with np.errstate(all="ignore"):
            return Loss(run.run(chosen, correct_index), self.regularization_loss(run.weights))

    def loss_and_gradient(self, weights: Array, rows: Rows = None) -> tuple[Loss, Array]:
        """Return the loss over the chosen rows (None: all) and its (sub)gradient (size,)."""
        run, correct_index, chosen = self._prepared(weights, rows, backward=True)
        with np.errstate(all="ignore"):
            loss = Loss(run.run(chosen, correct_index), self.regularization_loss(run.weights))
            return loss, self.layout.add(run.gradient, self._flat_penalty * np.asarray(weights, self.dtype))

    def data_gradient(self, weights: Array, rows: Rows = None) -> Array:
        """The derivative of the loss with respect to the chosen examples (all when None), shape (n, D).

        The bias feature of an example has one, too.
        """
        chosen = np.arange(len(self)) if rows is None else self._checked_rows(rows)
        matrices = self.layout.matrices(self.padded(self._checked_weights(weights)))
        found = np.zeros((len(chosen), self.split.dimensions), self.dtype)
        unused = self.layout.matrices(np.zeros(self.layout.padded_size, self.dtype))
        correct_index = self.correct_index(self.split.y[chosen])
        with np.errstate(all="ignore"):
            for group in self.examples.groups(len(chosen)):
                part, n = found[group], group.stop - group.start
                if self.network is None:
                    kernel = kernels.linear(matrices, unused, n, self.dtype)
                else:
                    kernel = self.network.kernel(matrices, unused, n, self.dtype, data=part)
                X = self.examples.gatherer(n, kernel.rows)(chosen[group])
                kernel.forward(X)
                self.data_loss.loss_and_slope(kernel.scores, 1.0 / len(chosen))(correct_index[group])
                if self.network is None:
                    np.matmul(kernel.scores, matrices[0][:, : self.split.dimensions], out=part)
                else:
                    kernel.backward(X)
            self.examples.in_units(found)
        return found

    def regularization_loss(self, padded: Array) -> float:
        """Return lambda * sum(W^2) of padded weights, over the regularized ones."""
        return 0.5 * float((self.penalty * padded).dot(padded)) if self.regularization_strength else 0.0

    def evaluate(self, weights: Array) -> tuple[float, float]:
        """Return the total loss and the accuracy (0 to 1) over the whole split."""
        is_small = len(self) * self.split.dimensions * self.dtype.itemsize <= KEPT_BYTES
        padded, groups = self._evaluation if is_small else self._new_evaluation()
        self.layout.pad(self._checked_weights(weights), padded)
        sum_of_losses, correct = 0.0, 0
        with np.errstate(all="ignore"):
            for evaluate_group in groups:
                losses, correct_in_group = evaluate_group()
                sum_of_losses += losses
                correct += correct_in_group
            return sum_of_losses / len(self) + self.regularization_loss(padded), correct / len(self)

    @cached_property
    def _evaluation(self) -> tuple[Array, list[Callable[[], tuple[float, int]]]]:
        return self._new_evaluation()

    def _new_evaluation(self) -> tuple[Array, list[Callable[[], tuple[float, int]]]]:
        """Return padded weights to fill, and for each group a function that returns sum of losses and correct count."""
        padded = np.zeros(self.layout.padded_size, self.dtype)
        groups = self.examples.groups(len(self))
        sizes = {group.stop - group.start for group in groups}
        parts = {n: self._make.evaluating(self.layout.matrices(padded), n) for n in sizes}
        y = self.split.y
        return padded, [
            partial(parts[n], group, y[group] * n + np.arange(n), y[group])
            for group in groups
            for n in [group.stop - group.start]
        ]

    def padded(self, weights: Array) -> Array:
        """Return weights (..., size) as padded ones (..., padded_size)."""
        return self.layout.pad(weights, np.zeros((*weights.shape[:-1], self.layout.padded_size), self.dtype))

    def correct_index(self, y: NDArray[np.intp]) -> CorrectIndex:
        """Return the indices (..., n) of the scores of classes y (..., n) in their group's flattened scores."""
        return y + (np.arange(y.shape[-1]) % self.examples.group) * self.classes

    def passing(self, n: int, backward: bool = True) -> Pass:
        """Return the pass over batches of n examples, cached for the four newest sizes."""
        return self._kept(n, "both ways" if backward else "forward", lambda: self._make.make(n, backward))

    def training(self, n: int) -> Pass:
        """Return the pass for training, which differs from `passing` in dropout alone."""
        network = self.network
        if network is None or not network.drops:
            return self.passing(n)

        def make() -> Pass:
            masks = Masks()
            made = replace(self._make, make_kernel=partial(network.kernel, masks=masks)).make(n, True)
            return replace(made, drops=partial(setattr, masks, "generator"))

        return self._kept(n, "training", make)

    def _kept(self, n: int, what: str, make: Callable[[], Pass]) -> Pass:
        key = (n, what)
        if key not in self._passes:
            if len(self._passes) >= 4:
                del self._passes[next(iter(self._passes))]
            self._passes[key] = make()
        return self._passes[key]

    def stacked_scores(self, weights: Array) -> Iterator[tuple[slice, Array]]:
        """Yield (rows, scores minus the first class's (C, K, n)) per group, for K weight vectors (K, size).

        For linear scores only. Data losses depend on score differences only, so the first class needs no product; with
        the classes first, the product of the others is written in place. The next array overwrites the last.
        """
        K, C, D = len(weights), self.classes, self.split.dimensions
        W = weights.reshape(K, C, D).swapaxes(0, 1)
        differences = np.zeros((C - 1, K, self.examples.columns), self.dtype)
        np.subtract(W[1:], W[0], out=differences[..., :D])
        stacked = differences.reshape((C - 1) * K, -1)
        groups = self.examples.groups(len(self), kernels.STACK_ROWS)
        for n, of_this_size in groupby(groups, lambda group: group.stop - group.start):
            gather, scores = self.examples.gatherer(n), np.empty((C, K, n), self.dtype)
            products = scores[1:].reshape(len(stacked), n)
            for group in of_this_size:
                scores[0] = 0
                np.matmul(stacked, gather(group).T, out=products)
                yield group, scores

    def _checked_weights(self, weights: Array) -> Array:
        if np.shape(weights) != (self.size,):
            raise ValueError(
                f"weights of shape {np.shape(weights)} were given; this objective has {self.size:,} weights in one "
                f"flat vector, shape ({self.size},)"
            )
        return np.asarray(weights)

    def _prepared(self, weights: Array, rows: Rows, backward: bool) -> tuple[Pass, CorrectIndex, Rows]:
        if rows is not None:
            rows = self._checked_rows(rows)
        y = self.split.y if rows is None else self.split.y[rows]
        run = self.passing(len(y), backward)
        self.layout.pad(self._checked_weights(weights), run.weights)
        return run, self.correct_index(y), rows

    def _checked_rows(self, rows: Chosen) -> NDArray[np.intp]:
        N = len(self)
        if isinstance(rows, slice):
            rows = np.arange(N)[rows]
        chosen = np.asarray(rows)
        if chosen.ndim != 1 or not len(chosen) or chosen.dtype.kind not in "iu":
            raise ValueError(
                f"rows {chosen.dtype} {chosen.shape} choose no examples; give row numbers in one dimension"
            )
        low, high = int(chosen.min()), int(chosen.max())
        if low < 0 or high >= N:
            raise ValueError(f"row {low if low < 0 else high} is not among the {N:,} examples, 0 to {N - 1:,}")
        return chosen.astype(np.intp, copy=False)


def _check_examples(split: Split) -> None:
    if not len(split):
        raise ValueError("0 examples were given; an objective needs at least 1")
    # A stored split was checked when it was stored; another check would read all of it.
    if isinstance(split, StoredSplit):
        return
    if split.X.ndim != 2 or not split.X.shape[1]:
        raise ValueError(f"X has shape {split.X.shape}; examples are rows of features, shape (N, D)")
    good = np.isfinite(split.X).all(axis=1)
    if not good.all():
        row = int(good.argmin())
        raise ValueError(f"example {row} of X holds a feature that is NaN or infinite; every feature must be a number")


def objective(
    name: str,
    split: Split,
    classes: int | None = None,
    *,
    regularization_strength: float = 0.0,
    regularize_bias: bool = True,
    delta: float = 1.0,
    hidden_size: int = HIDDEN_SIZE,
    options: NetworkOptions = NetworkOptions(),  # noqa: B008
    image: Image | None = None,
    unit: float = 1.0,
    dtype: DTypeLike = np.float32,
) -> Objective:
    """Make an objective by name on a split: svm, softmax, and two-layer, mlp or convnet with softmax or with -svm.

    `classes` C defaults to the highest label + 1. `options` make an mlp or a convnet; a convnet needs the `image` that
    the features are. A network divides its features by `unit`, a power of two. Raises ValueError for an unknown name, a
    number out of range, labels out of range, a single class, no examples, features that are not finite, or layers that
    do not fit.
    """
    if name not in KINDS:
        raise ValueError(
            f"objective {quoted(name)} is not known{near_match(name, KINDS)} (choose from {', '.join(KINDS)})"
        )
    kind = KINDS[name]
    if np.dtype(dtype) not in (np.float32, np.float64):
        raise ValueError(f"an objective computes in float32 or float64, not {np.dtype(dtype)}")
    if not (math.isfinite(regularization_strength) and regularization_strength >= 0):
        raise ValueError(f"regularization strength: {regularization_strength} was given; it must be 0 or greater")
    if kind.hinge and not (math.isfinite(delta) and delta > 0):
        raise ValueError(f"delta: {delta} was given; the margin must be greater than 0")
    if kind.scores == "two-layer" and hidden_size < 1:
        raise ValueError(f"hidden size: {hidden_size} was given; a two-layer net needs at least 1 hidden unit")
    _check_examples(split)
    low, high = int(split.y.min()), int(split.y.max())
    if classes is None:
        classes = high + 1
        if low == high:
            raise ValueError(f"every example is of class {high}: a single class; a loss needs at least 2")
    if classes < 2:
        raise ValueError(f"classes: {classes} was given; a loss needs at least 2")
    if low < 0 or high >= classes:
        raise ValueError(f"label {low if low < 0 else high} is out of range; {classes} classes are 0 to {classes - 1}")
    features = split.dimensions - split.bias
    return Objective(
        split,
        classes,
        Hinge(delta) if kind.hinge else CrossEntropy(),
        network_of(kind, features, split.bias, classes, image, hidden_size, options),
        regularization_strength,
        regularize_bias,
        unit,
        dtype,
    )
