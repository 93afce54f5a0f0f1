"""Successive halving: the outcome depends on the losses alone, whoever comes when and whatever people do meanwhile."""

from __future__ import annotations

import math
import random
from pathlib import Path

import numpy as np
import pytest

from engine.jobs.people import steer, sweeps
from engine.jobs.processes.liveness import this_process
from engine.jobs.worker import worker_loop
from engine.jobs.worker.run_loop import run_claimed
from engine.spec import defaults
from engine.store import StoreError, open_for_reading, open_for_writing
from engine.strategy import optimize
from engine.sweep import Axis, Halving, SweepPlan
from engine.text import loss_text
from tests.presence import present
from tests.stores import process, query

BASE = defaults().changed(iterations=24, batch_size=32)
VALUES = (1e-4, 1e-3, 1e-2, 0.1, 1.0, 10.0)
PLAN = SweepPlan(BASE, (Axis("step_size", VALUES),), halving=Halving((6, 12), 0.5))


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(worker_loop, "start_workers", lambda path: 0)
    monkeypatch.setattr(steer, "start_workers", lambda path: 0)
    monkeypatch.setattr(sweeps, "start_workers", lambda path: 0)
    return tmp_path / "runs.db"


def work(path: Path) -> None:
    worker_loop.work(path, leave=lambda: False)


def train_loss(value: float, iterations: int) -> float:
    optimization = optimize.build(BASE.changed(step_size=value))
    state, _ = optimization.advance(optimization.start(), iterations)
    return optimization.evaluate(state.weights, "train")[0]


def expected() -> dict[float, int]:
    """How far each value comes: computed one after the other, without a store."""
    done = dict.fromkeys(VALUES, 24)
    racing = list(VALUES)
    for rung in (6, 12):
        racing.sort(key=lambda value: train_loss(value, rung))
        keep = math.ceil(len(racing) / 2)
        done |= dict.fromkeys(racing[keep:], rung)
        racing = racing[:keep]
    return done


def done_by_value(path: Path) -> dict[float, int]:
    reader = open_for_reading(path)
    try:
        return {present(run.spec).step_size: run.iterations_done for run in reader.sweep_runs(1)}
    finally:
        reader.close()


def test_half_go_on_at_each_rung_and_every_decision_is_an_event(path: Path) -> None:
    sweeps.start(path, PLAN)
    work(path)
    assert done_by_value(path) == expected()
    reader = open_for_reading(path)
    runs = reader.sweep_runs(1)
    assert sorted(run.state for run in runs) == ["cancelled"] * 4 + ["finished"] * 2
    sweep = present(reader.sweep(1))
    assert [(found.rung, found.kept, found.dropped) for found in sweep.decisions] == [(6, 3, 3), (12, 2, 1)]
    for run in runs:
        events = [(event.verb, event.iteration) for event in reader.events(run.run_id)]
        if run.state == "finished":
            assert events == [("keep", 6), ("keep", 12)]
        else:
            assert events[-1] == ("drop", run.iterations_done)
            assert run.reason.startswith(f"rung {run.iterations_done}: train loss ")
            loss = train_loss(present(run.spec).step_size, run.iterations_done)
            limit = next(found.kept_up_to for found in sweep.decisions if found.rung == run.iterations_done)
            assert loss_text(loss) in run.reason
            assert f"kept up to {loss_text(limit)}" in run.reason
            assert loss > limit
    reader.close()


def test_kept_runs_are_what_they_would_be_without_a_race_bit_for_bit(path: Path) -> None:
    sweeps.start(path, PLAN)
    work(path)
    for run_id, value in query(path, "SELECT run_id, value FROM sweep_results WHERE state = 'finished'"):
        optimization = optimize.build(BASE.changed(step_size=value))
        _, block = optimization.advance(optimization.start(), 24)
        stored = query(path, "SELECT loss FROM iterations WHERE run_id = ? ORDER BY iteration", run_id)
        assert np.array_equal([row[0] for row in stored], block.loss)


@pytest.mark.parametrize("seed", range(4))
def test_the_order_in_which_runs_arrive_does_not_matter(path: Path, seed: int) -> None:
    sweeps.start(path, PLAN)
    order = random.Random(seed)
    with open_for_writing(path) as store:
        worker_id = store.register_worker(this_process())
        while True:
            # Whichever run is claimed next: the others are kept from being claimed for that moment.
            queued = [row[0] for row in query(path, "SELECT run_id FROM runs WHERE state = 'queued'")]
            if not queued:
                if not store.queue.decide_rungs():
                    break
                continue
            chosen = order.choice(queued)
            query(path, "UPDATE runs SET state = 'paused' WHERE state = 'queued' AND run_id <> ?", chosen)
            claim = present(store.queue.claim(worker_id))
            query(
                path,
                "UPDATE runs SET state = 'queued' WHERE run_id IN (SELECT value FROM json_each(?))",
                str([run_id for run_id in queued if run_id != chosen]),
            )
            run_claimed(store, claim, lambda: False)
    assert done_by_value(path) == expected()


def test_a_dropped_run_can_be_resumed_and_goes_on_alone(path: Path) -> None:
    sweeps.start(path, PLAN)
    work(path)
    [(run_id,)] = query(path, "SELECT run_id FROM sweep_results WHERE value = 0.0001")
    assert "out of the race" in steer.resume(path, run_id)
    work(path)
    reader = open_for_reading(path)
    run = present(reader.run(run_id))
    assert (run.state, run.iterations_done, run.rung) == ("finished", 24, None)
    assert [event.verb for event in reader.events(run_id)] == ["drop", "resume"]
    assert len(present(reader.sweep(1)).decisions) == 2
    reader.close()


def test_a_stopped_run_counts_as_a_loser_and_blocks_nobody(path: Path) -> None:
    sweeps.start(path, PLAN)
    [(best,)] = query(path, "SELECT run_id FROM sweep_results WHERE value = 0.1")
    steer.stop(path, best)
    work(path)
    states = dict(query(path, "SELECT value, state FROM sweep_results"))
    assert states[0.1] == "cancelled"
    assert sum(state == "finished" for state in states.values()) == 2


def test_the_last_one_is_stopped_and_the_others_are_decided_at_once(path: Path) -> None:
    sweeps.start(path, PLAN)
    with open_for_writing(path) as store:
        worker_id = store.register_worker(this_process())
        for _ in range(len(VALUES) - 1):
            run_claimed(store, present(store.queue.claim(worker_id)), lambda: False)
        assert store.queue.decide_rungs() == 0
    [(last,)] = query(path, "SELECT run_id FROM runs WHERE state = 'queued'")
    steer.stop(path, last)
    assert len(query(path, "SELECT 1 FROM runs WHERE state = 'queued'")) == 3


def test_diverged_and_failed_runs_are_losers(path: Path) -> None:
    plan = SweepPlan(BASE.changed(divergence_factor=1.5), (Axis("step_size", (0.01, 0.1, 1e6, 1e8)),),
                     halving=Halving((6,), 0.5))  # fmt: skip
    sweeps.start(path, plan)
    work(path)
    found = query(path, "SELECT value, state, iterations_done FROM sweep_results ORDER BY value")
    assert [row[:2] for row in found] == [(0.01, "finished"), (0.1, "finished"), (1e6, "finished"), (1e8, "finished")]
    assert [row[2] == 24 for row in found] == [True, True, False, False]


def test_a_pause_while_others_are_waited_for_holds_after_the_decision(path: Path) -> None:
    sweeps.start(path, PLAN)
    with open_for_writing(path) as store:
        worker_id = store.register_worker(this_process())
        for _ in range(len(VALUES) - 1):
            run_claimed(store, present(store.queue.claim(worker_id)), lambda: False)
    assert "pauses" in sweeps.pause(path, 1)
    [(last,)] = query(path, "SELECT run_id FROM runs WHERE reason = ''")
    steer.resume(path, last)
    work(path)
    states = [row[0] for row in query(path, "SELECT state FROM runs ORDER BY state")]
    assert states == ["cancelled"] * 3 + ["paused"] * 3
    sweeps.resume(path, 1)
    work(path)
    assert done_by_value(path) == expected()


def test_a_waiting_run_that_is_let_go_on_leaves_the_race(path: Path) -> None:
    sweeps.start(path, PLAN)
    with open_for_writing(path) as store:
        claim = present(store.queue.claim(store.register_worker(this_process())))
        run_claimed(store, claim, lambda: False)
    assert "out of the race" in steer.resume(path, claim.run_id)
    work(path)
    reader = open_for_reading(path)
    assert present(reader.run(claim.run_id)).state == "finished"
    assert present(reader.sweep(1)).decisions[0].kept == 3
    reader.close()


def test_values_that_are_added_later_are_held_against_what_was_decided(path: Path) -> None:
    sweeps.start(path, PLAN)
    work(path)
    before = query(path, "SELECT * FROM rung_decisions")
    assert "Added 2 runs" in sweeps.add_values(path, 1, [0.3, 1e-5])
    work(path)
    assert query(path, "SELECT * FROM rung_decisions") == before
    done = done_by_value(path)
    limit = {rung: limit for _, rung, limit, *_ in before}
    assert done[1e-5] == 6
    assert done[0.3] == next((rung for rung in (6, 12) if train_loss(0.3, rung) > limit[rung]), 24)


def test_a_value_is_judged_with_all_its_seeds(path: Path) -> None:
    plan = SweepPlan(BASE, (Axis("step_size", (1e-4, 0.1)),), repeats=3, halving=Halving((6,), 0.5))
    sweeps.start(path, plan)
    work(path)
    found = query(path, "SELECT value, state, count(*) FROM sweep_results GROUP BY value, state ORDER BY value")
    assert found == [(1e-4, "cancelled", 3), (0.1, "finished", 3)]


def test_a_decision_that_is_broken_off_is_made_by_whoever_comes_next(path: Path) -> None:
    sweeps.start(path, PLAN)
    with open_for_writing(path) as store:
        worker_id = store.register_worker(process())
        for _ in VALUES:
            run_claimed(store, present(store.queue.claim(worker_id)), lambda: False)
        before = query(path, "SELECT run_id, state, reason, rung FROM runs")
        query(path, "CREATE TRIGGER broken AFTER UPDATE ON runs WHEN new.state = 'queued' "
                    "BEGIN SELECT RAISE(ABORT, 'broken off'); END")  # fmt: skip
        with pytest.raises(StoreError, match="broken off"):
            store.queue.decide_rungs()
        query(path, "DROP TRIGGER broken")
    assert query(path, "SELECT run_id, state, reason, rung FROM runs") == before
    assert query(path, "SELECT * FROM rung_decisions") == []
    work(path)
    assert done_by_value(path) == expected()


def test_where_each_value_is_an_objective_of_its_own_a_rung_compares_what_is_right(path: Path) -> None:
    deltas = (1e-3, 0.1, 1.0, 100.0)
    base = BASE.changed(step_size=0.1, iterations=200)
    sweeps.start(path, SweepPlan(base, (Axis("delta", deltas),), halving=Halving((100,), 0.5)))
    work(path)
    accuracies = {}
    for delta in deltas:
        optimization = optimize.build(base.changed(delta=delta))
        state, _ = optimization.advance(optimization.start(), 100)
        accuracies[delta] = optimization.evaluate(state.weights, "validation")[1]
    reader = open_for_reading(path)
    runs = reader.sweep_runs(1)
    reader.close()
    kept = {present(run.spec).delta for run in runs if run.state == "finished"}
    assert kept == set(sorted(deltas, key=lambda delta: -accuracies[delta])[:2])
    assert kept != {1e-3, 0.1}  # whose losses are the lowest
    dropped = next(run for run in runs if run.state == "cancelled")
    error = 1 - accuracies[present(dropped.spec).delta]
    assert dropped.reason.startswith(f"rung 100: validation error {error:.4f}, kept up to ")


@pytest.mark.parametrize("decided", [False, True], ids=["before the others are there", "after its rung was decided"])
def test_a_failed_run_that_is_resumed_is_in_the_race_again(path: Path, decided: bool) -> None:
    sweeps.start(path, PLAN)
    comes_to = expected()
    best = max(VALUES, key=lambda value: comes_to[value])
    with open_for_writing(path) as store:
        by_value = {present(run.spec).step_size: run.run_id for run in store.reader().sweep_runs(1)}
        run_id = by_value.pop(best)
        for other in by_value.values():
            store.queue.command(other, "pause")
        store.writer(present(store.queue.claim(store.register_worker(process())))).fail("no memory")
        for other in by_value.values():
            store.queue.command(other, "resume")
    if decided:
        work(path)
        assert done_by_value(path)[best] == 0
    assert "begins again" in steer.resume(path, run_id)
    work(path)
    assert done_by_value(path)[best] == 24
    if not decided:
        assert done_by_value(path) == expected()
