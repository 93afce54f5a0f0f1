"""Decision regions: the classes of the scores at each dot, examples in their own units, and runs at any moment."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine import datasets
from engine.analysis.regions import CHUNK, NOBODY, part_of, plane_of, refined, winners, winning
from engine.datasets import Split, with_bias
from engine.jobs.inspection.regions import AskedRegions, DecisionRegions, NoRegions, RunRegions
from engine.jobs.worker import worker_loop
from engine.objective.objectives import objective
from engine.spec import RunSpec, defaults
from engine.store import Refused, open_for_writing
from engine.strategy.optimize import build
from engine.trace.state import state_from_bytes, state_to_bytes
from tests.stores import query

NET = defaults().changed(
    dataset="spiral:3", objective="two-layer", hidden_size=8, iterations=40, batch_size=None, step_size=0.3
)


def worked(path: Path, *specs: RunSpec) -> Path:
    """A store of runs, computed to their end."""
    with open_for_writing(path) as store:
        store.queue.add(list(specs))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("engine.jobs.worker.worker_loop.start_workers", lambda path, count=None: 0)
        worker_loop.work(path, leave=lambda: False)
    return path


def regions(
    path: Path, *until: tuple[int, int], computing: DecisionRegions | None = None, **asked: object
) -> list[RunRegions]:
    """The last answer, all of whose runs have regions."""
    given = AskedRegions(until, "train", 24, 12, **asked)  # type: ignore[arg-type]
    *_, found = (computing or DecisionRegions()).answers(path, lambda: True, given)
    assert all(isinstance(one, RunRegions) for one in found)
    return [one for one in found if isinstance(one, RunRegions)]


def test_a_linear_classifiers_regions_are_those_of_its_scores_by_hand() -> None:
    X = np.array([[-3.0, 1.0], [5.0, 2.0], [0.0, 9.0], [1.0, 4.0]], np.float32)
    split = Split(with_bias(X), np.array([0, 1, 2, 2]))
    linear = objective("softmax", split)
    W = np.array([[-1.0, 0.25, 0.5], [1.5, -0.5, 0.0], [0.125, 1.0, -4.0]], np.float32)
    plane = plane_of(split, ("width", "height"))
    assert plane.axes == ("width", "height")
    assert plane.window == pytest.approx((-3.48, 5.48, 0.52, 9.48))
    columns, rows = 64, 48
    assert columns * rows > CHUNK
    window = part_of(plane.window, (0.25, 0.75, 0.0, 0.5))
    found = winning(linear, W.ravel(), plane.chunks(window, columns, rows))
    assert found is not None
    left, right, bottom, top = window
    for row in range(rows):
        for column in range(columns):
            a = np.float32(left + (column + 0.5) / columns * (right - left))
            b = np.float32(top - (row + 0.5) / rows * (top - bottom))
            assert found[row * columns + column] == np.argmax(W[:, 0] * a + W[:, 1] * b + W[:, 2])
    assert len(set(found.tolist())) == 3
    fine = winning(linear, W.ravel(), plane.chunks(window, 2 * columns, 2 * rows))
    edges = refined(linear, W.ravel(), plane, window, found.reshape(rows, columns))
    assert fine is not None
    assert edges is not None
    assert np.array_equal(edges.ravel(), fine)  # straight edges have no island that is missed between two dots


def test_nobody_wins_where_a_score_is_not_finite() -> None:
    scores = np.array([[1.0, 2.0], [np.nan, 5.0], [np.inf, 0.0], [3.0, 3.0]])
    assert winners(scores).tolist() == [1, NOBODY, NOBODY, 0]


def test_many_features_are_projected_exactly_onto_the_plane_through_their_mean() -> None:
    generator = np.random.default_rng(0)
    X = (generator.standard_normal((60, 5)) * [9.0, 0.1, 4.0, 0.1, 0.1] + 2.0).astype(np.float32)
    split = Split(with_bias(X), np.arange(60) % 2)
    plane = plane_of(split)
    centred = X.astype(np.float64) - X.mean(axis=0, dtype=np.float64)
    _, sizes, directions = np.linalg.svd(centred, full_matrices=False)
    assert plane.shares == pytest.approx((sizes**2 / (sizes**2).sum())[:2])
    places = plane.places(split, slice(None))
    assert np.abs(places) == pytest.approx(np.abs(centred @ directions[:2].T), abs=1e-9)
    back = plane.examples(places)
    assert np.array_equal(back[:, 5], np.ones(60))
    residual = X - back[:, :5]
    assert residual @ directions[:2].T == pytest.approx(np.zeros((60, 2)), abs=1e-4)
    assert plane.examples(np.zeros((1, 2)))[0, :5] == pytest.approx(X.mean(axis=0), abs=1e-5)


def test_an_own_file_has_its_own_units_names_and_marks(tmp_path: Path) -> None:
    generator = np.random.default_rng(1)
    lines = ["Length cm,Width cm,kind"]
    for number in range(60):
        kind, far = ("rose", 0) if number % 2 else ("tulip", 2)
        a, b = 100 + far + generator.standard_normal(), 0.01 * (far + generator.standard_normal())
        lines.append(f"{a:.3f},{b:.5f},{kind}")
    file = tmp_path / "flowers.csv"
    file.write_text("\n".join(lines))
    spec = defaults().changed(
        dataset=str(file), standardize="yes", objective="svm", iterations=30, batch_size=None, step_size=0.1
    )
    path = worked(tmp_path / "runs.db", spec)
    (found,) = regions(path, (1, 30), cursor=(0.5, 0.5))
    assert found.plane.axes == ("Length cm", "Width cm")
    assert found.names == ("rose", "tulip")
    assert 90 < found.window[0] < found.window[1] < 110
    assert -0.1 < found.window[2] < found.window[3] < 0.1
    optimization = build(spec)
    end, _ = optimization.advance(optimization.start(), 30)
    train = optimization.objective.split
    assert np.array_equal(found.plane.examples(found.shown.places), train.batch(found.shown.rows))
    scores = optimization.objective.scores(end.weights, train.X)
    assert found.shown.is_wrong.tolist() == (scores.argmax(axis=1) != train.y).tolist()
    assert 1 - found.shown.is_wrong.mean() == pytest.approx(optimization.evaluate(end.weights, "train")[1])
    assert found.under is not None
    middle = np.array([[(found.window[0] + found.window[1]) / 2, (found.window[2] + found.window[3]) / 2]])
    assert found.under.place == pytest.approx(tuple(middle[0]))
    assert np.array_equal(found.under.scores, optimization.objective.scores(end.weights, train.like(middle).X)[0])
    file.write_text(file.read_text().replace("rose", "daisy", 1))
    with pytest.raises(Refused, match=r"flowers\.csv has changed since run 1 began"):
        regions(path, (1, 30))


def test_one_feature_lies_beside_the_classes() -> None:
    split = datasets.load("three-points").splits["train"]
    plane = plane_of(split)
    assert plane.axes == ("x1", "class")
    assert plane.places(split, slice(None)).tolist() == [[1.0, 0.0], [0.5, 1.0], [2.0, 2.0]]
    assert plane.examples(np.array([[0.75, 9.0]])).tolist() == [[0.75]]


def test_live_in_a_replay_and_by_itself_a_moment_has_the_same_regions(tmp_path: Path) -> None:
    path = worked(tmp_path / "runs.db", NET, NET.changed(objective="softmax", seed=1))
    live, replay = DecisionRegions(), DecisionRegions()
    for iteration in (17, 18, 31, 9, 40):
        for computing, is_live in ((live, True), (replay, False)):
            for _ in range(1_000):  # a live picture may be of an earlier moment: the next one is nearer
                seen = regions(path, (1, iteration), (2, iteration), computing=computing, is_live=is_live)
                if all(one.is_exact for one in seen):
                    break
            for one, spec in zip(seen, (NET, NET.changed(objective="softmax", seed=1)), strict=True):
                assert (one.iteration, one.is_exact, one.grid.shape) == (iteration, True, (12, 24))
                optimization = build(spec)
                state, _ = optimization.advance(optimization.start(), iteration)
                chunks = one.plane.chunks(one.window, 24, 12)
                expected = winning(optimization.objective, state.weights, chunks)
                assert expected is not None
                assert np.array_equal(one.grid.ravel(), expected)


def test_what_has_no_regions_says_why_beside_what_has_some(tmp_path: Path) -> None:
    function = defaults(objective="rosenbrock").changed(iterations=5)
    path = worked(tmp_path / "runs.db", NET, function, NET.changed(seed=1), NET.changed(seed=2))
    _spoil(path, 3, lambda weights: weights[:-1])
    _spoil(path, 4, lambda weights: np.full_like(weights, np.nan))
    with open_for_writing(path) as store:
        store.queue.add([NET])
    asked = AskedRegions(((1, 40), (2, 5), (3, 40), (4, 40), (9, 0)), "train", 24, 12)
    *_, found = DecisionRegions().answers(path, lambda: True, asked)
    assert isinstance(found[0], RunRegions)
    told = [one.sentence for one in found[1:] if isinstance(one, NoRegions)]
    assert told == [
        "Run 2 minimises rosenbrock, which gives no class a score: it has no regions.",
        "Run 3 has kept 50 weights: they do not fit its spec.",
        "Some weights of run 4 are infinite or not numbers after 40 iterations: no class wins anywhere.",
        "There is no run 9 in this store; lossboard list shows which there are.",
    ]
    with pytest.raises(Refused, match="rosenbrock"):
        regions(path, (2, 5))
    (queued,) = regions(path, (5, 0))
    assert queued.iteration == 0
    query(path, "DELETE FROM checkpoints WHERE run_id = 1")
    (again,) = regions(path, (1, 40))
    assert again.is_exact  # computed anew from the start
    assert np.array_equal(again.grid, found[0].grid)


def _spoil(path: Path, run_id: int, change: object) -> None:
    """Change the weights that a run has kept at its end."""
    ((data,),) = query(path, "SELECT state FROM checkpoints WHERE run_id = ? AND iteration = 40", run_id)
    state = state_from_bytes(data)
    spoilt = state_to_bytes(replace(state, weights=change(state.weights)))  # type: ignore[operator]
    query(path, "UPDATE checkpoints SET state = ? WHERE run_id = ? AND iteration = 40", spoilt, run_id)
