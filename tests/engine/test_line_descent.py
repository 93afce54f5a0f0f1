"""Line searches, L-BFGS, conjugate gradient and Newton: worked by hand, against dense formulas, and on digits."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from itertools import pairwise
from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import datasets
from engine.objective.objectives import objective as objective_of
from engine.spec import SpecError, defaults
from engine.strategy import optimize
from engine.strategy.line_descent import LBFGS, ConjugateGradient
from engine.strategy.numerics.differences import hessian
from engine.strategy.numerics.line_search import MOST_TRIALS, SUFFICIENT, LineSearch, from_array

LOWEST = 0.3592159272037496
"""Of softmax on digits with lambda 0.001: scikit-learn and scipy agree to 12 digits."""


def searched(
    f: Callable[[float], float], slope: Callable[[float], float], flatness: float, step: float
) -> tuple[LineSearch, int]:
    """A search along f from 0, through numbers at every trial; and how many trials it took."""
    search, trials = LineSearch(f(0.0), slope(0.0), flatness, step), 0
    while not (search.is_accepted or search.is_failed):
        search = from_array(search.as_array()).updated(f(search.step), slope(search.step))
        trials += 1
        assert trials <= MOST_TRIALS + 1
    return search, trials


def test_a_first_trial_that_is_good_is_taken() -> None:
    search, trials = searched(lambda a: (a - 1) ** 2, lambda a: 2 * (a - 1), 0.9, 1.0)
    assert (search.step, trials) == (1.0, 1)


def test_the_cubic_through_a_parabola_finds_its_lowest_place_at_once() -> None:
    """From 4, which is too far, straight to 1; from 0.1, which is too near, by 0.5, as a trial goes on by 4 widths."""
    for first, needed in ((4.0, 2), (0.1, 3)):
        search, trials = searched(lambda a: (a - 1) ** 2, lambda a: 2 * (a - 1), 0.1, first)
        assert search.step == pytest.approx(1.0)
        assert trials == needed


@given(
    low=st.floats(0.01, 100), bend=st.floats(0, 3), power=st.sampled_from([1.2, 2.0, 4.0]), step=st.floats(1e-3, 1e3),
    flatness=st.sampled_from([0.1, 0.9]),
)  # fmt: skip
def test_an_accepted_step_meets_the_strong_wolfe_conditions(
    low: float, bend: float, power: float, step: float, flatness: float
) -> None:
    def f(a: float) -> float:
        return math.pow(abs(a / low - 1), power) + 0.1 * bend * math.sin(a / low) ** 2

    def slope(a: float) -> float:
        part = power * math.pow(abs(a / low - 1), power - 1) * math.copysign(1, a / low - 1)
        return (part + 0.1 * bend * math.sin(2 * a / low)) / low

    search, _ = searched(f, slope, flatness, step)
    assert search.is_accepted
    assert f(search.step) <= f(0) + SUFFICIENT * search.step * slope(0)
    assert search.is_last or abs(slope(search.step)) <= -flatness * slope(0)


def test_where_every_step_goes_up_the_search_fails() -> None:
    search, _ = searched(lambda a: a, lambda a: 1.0 if a else -1.0, 0.9, 1.0)
    assert search.is_failed


def pairs(count: int, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Steps, changes of the gradient of a quadratic, and a gradient."""
    generator = np.random.default_rng(0)
    root = generator.standard_normal((n, n))
    steps = generator.standard_normal((count, n))
    return steps, steps @ (root @ root.T + np.eye(n)), generator.standard_normal(n)


def test_the_two_loops_are_the_dense_bfgs_formula() -> None:
    """Nocedal and Wright 2006, equation 7.16, from the scaled identity of 7.20."""
    steps, changes, gradient = pairs(4, 6)
    inverse = np.eye(6) * (steps[-1] @ changes[-1]) / (changes[-1] @ changes[-1])
    for s, y in zip(steps, changes, strict=True):
        V = np.eye(6) - np.outer(y, s) / (y @ s)
        inverse = V.T @ inverse @ V + np.outer(s, s) / (y @ s)
    found = LBFGS(memory=4).towards({"steps": steps, "changes": changes}, gradient)
    np.testing.assert_allclose(found, -inverse @ gradient, rtol=1e-10)


def test_the_two_loops_are_those_of_scipy() -> None:
    optimize_ = pytest.importorskip("scipy.optimize")
    steps, changes, gradient = pairs(5, 8)
    shape = (steps[-1] @ changes[-1]) / (changes[-1] @ changes[-1])
    # scipy begins with the identity: one more pair makes that the scaled one
    scaled = optimize_.LbfgsInvHessProduct(steps / math.sqrt(shape), changes / math.sqrt(shape) * shape)
    ours = LBFGS(memory=5).towards({"steps": steps, "changes": changes}, gradient)
    np.testing.assert_allclose(ours, -shape * scaled.matvec(gradient), rtol=1e-10)


def test_only_the_last_pairs_are_remembered_and_only_those_that_show_curvature() -> None:
    rule = LBFGS(memory=2)
    known: Mapping[str, np.ndarray] = {}
    for size in (1.0, 2.0, 3.0):
        known = rule.after_step(known, np.array([size, 0.0]), np.zeros(2), np.array([size, 1.0]))
    assert known["steps"][:, 0].tolist() == [2.0, 3.0]
    across_a_kink = rule.after_step(known, np.array([1.0, 0.0]), np.ones(2), np.zeros(2))
    assert across_a_kink["steps"].tolist() == known["steps"].tolist()


def test_conjugate_directions_of_a_quadratic_are_conjugate() -> None:
    """With exact steps, PR+ is the linear method: n steps solve n equations. Worked for diag(1, 10)."""
    A, x = np.diag([1.0, 10.0]), np.array([10.0, 1.0])
    rule = ConjugateGradient()
    buffers: Mapping[str, np.ndarray] = {}
    directions = []
    for _ in range(2):
        gradient = A @ x
        direction = rule.towards(buffers, gradient)
        directions.append(direction)
        x = x - (gradient @ direction) / (direction @ A @ direction) * direction
        buffers = rule.after_step({"direction": direction}, direction, gradient, A @ x)
    assert directions[0].tolist() == [-10.0, -10.0]
    assert directions[0] @ A @ directions[1] == pytest.approx(0, abs=1e-9)
    np.testing.assert_allclose(x, 0, atol=1e-12)


@pytest.mark.parametrize(("strategy", "most"), [("l-bfgs", 60), ("conjugate-gradient", 120)])
def test_softmax_on_digits_comes_to_its_minimum(strategy: str, most: int) -> None:
    """A gap of 1e-6 within so many losses, where vanilla gradient descent takes 1,776; then it ends by itself."""
    optimization = optimize.build(defaults(strategy, "softmax").changed(iterations=400))
    state, block = optimization.advance(optimization.start(), 400)
    assert int(np.argmax(block.loss <= LOWEST + 1e-6)) + 1 <= most
    assert state.stop_reason == "converged: no step lowers the loss any more"
    assert optimization.evaluate(state.weights, "train")[0] == pytest.approx(LOWEST, abs=1e-13)


@pytest.mark.parametrize(("strategy", "method"), [("l-bfgs", "L-BFGS-B"), ("conjugate-gradient", "CG")])
def test_a_gap_takes_no_more_losses_than_it_takes_scipy(strategy: str, method: str) -> None:
    """From the same weights, to 1e-6 above the lowest loss; a fifth more at most."""
    minimize = pytest.importorskip("scipy.optimize").minimize
    optimization = optimize.build(defaults(strategy, "softmax").changed(iterations=400))
    start = optimization.start()
    losses: list[float] = []

    def loss_and_gradient(weights: np.ndarray) -> tuple[float, np.ndarray]:
        loss, gradient = optimization.objective.loss_and_gradient(weights)
        losses.append(loss.total)
        return loss.total, gradient

    found = minimize(loss_and_gradient, start.weights, jac=True, method=method, options={"maxiter": 400})
    assert found.fun == pytest.approx(LOWEST, abs=1e-6)
    _, block = optimization.advance(start, 400)
    ours, theirs = (int(np.argmax(np.array(each) <= LOWEST + 1e-6)) + 1 for each in (block.loss, losses))
    assert ours <= 1.2 * theirs


def test_the_kept_loss_never_rises_and_every_loss_is_one_iteration(monkeypatch: pytest.MonkeyPatch) -> None:
    optimization = optimize.build(defaults("l-bfgs", "two-layer").changed(iterations=60))
    state, of = optimization.start(), optimization.objective
    counted = mock.Mock(wraps=of.loss_and_gradient)
    monkeypatch.setattr(of, "loss_and_gradient", counted)
    kept = []
    for _ in range(60):
        state, _ = optimization.advance(state, 1)
        kept.append(of.loss(state.weights).total)
    assert counted.call_count == 60
    assert all(after <= before for before, after in pairwise(kept))
    assert kept[-1] < 0.2 * kept[0]


def test_newton_is_at_the_minimum_of_softmax_in_a_few_steps() -> None:
    spec = defaults("newton", "softmax").changed(
        dataset="spiral", regularization_strength=0.01, iterations=50, initial_scale=0.1
    )
    newton, bfgs = (optimize.build(one) for one in (spec, spec.changed(strategy="l-bfgs", iterations=400)))
    state, block = newton.advance(newton.start(), 50)
    lowest, _ = bfgs.advance(bfgs.start(), 400)
    assert len(block) <= 10
    assert state.stop_reason == "converged: no step lowers the loss any more"
    assert newton.evaluate(state.weights, "train")[0] == pytest.approx(bfgs.evaluate(lowest.weights, "train")[0], 1e-13)


def test_newton_comes_down_where_the_curvature_is_not_positive() -> None:
    spec = defaults("newton", "two-layer").changed(dataset="three-points", hidden_size=3, iterations=30)
    optimization = optimize.build(spec)
    state, block = optimization.advance(optimization.start(), 30)
    assert optimization.evaluate(state.weights, "train")[0] < 0.5 * block.loss[0]


def test_the_hessian_of_softmax_is_that_of_the_textbook() -> None:
    """Of the mean over examples of (diag(p) - p p') for the scores, times x x'; plus 2 lambda."""
    split = datasets.load("spiral").splits["train"]
    of = objective_of("softmax", split, 3, regularization_strength=0.1, dtype=np.float64)
    W = np.random.default_rng(0).standard_normal(9)
    scores = split.X @ W.reshape(3, 3).T
    p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    inner = np.einsum("nc,cd->ncd", p, np.eye(3)) - np.einsum("nc,nd->ncd", p, p)
    expected = np.einsum("ncd,ni,nj->cidj", inner, split.X, split.X).reshape(9, 9) / len(split) + 0.2 * np.eye(9)
    np.testing.assert_allclose(hessian(of, W), expected, atol=1e-8)


def test_more_weights_than_a_strategy_takes_are_refused() -> None:
    with pytest.raises(SpecError, match=r"Newton takes 1,000 weights at most, and two-layer on digits has 3,760"):
        optimize.check(defaults("newton", "two-layer"))
    with pytest.raises(SpecError, match="numerical gradient takes 5,000 weights at most"):
        optimize.check(defaults("numerical-gradient").changed(dataset="synthetic-cifar:100", batch_size=None))
