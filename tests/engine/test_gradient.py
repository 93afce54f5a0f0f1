"""The gradient check on every objective, on planted mistakes and on planted kinks; the rank-one form."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from engine import datasets
from engine.analysis import gradient, rank_one
from engine.analysis.gradient import check_gradient, numerical_gradient
from engine.analysis.surface import Array, Rows
from engine.datasets import Split
from engine.objective.objectives import Loss, NetworkOptions, Objective, objective
from engine.spec import OBJECTIVES

DIGITS = datasets.load("digits")
SPLIT = DIGITS.splits["validation"]
ROWS = np.arange(0, 300, 3)


def built(name: str) -> Objective:
    options = NetworkOptions(hidden=(4, 3), channels=(2, 2))
    return objective(
        name,
        SPLIT,
        10,
        regularization_strength=0.01,
        hidden_size=6,
        options=options,
        image=DIGITS.image,
        dtype=np.float64,
    )


@pytest.mark.parametrize("name", OBJECTIVES)
@pytest.mark.parametrize("scale", [1e-3, 0.3])
def test_every_objective_passes(name: str, scale: float) -> None:
    checked = built(name)
    weights = checked.initial_weights(np.random.default_rng(3), scale)
    result = check_gradient(checked, weights, rows=ROWS)
    assert result.passed
    assert (result.checked, result.size) == (checked.size, checked.size)
    assert result.norm_error_off_kinks < 1e-7
    assert len(result.worst) == 10


@dataclass(frozen=True)
class Planted:
    """An objective whose gradient is wrong in one coordinate by a factor."""

    right: Objective
    index: int
    factor: float

    @property
    def size(self) -> int:
        return self.right.size

    def loss(self, weights: Array, rows: Rows = None) -> Loss:
        return self.right.loss(weights, rows)

    def loss_and_gradient(self, weights: Array, rows: Rows = None) -> tuple[Loss, Array]:
        loss, slope = self.right.loss_and_gradient(weights, rows)
        slope[self.index] *= self.factor
        return loss, slope


@pytest.mark.parametrize("name", OBJECTIVES)
@pytest.mark.parametrize("factor", [0.0, -1.0, 1.001, 2.0, float("nan")])
def test_a_planted_mistake_is_caught_and_named(name: str, factor: float) -> None:
    right = built(name)
    weights = right.initial_weights(np.random.default_rng(3), 0.3)
    index = int(np.abs(right.loss_and_gradient(weights, ROWS)[1]).argmax())
    near = np.arange(max(index - 3, 0), index + 3)
    result = check_gradient(Planted(right, index, factor), weights, rows=ROWS, coordinates=near)
    assert result.verdict == "failed"
    assert not result.passed
    assert (result.worst[0].index, result.worst[0].reason) == (index, "wrong")
    assert result.wrong == 1


@pytest.mark.parametrize("name", ["svm", "softmax", "two-layer"])
def test_a_mistake_smaller_than_the_rounding_at_a_small_h_is_caught(name: str) -> None:
    """A difference at a smaller h may acquit, but not by its own rounding, which would hide what is to be explained."""
    right = built(name)
    weights = right.initial_weights(np.random.default_rng(3), 0.3)
    slope = right.loss_and_gradient(weights, ROWS)[1]
    index = int(np.abs(slope).argmax())
    wrong = Planted(right, index, 1 + 2e-8 / abs(float(slope[index])))
    result = check_gradient(wrong, weights, rows=ROWS, coordinates=np.array([index]), tolerance=1e-9)
    assert (result.verdict, result.wrong) == ("failed", 1)


@dataclass(frozen=True)
class Hinge:
    """max(0, w0 - at) + w1^2 with a chosen subgradient at and around its kink."""

    at: float
    slope: float
    size: int = 2

    def loss(self, weights: Array, rows: Rows = None) -> Loss:
        return Loss(max(0.0, float(weights[0]) - self.at) + float(weights[1]) ** 2, 0.0)

    def loss_and_gradient(self, weights: Array, rows: Rows = None) -> tuple[Loss, NDArray[np.float64]]:
        return self.loss(weights), np.array([self.slope, 2 * weights[1]])


@pytest.mark.parametrize(
    ("at", "slope", "verdict"),
    [
        (0.0, 0.0, "passed but for kinks"),  # the margin is exactly 0: any subgradient of 0..1 will do
        (0.0, 1.0, "passed but for kinks"),
        (0.0, 0.3, "passed but for kinks"),
        (0.0, 1.1, "failed"),
        (0.0, -0.1, "failed"),
        (0.4e-5, 0.0, "passed but for kinks"),  # the kink lies within h, to the right
        (0.4e-5, 1.0, "failed"),
        (-0.4e-5, 1.0, "passed but for kinks"),
        (-0.4e-5, 0.0, "failed"),
        (-0.03e-5, 1.0, "passed but for kinks"),
        (2e-5, 0.0, "passed"),  # farther than h away
        (-2e-5, 1.0, "passed"),
    ],
)
def test_a_kink_within_h_is_recognised_and_excuses_no_mistake(at: float, slope: float, verdict: str) -> None:
    result = check_gradient(Hinge(at, slope), np.array([0.0, 0.5]), h=1e-5)
    assert result.verdict == verdict
    assert result.kinks == (verdict == "passed but for kinks")
    if result.kinks:
        assert result.worst[0].reason == "kink within h"
        assert result.norm_error > 0.1
        assert result.norm_error_off_kinks < 1e-9


def test_a_margin_of_exactly_0_is_a_kink_of_the_svm() -> None:
    """At W = 0 with delta tiny, every margin is a kink within h."""
    split = Split(np.array([[1.0], [2.0]]), np.array([0, 1]), bias=False)
    svm = objective("svm", split, 2, delta=1e-9, dtype=np.float64)
    result = check_gradient(svm, np.zeros(2))
    assert result.verdict == "passed but for kinks"
    assert rank_one.margins_within(split.X, split.y, np.zeros(2), 1e-5, delta=1e-9) == 2
    assert rank_one.margins_within(split.X, split.y, np.zeros(2), 1e-5, delta=1.0) == 0


class Cubic:
    """w^3: smooth, with a gradient that a large h sees wrong."""

    size = 1

    def loss(self, weights: Array, rows: Rows = None) -> Loss:
        return Loss(float(weights[0]) ** 3, 0.0)

    def loss_and_gradient(self, weights: Array, rows: Rows = None) -> tuple[Loss, NDArray[np.float64]]:
        return self.loss(weights), 3 * weights**2


def test_an_h_that_is_too_large_is_told_from_a_kink() -> None:
    result = check_gradient(Cubic(), np.array([0.5]), h=1e-2)
    assert result.worst[0].reason == "h too large"
    assert result.passed
    assert result.kinks == 0


@pytest.mark.parametrize("name", ["svm", "softmax", "two-layer", "two-layer-svm"])
@pytest.mark.parametrize("h", [1.0, 1e-1, 1e-2, 1e-3])
def test_an_h_that_is_too_large_does_not_fail_a_right_gradient(name: str, h: float) -> None:
    checked = built(name)
    weights = checked.initial_weights(np.random.default_rng(3), 0.3)
    result = check_gradient(checked, weights, h, ROWS, np.arange(0, checked.size, 5))
    assert result.verdict != "failed"
    assert (result.verdict == "cannot tell") == bool(result.unsettled)
    assert ("too large: the differences still change with it" in result.advice) == bool(result.unsettled)
    if h == 1.0:
        assert result.verdict == "cannot tell"


@pytest.mark.parametrize("name", ["svm", "softmax", "two-layer"])
def test_an_h_that_is_too_small_passes_nothing(name: str) -> None:
    """Rounding at 1e-12 is larger than a mistake of 10 %."""
    right = built(name)
    weights = right.initial_weights(np.random.default_rng(3), 0.3)
    index = int(np.abs(right.loss_and_gradient(weights, ROWS)[1]).argmax())
    for factor in (1.0, 1.1):
        result = check_gradient(Planted(right, index, factor), weights, 1e-12, ROWS, np.arange(0, right.size, 5))
        assert not result.passed
    result = check_gradient(right, weights, 1e-12, ROWS, np.arange(0, right.size, 5))
    assert result.verdict == "cannot tell"
    assert "too small: rounding could hide an error of" in result.advice
    assert check_gradient(right, weights, 1e-5, ROWS, np.arange(0, right.size, 5)).advice == ""
    exploded = check_gradient(right, 1e7 * weights, 1e-5, ROWS, np.arange(0, right.size, 5))
    assert "above the tolerance, but no larger than rounding" in exploded.advice


@pytest.mark.parametrize("name", ["svm", "softmax", "two-layer"])
def test_one_sided_differences_check_too_with_an_error_that_shrinks_with_h_alone(name: str) -> None:
    right = built(name)
    weights, some = right.initial_weights(np.random.default_rng(3), 0.3), np.arange(0, right.size, 5)
    result = check_gradient(right, weights, 1e-5, ROWS, some, one_sided=True)
    assert result.passed
    index = int(some[np.abs(right.loss_and_gradient(weights, ROWS)[1][some]).argmax()])
    found = check_gradient(Planted(right, index, 1.01), weights, 1e-5, ROWS, some, one_sided=True)
    assert (found.verdict, found.worst[0].index) == ("failed", index)


def test_the_one_sided_form_is_that_of_the_notes() -> None:
    """(f(x + h) - f(x)) / h of x^3 at 1 is 3 + 3 h + h^2; the centred one 3 + h^2."""
    at, h = np.array([1.0]), 0.5
    assert numerical_gradient(Cubic(), at, h, one_sided=True) == pytest.approx([3 + 3 * h + h**2], rel=1e-14)
    assert numerical_gradient(Cubic(), at, h) == pytest.approx([3 + h**2], rel=1e-14)


def test_the_black_box_follows_a_hand_computed_slope() -> None:
    np.testing.assert_allclose(numerical_gradient(Hinge(0.0, 0.0), np.array([1.0, 3.0])), [1.0, 6.0], rtol=1e-9)


@pytest.mark.parametrize("name", rank_one.DATA_LOSSES)
@pytest.mark.parametrize("h", [1e-4, 1e-5])
def test_the_rank_one_form_equals_the_black_box(name: str, h: float) -> None:
    plain = objective(name, SPLIT, 10, dtype=np.float64)
    weights = plain.initial_weights(np.random.default_rng(0), 0.3)
    rows = np.arange(40)
    fast = rank_one.linear_numerical_gradient(SPLIT.batch(rows), SPLIT.y[rows], weights, name, h)  # type: ignore[arg-type]
    slow = numerical_gradient(plain, weights, h, rows)
    assert gradient.norm_error(fast, slow) < 1e-9
    np.testing.assert_allclose(fast, slow, atol=1e-9)


def test_the_rank_one_form_sees_kinks_as_the_black_box_does() -> None:
    """With h as large as the margins, every difference crosses kinks."""
    svm = objective("svm", SPLIT, 10, delta=0.1, dtype=np.float64)
    weights = svm.initial_weights(np.random.default_rng(0), 0.05)
    rows = np.arange(30)
    fast = rank_one.linear_numerical_gradient(SPLIT.batch(rows), SPLIT.y[rows], weights, "svm", 0.1, delta=0.1)
    assert gradient.norm_error(fast, numerical_gradient(svm, weights, 0.1, rows)) < 1e-12
    assert gradient.norm_error(fast, svm.loss_and_gradient(weights, rows)[1]) > 1e-3


def test_the_regularization_is_differenced_too() -> None:
    weights = np.array([0.5, -2.0, 0.0])
    np.testing.assert_allclose(rank_one.regularization_difference(weights, 0.1, 1e-4), [0.1, -0.4, 0.0], atol=1e-12)


def test_classes_without_an_example_are_no_trouble() -> None:
    X, y = SPLIT.X[:20].astype(np.float64), np.full(20, 4)
    weights = np.random.default_rng(0).standard_normal(650)
    found = rank_one.linear_numerical_gradient(X, y, weights, "svm", 1e-5)
    assert np.isfinite(found).all()


def test_norm_error_of_nothing_and_of_nonsense() -> None:
    assert gradient.norm_error(np.zeros(3), np.zeros(3)) == 0
    assert gradient.norm_error(np.zeros(3), np.array([0, np.nan, 0])) == np.inf


def test_what_does_not_fit_is_refused_in_words() -> None:
    svm = built("svm")
    weights = np.zeros(svm.size)
    with pytest.raises(ValueError, match=r"needs \(650,\) and float64"):
        check_gradient(svm, weights[:-1])
    with pytest.raises(ValueError, match="float64"):
        check_gradient(svm, weights.astype(np.float32))
    with pytest.raises(ValueError, match="h must be greater than 0"):
        numerical_gradient(svm, weights, h=0.0)
    with pytest.raises(ValueError, match="at least one coordinate"):
        check_gradient(svm, weights, coordinates=np.array([], dtype=np.intp))
    with pytest.raises(ValueError, match="computes in float32"):
        check_gradient(objective("svm", SPLIT, 10), weights, coordinates=np.arange(2))
    with pytest.raises(ValueError, match="do not fit together"):
        rank_one.linear_numerical_gradient(SPLIT.X, SPLIT.y[:3], weights, "svm", 1e-5)
    with pytest.raises(ValueError, match="has no rank-one form"):
        rank_one.linear_numerical_gradient(SPLIT.X, SPLIT.y, weights, "two-layer", 1e-5)  # type: ignore[arg-type]
