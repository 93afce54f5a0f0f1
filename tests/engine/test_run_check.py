"""Gradient check of a run's weights: in parts the same as in one piece, and what it cannot check it says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.analysis.gradient import check_gradient
from engine.jobs.inspection import check
from engine.jobs.inspection.check import RunCheck, run_check
from engine.jobs.worker import worker_loop
from engine.spec import defaults
from engine.store import Refused, open_for_writing
from engine.strategy.optimize import build, exact_objective

SPECS = (
    defaults().changed(iterations=5, dataset="spiral", objective="softmax"),
    defaults().changed(iterations=3, dataset="spiral", objective="svm", step_size=1e200, divergence_factor=1e300),
    defaults().changed(iterations=3, dataset="none", objective="rosenbrock", dimensions=4, step_size=1e-3),
)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of each spec, computed to its end."""
    path = tmp_path_factory.mktemp("checks") / "runs.db"
    with open_for_writing(path) as store:
        store.queue.add(list(SPECS))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("engine.jobs.worker.worker_loop.start_workers", lambda path, count=None: 0)
        worker_loop.work(path, leave=lambda: False)
    return path


def last(path: Path, run_id: int, **chosen: Any) -> RunCheck:
    *_, found = run_check(path, lambda: True, run_id, None, **chosen)
    return found


@pytest.mark.parametrize("one_sided", [False, True])
def test_in_parts_it_is_the_check_in_one_piece(path: Path, monkeypatch: pytest.MonkeyPatch, one_sided: bool) -> None:
    monkeypatch.setattr(check, "SHOW_S", 0.0)
    monkeypatch.setattr(check, "AT_ONCE", 2)
    *parts, found = run_check(path, lambda: True, 1, 5, one_sided=one_sided)
    optimization = build(SPECS[0])
    weights = optimization.advance(optimization.start(), 5)[0].weights.astype(np.float64)
    whole = check_gradient(exact_objective(SPECS[0]), weights, found.h, one_sided=one_sided)
    assert found.result == whole
    assert whole.passed or one_sided
    assert [len(part.coordinates) for part in parts] == [2, 4, 6, 8, 9]
    assert all(part.result is None for part in parts)
    assert found.losses == (10 if one_sided else 18)
    assert (found.examples, found.of_examples, found.of) == (300, 300, 9)
    assert found.errors.max() < (1e-3 if one_sided else 1e-6)


def test_h_is_ten_times_larger_or_smaller_within_bounds(path: Path) -> None:
    assert [last(path, 3, magnitude=by).h for by in (0, 1, -2, 9, -9)] == [1e-5, 1e-4, 1e-7, 0.1, 1e-10]
    assert last(path, 3).examples == 0


def test_of_many_weights_a_sample_is_checked_which_the_seed_draws(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "COORDINATES", 4)
    monkeypatch.setattr(check, "MOST_EXAMPLES", 50)
    found, again = last(path, 1), last(path, 1)
    assert (found.of, found.examples, found.result is not None) == (4, 50, True)
    assert found.coordinates.tolist() == again.coordinates.tolist() == sorted(set(found.coordinates.tolist()))
    assert found.numerical.tolist() == again.numerical.tolist()


def test_it_ends_when_nobody_wants_it(path: Path) -> None:
    asked: list[int] = []

    def wanted() -> bool:
        asked.append(1)
        return len(asked) < 8

    assert list(run_check(path, wanted, 1, None)) == []
    assert len(asked) == 8


def test_weights_that_cannot_be_checked_are_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Refused, match="are infinite or not numbers"):
        last(path, 2)
    monkeypatch.setattr(check, "SMALLEST_H", 1e-18)
    with pytest.raises(Refused, match="h = 1e-15 is too small"):
        last(path, 3, magnitude=-10)
