"""Each parameter update against its published recurrence on a quadratic, step by step; adding one is one row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.spec import UPDATES as NAMES
from engine.strategy.numerics.orthogonal import orthogonalized
from engine.strategy.updates import ADADELTA_EPSILON, EPSILON, UPDATES, Rates

CURVATURE = np.array([1.0, 10.0, 0.1])
START = np.array([1.0, -2.0, 3.0])
RATES = Rates(momentum=0.8, rms_decay=0.9, beta1=0.7, beta2=0.95, decoupled_decay=0.2)
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


def adamw() -> Iterator[np.ndarray]:
    """Loshchilov and Hutter 2019, algorithm 2, with the decay scaled by the step size as in torch.optim.AdamW."""
    x, m, v = START.copy(), np.zeros(3), np.zeros(3)
    for t, step_size in enumerate(STEP_SIZES, start=1):
        g = slope(x)
        m, v = 0.7 * m + 0.3 * g, 0.95 * v + 0.05 * g**2
        change = m / (1 - 0.7**t) / (np.sqrt(v / (1 - 0.95**t)) + EPSILON)
        x = x - step_size * 0.2 * x - step_size * change
        yield x


def amsgrad() -> Iterator[np.ndarray]:
    """Reddi et al. 2018, algorithm 2, with Adam's corrections as in torch.optim.Adam(amsgrad=True)."""
    x, m, v, highest = START.copy(), np.zeros(3), np.zeros(3), np.zeros(3)
    for t, step_size in enumerate(STEP_SIZES, start=1):
        g = slope(x)
        m, v = 0.7 * m + 0.3 * g, 0.95 * v + 0.05 * g**2
        highest = np.maximum(highest, v)
        x = x - step_size * m / (1 - 0.7**t) / (np.sqrt(highest / (1 - 0.95**t)) + EPSILON)
        yield x


def adadelta() -> Iterator[np.ndarray]:
    """Zeiler 2012, algorithm 1: RMS[dx] / RMS[g] * g."""
    x, squares, changes = START.copy(), np.zeros(3), np.zeros(3)
    for step_size in STEP_SIZES:
        g = slope(x)
        squares = 0.9 * squares + 0.1 * g**2
        change = np.sqrt(changes + ADADELTA_EPSILON) / np.sqrt(squares + ADADELTA_EPSILON) * g
        changes = 0.9 * changes + 0.1 * change**2
        x = x - step_size * change
        yield x


def lion() -> Iterator[np.ndarray]:
    """Chen et al. 2023, algorithm 2."""
    x, m = START.copy(), np.zeros(3)
    for step_size in STEP_SIZES:
        g = slope(x)
        x = x - step_size * (np.sign(0.7 * m + 0.3 * g) + 0.2 * x)
        m = 0.95 * m + 0.05 * g
        yield x


def muon() -> Iterator[np.ndarray]:
    """Jordan et al. 2024 for a matrix of one row, whose only singular value s goes through the quintic five times."""
    x, m = START.copy(), np.zeros(3)
    for step_size in STEP_SIZES:
        g = slope(x)
        m = 0.8 * m + 0.2 * g
        ahead, s = 0.2 * g + 0.8 * m, 1.0
        for _ in range(5):
            s = 3.4445 * s - 4.7750 * s**3 + 2.0315 * s**5
        x = x - step_size * (s * ahead / np.sqrt(ahead @ ahead) + 0.2 * x)
        yield x


PUBLISHED = {
    "vanilla": vanilla,
    "momentum": momentum,
    "nesterov": nesterov,
    "adagrad": adagrad,
    "rmsprop": rmsprop,
    "adam": adam,
    "adamw": adamw,
    "amsgrad": amsgrad,
    "adadelta": adadelta,
    "lion": lion,
    "muon": muon,
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


@pytest.mark.parametrize("shape", [(3, 5), (5, 3), (4, 4)])
def test_orthogonalized_keeps_singular_vectors_and_brings_singular_values_near_one(shape: tuple[int, int]) -> None:
    matrix = np.random.default_rng(0).standard_normal(shape)
    U, _, V = np.linalg.svd(matrix, full_matrices=False)
    values = U.T @ orthogonalized(matrix) @ V.T
    np.testing.assert_allclose(values, np.diag(np.diagonal(values)), atol=1e-12)
    assert ((np.diagonal(values) > 0.6) & (np.diagonal(values) < 1.3)).all()
    assert not orthogonalized(np.zeros(shape)).any()


def test_muon_works_on_each_matrix_by_itself() -> None:
    weights, gradient = np.zeros(10), np.arange(10.0)

    def matrices(vector: np.ndarray) -> list[np.ndarray]:
        return [vector[:6].reshape(3, 2), vector[6:].reshape(2, 2)]

    step = UPDATES["muon"].bind(weights, gradient, {"mean": np.zeros(10)}, Rates(decoupled_decay=0.0), matrices)
    step(0.1, 0)
    tall, square = (orthogonalized(matrix) for matrix in matrices(gradient))
    np.testing.assert_allclose(weights, -0.1 * np.concatenate([1.5**0.5 * tall.ravel(), square.ravel()]), rtol=1e-9)


TORCHS: dict[str, tuple[str, dict[str, Any]]] = {
    "vanilla": ("SGD", {}),
    "momentum": ("SGD", {"momentum": 0.8}),
    "nesterov": ("SGD", {"momentum": 0.8, "nesterov": True}),
    "adagrad": ("Adagrad", {"eps": EPSILON}),
    "rmsprop": ("RMSprop", {"alpha": 0.9}),
    "adam": ("Adam", {"betas": (0.7, 0.95)}),
    "adamw": ("AdamW", {"betas": (0.7, 0.95), "weight_decay": 0.2}),
    "amsgrad": ("Adam", {"betas": (0.7, 0.95), "amsgrad": True}),
    "adadelta": ("Adadelta", {"rho": 0.9}),
}
STEP_SIZE_INSIDE = frozenset({"momentum", "nesterov"})
"""The velocity holds the step size here, and not in torch, which multiplies by it later: no matter where it stays."""


@pytest.mark.parametrize("name", TORCHS)
def test_the_update_follows_torch(name: str) -> None:
    torch = pytest.importorskip("torch")
    kind, settings = TORCHS[name]
    x = torch.tensor(START, requires_grad=True)
    optimizer = getattr(torch.optim, kind)([x], lr=1.0, **settings)
    update, weights, gradient = UPDATES[name], START.copy(), np.zeros(3)
    step = update.bind(weights, gradient, {buffer: np.zeros(3) for buffer in update.buffers}, RATES)
    for iteration, step_size in enumerate([0.05] * 30 if name in STEP_SIZE_INSIDE else STEP_SIZES):
        optimizer.param_groups[0]["lr"] = step_size
        x.grad = torch.tensor(slope(x.detach().numpy()))
        optimizer.step()
        gradient[:] = slope(weights)
        step(step_size, iteration)
        np.testing.assert_allclose(weights, x.detach().numpy(), rtol=1e-11)


@pytest.mark.parametrize("shape", [(6, 3), (3, 6)])
def test_muon_follows_torch(shape: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    """Which orthogonalizes in bfloat16, of 8 bits; here in float64, so that the digits can be compared."""
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(torch.Tensor, "bfloat16", torch.Tensor.double)
    generator = np.random.default_rng(0)
    start = generator.standard_normal(shape)
    x = torch.tensor(start, requires_grad=True)
    optimizer = torch.optim.Muon([x], lr=1.0, momentum=RATES.momentum, weight_decay=RATES.decoupled_decay)
    weights, gradient = start.ravel().copy(), np.zeros(start.size)
    buffers = {"mean": np.zeros(start.size)}
    step = UPDATES["muon"].bind(weights, gradient, buffers, RATES, lambda vector: [vector.reshape(shape)])
    for iteration, step_size in enumerate(STEP_SIZES):
        optimizer.param_groups[0]["lr"] = step_size
        gradient[:] = generator.standard_normal(start.size)
        x.grad = torch.tensor(gradient.reshape(shape))
        optimizer.step()
        step(step_size, iteration)
        np.testing.assert_allclose(weights, x.detach().numpy().ravel(), rtol=1e-9)
