"""Sweeps in the store: queued whole, read back, steered as one."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.spec import SpecError, defaults
from engine.store import Evaluation, Store, StoreError
from engine.store.records.runs import RunState
from engine.sweep import Axis, SweepPlan
from tests.presence import present
from tests.stores import block_of, process, query

BASE = defaults().changed(iterations=40)
PLAN = SweepPlan(BASE, (Axis("step_size", (0.01, 0.1, 1.0)),), name="three sizes")


def states(store: Store, sweep_id: int) -> list[RunState]:
    return [run.state for run in store.reader().sweep_runs(sweep_id)]


def test_a_sweep_is_queued_whole_and_read_back(store: Store, path: Path) -> None:
    sweep = store.queue.add_sweep(PLAN)
    reader = store.reader()
    assert (sweep.plan, sweep.parent_id) == (PLAN, None)
    assert reader.sweep(sweep.sweep_id) == sweep
    assert reader.sweeps() == [sweep]
    runs = reader.sweep_runs(sweep.sweep_id)
    assert [run.spec for run in runs] == [member.spec for member in PLAN.members()]
    assert {run.state for run in runs} == {"queued"}
    assert query(path, "SELECT sweep, parameter, value FROM sweep_results ORDER BY value") == [
        ("three sizes", "step_size", 0.01),
        ("three sizes", "step_size", 0.1),
        ("three sizes", "step_size", 1.0),
    ]


def test_the_newest_evaluations_stand_in_the_results(store: Store, path: Path) -> None:
    sweep = store.queue.add_sweep(PLAN)
    claim = store.queue.claim(store.register_worker(process()))
    assert claim is not None
    at = [Evaluation(0, "train", 9.0, 0.1), Evaluation(4, "train", 2.0, 0.5), Evaluation(4, "validation", 3.0, 0.25)]
    store.writer(claim).finish(block=block_of([4.0, 3.0, 2.0, 1.0]), evaluations=at)
    assert store.reader().sweep_evaluations(sweep.sweep_id) == {claim.run_id: {"train": at[1], "validation": at[2]}}
    assert query(path, "SELECT train_loss, validation_loss, accuracy FROM sweep_results WHERE state = 'finished'") == [
        (2.0, 3.0, 0.25)
    ]


def test_an_unknown_sweep_and_one_whose_plan_is_not_readable(store: Store, path: Path) -> None:
    assert store.reader().sweep(7) is None
    assert store.reader().sweep_runs(7) == []
    with pytest.raises(StoreError, match="no sweep 7"):
        store.queue.widen_sweep(7, [5.0])
    sweep = store.queue.add_sweep(PLAN)
    query(path, "UPDATE sweeps SET plan = 'nonsense'")
    found = present(store.reader().sweep(sweep.sweep_id))
    assert (found.plan, found.name) == (None, "three sizes")
    with pytest.raises(StoreError, match="cannot be read"):
        store.queue.widen_sweep(sweep.sweep_id, [5.0])


def test_values_are_added_to_a_sweep_and_the_runs_that_there_are_stay(store: Store) -> None:
    sweep = store.queue.add_sweep(PLAN)
    before = store.reader().sweep_runs(sweep.sweep_id)
    assert store.queue.widen_sweep(sweep.sweep_id, [10.0, 100.0]) == 2
    after = store.reader().sweep_runs(sweep.sweep_id)
    assert after[:3] == before
    assert sorted(present(run.spec).step_size for run in after[3:]) == [10.0, 100.0]
    assert present(present(store.reader().sweep(sweep.sweep_id)).plan).axes[0].values == (0.01, 0.1, 1.0, 10.0, 100.0)
    with pytest.raises(SpecError, match="twice"):
        store.queue.widen_sweep(sweep.sweep_id, [10.0])
    assert len(store.reader().sweep_runs(sweep.sweep_id)) == 5


def test_a_sweep_is_paused_resumed_and_stopped_as_one(store: Store) -> None:
    one, other = store.queue.add_sweep(PLAN), store.queue.add_sweep(PLAN)
    claim = present(store.queue.claim(store.register_worker(process())))
    assert store.queue.command_sweep(one.sweep_id, "pause") == 3
    assert states(store, one.sweep_id) == ["running", "paused", "paused"]
    assert store.queue.command_sweep(one.sweep_id, "pause") == 0
    assert [command.verb for command in store.writer(claim).write()] == ["pause"]
    assert store.queue.command_sweep(one.sweep_id, "resume") == 3
    assert [command.verb for command in store.writer(claim).write()] == ["pause", "resume"]
    assert store.queue.command_sweep(one.sweep_id, "resume") == 0
    assert store.queue.command_sweep(one.sweep_id, "stop") == 3
    assert states(store, one.sweep_id) == ["running", "cancelled", "cancelled"]
    assert states(store, other.sweep_id) == ["queued"] * 3


def test_a_sweep_is_deleted_whole_and_brought_back(store: Store) -> None:
    sweep = store.queue.add_sweep(PLAN)
    claim = present(store.queue.claim(store.register_worker(process())))
    with pytest.raises(StoreError, match="running"):
        store.catalogue.delete_sweep(sweep.sweep_id)
    store.writer(claim).cancel("stopped")
    assert store.catalogue.delete_sweep(sweep.sweep_id) == 3
    assert store.reader().sweeps() == []
    assert store.reader().sweep_runs(sweep.sweep_id) == []
    assert store.catalogue.undelete_sweep(sweep.sweep_id) == 3
    assert states(store, sweep.sweep_id) == ["cancelled", "queued", "queued"]
