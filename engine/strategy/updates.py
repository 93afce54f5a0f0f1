"""The parameter updates of gradient descent: how a gradient and a step size change the weights.

Each update is one factory and one row in UPDATES. A factory binds the update to its arrays and
returns `step(step_size, iteration)`, which changes weights and buffers in place.
Sources: CS231n, neural networks 3, "parameter updates"; Duchi et al. 2011 (Adagrad); Hinton,
lecture 6e (RMSProp); Kingma and Ba 2015, algorithm 1 (Adam).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Step = Callable[[float, int], None]

EPSILON = 1e-8
"""Added to the root of the squares, so that a weight without a gradient so far is not divided by zero."""


@dataclass(frozen=True, slots=True)
class Rates:
    """The settings of all updates; each uses its own."""

    momentum: float = 0.9
    rms_decay: float = 0.99
    beta1: float = 0.9
    beta2: float = 0.999


@dataclass(frozen=True, slots=True)
class Update:
    """A parameter update: `bind` takes weights, gradient, the buffers named in `buffers`, all of one shape, and rates.

    The buffers are zero at the start of a run.
    """

    buffers: tuple[str, ...]
    bind: Callable[[Array, Array, Mapping[str, Array], Rates], Step]


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


def _adagrad(weights: Array, gradient: Array, buffers: Mapping[str, Array], rates: Rates) -> Step:
    """squares += gradient^2; W -= step_size * gradient / (sqrt(squares) + epsilon)."""
    squares, change, root = buffers["squares"], np.empty_like(weights), np.empty_like(weights)
    epsilon, rate = _scalar(EPSILON, weights), _scalar(0, weights)

    def step(step_size: float, iteration: int) -> None:
        rate.fill(step_size)
        np.multiply(gradient, gradient, change)
        np.add(squares, change, squares)
        np.sqrt(squares, root)
        np.add(root, epsilon, root)
        np.multiply(gradient, rate, change)
        np.divide(change, root, change)
        np.subtract(weights, change, weights)

    return step


def _rmsprop(weights: Array, gradient: Array, buffers: Mapping[str, Array], rates: Rates) -> Step:
    """squares = d * squares + (1 - d) * gradient^2; W -= step_size * gradient / (sqrt(squares) + epsilon)."""
    squares, change, root = buffers["squares"], np.empty_like(weights), np.empty_like(weights)
    decay, rest = _scalar(rates.rms_decay, weights), _scalar(1 - rates.rms_decay, weights)
    epsilon, rate = _scalar(EPSILON, weights), _scalar(0, weights)

    def step(step_size: float, iteration: int) -> None:
        rate.fill(step_size)
        np.multiply(squares, decay, squares)
        np.multiply(gradient, gradient, change)
        np.multiply(change, rest, change)
        np.add(squares, change, squares)
        np.sqrt(squares, root)
        np.add(root, epsilon, root)
        np.multiply(gradient, rate, change)
        np.divide(change, root, change)
        np.subtract(weights, change, weights)

    return step


def _adam(weights: Array, gradient: Array, buffers: Mapping[str, Array], rates: Rates) -> Step:
    """m and v are decaying means of gradient and gradient^2; W -= step_size * m_hat / (sqrt(v_hat) + epsilon).

    m_hat = m / (1 - beta1^t) and v_hat = v / (1 - beta2^t) correct for starting at zero; t = iteration + 1.
    """
    mean, squares = buffers["mean"], buffers["squares"]
    change, root = np.empty_like(weights), np.empty_like(weights)
    beta1, beta2 = _scalar(rates.beta1, weights), _scalar(rates.beta2, weights)
    rest1, rest2 = _scalar(1 - rates.beta1, weights), _scalar(1 - rates.beta2, weights)
    epsilon, rate, correction = _scalar(EPSILON, weights), _scalar(0, weights), _scalar(0, weights)

    def step(step_size: float, iteration: int) -> None:
        t = iteration + 1
        rate.fill(step_size / (1 - rates.beta1**t))
        correction.fill(1 / (1 - rates.beta2**t))
        np.multiply(mean, beta1, mean)
        np.multiply(gradient, rest1, change)
        np.add(mean, change, mean)
        np.multiply(squares, beta2, squares)
        np.multiply(gradient, gradient, change)
        np.multiply(change, rest2, change)
        np.add(squares, change, squares)
        np.multiply(squares, correction, root)
        np.sqrt(root, root)
        np.add(root, epsilon, root)
        np.multiply(mean, rate, change)
        np.divide(change, root, change)
        np.subtract(weights, change, weights)

    return step


UPDATES: dict[str, Update] = {
    "vanilla": Update((), _vanilla),
    "momentum": Update(("velocity",), _momentum),
    "nesterov": Update(("velocity",), _nesterov),
    "adagrad": Update(("squares",), _adagrad),
    "rmsprop": Update(("squares",), _rmsprop),
    "adam": Update(("mean", "squares"), _adam),
}
