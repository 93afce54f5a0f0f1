"""Objectives: by hand on small cases, against the numerical gradient, at their kinks, and with bad input."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import datasets
from engine.datasets import Split, StoredSplit
from engine.objective import kernels
from engine.objective.kinds import KINDS
from engine.objective.networks import NetworkOptions
from engine.objective.objectives import Objective, objective

OBJECTIVES = tuple(KINDS)
DIGITS = datasets.load("digits").splits["train"]
SMALL: dict[str, Any] = {
    "hidden_size": 6,
    "options": NetworkOptions(hidden=(6, 5), channels=(2, 3)),
    "image": datasets.load("digits").image,
}


def small(name: str, **options: Any) -> Objective:
    """An objective in float64 on 20 digits, its net with few hidden units."""
    split = Split(DIGITS.X[:20].astype(np.float64), DIGITS.y[:20])
    return objective(name, split, 10, dtype=np.float64, **SMALL, **options)


def points(X: list[list[float]], y: list[int], name: str = "svm", **options: Any) -> Objective:
    """An objective in float64 on points written down by hand, without a bias."""
    return objective(name, Split(np.array(X, dtype=float), np.array(y), bias=False), dtype=np.float64, **options)


def numerical_gradient(of: Objective, weights: np.ndarray, rows: Any, h: float = 1e-6) -> np.ndarray:
    return np.array(
        [
            (of.loss(weights + nudge, rows).total - of.loss(weights - nudge, rows).total) / (2 * h)
            for nudge in np.eye(of.size) * h
        ]
    )


def test_three_points_by_hand() -> None:
    """Three 1-D points with classes 0, 1, 2 and weights w0, w1, w2: the example of the notes, worked by hand.

    x = 1, 2, -1 and w = (0.5, 1, -0.5):
      x0: s = (0.5, 1, -0.5), class 0: max(0, 1 - 0.5 + 1) + max(0, -0.5 - 0.5 + 1) = 1.5 + 0
      x1: s = (1, 2, -1),     class 1: max(0, 1 - 2 + 1) + max(0, -1 - 2 + 1)       = 0
      x2: s = (-0.5, -1, 0.5), class 2: max(0, -0.5 - 0.5 + 1) + max(0, -1 - 0.5 + 1) = 0
    """
    three = points([[1.0], [2.0], [-1.0]], [0, 1, 2])
    loss, gradient = three.loss_and_gradient(np.array([0.5, 1.0, -0.5]))
    assert loss.data_loss == pytest.approx(1.5 / 3)
    assert loss.regularization_loss == 0
    # Only the pair (class 1 over class 0 at x0) has a margin above 0; the three margins of exactly 0 add nothing.
    np.testing.assert_allclose(gradient, [-1 / 3, 1 / 3, 0])


def test_softmax_by_hand() -> None:
    """Scores (0, log 3) of class 0: probabilities 1/4 and 3/4, so the loss is log 4 and the slope (-3/4, 3/4)."""
    one = points([[1.0]], [0], "softmax", classes=2)
    loss, gradient = one.loss_and_gradient(np.array([0.0, np.log(3)]))
    assert loss.data_loss == pytest.approx(np.log(4))
    np.testing.assert_allclose(gradient, [-0.75, 0.75])


def test_two_layer_net_by_hand() -> None:
    """x = 2, one unit: h = max(0, 0.5 * 2) = 1, s = (1 * h, 2 * h + 1) = (1, 3), class 0: the loss is 3 - 1 + 1 = 3.

    Backwards: ds = (-1, 1), so dW2 = ((-1, -1), (1, 1)), weight then bias; dh = -1 + 2 = 1; dW1 = 1 * x = 2.
    """
    one = points([[2.0]], [0], "two-layer-svm", classes=2, hidden_size=1)
    loss, gradient = one.loss_and_gradient(np.array([0.5, 1.0, 0.0, 2.0, 1.0]))
    assert loss.data_loss == pytest.approx(3)
    np.testing.assert_allclose(gradient, [2, -1, -1, 1, 1])


def test_regularization_is_the_sum_of_squares_times_lambda() -> None:
    three = points([[1.0], [2.0], [-1.0]], [0, 1, 2], regularization_strength=0.5)
    loss, gradient = three.loss_and_gradient(np.array([0.5, 1.0, -0.5]))
    assert loss.regularization_loss == pytest.approx(0.5 * 1.5)
    assert loss.total == pytest.approx(0.5 + 0.75)
    np.testing.assert_allclose(gradient, [-1 / 3 + 0.5, 1 / 3 + 1.0, -0.5])


@pytest.mark.parametrize(("name", "biases"), [("svm", 10), ("two-layer", 6 + 10)])
def test_the_bias_is_regularized_or_not(name: str, biases: int) -> None:
    with_bias = small(name, regularization_strength=1.0)
    without = small(name, regularization_strength=1.0, regularize_bias=False)
    ones = np.ones(with_bias.size)
    assert with_bias.loss(ones).regularization_loss == with_bias.size
    assert without.loss(ones).regularization_loss == with_bias.size - biases


def test_delta_is_the_margin() -> None:
    one = points([[1.0]], [0], classes=2, delta=10.0)
    assert one.loss(np.array([3.0, 1.0])).data_loss == pytest.approx(1 - 3 + 10)


def test_a_margin_of_exactly_zero_adds_nothing_to_the_subgradient() -> None:
    """At w = (1, 0) the margin 0 - 1 + 1 sits on its kink; a hair to the left it is violated."""
    one = points([[1.0]], [0], classes=2)
    np.testing.assert_array_equal(one.loss_and_gradient(np.array([1.0, 0.0]))[1], [0, 0])
    np.testing.assert_array_equal(one.loss_and_gradient(np.array([1.0 - 1e-12, 0.0]))[1], [-1, 1])


def test_a_hidden_unit_at_exactly_zero_passes_nothing_back() -> None:
    one = points([[1.0]], [0], "two-layer", classes=2, hidden_size=1)
    _, gradient = one.loss_and_gradient(np.array([0.0, 1.0, 0.0, 2.0, 0.0]))
    assert gradient[0] == 0


@pytest.mark.parametrize("name", OBJECTIVES)
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("rows", [None, np.array([0, 5, 5, 9]), slice(3, 4)])
def test_the_gradient_agrees_with_centred_differences(name: str, bias: bool, rows: Any) -> None:
    of = small(name, regularization_strength=0.01, regularize_bias=bias)
    weights = np.random.default_rng(0).standard_normal(of.size) * 0.3
    loss, gradient = of.loss_and_gradient(weights, rows)
    assert of.loss(weights, rows) == loss
    np.testing.assert_allclose(gradient, numerical_gradient(of, weights, rows), atol=1e-7)


@pytest.mark.parametrize("name", ["softmax", "two-layer"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_softmax_is_stable_for_scores_of_ten_thousand(name: str, dtype: Any) -> None:
    of = objective(name, Split(np.array([[1.0], [1.0]]), np.array([0, 1]), bias=False), hidden_size=1, dtype=dtype)
    weights = np.array([1e4, 0.0]) if name == "softmax" else np.array([1e4, 1.0, 0.0, 0.0, 0.0])
    loss, gradient = of.loss_and_gradient(weights.astype(dtype))
    assert loss.data_loss == pytest.approx(1e4 / 2)
    assert np.isfinite(gradient).all()


@pytest.mark.parametrize("name", OBJECTIVES)
def test_float32_agrees_with_float64(name: str) -> None:
    single, double = (objective(name, DIGITS, 10, dtype=dtype, **SMALL) for dtype in (np.float32, np.float64))
    weights = np.random.default_rng(1).standard_normal(single.size) * 0.1
    (loss, gradient), (exact_loss, exact) = single.loss_and_gradient(weights), double.loss_and_gradient(weights)
    assert gradient.dtype == np.float32
    assert loss.total == pytest.approx(exact_loss.total, rel=1e-5)
    np.testing.assert_allclose(gradient, exact, atol=1e-5)


@given(name=st.sampled_from(OBJECTIVES), seed=st.integers(0, 2**32))
def test_the_order_of_the_examples_leaves_the_full_batch_loss_alone(name: str, seed: int) -> None:
    of, generator = small(name), np.random.default_rng(seed)
    weights, order = generator.standard_normal(of.size), generator.permutation(len(of))
    assert of.loss(weights, order).total == pytest.approx(of.loss(weights).total, rel=1e-12)


@given(name=st.sampled_from(OBJECTIVES), constant=st.floats(-1e3, 1e3), seed=st.integers(0, 2**32))
def test_a_constant_added_to_all_scores_leaves_the_loss_alone(name: str, constant: float, seed: int) -> None:
    """The last weight of each class is its bias: adding to all of them shifts every score of an example alike."""
    of = small(name)
    weights = np.random.default_rng(seed).standard_normal(of.size)
    shifted = weights.copy()
    of.layout.matrices(padded := of.padded(weights))[-1][:, of.layout.shapes[-1][1] - 1] += constant
    shifted = of.layout.flat(padded)
    assert of.loss(shifted).total == pytest.approx(of.loss(weights).total, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("name", OBJECTIVES)
def test_evaluation_is_the_loss_and_the_share_of_highest_scores(name: str) -> None:
    of = objective(name, DIGITS, 10, regularization_strength=0.1, **SMALL)
    weights = of.initial_weights(np.random.default_rng(0), 0.1)
    loss, accuracy = of.evaluate(weights)
    assert loss == pytest.approx(of.loss(weights).total, rel=1e-6)
    assert accuracy == pytest.approx((of.scores(weights, DIGITS.X).argmax(axis=1) == DIGITS.y).mean(), abs=2e-3)


def test_of_equal_scores_the_first_class_is_the_answer() -> None:
    """All weights alike give every class the same score, as before the first update of a run that starts at zero."""
    of = objective("svm", DIGITS, 10)
    weights = np.zeros(of.size)
    wanted = (of.scores(weights, DIGITS.X).argmax(axis=1) == DIGITS.y).mean()
    assert of.evaluate(weights)[1] == wanted == (DIGITS.y == 0).mean()


@pytest.mark.parametrize("name", OBJECTIVES)
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_scores_that_are_no_numbers_choose_no_class(name: str, value: float) -> None:
    of = objective(name, DIGITS, 10, **SMALL)
    loss, accuracy = of.evaluate(np.full(of.size, value))
    assert not np.isfinite(loss)
    assert accuracy == 0.0


@pytest.mark.parametrize("n", [1, 31, 33, 256, 300])
@pytest.mark.parametrize("small_products", [True, False])
def test_images_left_where_they_are_stored_give_the_same_as_an_array(
    monkeypatch: pytest.MonkeyPatch, small_products: bool, n: int
) -> None:
    """Batches of every size, cut into small products or not, gathered or held: one loss, one gradient."""
    monkeypatch.setattr(kernels, "SMALL_PRODUCTS", small_products)
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (1000, 3072), dtype=np.uint8)
    y, mean = generator.integers(0, 10, 1000), np.full(3072, 120, dtype=np.float32)
    stored = StoredSplit(images, y, mean)
    of = objective("svm", stored, 10, regularization_strength=0.01)
    exact = objective("svm", Split(stored.X[:n].astype(np.float64), y[:n]), 10, dtype=np.float64)
    monkeypatch.setattr("engine.objective.examples.HELD_BYTES", 0)
    gathered = objective("svm", stored, 10)
    weights = of.initial_weights(generator, 0.001)
    loss, gradient = exact.loss_and_gradient(weights)
    for other in (of, gathered):
        found, slope = other.loss_and_gradient(weights, np.arange(n))
        assert found.data_loss == pytest.approx(loss.data_loss, rel=1e-4)
        np.testing.assert_allclose(
            slope - other.layout.flat(other.penalty * other.padded(weights)), gradient, atol=2e-3
        )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": "swm"}, "did you mean svm"),
        ({"classes": 9}, "label 9 is out of range; 9 classes are 0 to 8"),
        ({"classes": 1}, "at least 2"),
        ({"split": Split(DIGITS.X[:2], np.array([-1, 2]))}, "label -1 is out of range"),
        ({"split": Split(DIGITS.X[:2], np.array([4, 4])), "classes": None}, "every example is of class 4"),
        ({"split": Split(DIGITS.X[:0], DIGITS.y[:0])}, "0 examples"),
        ({"name": "two-layer", "hidden_size": 0}, "at least 1 hidden unit"),
        ({"dtype": np.int32}, "int32"),
        ({"regularization_strength": -1.0}, "-1.0"),
        ({"delta": 0.0}, "delta"),
        ({"split": Split(np.array([[1.0, 2.0], [np.nan, 0.0]]), np.array([0, 1]))}, "example 1 of X"),
        ({"split": Split(np.array([1.0, 2.0]), np.array([0, 1]))}, r"shape \(2,\)"),
    ],
)
def test_what_makes_no_objective_is_refused_with_what_fits(change: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        objective(**{"name": "svm", "split": DIGITS, "classes": 10, **change})


def test_weights_of_the_wrong_size_and_rows_that_are_not_there_are_refused() -> None:
    of = objective("svm", DIGITS, 10)
    with pytest.raises(ValueError, match=r"\(3,\) were given; this objective has 650"):
        of.loss(np.zeros(3))
    for rows in ([1198], [-1]):
        with pytest.raises(ValueError, match="not among the 1,198 examples"):
            of.loss(np.zeros(of.size), np.array(rows))
    for none in (np.array([]), np.array([0.5]), np.array([[0]])):
        with pytest.raises(ValueError, match="choose no examples"):
            of.loss(np.zeros(of.size), none)
    with pytest.raises(ValueError, match=r"need \(n, 65\)"):
        of.scores(np.zeros(of.size), DIGITS.X[:, :3])


@pytest.mark.parametrize("name", OBJECTIVES)
def test_overflow_is_data_and_no_warning(name: str, recwarn: pytest.WarningsRecorder) -> None:
    of = objective(name, DIGITS, 10, regularization_strength=1.0, **SMALL)
    loss, _ = of.loss_and_gradient(np.full(of.size, 1e30, dtype=np.float32))
    assert not np.isfinite(loss.total)
    of.evaluate(np.full(of.size, np.nan))
    assert not recwarn.list
