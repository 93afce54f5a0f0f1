"""RunWriter: one transaction per block, and only for as long as the claim holds."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from engine.store import Checkpoint, Evaluation, FencedOff, Store, StoreFull, open_for_reading
from engine.trace.block import Block
from tests.presence import present
from tests.stores import block_of, claimed_writer, process, query


def test_every_iteration_is_a_row_with_the_columns_that_were_there(store: Store, path: Path) -> None:
    writer = claimed_writer(store)
    ramp = np.arange(300.0)
    block = Block(0, ramp, data_loss=ramp / 2, gradient_norm=ramp * 2, step_size=np.full(300, 0.1), elapsed_s=ramp / 8)
    writer.write(block)
    writer.write(block_of([7.0], first=300))
    rows = query(
        path, "SELECT iteration, elapsed_s, loss, data_loss, gradient_norm, step_size FROM iterations ORDER BY 1"
    )
    assert rows[:300] == [(i, i / 8, float(i), i / 2, i * 2.0, 0.1) for i in range(300)]
    assert rows[300] == (300, 0.301, 7.0, None, None, None)


def test_what_is_not_finite_is_data(store: Store, path: Path) -> None:
    writer = claimed_writer(store)
    writer.write(block_of([3.0, math.inf, math.nan, -math.inf, 2.0, math.nan]))
    losses = [loss for (loss,) in query(path, "SELECT loss FROM iterations ORDER BY iteration")]
    assert losses == [3.0, math.inf, None, -math.inf, 2.0, None]
    run = store.reader().run(1)
    assert run is not None
    assert (run.best_loss, run.diverged_at, run.last_loss) == (None, 1, None)
    assert math.isnan(present(run.current_loss))
    read = store.reader().iterations(1)
    np.testing.assert_array_equal(read.loss, [3.0, math.inf, math.nan, -math.inf, 2.0, math.nan])


def test_the_summary_follows_the_rows(store: Store) -> None:
    writer = claimed_writer(store)
    writer.write(block_of([5.0, 4.0, 6.0]))
    writer.write(block_of([3.5, 9.0], first=3))
    run = store.reader().run(1)
    assert run is not None
    assert (run.iterations_done, run.last_loss) == (5, 9.0)
    assert run.elapsed_s == pytest.approx(0.005)
    assert run.iterations_per_s == pytest.approx(1000)
    assert run.diverged_at is None


@pytest.mark.parametrize("at_once", [True, False])
def test_a_finite_loss_that_ended_a_run_is_where_it_diverged(store: Store, at_once: bool) -> None:
    writer = claimed_writer(store)
    block = block_of([3.0, 4.0, 5e9])
    if not at_once:
        writer.write(block)
        assert present(store.reader().run(1)).diverged_at is None
    writer.finish("diverged", block=block if at_once else None)
    assert present(store.reader().run(1)).diverged_at == 2


def test_the_first_loss_that_is_not_finite_is_where_a_run_diverged(store: Store) -> None:
    writer = claimed_writer(store)
    writer.finish("diverged", block=block_of([3.0, math.nan, 5e9]))
    assert present(store.reader().run(1)).diverged_at == 1


def test_a_finished_run_tells_its_rate_over_all_and_when_it_ended(store: Store) -> None:
    writer = claimed_writer(store)
    writer.finish("planned iterations done", block=block_of([1.0] * 10), checkpoint=Checkpoint(10, b"end", "end"))
    run = store.reader().run(1)
    assert run is not None
    assert (run.state, run.reason, run.iterations_done) == ("finished", "planned iterations done", 10)
    assert run.ended_at is not None
    assert store.reader().checkpoint(1) == (10, b"end")


def test_evaluations_come_with_their_rows_and_may_be_repeated(store: Store) -> None:
    writer = claimed_writer(store)
    writer.write(evaluations=[Evaluation(0, "train", 2.0, 0.1), Evaluation(0, "validation", math.nan, 0.1)])
    writer.write(evaluations=[Evaluation(0, "train", 2.0, 0.1)])
    train, validation = store.reader().evaluations(1)
    assert train == Evaluation(0, "train", 2.0, 0.1)
    assert math.isnan(validation.loss)


def test_of_many_evaluations_the_newest_are_read_or_those_from_an_iteration_on(store: Store) -> None:
    writer = claimed_writer(store)
    stored = [Evaluation(iteration, split, 1.0, 0.5) for iteration in range(50) for split in ("train", "validation")]
    writer.write(evaluations=stored)
    reader = store.reader()
    assert reader.evaluations(1) == stored
    assert reader.evaluations(1, limit=3) == stored[-3:]
    assert reader.evaluations(1, first=48) == stored[-4:]


def test_a_block_with_a_gap_before_it_is_refused(store: Store, path: Path) -> None:
    writer = claimed_writer(store)
    with pytest.raises(ValueError, match="gap"):
        writer.write(block_of([1.0], first=1))
    assert query(path, "SELECT count(*) FROM iterations") == [(0,)]


def test_iterations_that_are_known_are_left_as_they_are(store: Store, path: Path) -> None:
    writer = claimed_writer(store)
    writer.write(block_of([1.0, 2.0, 3.0]))
    writer.write(block_of([1.0, 2.0]))
    writer.write(block_of([2.5, 3.5, 4.5], first=1))
    assert query(path, "SELECT loss FROM iterations ORDER BY iteration") == [(1.0,), (2.0,), (3.0,), (4.5,)]


@pytest.mark.parametrize("takes_over", ["another worker", "the same worker again"])
def test_a_stale_worker_leaves_empty_handed(store: Store, path: Path, takes_over: str) -> None:
    stale = claimed_writer(store)
    stale.write(block_of([1.0]))
    [owned] = store.queue.owned()
    store.queue.requeue(owned, "thought to be lost")
    worker_id = store.register_worker(process(2)) if takes_over == "another worker" else stale.claim.worker_id
    claim = store.queue.claim(worker_id)
    assert claim is not None
    assert claim.attempt == 2
    for attempt in (
        lambda: stale.write(block_of([2.0], first=1)),
        lambda: stale.finish("done", block=block_of([2.0], first=1), checkpoint=Checkpoint(2, b"stale")),
        lambda: stale.begin("{}"),
        lambda: store.writer(stale.claim),
    ):
        with pytest.raises(FencedOff):
            attempt()
    assert query(path, "SELECT count(*) FROM iterations") == [(1,)]
    assert query(path, "SELECT count(*) FROM checkpoints") == [(0,)]
    store.writer(claim).write(block_of([2.0], first=1))
    assert present(store.reader().run(1)).state == "running"


def test_nobody_writes_to_a_run_that_has_ended(store: Store) -> None:
    writer = claimed_writer(store)
    writer.cancel("stopped at iteration 0")
    with pytest.raises(FencedOff):
        writer.write(block_of([1.0]))


def test_commands_are_handed_over_with_the_block_and_answered_with_the_next(store: Store) -> None:
    writer = claimed_writer(store)
    assert writer.write(block_of([1.0])) == []
    store.queue.command(1, "set-step-size", "0.05")
    [command] = writer.write(block_of([1.0], first=1))
    assert (command.verb, command.argument) == ("set-step-size", "0.05")
    assert writer.write(applied=[(command.command_id, 2, "step size 0.1 to 0.05")]) == []
    [done] = store.reader().commands(1)
    assert (done.applied_at_iteration, done.outcome) == (2, "step size 0.1 to 0.05")


def test_commands_that_come_too_late_are_answered(store: Store) -> None:
    writer = claimed_writer(store)
    store.queue.command(1, "stop")
    writer.finish("planned iterations done")
    assert [command.outcome for command in store.reader().commands(1)] == ["the run had ended"]


def test_of_the_checkpoints_to_go_on_from_the_newest_stays_and_snapshots_stay(store: Store, path: Path) -> None:
    writer = claimed_writer(store)
    writer.write(checkpoint=Checkpoint(0, b"start"))
    writer.write(block_of([1.0]), checkpoint=Checkpoint(1, b"seen", "snapshot"))
    writer.write(block_of([1.0], first=1), checkpoint=Checkpoint(2, b"newest"))
    assert query(path, "SELECT iteration, kind, state FROM checkpoints ORDER BY iteration") == [
        (1, "snapshot", b"seen"),
        (2, "resume", b"newest"),
    ]
    writer.release()
    claim = store.queue.claim(writer.claim.worker_id)
    assert claim is not None
    assert claim.checkpoint == Checkpoint(2, b"newest")
    assert [claim.iterations_done, claim.attempt, claim.elapsed_s] == [2, 2, pytest.approx(0.002)]


def test_after_a_full_disk_the_same_write_succeeds_and_nothing_is_lost(store: Store, path: Path) -> None:
    writer = claimed_writer(store)
    losses = np.random.default_rng(0).random(20_000)
    writer.write(block_of(losses[:100]))
    raw = store._connection._raw
    pages = raw.execute("PRAGMA page_count").fetchone()[0]
    raw.execute(f"PRAGMA max_page_count = {pages + 5}")
    with pytest.raises(StoreFull, match="disk is full"):
        writer.write(block_of(losses[100:], first=100))
    assert query(path, "SELECT count(*) FROM iterations") == [(100,)]
    raw.execute("PRAGMA max_page_count = 1000000")
    writer.write(block_of(losses[100:], first=100))
    curve = store.reader().curve(1, columns=10)
    assert curve.low.min() == losses.min()
    assert curve.count.sum() == 20_000


def test_a_reader_in_another_connection_sees_each_write_and_that_there_was_one(store: Store, path: Path) -> None:
    writer = claimed_writer(store)
    reader = open_for_reading(path)
    before = reader.data_version()
    assert reader.data_version() == before
    writer.write(block_of([1.0]))
    assert reader.data_version() != before
    assert present(reader.run(1)).iterations_done == 1
    reader.close()


def test_the_heartbeat_is_told_by_the_clock_that_the_store_was_given(path: Path) -> None:
    from engine.store.schema.opening import connect_for_writing
    from engine.store.store import Store

    now = [100.0]
    with Store(connect_for_writing(path), boot_clock=lambda: now[0]) as store:
        writer = claimed_writer(store)
        now[0] = 123.0
        writer.write()
        assert present(store.reader().run(1)).heartbeat_s == 123.0
        assert [worker.heartbeat_s for worker in store.reader().workers()] == [123.0]


def test_numpy_scalars_are_stored_as_numbers(store: Store, path: Path) -> None:
    writer = claimed_writer(store)
    writer.write(evaluations=[Evaluation(0, "train", np.float32(0.5), np.float64(0.25))])  # type: ignore[arg-type]
    assert query(path, "SELECT typeof(loss), typeof(accuracy) FROM evaluations") == [("real", "real")]
