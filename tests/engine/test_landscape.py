"""Lines and planes, held against the three-point bowl computed by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import datasets
from engine.analysis import landscape
from engine.objective.objectives import objective

POINTS = datasets.load("three-points").splits["train"]
BOWL = objective("svm", POINTS, 3, dtype=np.float64)
DIGITS = objective("softmax", datasets.load("digits").splits["validation"], 10, dtype=np.float64)
NET = objective("two-layer", datasets.load("digits").splits["validation"], 10, hidden_size=5, dtype=np.float64)
ZERO = np.zeros(3)

# With x = (1, 1/2, 2) and w1 = w2 = 0, three times the loss is
#   2 max(0, 1 - w0)  +  max(0, w0/2 + 1) + 1  +  max(0, 2 w0 + 1) + 1.
ALONG_W0 = {-4: 12, -2: 8, -1: 6.5, -0.5: 5.75, 0: 6, 1: 6.5, 2: 9}
# With w0 = w2 = 0:  max(0, w1 + 1) + 1  +  2 max(0, 1 - w1/2)  +  max(0, 2 w1 + 1) + 1.
ALONG_W1 = {-3: 7, -1: 5, -0.5: 5, 0: 6, 2: 10, 4: 16}
# With w0 = w1 = 0:  max(0, w2 + 1) + 1  +  max(0, w2/2 + 1) + 1  +  2 max(0, 1 - 2 w2).
ALONG_W2 = {-2: 12, -1: 8.5, 0: 6, 0.5: 4.75, 1: 5.5, 2: 7}


@pytest.mark.parametrize(("index", "expected"), enumerate([ALONG_W0, ALONG_W1, ALONG_W2]))
def test_the_bowl_of_the_notes_is_exact_along_each_weight(index: int, expected: dict[float, float]) -> None:
    line = landscape.line(BOWL, ZERO, landscape.axis(BOWL, index), list(expected))
    np.testing.assert_array_equal(line.positions, list(expected))
    np.testing.assert_array_equal(line.loss, np.array(list(expected.values())) / 3)
    np.testing.assert_array_equal(line.data_loss, line.loss)


def test_the_bowl_of_the_notes_is_exact_over_a_plane() -> None:
    # By hand, three times the loss at (w0, w1, 0):
    #   max(0, w1 - w0 + 1) + max(0, 1 - w0)  +  max(0, (w0 - w1)/2 + 1) + max(0, 1 - w1/2)
    #   +  max(0, 2 w0 + 1) + max(0, 2 w1 + 1).
    plane = landscape.plane(BOWL, ZERO, landscape.axis(BOWL, 0), landscape.axis(BOWL, 1), [-1, 0, 1], [-1, 2])
    assert plane.loss.shape == (2, 3)
    np.testing.assert_array_equal(3 * plane.loss, [[5.5, 5, 6.5], [11, 10, 10.5]])


def test_regularization_is_in_the_loss_and_not_in_the_data_loss() -> None:
    regularized = objective("svm", POINTS, 3, regularization_strength=0.5, regularize_bias=True, dtype=np.float64)
    line = landscape.line(regularized, ZERO, np.array([1.0, 0, 0]), [-2.0, 2.0])
    np.testing.assert_allclose(line.data_loss, [8 / 3, 3])
    np.testing.assert_allclose(line.loss, [8 / 3 + 2, 5])


def test_the_chosen_rows_are_the_ones_used() -> None:
    weights = DIGITS.initial_weights(np.random.default_rng(0), 0.1)
    rows = np.array([4, 8, 15])
    direction = landscape.gradient_direction(DIGITS, weights, rows)
    assert np.linalg.norm(direction) == pytest.approx(1)
    line = landscape.line(DIGITS, weights, direction, [0.0, 0.1], rows)
    assert line.loss[0] == DIGITS.loss(weights, rows).total
    assert line.loss[1] < line.loss[0]


def test_a_line_between_two_sets_of_weights_ends_at_both() -> None:
    generator = np.random.default_rng(0)
    here, there = (DIGITS.initial_weights(generator, 0.1) for _ in range(2))
    line = landscape.line(DIGITS, here, there - here, [0, 1])
    np.testing.assert_allclose(line.loss, [DIGITS.loss(here).total, DIGITS.loss(there).total], rtol=1e-12)


def test_filters_are_the_rows_without_their_bias() -> None:
    parts = landscape.filters([(2, 3), (1, 4)], [True, False])
    assert parts == [slice(0, 2), slice(3, 5), slice(6, 10)]


def test_a_network_direction_has_the_norm_of_each_filter_it_perturbs() -> None:
    weights = NET.initial_weights(np.random.default_rng(0), 0.3)
    filters = landscape.filters(NET.layout.shapes, NET.layout.biased)
    direction = landscape.random_direction(NET, weights, np.random.default_rng(1), filters)
    covered = np.zeros(NET.size, dtype=bool)
    for part in filters:
        assert np.linalg.norm(direction[part]) == pytest.approx(np.linalg.norm(weights[part]))
        covered[part] = True
    assert (~covered).sum() == 5 + 10
    assert (direction[~covered] == 0).all()


def test_scaling_one_layer_up_and_the_next_down_leaves_the_picture_alone() -> None:
    weights = NET.initial_weights(np.random.default_rng(0), 0.3)
    filters = landscape.filters(NET.layout.shapes, NET.layout.biased)
    first = NET.layout.shapes[0][0] * NET.layout.shapes[0][1]
    other = weights.copy()
    other[:first] *= 4
    rows, columns = NET.layout.shapes[1]
    other[first:].reshape(rows, columns)[:, :-1] /= 4
    positions = np.linspace(-0.5, 0.5, 5)
    lines = [
        landscape.line(NET, w, landscape.random_direction(NET, w, np.random.default_rng(1), filters), positions)
        for w in (weights, other)
    ]
    np.testing.assert_allclose(lines[0].loss, lines[1].loss, rtol=1e-10)


def test_a_random_direction_of_linear_scores_has_unit_norm() -> None:
    direction = landscape.random_direction(DIGITS, np.zeros(DIGITS.size), np.random.default_rng(0))
    assert np.linalg.norm(direction) == pytest.approx(1)


@given(st.integers(0, 100))
def test_two_axes_of_a_plane_are_at_right_angles(seed: int) -> None:
    first, second = np.random.default_rng(seed).standard_normal((2, 6))
    turned = landscape.orthogonal(second, first)
    assert float(turned @ first) == pytest.approx(0, abs=1e-12)
    assert np.linalg.norm(turned) == pytest.approx(np.linalg.norm(second))


def test_what_does_not_fit_is_refused_in_words() -> None:
    one = np.ones(3)
    with pytest.raises(ValueError, match=r"direction of shape \(2,\) does not fit; this objective has \(3,\)"):
        landscape.line(BOWL, ZERO, np.ones(2), [0.0])
    with pytest.raises(ValueError, match="weights of shape"):
        landscape.gradient_direction(BOWL, np.ones(4))
    with pytest.raises(ValueError, match="finite positions"):
        landscape.line(BOWL, ZERO, one, [np.nan])
    with pytest.raises(ValueError, match="span no plane"):
        landscape.orthogonal(one, 2 * one)
    with pytest.raises(ValueError, match="gives no direction"):
        landscape.gradient_direction(BOWL, np.full(3, np.nan))
    with pytest.raises(ValueError, match="no weight 3"):
        landscape.axis(BOWL, 3)
