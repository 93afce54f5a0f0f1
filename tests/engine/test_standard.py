"""Standardized features: mean 0 and deviation 1 over the train split, the same shift for every split."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine import datasets
from engine.spec import defaults
from engine.strategy import optimize


@pytest.fixture
def wide(tmp_path: Path, cache_folder: Path) -> str:
    """Three classes in four features of very different sizes, one of them constant: as wine has them."""
    generator = np.random.default_rng(0)
    y = np.arange(180) % 3
    X = generator.standard_normal((180, 4)) + np.eye(3, 4)[y] * 3
    X = X * [1000.0, 1.0, 0.001, 0.0] + [5000.0, 10.0, 0.0, 0.1]
    np.savez(tmp_path / "wide.npz", X=X, y=y)
    return str(tmp_path / "wide.npz")


def test_the_train_split_has_mean_0_and_deviation_1_and_shifts_the_others(wide: str) -> None:
    plain = datasets.load(wide)
    standard = datasets.standardized(plain)
    X = plain.splits["train"].X.astype(np.float64)[:, :3]
    for name, split in standard.splits.items():
        expected = (plain.splits[name].X[:, :3] - X.mean(axis=0)) / X.std(axis=0)
        np.testing.assert_allclose(split.X[:, :3], expected, atol=2e-5)
        np.testing.assert_array_equal(split.X[:, 3:], np.tile([0.0, 1.0], (len(split), 1)))
    train = standard.splits["train"]
    np.testing.assert_array_equal(train.batch(np.array([5, 3])), train.X[[5, 3]])
    np.testing.assert_array_equal(np.concatenate([chunk for _, chunk in train.chunks(50)]), train.X)


def test_what_is_in_memory_keeps_its_values(wide: str) -> None:
    digits = datasets.load("digits")
    before = digits.splits["train"].X.copy()
    standard = datasets.standardized(digits).splits["train"].X
    np.testing.assert_array_equal(digits.splits["train"].X, before)
    np.testing.assert_allclose(standard[:, :-1].mean(axis=0), 0, atol=1e-5)
    points = datasets.standardized(datasets.load("three-points")).splits["train"]
    np.testing.assert_allclose(points.X.std(), 1, rtol=1e-6)


def test_a_run_learns_what_it_could_not(wide: str) -> None:
    found = {}
    for standardize in ("no", "yes"):
        spec = defaults(objective="softmax").changed(
            dataset=wide, standardize=standardize, batch_size=None, iterations=300
        )
        run = optimize.build(spec)
        state, _ = run.advance(run.start(), 300)
        found[standardize] = run.evaluate(state.weights, "validation")
    assert found["yes"][0] < 0.3 < found["no"][0]
    assert found["yes"][1] > 0.9


def test_the_fingerprint_is_of_the_data_and_not_of_what_is_made_of_them(wide: str) -> None:
    plain = datasets.load(wide)
    assert datasets.fingerprint(datasets.standardized(plain)) == datasets.fingerprint(plain)
