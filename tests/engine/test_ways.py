"""Ways: those of stored runs are what the runs did, bit for bit, whatever was changed on the way."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from engine.jobs.inspection import landscape, pacing, ways
from engine.jobs.inspection.landscape import Landscapes
from engine.jobs.inspection.landscape_values import Asked, Landscape
from engine.jobs.inspection.ways import Walker, Way
from engine.jobs.people import steer
from engine.jobs.worker import worker_loop
from engine.spec import RunSpec, defaults
from engine.store import NoRun, open_for_reading, open_for_writing
from engine.strategy import optimize

SMALL = defaults().changed(dataset="spiral", batch_size=16, iterations=30)
SPECS = (
    SMALL,
    SMALL.changed(update="momentum", seed=1),
    defaults("local-search").changed(dataset="spiral", iterations=30),
    defaults("random-search").changed(dataset="spiral", iterations=30),
    defaults().changed(objective="rosenbrock", batch_size=None, step_size=1e-3, iterations=30),
    SMALL.changed(objective="softmax"),
)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs 1 to 6 of SPECS at their end, and run 7, a fork of run 1 at 10 with another step size."""
    path = tmp_path_factory.mktemp("ways") / "runs.db"
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("engine.jobs.worker.worker_loop.start_workers", lambda path, count=None: 0)
        with open_for_writing(path) as store:
            store.queue.add(list(SPECS))
            worker_loop.work(path, leave=lambda: False)
        steer.fork(path, 1, 10, {"step_size": "0.5"})
        worker_loop.work(path, leave=lambda: False)
    return path


def walked(path: Path, run_id: int, until: int = 30) -> Way:
    with closing(open_for_reading(path)) as reader:
        walker = Walker(reader, run_id)
    assert walker.repeat(lambda: True)
    return walker.way().until(until)


def weights_of(spec: RunSpec, iteration: int) -> np.ndarray:
    optimization = optimize.build(spec)
    return (
        optimization.advance(optimization.start(), iteration)[0].weights if iteration else optimization.start().weights
    )


@pytest.mark.parametrize("run_id", [1, 2, 3, 4, 5])
def test_every_point_is_the_run_bit_for_bit(path: Path, run_id: int) -> None:
    way = walked(path, run_id, until=20)
    assert way.iterations.tolist() == list(range(21))
    for iteration in (0, 7, 20):
        assert np.array_equal(way.weights[iteration], weights_of(SPECS[run_id - 1], iteration))


def test_a_fork_begins_where_its_parent_was(path: Path) -> None:
    way = walked(path, 7)
    assert way.iterations.tolist() == list(range(10, 31))
    assert np.array_equal(way.weights[0], weights_of(SMALL, 10))
    assert not np.array_equal(way.weights[1], weights_of(SMALL, 11))


def test_tries_are_the_proposals_and_the_accepted_ones_lie_on_the_way(path: Path) -> None:
    for run_id in (3, 4):
        way = walked(path, run_id)
        objective = optimize.build(SPECS[run_id - 1]).objective
        with closing(open_for_reading(path)) as reader:
            recorded = reader.iterations(run_id).loss
        assert [objective.loss(tried).total for tried in way.tries] == pytest.approx(recorded[way.tried_at], rel=1e-5)
        assert 0 < way.accepted.sum() < len(way.tries)
        after = way.weights[way.tried_at[way.accepted] + 1]
        assert np.array_equal(after, way.tries[way.accepted])


def test_a_way_is_thinned_and_goes_on_from_where_it_was_left(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ways, "MOST_POINTS", 10)
    with closing(open_for_reading(path)) as reader:
        walker = Walker(reader, 1)
    room = iter([True] * 4)
    walker.repeat(lambda: next(room, False))
    assert walker.way().exact_to < 30
    walker.repeat(lambda: True)
    way = walker.way()
    assert way.iterations.tolist() == [0, 4, 8, 12, 16, 20, 24, 28, 30]
    assert np.array_equal(way.weights[-2], weights_of(SMALL, 28))


def test_a_repeat_that_takes_too_long_keeps_the_checkpoints(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ways, "JUDGED_CPU_S", 0.0)
    monkeypatch.setattr(ways, "MOST_CPU_S", 0.0)
    found = last(path, Asked(((1, 30),), 0, 16, 16))
    assert any("run 1 through" in remark and "too long" in remark for remark in found.remarks)
    assert found.ways[0].iterations[-1] == 30


def last(path: Path, asked: Asked, landscapes: Landscapes | None = None) -> Landscape:
    return list((landscapes or Landscapes()).answers(path, lambda: True, asked))[-1]


def test_heights_are_losses_of_the_train_split_and_the_cursor_tells_the_slope(path: Path) -> None:
    found = last(path, Asked(((1, 30), (2, 30)), 0, 17, 17, window=(-1.0, 1.0, -1.0, 1.0), cursor=(0.0, 0.0)))
    objective = optimize.build(SMALL).objective
    start = weights_of(SMALL, 0)
    loss, gradient = objective.loss_and_gradient(start)
    assert found.heights.shape == (17, 17)
    assert found.heights[8, 8] == pytest.approx(loss.total, rel=1e-5)
    assert found.pointed is not None
    assert found.pointed.loss == pytest.approx(loss.total, rel=1e-5)
    along = weights_of(SMALL, 30).astype(float) - start
    assert found.pointed.slope[0] == pytest.approx(float(-gradient @ along / np.linalg.norm(along)), rel=1e-4)
    assert (found.pointed.run_id, found.pointed.iteration) in {(1, 0), (2, 0)}
    assert found.lowest is not None
    assert found.lowest[2] == found.heights.min()
    assert "100" not in found.plane
    assert found.examples == "loss over all 300 training examples"


def test_a_landscape_of_growing_runs_gives_way_and_becomes_as_fine(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(landscape, "LIVE_EVERY_S", 0.0)
    monkeypatch.setattr(landscape, "FINER_S", 0.0)
    monkeypatch.setattr(pacing, "LIVE_SHARE", 1.0)
    asked = Asked(((1, 30), (2, 30)), 0, 33, 33)
    first, second, *later = Landscapes().live_answers(path, lambda: True, asked)
    assert first is not None
    assert second is None  # a moment that waits may go first
    assert not first.is_finest
    *_, finest = (one for one in later if one is not None)
    assert finest.is_finest
    assert np.array_equal(finest.heights, last(path, asked).heights)


def test_one_plane_serves_growing_runs_that_are_about_as_far(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Walker, "is_over_at", lambda self, iteration: False)
    kept, window = Landscapes(), (-1.0, 1.0, -1.0, 1.0)
    planes = [
        last(path, Asked(((1, one), (2, other)), 0, 17, 17, window), kept).heights
        for one, other in ((17, 16), (18, 20), (23, 19), (25, 24), (25, 8))
    ]
    assert planes[0] is planes[1] is planes[2]
    assert planes[3] is not planes[2]  # both are past 24
    assert planes[4] is not planes[3]  # one is twice as far as the other


def test_runs_of_another_loss_are_left_out_and_named(path: Path) -> None:
    found = last(path, Asked(((1, 30), (5, 30), (6, 30)), 0, 17, 17))
    assert [way.run_id for way in found.ways] == [1]
    assert found.remarks == ("left out runs 5, 6: another loss",)
    with pytest.raises(NoRun):
        last(path, Asked(((99, 1),), 0, 17, 17))


def test_a_run_before_its_first_iteration_leaves_the_plane_to_the_others(path: Path) -> None:
    found = last(path, Asked(((1, 0), (2, 30)), 0, 17, 17))
    assert found.plane == "starts and ends of the runs"
    assert found.axes[0] == "start to end of run 2"
    assert [len(way.iterations) for way in found.ways] == [1, 31]


def test_a_function_of_two_weights_is_shown_as_it_is(path: Path) -> None:
    found = last(path, Asked(((5, 30),), 0, 17, 17))
    assert found.views == 2  # and a line
    assert found.ways[0].places[0].tolist() == [-1.2, 1.0]
    left, right, bottom, top = found.window
    assert left < 1 < right
    assert bottom < 1 < top  # its minimum is in the picture


def test_a_moment_of_a_replay_is_what_was_seen_then(path: Path) -> None:
    whole, moment = Landscapes(), Landscapes()
    last(path, Asked(((1, 30),), 0, 17, 17), whole)
    before, after = (last(path, Asked(((1, 11),), 0, 17, 17), kept) for kept in (moment, whole))
    assert before.window == after.window
    assert np.array_equal(before.heights, after.heights)
    assert np.array_equal(before.ways[0].places, after.ways[0].places)
    assert before.ways[0].iterations[-1] == 11


def test_planes_stay_while_a_run_grows(path: Path) -> None:
    with closing(open_for_reading(path)) as reader:
        walker = Walker(reader, 1)
    assert [walker.settled(k) for k in (0, 3, 8, 9, 12, 29, 30)] == [0, 3, 8, 8, 12, 24, 30]


def test_a_line_has_its_kinks_where_hinge_terms_change_sign(path: Path) -> None:
    found = last(path, Asked(((1, 30),), 3, 33, 17)).section
    assert found is not None
    objective = optimize.build(SMALL).objective
    start, end = (weights_of(SMALL, at).astype(float) for at in (0, 30))
    assert found.loss[found.positions == 0] == pytest.approx(objective.loss(start).total, rel=1e-5)
    assert found.loss[np.isclose(found.positions, 1)] == pytest.approx(objective.loss(end).total, rel=1e-5)
    X, y = objective.split.X, objective.split.y

    def is_in(at: float) -> np.ndarray:
        scores = X @ (start + at * (end - start)).reshape(3, -1).T
        margins = scores - scores[np.arange(len(y)), y][:, None] + SMALL.delta
        return np.asarray((margins > 0) & (np.arange(3) != y[:, None]))

    changed = np.count_nonzero(is_in(found.positions[0]) != is_in(found.positions[-1]))
    assert 0 < changed == len(found.kinks)
    both = last(path, Asked(((1, 30), (2, 30)), 3, 33, 17)).section
    assert both is not None
    assert both.ends == ("end of run 1", "end of run 2")


@pytest.mark.parametrize("changes", [{}, {"objective": "rosenbrock"}], ids=["svm", "rosenbrock"])
def test_a_run_that_diverged_still_has_a_landscape(tmp_path: Path, changes: dict[str, str]) -> None:
    path = tmp_path / "runs.db"
    spec = SMALL.changed(step_size=1e30, batch_size=None, divergence_factor=1e300, **changes)
    with open_for_writing(path) as store:
        store.queue.add([spec])
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("engine.jobs.worker.worker_loop.start_workers", lambda path, count=None: 0)
        worker_loop.work(path, leave=lambda: False)
    for view in range(4):
        found = last(path, Asked(((1, 30),), view, 17, 17))
        assert np.isfinite(found.window).all()
        assert found.heights.size
