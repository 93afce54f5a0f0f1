"""The parameter updates of gradient descent: how a gradient and a step size change the weights.

Each update is one factory and one row in UPDATES. A factory binds the update to its arrays and
returns `step(step_size, iteration)`, which changes weights and buffers in place.
Sources: CS231n, neural networks 3, "parameter updates"; Duchi et al. 2011 (Adagrad); Hinton,
lecture 6e (RMSProp); Kingma and Ba 2015, algorithm 1 (Adam); Loshchilov and Hutter 2019, algorithm 2 (AdamW); Reddi et
al. 2018, algorithm 2 (AMSGrad); Zeiler 2012, algorithm 1 (Adadelta); Chen et al. 2023, algorithm 2 (Lion); Jordan et
al. 2024 (Muon).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.strategy.numerics.orthogonal import orthogonalized

Array = NDArray[Any]
Step = Callable[[float, int], None]

EPSILON = 1e-8
"""Added to the root of the squares, so that a weight without a gradient so far is not divided by zero."""

ADADELTA_EPSILON = 1e-6
"""Added to both means of squares, so that Adadelta begins to move at all: what torch has it at."""


@dataclass(frozen=True, slots=True)
class Rates:
    """The settings of all updates; each uses its own."""

    momentum: float = 0.9
    rms_decay: float = 0.99
    beta1: float = 0.9
    beta2: float = 0.999
    decoupled_decay: float = 0.01


@dataclass(frozen=True, slots=True)
class Update:
    """A parameter update: `bind` takes weights, gradient, the buffers named in `buffers`, all of one shape, and rates.

    The buffers are zero at the start of a run, and where it was forked from another update; the `iteration` of a step
    is counted from there. Where it is `of_matrices`, `bind` takes a fifth argument: from such a vector to views of its
    matrices.
    """

    buffers: tuple[str, ...]
    bind: Callable[..., Step]
    of_matrices: bool = False


def _scalar(value: float, like: Array) -> Array:
    # 0-d arrays, because Python scalars take twice as long per call on small weights.
    return np.array(value, dtype=like.dtype)


def _vanilla(weights: Array, gradient: Array, buffers: Mapping[str, Array], rates: Rates) -> Step:
    """W -= step_size * gradient."""
    change, rate = np.empty_like(weights), _scalar(0, weights)
    multiply, subtract = np.multiply, np.subtract

    def step(step_size: float, iteration: int) -> None:
        rate.fill(step_size)
        multiply(gradient, rate, change)
        subtract(weights, change, weights)

    return step


def _momentum(weights: Array, gradient: Array, buffers: Mapping[str, Array], rates: Rates) -> Step:
    """v = momentum * v - step_size * gradient; W += v."""
    velocity, change = buffers["velocity"], np.empty_like(weights)
    momentum, rate = _scalar(rates.momentum, weights), _scalar(0, weights)

    def step(step_size: float, iteration: int) -> None:
        rate.fill(step_size)
        np.multiply(velocity, momentum, velocity)
        np.multiply(gradient, rate, change)
        np.subtract(velocity, change, velocity)
        np.add(weights, velocity, weights)

    return step


def _nesterov(weights: Array, gradient: Array, buffers: Mapping[str, Array], rates: Rates) -> Step:
    """v_before = v; v = momentum * v - step_size * gradient; W += (1 + momentum) * v - momentum * v_before.

    W is the look-ahead point, so that no gradient at another point is needed.
    """
    velocity, change = buffers["velocity"], np.empty_like(weights)
    momentum, ahead = _scalar(rates.momentum, weights), _scalar(1 + rates.momentum, weights)
    rate = _scalar(0, weights)

    def step(step_size: float, iteration: int) -> None:
        rate.fill(step_size)
        np.multiply(velocity, momentum, velocity)
        np.subtract(weights, velocity, weights)
        np.multiply(gradient, rate, change)
        np.subtract(velocity, change, velocity)
        np.multiply(velocity, ahead, change)
        np.add(weights, change, weights)

    return step


def _averaging(rate: float, like: Array) -> Callable[[Array, Array, Array], None]:
    """mean = rate * mean + (1 - rate) * value, as a function of mean, value, and a buffer for the second term.

    That buffer may be `value` itself.
    """
    keep, rest = _scalar(rate, like), _scalar(1 - rate, like)

    def average(mean: Array, value: Array, part: Array) -> None:
        np.multiply(mean, keep, mean)
        np.multiply(value, rest, part)
        np.add(mean, part, mean)

    return average


def _scaled_descent(weights: Array, change: Array) -> Callable[[Array, Array, Array], None]:
    """W -= rate * direction / (sqrt(squares) + epsilon), as a function of direction, squares and rate.

    It leaves the step in `change`, which may be `squares` itself.
    """
    root, epsilon = np.empty_like(weights), _scalar(EPSILON, weights)

    def descend(direction: Array, squares: Array, rate: Array) -> None:
        np.sqrt(squares, root)
        np.add(root, epsilon, root)
        np.multiply(direction, rate, change)
        np.divide(change, root, change)
        np.subtract(weights, change, weights)

    return descend


def _adagrad(weights: Array, gradient: Array, buffers: Mapping[str, Array], rates: Rates) -> Step:
    """squares += gradient^2; W -= step_size * gradient / (sqrt(squares) + epsilon)."""
    squares, change, rate = buffers["squares"], np.empty_like(weights), _scalar(0, weights)
    descend = _scaled_descent(weights, change)

    def step(step_size: float, iteration: int) -> None:
        rate.fill(step_size)
        np.multiply(gradient, gradient, change)
        np.add(squares, change, squares)
        descend(gradient, squares, rate)

    return step


def _rmsprop(weights: Array, gradient: Array, buffers: Mapping[str, Array], rates: Rates) -> Step:
    """squares = d * squares + (1 - d) * gradient^2; W -= step_size * gradient / (sqrt(squares) + epsilon)."""
    squares, change, rate = buffers["squares"], np.empty_like(weights), _scalar(0, weights)
    average, descend = _averaging(rates.rms_decay, weights), _scaled_descent(weights, change)

    def step(step_size: float, iteration: int) -> None:
        rate.fill(step_size)
        np.multiply(gradient, gradient, change)
        average(squares, change, change)
        descend(gradient, squares, rate)

    return step


def _adam(weights: Array, gradient: Array, buffers: Mapping[str, Array], rates: Rates) -> Step:
    """m and v are decaying means of gradient and gradient^2; W -= step_size * m_hat / (sqrt(v_hat) + epsilon).

    m_hat = m / (1 - beta1^t) and v_hat = v / (1 - beta2^t) correct for starting at zero; t = iteration + 1 counts from
    where they did. With a buffer `highest` it is AMSGrad: the highest v so far replaces the newest, so that the rates
    of weights never grow again.
    """
    mean, squares, change = buffers["mean"], buffers["squares"], np.empty_like(weights)
    highest = buffers.get("highest", squares)
    rate, correction = _scalar(0, weights), _scalar(0, weights)
    average, average_squares = _averaging(rates.beta1, weights), _averaging(rates.beta2, weights)
    descend = _scaled_descent(weights, change)

    def step(step_size: float, iteration: int) -> None:
        t = iteration + 1
        rate.fill(step_size / (1 - rates.beta1**t))
        correction.fill(1 / (1 - rates.beta2**t))
        average(mean, gradient, change)
        np.multiply(gradient, gradient, change)
        average_squares(squares, change, change)
        if highest is not squares:
            np.maximum(highest, squares, out=highest)
        np.multiply(highest, correction, change)
        descend(mean, change, rate)

    return step


def _adamw(weights: Array, gradient: Array, buffers: Mapping[str, Array], rates: Rates) -> Step:
    """W -= step_size * decay * W, and then as Adam does: the decay does not go through the means."""
    adam, shrink = _adam(weights, gradient, buffers, rates), _scalar(0, weights)

    def step(step_size: float, iteration: int) -> None:
        shrink.fill(1 - step_size * rates.decoupled_decay)
        np.multiply(weights, shrink, weights)
        adam(step_size, iteration)

    return step


def _adadelta(weights: Array, gradient: Array, buffers: Mapping[str, Array], rates: Rates) -> Step:
    """d = sqrt(changes + epsilon) / sqrt(squares + epsilon) * gradient; W -= step_size * d.

    `squares` and `changes` are decaying means of gradient^2 and d^2, so that d has the unit of the weights.
    """
    squares, changes = buffers["squares"], buffers["changes"]
    change, root = np.empty_like(weights), np.empty_like(weights)
    epsilon, rate = _scalar(ADADELTA_EPSILON, weights), _scalar(0, weights)
    average = _averaging(rates.rms_decay, weights)

    def step(step_size: float, iteration: int) -> None:
        rate.fill(step_size)
        np.multiply(gradient, gradient, change)
        average(squares, change, change)
        np.add(changes, epsilon, change)
        np.add(squares, epsilon, root)
        np.divide(change, root, change)
        np.sqrt(change, change)
        np.multiply(change, gradient, change)
        np.multiply(change, change, root)
        average(changes, root, root)
        np.multiply(change, rate, change)
        np.subtract(weights, change, weights)

    return step


def _lion(weights: Array, gradient: Array, buffers: Mapping[str, Array], rates: Rates) -> Step:
    """W -= step_size * (sign(beta1 * m + (1 - beta1) * g) + decay * W); m = beta2 * m + (1 - beta2) * g."""
    mean, change, part = buffers["mean"], np.empty_like(weights), np.empty_like(weights)
    average, average_ahead = _averaging(rates.beta2, weights), _averaging(rates.beta1, weights)
    rate, shrink = _scalar(0, weights), _scalar(0, weights)

    def step(step_size: float, iteration: int) -> None:
        rate.fill(step_size)
        shrink.fill(1 - step_size * rates.decoupled_decay)
        np.copyto(change, mean)
        average_ahead(change, gradient, part)
        np.sign(change, change)
        np.multiply(change, rate, change)
        np.multiply(weights, shrink, weights)
        np.subtract(weights, change, weights)
        average(mean, gradient, part)

    return step


def _one_row(vector: Array) -> Sequence[Array]:
    return [vector.reshape(1, -1)]


def _muon(
    weights: Array,
    gradient: Array,
    buffers: Mapping[str, Array],
    rates: Rates,
    matrices: Callable[[Array], Sequence[Array]] = _one_row,
) -> Step:
    """m = momentum * m + (1 - momentum) * gradient; W -= step_size * (scale * O + decay * W), matrix by matrix.

    O is (1 - momentum) * gradient + momentum * m with all its singular values made about 1; scale is the root of
    rows / columns where there are more rows.
    """
    mean, change, part = buffers["mean"], np.empty_like(weights), np.empty_like(weights)
    momentum, average = _scalar(rates.momentum, weights), _averaging(rates.momentum, weights)
    shrink, views = _scalar(0, weights), tuple(zip(matrices(weights), matrices(change), strict=True))

    def step(step_size: float, iteration: int) -> None:
        shrink.fill(1 - step_size * rates.decoupled_decay)
        average(mean, gradient, part)
        np.multiply(mean, momentum, change)
        np.add(change, part, change)
        np.multiply(weights, shrink, weights)
        for matrix, wanted in views:
            rows, columns = matrix.shape
            scale = step_size * max(1.0, rows / columns) ** 0.5
            matrix -= orthogonalized(wanted) * matrix.dtype.type(scale)

    return step


UPDATES: dict[str, Update] = {
    "vanilla": Update((), _vanilla),
    "momentum": Update(("velocity",), _momentum),
    "nesterov": Update(("velocity",), _nesterov),
    "adagrad": Update(("squares",), _adagrad),
    "rmsprop": Update(("squares",), _rmsprop),
    "adam": Update(("mean", "squares"), _adam),
    "adamw": Update(("mean", "squares"), _adamw),
    "amsgrad": Update(("mean", "squares", "highest"), _adam),
    "adadelta": Update(("squares", "changes"), _adadelta),
    "lion": Update(("mean",), _lion),
    "muon": Update(("mean",), _muon, of_matrices=True),
}
