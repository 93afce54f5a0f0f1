"""Each parameter update against its published recurrence on a quadratic, step by step; adding one is one row."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.spec import UPDATES as NAMES
from engine.strategy.updates import EPSILON, UPDATES, Rates

CURVATURE = np.array([1.0, 10.0, 0.1])
START = np.array([1.0, -2.0, 3.0])
RATES = Rates(momentum=0.8, rms_decay=0.9, beta1=0.7, beta2=0.95)
STEP_SIZES = [0.05, 0.05, 0.02, 0.01, 0.05, 0.03] * 5


def slope(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """The gradient of sum(CURVATURE * x^2) / 2."""
    return CURVATURE * x


def vanilla() -> Iterator[NDArray[np.float64]]:
    """CS231n: x += -learning_rate * dx."""
    x = START.copy()
    for step_size in STEP_SIZES:
        x = x - step_size * slope(x)
        yield x


def momentum() -> Iterator[NDArray[np.float64]]:
    """CS231n: v = mu * v - learning_rate * dx; x += v."""
    x, v = START.copy(), np.zeros(3)
    for step_size in STEP_SIZES:
        v = 0.8 * v - step_size * slope(x)
        x = x + v
        yield x


def nesterov() -> Iterator[NDArray[np.float64]]:
    """CS231n: x_ahead = x + mu * v; v = mu * v - learning_rate * dx_ahead; x += v. What the engine holds is x_ahead."""
    x, v = START.copy(), np.zeros(3)
    for step_size in STEP_SIZES:
        v = 0.8 * v - step_size * slope(x + 0.8 * v)
        x = x + v
        yield x + 0.8 * v


def adagrad() -> Iterator[NDArray[np.float64]]:
    """Duchi et al. 2011: G_t = sum of squared gradients; x += -eta / (sqrt(G_t) + eps) * g."""
    x, gradients = START.copy(), []
    for step_size in STEP_SIZES:
        gradients.append(slope(x))
        x = x - step_size * gradients[-1] / (np.sqrt(np.sum(np.square(gradients), axis=0)) + EPSILON)
        yield x


def rmsprop() -> Iterator[NDArray[np.float64]]:
    """Hinton, lecture 6e: MeanSquare = 0.9 MeanSquare + 0.1 g^2; divide the gradient by its root."""
    x, mean_square = START.copy(), np.zeros(3)
    for step_size in STEP_SIZES:
        g = slope(x)
        mean_square = 0.9 * mean_square + 0.1 * g**2
        x = x - step_size * g / (np.sqrt(mean_square) + EPSILON)
        yield x


def adam() -> Iterator[NDArray[np.float64]]:
    """Kingma and Ba 2015, algorithm 1."""
    x, m, v = START.copy(), np.zeros(3), np.zeros(3)
    for t, step_size in enumerate(STEP_SIZES, start=1):
        g = slope(x)
        m = 0.7 * m + (1 - 0.7) * g
        v = 0.95 * v + (1 - 0.95) * g**2
        m_hat, v_hat = m / (1 - 0.7**t), v / (1 - 0.95**t)
        x = x - step_size * m_hat / (np.sqrt(v_hat) + EPSILON)
        yield x


PUBLISHED = {
    "vanilla": vanilla,
    "momentum": momentum,
    "nesterov": nesterov,
    "adagrad": adagrad,
    "rmsprop": rmsprop,
    "adam": adam,
}


def test_every_update_that_can_be_chosen_has_its_recurrence_here() -> None:
    assert tuple(PUBLISHED) == tuple(UPDATES) == NAMES


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_update_follows_its_published_recurrence(name: str) -> None:
    update = UPDATES[name]
    weights, gradient = START.copy(), np.zeros(3)
    step = update.bind(weights, gradient, {buffer: np.zeros(3) for buffer in update.buffers}, RATES)
    for iteration, expected in enumerate(PUBLISHED[name]()):
        gradient[:] = slope(weights)
        step(STEP_SIZES[iteration], iteration)
        np.testing.assert_allclose(weights, expected, rtol=1e-12)


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_weight_that_never_has_a_gradient_never_moves(name: str) -> None:
    """What keeps the padding of the weights at zero."""
    update = UPDATES[name]
    weights, gradient = np.zeros(2, np.float32), np.array([1, 0], np.float32)
    step = update.bind(weights, gradient, {buffer: np.zeros(2, np.float32) for buffer in update.buffers}, Rates())
    for iteration in range(10):
        step(0.1, iteration)
    assert weights[0] < 0
    assert weights[1] == 0
