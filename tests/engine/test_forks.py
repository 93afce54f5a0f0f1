"""Forks: what goes on from an iteration of another run is that run, bit for bit, until something was changed."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.jobs.inspection.step import run_step
from engine.jobs.people import steer
from engine.jobs.worker.forking import changed
from engine.jobs.worker.worker_loop import work
from engine.spec import RunSpec, SpecError, defaults
from engine.store import Listing, Process, Refused, Run, StoreError, open_for_reading, open_for_writing
from engine.store.schema.inspection import inspect
from engine.strategy import optimize
from engine.trace.state import state_from_bytes, state_to_bytes
from tests.presence import present
from tests.stores import query
from tui.chart.values.series import best_so_far

CURVE_WITH_ITS_PARENTS = """
    SELECT elapsed_s FROM (
      SELECT iteration, elapsed_s FROM iterations WHERE run_id = 1 AND iteration < ?
      UNION ALL SELECT iteration, elapsed_s FROM iterations WHERE run_id = ?
    ) ORDER BY iteration
"""
PARENT = defaults().changed(iterations=400)


@pytest.fixture(autouse=True)
def nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs are worked on in this process."""
    monkeypatch.setattr(steer, "start_workers", lambda path: 0)


def carried_out(path: Path, *specs: RunSpec, leave: Callable[[], bool] = lambda: False) -> None:
    """Queue these specs and work until nothing waits."""
    with open_for_writing(path) as store:
        store.queue.add(specs)
    work(path, leave=leave)


def losses(path: Path, run_id: int) -> tuple[int, NDArray[np.float64]]:
    reader = open_for_reading(path)
    try:
        block = reader.iterations(run_id)
        return block.first_iteration, block.loss
    finally:
        reader.close()


def run_of(path: Path, run_id: int) -> Run:
    reader = open_for_reading(path)
    try:
        return present(reader.run(run_id))
    finally:
        reader.close()


def last_weights(path: Path, run_id: int) -> NDArray[Any]:
    reader = open_for_reading(path)
    try:
        return state_from_bytes(present(reader.checkpoint(run_id))[1]).weights
    finally:
        reader.close()


def steering(path: Path, at: int, verb: str, argument: str = "") -> Callable[[], bool]:
    """A worker's `leave` that never holds, and gives run 1 a command once it has done so many iterations."""
    told: list[str] = []

    def leave() -> bool:
        if not told and run_of(path, 1).iterations_done >= at:
            with open_for_writing(path) as store:
                told.append(store.queue.command(1, verb, argument))
        return False

    return leave


@pytest.mark.parametrize(
    ("strategy", "update"),
    [
        ("random-search", "vanilla"),
        ("local-search", "vanilla"),
        ("gradient-descent", "vanilla"),
        ("gradient-descent", "adam"),
        ("l-bfgs", "vanilla"),
        ("conjugate-gradient", "vanilla"),
        ("simulated-annealing", "vanilla"),
        ("evolution-strategy", "vanilla"),
        ("spsa", "vanilla"),
    ],
)
def test_an_unchanged_fork_anywhere_repeats_its_parent(path: Path, strategy: str, update: str) -> None:
    carried_out(path, defaults(strategy).changed(iterations=200, update=update))
    places = (0, 137, 199)
    for at in places:
        assert steer.fork(path, 1, at).sentence == f"Run {places.index(at) + 2} goes on from iteration {at} of run 1."
    work(path, leave=lambda: False)
    parent = losses(path, 1)[1]
    for run_id, at in enumerate(places, start=2):
        first, child = losses(path, run_id)
        assert first == at
        np.testing.assert_array_equal(child, parent[at:])
        np.testing.assert_array_equal(last_weights(path, run_id), last_weights(path, 1))
        run = run_of(path, run_id)
        assert (run.parent_id, run.parent_iteration, run.first_iteration) == (1, at, at)
        assert (run.state, run.iterations_done) == ("finished", 200)
        elapsed = [row[0] for row in query(path, CURVE_WITH_ITS_PARENTS, at, run_id)]
        assert len(elapsed) == 200
        assert np.all(np.diff(elapsed) >= 0)
    assert inspect(path).inconsistent == ()


@pytest.mark.parametrize("strategy", ["newton", "cma-es", "numerical-gradient"])
def test_costly_runs_are_resumed_and_forked_bit_for_bit(path: Path, strategy: str) -> None:
    """One is paused and goes on, one is forked in its middle; Newton's ends by itself."""
    spec = defaults(strategy, "softmax", "spiral").changed(iterations=12)
    with open_for_writing(path) as store:
        store.queue.add([spec.changed(pace=10.0)])  # slow enough to be paused in the middle on any machine
    work(path, leave=steering(path, 2, "pause"))
    assert (run_of(path, 1).state, run_of(path, 1).iterations_done < 12) == ("paused", True)
    steer.resume(path, 1)
    carried_out(path, spec)
    middle = run_of(path, 2).iterations_done // 2
    assert middle >= 3
    steer.fork(path, 2, middle)
    work(path, leave=lambda: False)
    whole, weights = losses(path, 2)[1], last_weights(path, 2)
    for run_id, first in ((1, 0), (3, middle)):
        np.testing.assert_array_equal(losses(path, run_id)[1], whole[first:])
        np.testing.assert_array_equal(last_weights(path, run_id), weights)
        assert run_of(path, run_id).reason == run_of(path, 2).reason


def test_the_end_of_a_run_can_be_forked_with_a_larger_budget(path: Path) -> None:
    carried_out(path, PARENT, PARENT.changed(iterations=600))
    with pytest.raises(SpecError, match="give it more"):
        steer.fork(path, 1)
    steer.fork(path, 1, changes={"iterations": "600"})
    work(path, leave=lambda: False)
    np.testing.assert_array_equal(losses(path, 3)[1], losses(path, 2)[1][400:])


def test_a_run_that_diverged_with_a_finite_loss_is_found_and_its_fork_is_not(path: Path) -> None:
    carried_out(path, PARENT.changed(step_size=1e5))
    parent = run_of(path, 1)
    assert np.isfinite(losses(path, 1)[1]).all()
    assert (parent.reason, parent.diverged_at) == ("diverged", parent.iterations_done - 1)
    steer.fork(path, 1, 0, {"step_size": "0.1"})
    work(path, leave=lambda: False)
    assert (run_of(path, 2).reason, run_of(path, 2).diverged_at) == ("planned iterations done", None)
    reader = open_for_reading(path)
    assert [run.run_id for run in reader.listed(Listing("status:diverged")).runs] == [1]
    assert [run.run_id for run in reader.listed(Listing(order="status")).runs] == [1, 2]
    reader.close()


def test_the_best_of_a_search_that_was_forked_is_what_its_chart_shows(path: Path) -> None:
    carried_out(path, defaults("local-search").changed(iterations=300))
    # with steps this wide nothing better is found, and with small ones something is
    for step_size in ("10", "0.01"):
        steer.fork(path, 1, 200, {"step_size": step_size})
    steer.fork(path, 1, 200, {"strategy": "gradient-descent", "step_size": "1e-6"})
    work(path, leave=lambda: False)
    inherited = float(losses(path, 1)[1][:200].min())
    wide, narrow, slope = (run_of(path, n) for n in (2, 3, 4))
    assert (wide.best_loss, wide.best_iteration) == (inherited, None)
    assert narrow.best_loss == losses(path, 3)[1].min() < inherited
    assert narrow.best_iteration == 200 + losses(path, 3)[1].argmin() + 1
    reader = open_for_reading(path)
    assert slope.best_loss == min(one.loss for one in reader.evaluations(4) if one.split == "train")
    best_line = best_so_far(reader.curve(2, 60).low, reader.curve(2, 60).low_before)
    assert best_line[-1] == wide.best_loss
    listing = Listing(f"best<={inherited!r} local", "best")
    assert [run.run_id for run in reader.listed(listing).runs if run.run_id != 1] == [3, 2]
    reader.close()
    assert inspect(path).inconsistent == ()


def test_a_step_size_that_was_set_holds_in_forks_from_there_on_and_not_before(path: Path) -> None:
    carried_out(path, PARENT.changed(iterations=1200, pace=2000.0), leave=steering(path, 150, "set-step-size", "0.02"))
    [(at,)] = query(path, "SELECT applied_at_iteration FROM commands")
    for place in (at - 1, at, at + 1, at + 50):
        steer.fork(path, 1, place)
    work(path, leave=lambda: False)
    parent = losses(path, 1)[1]
    assert (present(run_of(path, 1).spec).step_size, run_of(path, 1).step_size_now) == (0.1, 0.02)
    reader = open_for_reading(path)
    assert [run.run_id for run in reader.listed(Listing("step_size:0.02")).runs] == [5, 4, 3, 1]
    assert [run.run_id for run in reader.listed(Listing("step_size:0.1")).runs] == [2]
    assert [run.run_id for run in reader.listed(Listing(order="step_size")).runs] == [5, 4, 3, 1, 2]
    reader.close()
    assert [run_of(path, n).step_size_now for n in (2, 3, 4, 5)] == [None] * 4
    assert [present(run_of(path, n).spec).step_size for n in (2, 3, 4, 5)] == [0.1, 0.02, 0.02, 0.02]
    for run_id, place in ((3, at), (4, at + 1), (5, at + 50)):
        np.testing.assert_array_equal(losses(path, run_id)[1], parent[place:])
    assert losses(path, 2)[1][0] == parent[at - 1]
    assert not np.array_equal(losses(path, 2)[1], parent[at - 1 :])


@pytest.mark.parametrize(
    "changes",
    [
        {"step_size": "0.5"},
        {"batch_size": "full"},
        {"batch_size": "16", "seed": "5"},
        {"update": "momentum"},
        {"regularization_strength": "1"},
        {"objective": "softmax"},
        {"strategy": "local-search"},
        {"strategy": "random-search", "metrics": "loss"},
        {"seconds": "60", "patience": "3"},
    ],
    ids=str,
)
def test_anything_may_be_changed_and_the_weights_go_on(path: Path, changes: dict[str, str]) -> None:
    carried_out(path, PARENT)
    forked = steer.fork(path, 1, 200, changes)
    assert "with" in forked.sentence
    work(path, leave=lambda: False)
    run = run_of(path, forked.run_id)
    assert (run.state, run.iterations_done) == ("finished", 400), run.reason
    first, child = losses(path, forked.run_id)
    assert first == 200
    parent = losses(path, 1)[1]
    if set(changes) <= {"step_size", "update"}:
        assert child[0] == parent[200]
    if changes.get("strategy") != "random-search" and "regularization_strength" not in changes:
        assert child[0] < parent[0] / 4
    assert inspect(path).inconsistent == ()


def test_a_search_goes_on_from_what_is_best_for_it_now(path: Path) -> None:
    carried_out(path, defaults("local-search").changed(iterations=200))
    steer.fork(path, 1, 100)
    steer.fork(path, 1, 100, {"regularization_strength": "0.5"})
    work(path, leave=lambda: False)
    reader = open_for_reading(path)
    best = losses(path, 1)[1][:100].min()
    assert reader.curve(2, 240).low_before == best
    assert reader.curve(3, 240).low_before > best
    assert reader.curve(2, 1, first=150).low_before <= best
    reader.close()


def test_a_fork_of_a_fork_and_a_fork_that_has_not_begun(path: Path) -> None:
    carried_out(path, PARENT)
    steer.fork(path, 1, 101)
    with pytest.raises(Refused, match="fork run 1 instead"):
        steer.fork(path, 2, 101)
    work(path, leave=lambda: False)
    with pytest.raises(Refused, match=r"forked at 101 to 400, not at 50; what comes before is run 1's"):
        steer.fork(path, 2, 50)
    steer.fork(path, 2, 101)
    steer.fork(path, 2, 333)
    work(path, leave=lambda: False)
    np.testing.assert_array_equal(losses(path, 3)[1], losses(path, 1)[1][101:])
    np.testing.assert_array_equal(losses(path, 4)[1], losses(path, 1)[1][333:])
    ((before_s,),) = query(path, "SELECT elapsed_s FROM iterations WHERE run_id = 1 AND iteration = 100")
    assert run_of(path, 3).elapsed_s > before_s > 0


@pytest.mark.parametrize(
    ("run_id", "at", "says"),
    [(9, None, "no run 9"), (1, 401, "forked at 0 to 400, not at 401"), (1, -1, "not at -1")],
)
def test_what_cannot_be_forked_is_refused_in_words(path: Path, run_id: int, at: int | None, says: str) -> None:
    carried_out(path, PARENT)
    with pytest.raises(StoreError, match=says):
        steer.fork(path, run_id, at)
    assert query(path, "SELECT count(*) FROM runs") == [(1,)]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"learning_rate": "1"}, "not a field"),
        ({"step_size": "x"}, "not a number"),
        ({"objective": "two-layer"}, "do not fit"),
        ({"dataset": "spiral"}, "do not fit"),
        ({"batch_size": "5000"}, "more than the"),
        ({"iterations": "100"}, "give it more"),
    ],
    ids=str,
)
def test_changes_that_make_no_run_are_refused_before_anything_is_queued(
    path: Path, changes: dict[str, str], says: str
) -> None:
    carried_out(path, PARENT)
    with pytest.raises(SpecError, match=says):
        steer.fork(path, 1, 200, changes)
    assert query(path, "SELECT count(*) FROM runs") == [(1,)]


def test_a_fork_that_was_taken_up_again_and_one_stopped_before_it_began(path: Path) -> None:
    carried_out(path, PARENT)
    steer.fork(path, 1, 123)
    with open_for_writing(path) as store:
        claim = present(store.queue.claim(store.register_worker(dead_process())))
        assert present(claim.origin).iteration == 123
        assert present(present(claim.origin).checkpoint).iteration <= 123
    steer.fork(path, 1, 50)
    assert "stopped" in steer.stop(path, 3)
    work(path, leave=lambda: False)
    np.testing.assert_array_equal(losses(path, 2)[1], losses(path, 1)[1][123:])
    assert (run_of(path, 2).attempt, run_of(path, 3).state) == (2, "cancelled")


def dead_process() -> Process:
    from dataclasses import replace

    from engine.jobs.processes.liveness import this_process

    return replace(this_process(), start_ticks=1)


def test_snapshots_stand_ever_further_apart(path: Path) -> None:
    carried_out(path, PARENT.changed(pace=1500.0, iterations=600))
    at = [row[0] for row in query(path, "SELECT iteration FROM checkpoints WHERE kind = 'snapshot' ORDER BY 1")]
    assert at[0] == 0
    assert len(at) > 3
    assert all(after >= 1.25 * before for before, after in pairwise(at))
    assert query(path, "SELECT iteration, kind FROM checkpoints ORDER BY iteration DESC LIMIT 1") == [(600, "end")]
    assert query(path, "SELECT count(*) FROM checkpoints WHERE kind = 'resume'") == [(0,)]


def test_events_tell_where_to_put_marks(path: Path) -> None:
    carried_out(path, PARENT.changed(iterations=1200, pace=2000.0), leave=steering(path, 100, "set-step-size", "0.05"))
    steer.fork(path, 1, 1100)
    reader = open_for_reading(path)
    at = reader.commands(1)[0].applied_at_iteration
    marks = [(event.iteration, event.verb, event.argument, event.outcome) for event in reader.events(1)]
    assert marks == [
        (at, "set-step-size", "0.05", "step size 0.1 to 0.05"),
        (1100, "fork", "2", "run 2 was forked here"),
    ]
    for iteration, step_size in ((present(at) - 1, 0.1), (present(at), 0.05)):
        *_, step = run_step(path, lambda: True, 1, iteration)
        assert (step.iteration, step.step_size) == (iteration, step_size)
    assert [(event.iteration, event.verb, event.argument) for event in reader.events(2)] == [(1100, "forked", "1")]
    reader.close()
    steer.delete(path, 2)
    reader = open_for_reading(path)
    assert [event.verb for event in reader.events(1)] == ["set-step-size"]
    reader.close()


@pytest.mark.parametrize("update", ["adam", "adamw", "amsgrad"])
@pytest.mark.parametrize("before", ["vanilla", "momentum", "rmsprop", "adagrad", "lion"])
def test_an_update_after_another_one_begins_as_at_the_start_of_a_run(before: str, update: str) -> None:
    """A first update of Adam moves each weight by the step size, whatever its gradient; and so where the run is cut."""
    parent = PARENT.changed(update=before, objective="softmax", step_size=0.01)
    state, _ = optimize.build(parent).advance(optimize.build(parent).start(), 200)
    spec = parent.changed(update=update, decoupled_decay=0.0, batch_size=None)
    adam = optimize.build(spec)
    forked = changed(state, parent, adam)
    first, _ = adam.advance(forked, 1)
    moved = np.abs(first.weights - forked.weights)
    slope = adam.objective.loss_and_gradient(forked.weights)[1]
    np.testing.assert_allclose(moved[np.abs(slope) > 1e-4], 0.01, rtol=2e-3)
    whole, block = adam.advance(forked, 100)
    assert block.loss.max() <= 1.02 * block.loss[0]
    cut, rest = adam.advance(state_from_bytes(state_to_bytes(first)), 40)[0], 59
    np.testing.assert_array_equal(adam.advance(cut, rest)[0].weights, whole.weights)
    assert np.array_equal(changed(whole, spec, adam).buffers["buffers_began"], [200])


def test_patience_counts_each_evaluation_once_however_a_run_is_cut(path: Path) -> None:
    spec = defaults().changed(iterations=2000, step_size=1.0, patience=4)
    carried_out(path, spec)
    whole = run_of(path, 1)
    assert "no improvement" in whole.reason
    with open_for_writing(path) as store:
        store.queue.add([spec])
    calls = [0]

    def leave() -> bool:
        calls[0] += 1
        return calls[0] % 7 == 0

    while run_of(path, 2).state != "finished":
        work(path, leave=leave)
    steer.fork(path, 1, whole.iterations_done // 2)
    work(path, leave=lambda: False)
    for run_id in (2, 3):
        run = run_of(path, run_id)
        assert (run.iterations_done, run.reason) == (whole.iterations_done, whole.reason)
