"""What goes without the analytic gradient: annealing, evolution strategies, SPSA, CMA-ES, the numerical gradient."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from engine import datasets
from engine.objective.objectives import objective as objective_of
from engine.spec import RunSpec, defaults
from engine.strategy import optimize, streams
from engine.strategy.numerics.differences import numerical_passing
from engine.strategy.numerics.distribution import Constants, first, usual_population
from engine.trace.block import Block
from engine.trace.state import State


def run(spec: RunSpec) -> tuple[optimize.Optimization, State, Block]:
    optimization = optimize.build(spec)
    return optimization, *optimization.advance(optimization.start(), spec.iterations or 0)


SMALL = {"dataset": "spiral", "iterations": 400}


def test_annealing_is_the_plain_loop() -> None:
    """Kirkpatrick et al. 1983, typed from the paper: accept what is better, and exp(-rise / T) of what is worse."""
    spec = defaults("simulated-annealing").changed(**SMALL, step_size=0.1, temperature=0.05, cooling=0.995)
    optimization, state, block = run(spec)
    of, here = optimization.objective, optimization.start().weights
    draws, chances = (streams.stream(0, name) for name in ("draws", "chances"))
    losses, best, current, uphill = [], (math.inf, here), math.inf, 0
    for i in range(400):
        trial = here + np.float32(0.1) * of.draws(draws, 1)[0] if i else here
        loss, u, T = of.loss(trial).total, chances.random(), 0.05 * 0.995**i
        if loss < current or u < math.exp(-(loss - current) / T):
            uphill += loss > current
            here, current = trial, loss
        losses.append(loss)
        best = min(best, (loss, trial), key=lambda one: one[0])
    np.testing.assert_array_equal(block.loss, losses)
    np.testing.assert_array_equal(state.weights, best[1])
    assert uphill > 10


def test_without_any_heat_annealing_only_goes_down() -> None:
    _, state, block = run(defaults("simulated-annealing").changed(**SMALL, temperature=1e-300))
    assert state.buffers["current_loss"][0] == block.loss.min()


def test_the_one_fifth_rule_is_the_plain_loop() -> None:
    optimization, state, block = run(defaults("evolution-strategy").changed(**SMALL, step_size=0.5))
    of, kept = optimization.objective, optimization.start().weights
    draws, sigma, best, losses, sigmas = streams.stream(0, "draws"), 1.0, math.inf, [], []
    for i in range(400):
        sigmas.append(0.5 * sigma)
        trial = kept + np.float32(sigmas[-1]) * of.draws(draws, 1)[0] if i else kept
        losses.append(of.loss(trial).total)
        is_better = losses[-1] < best
        if is_better:
            best, kept = losses[-1], trial
        if i:
            sigma *= math.exp(1 / 3) if is_better else math.exp(-1 / 12)
    np.testing.assert_array_equal(block.loss, losses)
    assert block.step_size is not None
    np.testing.assert_allclose(block.step_size, sigmas, rtol=1e-12)
    np.testing.assert_array_equal(state.weights, kept)


@pytest.mark.parametrize("step_size", [1e-4, 10.0])
def test_the_one_fifth_rule_forgives_any_step_size(step_size: float) -> None:
    """Where local search with the same step size gets nowhere."""
    _, state, _ = run(defaults("evolution-strategy", "softmax").changed(**SMALL, step_size=step_size))
    _, still, _ = run(defaults("local-search", "softmax").changed(**SMALL, step_size=step_size))
    assert state.best_loss < 0.85 < 0.95 < still.best_loss


def test_spsa_is_the_plain_loop() -> None:
    """Spall 1998, with the gains of the paper."""
    spec = defaults("spsa").changed(**SMALL, batch_size=None, step_size=0.01, perturbation=0.05)
    optimization, state, block = run(spec)
    of, W, signs = optimization.objective, optimization.start().weights, streams.stream(0, "perturbations")
    losses = []
    for i in range(400):
        losses.append(of.loss(W).total)
        a, c = 0.01 * (41 / (i + 1 + 40)) ** 0.602, 0.05 / (i + 1) ** 0.101
        d = np.float32(2) * signs.integers(0, 2, of.size).astype(np.float32) - 1
        slope = (of.loss(W + np.float32(c) * d).total - of.loss(W - np.float32(c) * d).total) / (2 * c)
        W = W - np.float32(a * slope) * d
    np.testing.assert_array_equal(block.loss, losses)
    np.testing.assert_array_equal(state.weights, W)
    assert losses[-1] < losses[0]


def test_what_spsa_and_the_numerical_gradient_cost_is_counted() -> None:
    costs = {name: optimize.build(defaults(name)).examples_per_iteration for name in ("gradient-descent", "spsa")}
    assert costs == {"gradient-descent": 256, "spsa": 3 * 256}
    assert optimize.build(defaults("numerical-gradient")).examples_per_iteration == (2 * 650 + 1) * 256
    assert optimize.build(defaults("l-bfgs")).examples_per_iteration == 1198


@pytest.mark.parametrize("objective", ["softmax", "two-layer"])
def test_the_numerical_gradient_is_the_analytic_one(objective: str) -> None:
    split = datasets.load("spiral").splits["train"]
    of = objective_of(objective, split, 3, hidden_size=4, dtype=np.float64)
    numerical, analytic = numerical_passing(1e-5)(of, len(split)), of.passing(len(split))
    weights, index = np.random.default_rng(0).standard_normal(of.size), of.correct_index(split.y)
    for one in (numerical, analytic):
        of.layout.pad(weights, one.weights)
    assert numerical.run(None, index) == pytest.approx(analytic.run(None, index), rel=1e-14)
    np.testing.assert_allclose(numerical.gradient, analytic.gradient, atol=1e-9)


def test_a_descent_by_the_numerical_gradient_is_the_one_by_the_analytic_gradient() -> None:
    spec = defaults("numerical-gradient", "softmax").changed(dataset="spiral", update="adam", iterations=50)
    _, numerical, block = run(spec)
    _, analytic, other = run(spec.changed(strategy="gradient-descent"))
    np.testing.assert_allclose(block.loss, other.loss, atol=1e-6)
    np.testing.assert_allclose(numerical.weights, analytic.weights, atol=1e-4)


def rosenbrock(x: np.ndarray) -> float:
    return float(np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2))


def ellipsoid(x: np.ndarray) -> float:
    return float(np.sum(10.0 ** np.linspace(0, 6, len(x)) * x**2))


@pytest.mark.parametrize(("f", "losses"), [(rosenbrock, 12_000), (ellipsoid, 8_000)])
def test_cma_es_comes_down_where_the_axes_differ_a_thousandfold(f: Callable[[np.ndarray], float], losses: int) -> None:
    """In 10 dimensions. The tutorial's own program needs about 6,000 and 4,500 to 1e-9."""
    constants, generator = Constants(10, usual_population(10)), np.random.default_rng(0)
    shape, used, lowest = first(np.full(10, 0.1), 0.5), 0, math.inf
    while lowest > 1e-9:
        z = generator.standard_normal((constants.population, 10))
        found = np.array([f(shape.mean + shape.size * (one @ shape.root)) for one in z])
        shape, used, lowest = shape.after(z, found, constants), used + len(z), min(lowest, found.min())
        assert used <= losses


def test_the_constants_of_cma_es_are_those_of_the_tutorial() -> None:
    """Worked for n = 10: lambda 10, mu 5."""
    constants = Constants(10, usual_population(10))
    assert (constants.population, len(constants.shares)) == (10, 5)
    assert constants.shares.sum() == pytest.approx(1)
    assert constants.effective == pytest.approx(3.167, abs=1e-3)
    assert constants.of_size_path == pytest.approx(5.167 / 18.167, abs=1e-4)
    assert constants.of_rank_one == pytest.approx(2 / (11.3**2 + 3.167), abs=1e-6)
    assert constants.usual_length == pytest.approx(3.0847, abs=1e-3)


def test_cma_es_learns_a_classifier() -> None:
    _, state, _ = run(defaults("cma-es", "softmax").changed(dataset="spiral", iterations=1200))
    lowest = optimize.build(defaults("l-bfgs", "softmax").changed(dataset="spiral"))
    end, _ = lowest.advance(lowest.start(), 200)
    assert state.best_loss - lowest.evaluate(end.weights, "train")[0] < 1e-4
