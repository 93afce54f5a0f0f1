"""The step-size range test: its losses are the run's own, and its marks lie where a hand would put them."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from engine.analysis.range_test import PER_DECADE, all_step_sizes, judged
from engine.jobs.inspection.range_test import run_range_test
from engine.jobs.people import steer
from engine.jobs.worker import worker_loop
from engine.spec import defaults
from engine.store import Refused, open_for_reading, open_for_writing


def test_it_begins_with_the_loss_of_the_run_at_the_iteration_that_it_starts_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "runs.db"
    with open_for_writing(path) as store:
        store.queue.add([defaults().changed(iterations=40), defaults("l-bfgs").changed(iterations=2)])
    monkeypatch.setattr(worker_loop, "start_workers", lambda path, count=None: 0)
    worker_loop.work(path, leave=lambda: False)
    with closing(open_for_reading(path)) as reader:
        losses = reader.iterations(1).loss
    for iteration, at in ((None, 0), (23, 23)):
        *_, one = run_range_test(path, lambda: True, 1, iteration)
        assert (one.iteration, one.is_exact, one.found.is_complete) == (at, True, True)
        assert one.found.loss[0] == losses[at]
        assert np.array_equal(one.found.step_sizes, all_step_sizes()[: len(one.found.loss)])
    *_, one = run_range_test(path, lambda: True, 1, None)
    around = one.found.around
    assert around is not None
    assert around[0] < 0.1 < around[1]  # the default step size of the data lies in it
    with pytest.raises(Refused, match="no step size to test"):
        list(run_range_test(path, lambda: True, 2, None))
    assert list(run_range_test(path, lambda: False, 1, None)) == []
    steer.fork(path, 1, 23)
    worker_loop.work(path, leave=lambda: False)
    *_, one = run_range_test(path, lambda: True, 3, None)
    assert (one.iteration, one.is_from_beginning, one.found.loss[0]) == (
        23,
        True,
        losses[23],
    )  # a fork begins with its parent's weights


def test_the_marks_lie_at_the_steepest_fall_and_where_half_of_it_is_lost() -> None:
    sizes = all_step_sizes()
    decades = np.arange(len(sizes)) / PER_DECADE
    falling = 10 - 8 * np.clip((decades - 4) / 2, 0, 1)  # falls evenly from 1e-2 to 1
    losses = np.where(decades > 7, 2 + 20 * (decades - 7), falling)  # and rises from 10 on
    found = judged(list(zip(sizes, losses, strict=True)), is_complete=True)
    assert found.steepest is not None
    assert found.breaking is not None
    assert 10**-2 < sizes[found.steepest] < 10**0.2
    assert 10**1.1 < sizes[found.breaking] < 10**1.6  # 2 + 20 x 0.2 decades = 6, later for the smoothing
    assert found.around == pytest.approx((sizes[found.steepest] / 3, sizes[found.breaking]))

    lost = judged(list(zip(sizes[:200], [*losses[:199], np.inf], strict=True)), is_complete=True)
    assert lost.breaking is not None
    flat = judged(list(zip(sizes, np.full(len(sizes), 3.0), strict=True)), is_complete=True)
    assert (flat.steepest, flat.around) == (None, None)
    assert judged([(1e-6, np.nan)], is_complete=True).steepest is None
