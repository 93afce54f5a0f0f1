"""Planes and heights: directions, shares, windows and levels by hand; losses as the objective itself gives them."""

from __future__ import annotations

import numpy as np
import pytest

from engine.analysis.heights import Grid, LinearLosses, PointLosses, contour_levels, grown, window_of
from engine.analysis.planes import WeightPlane, axes, principal, random_plane, spanned
from engine.objective.functions import known_function
from engine.spec import defaults
from engine.strategy import optimize

THROUGH_THREE = np.array([[0.0, 0.0, 0.0], [3.0, 0.0, 0.0], [3.0, 4.0, 0.0], [1.0, 1.0, 0.0]])


def is_orthonormal(plane: WeightPlane) -> bool:
    both = np.stack([plane.first, plane.second])
    return np.allclose(both @ both.T, np.eye(2))


def test_a_plane_through_start_and_end_holds_what_lies_beside() -> None:
    plane = spanned(THROUGH_THREE[0], THROUGH_THREE[1], THROUGH_THREE)
    assert plane.places(THROUGH_THREE) == pytest.approx(THROUGH_THREE[:, :2])
    assert plane.share(THROUGH_THREE) == pytest.approx(1)
    above = THROUGH_THREE + np.outer([0, 0, 0, 1], [0, 0, 2])
    centred = above - above.mean(axis=0)
    inside = (centred[:, :2] ** 2).sum() / (centred**2).sum()
    assert WeightPlane(np.zeros(3), *np.eye(3)[:2]).share(above) == pytest.approx(inside)


@pytest.mark.parametrize("rows", [6, 60])
def test_principal_directions_hold_as_much_as_any_plane_can(rows: int) -> None:
    cloud = np.random.default_rng(0).normal(size=(rows, 20)) * np.linspace(3, 0.1, 20)
    plane = principal(cloud)
    values = np.linalg.svd(cloud - cloud.mean(axis=0), compute_uv=False) ** 2
    assert is_orthonormal(plane)
    assert plane.share(cloud) == pytest.approx(values[:2].sum() / values.sum())


def test_a_straight_way_still_has_a_plane_and_a_standstill_has_none() -> None:
    straight = np.outer(np.arange(5.0), np.ones(4))
    assert is_orthonormal(spanned(straight[0], straight[-1], straight))
    assert is_orthonormal(principal(straight))
    with pytest.raises(ValueError, match="direction"):
        spanned(straight[0], straight[0], straight)
    with pytest.raises(ValueError, match="direction"):
        principal(np.ones((3, 4)))
    with pytest.raises(ValueError, match="finite"):
        spanned(straight[0], np.full(4, np.nan), straight)


def test_random_directions_have_the_norm_of_each_filter() -> None:
    weights = np.array([3.0, 4.0, 0.0, 1.0, 9.0])
    plane, norms = random_plane(weights, [slice(0, 2), slice(2, 4)])
    assert is_orthonormal(plane)
    assert norms == pytest.approx([np.sqrt(26)] * 2)
    assert plane.first[4] == 0
    with pytest.raises(ValueError, match="zero"):
        random_plane(np.zeros(3), [slice(0, 3)])


@pytest.mark.parametrize("changes", [{"objective": "softmax"}, {"regularize_bias": "no"}], ids=["softmax", "svm"])
@pytest.mark.parametrize("rows", [None, np.arange(0, 1198, 7)])
def test_losses_of_linear_scores_need_no_product_with_the_examples(
    changes: dict[str, str], rows: np.ndarray | None
) -> None:
    spec = defaults().changed(regularization_strength=0.1, **changes)
    objective = optimize.exact_objective(spec)
    rng = np.random.default_rng(1)
    start, end, *cloud = rng.normal(size=(5, objective.size))
    plane = spanned(start, end, np.array(cloud))
    a, b = np.array([-1.0, 0.0, 0.5, 7.0]), 1.5
    fast = LinearLosses(objective, plane, rows).losses(a, b)
    assert fast == pytest.approx(PointLosses(objective, plane, rows, np.float64).losses(a, b), rel=1e-9)


def test_a_grid_becomes_finer_and_goes_on_where_it_was_left() -> None:
    plane = axes(np.zeros(2))
    along = PointLosses(known_function("rosenbrock"), plane, None, np.float64)
    grid = Grid(along, (-2.0, 2.0, -1.0, 3.0), 17, 17)
    room = iter([True] * 5)
    assert list(grid.fill(lambda: next(room, False))) == [8]
    assert grid.shown.shape == (3, 3)
    computed = np.isfinite(grid.values).sum()
    assert list(grid.fill(lambda: True)) == [4, 2, 1]
    assert 9 < computed < np.isfinite(grid.values).sum() == 17 * 17
    a, b = np.meshgrid(grid.a, grid.b)
    assert grid.values == pytest.approx(100 * (b - a**2) ** 2 + (1 - a) ** 2)
    assert grid.lowest() == (1.0, 1.0, 0.0)


def test_levels_are_in_equal_ratios_or_at_equal_shares() -> None:
    ratios = contour_levels(np.geomspace(0.1, 1000, 1000))
    assert np.diff(np.log(ratios)) == pytest.approx(np.log(1e4) / 10, rel=0.15)
    shares = contour_levels(np.linspace(-1, 1, 1001))
    assert shares == pytest.approx(np.linspace(-0.8, 0.8, 9), abs=0.01)
    assert len(contour_levels(np.array([2.0, 2.0, np.nan]))) == 0
    assert len(contour_levels(np.array([1.0, np.inf, 1e300, 5.0]))) > 0


def test_windows_hold_the_ways_and_grow_by_quarters() -> None:
    window = window_of([np.array([[0.0, 0.0], [10.0, 1.0], [np.nan, 2.0]])])
    assert window == pytest.approx((-2, 12, -0.9, 1.9))
    diverged = np.array([[float(k), 1.0] for k in range(20)] + [[1e30, 1.0]])
    assert window_of([diverged])[1] < 100
    assert grown((0.0, 4.0, 0.0, 4.0), [np.array([[5.5, 1.0]])]) == (0.0, 6.0, 0.0, 4.0)
    assert grown((0.0, 4.0, 0.0, 4.0), [np.array([[np.inf, 1.0]])]) == (0.0, 4.0, 0.0, 4.0)
