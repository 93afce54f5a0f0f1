"""The queue: claims, commands to runs in every state, and runs given back."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from engine.spec import SpecError, defaults, race
from engine.store import Checkpoint, Refused, Store, StoreError, open_for_writing
from engine.store.write.queue import MOST_TIMES_LOST
from tests.presence import present
from tests.stores import block_of, claimed_writer, process, query


def state_of(store: Store, run_id: int = 1) -> str:
    return present(store.reader().run(run_id)).state


def test_runs_wait_in_the_order_in_which_they_came(store: Store) -> None:
    ids = store.queue.add(race(), names=["dart", "step", "whole slope", "slope"])
    assert ids == [1, 2, 3, 4]
    worker_id = store.register_worker(process())
    claims = [store.queue.claim(worker_id) for _ in range(5)]
    assert [claim and claim.run_id for claim in claims] == [1, 2, 3, 4, None]
    assert [claim.spec for claim in claims if claim] == list(race())
    assert [run.name for run in store.reader().runs()] == ["slope", "whole slope", "step", "dart"]


def test_names_and_specs_must_pair_up_or_nothing_is_queued(store: Store) -> None:
    with pytest.raises(ValueError, match="zip"):
        store.queue.add(race(), names=["only one"])
    assert store.reader().counts() == {}


def test_ids_are_not_used_again(store: Store, path: Path) -> None:
    store.queue.add([defaults()])
    query(path, "DELETE FROM runs")
    assert store.queue.add([defaults()]) == [2]


def test_each_run_is_claimed_once_however_many_workers_ask(path: Path, store: Store) -> None:
    store.queue.add([defaults()] * 40)
    taken: list[int] = []

    def claim_all(pid: int) -> None:
        with open_for_writing(path) as mine:
            worker_id = mine.register_worker(process(pid))
            while (claim := mine.queue.claim(worker_id)) is not None:
                taken.append(claim.run_id)

    threads = [threading.Thread(target=claim_all, args=(pid,)) for pid in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == list(range(1, 41))


def test_a_worker_that_leaves_a_running_run_behind_is_still_known_so_that_the_run_is_judged_lost(store: Store) -> None:
    writer = claimed_writer(store)
    store.leave(writer.claim.worker_id)
    assert [worker.worker_id for worker in store.reader().workers()] == [writer.claim.worker_id]
    writer.finish()
    store.leave(writer.claim.worker_id)
    assert store.reader().workers() == []


def test_a_run_whose_spec_cannot_be_read_fails_with_the_reason_and_holds_nobody_up(store: Store, path: Path) -> None:
    store.queue.add([defaults(), defaults(), defaults()])
    query(path, """UPDATE runs SET spec = '{"learning_rate": 1}' WHERE run_id = 1""")
    query(path, "UPDATE runs SET spec = 'no JSON' WHERE run_id = 2")
    claim = store.queue.claim(store.register_worker(process()))
    assert claim is not None
    assert claim.run_id == 3
    first, second = present(store.reader().run(1)), present(store.reader().run(2))
    assert (first.state, second.state) == ("failed", "failed")
    assert "learning_rate" in first.reason
    assert "JSON" in second.reason
    assert first.spec is None


def test_stopping_a_queued_run_cancels_it_at_once(store: Store) -> None:
    store.queue.add([defaults()])
    assert "stopped" in store.queue.command(1, "stop")
    assert state_of(store) == "cancelled"
    assert store.queue.claim(store.register_worker(process())) is None


def test_a_queued_run_can_be_paused_and_resumed(store: Store) -> None:
    store.queue.add([defaults()])
    store.queue.command(1, "pause")
    assert state_of(store) == "paused"
    assert store.queue.claim(store.register_worker(process())) is None
    assert "paused already" in store.queue.command(1, "pause")
    store.queue.command(1, "resume")
    assert state_of(store) == "queued"
    assert "queued already" in store.queue.command(1, "resume")


def test_commands_to_a_running_run_wait_for_its_worker(store: Store) -> None:
    writer = claimed_writer(store)
    store.queue.command(1, "pause")
    assert state_of(store) == "running"
    assert [command.verb for command in writer.write()] == ["pause"]
    assert "told so already" in store.queue.command(1, "pause")
    assert "withdrawn" in store.queue.command(1, "resume")
    assert [command.verb for command in writer.write()] == ["pause", "resume"]


def test_resuming_what_runs_and_steering_what_has_ended_change_nothing(store: Store) -> None:
    writer = claimed_writer(store)
    assert "running already" in store.queue.command(1, "resume")
    writer.finish()
    for verb in ("stop", "pause", "resume"):
        with pytest.raises(Refused, match=f"finished already; nothing to {verb}"):
            store.queue.command(1, verb)
    with pytest.raises(Refused, match=r"finished already.* A fork goes on from it: lossboard fork 1"):
        store.queue.command(1, "set-step-size", "0.1")
    assert store.reader().commands(1) == []


@pytest.mark.parametrize(
    ("checkpoint", "says"),
    [
        (Checkpoint(2, b"state"), "goes on from iteration 3, computed again from its checkpoint at 2"),
        (Checkpoint(3, b"state"), "goes on from iteration 3"),
        (None, "goes on from iteration 3, computed again from iteration 0: it has no checkpoint"),
    ],
    ids=["before", "there", "none"],
)
def test_a_failed_run_goes_on_where_it_was(store: Store, checkpoint: Checkpoint | None, says: str) -> None:
    writer = claimed_writer(store)
    writer.write(block_of([1.0, 2.0]), checkpoint=checkpoint if checkpoint and checkpoint.iteration == 2 else None)
    last = checkpoint if checkpoint and checkpoint.iteration == 3 else None
    writer.fail("no memory", block=block_of([3.0], first=2), checkpoint=last)
    with pytest.raises(Refused, match="failed already"):
        store.queue.command(1, "pause")
    assert store.queue.command(1, "resume") == f"Resuming run 1 …: it had failed and {says}."
    run = present(store.reader().run(1))
    assert (run.state, run.reason, run.ended_at, run.iterations_done) == ("queued", "", None, 3)
    claim = store.queue.claim(writer.claim.worker_id)
    assert claim is not None
    assert (claim.checkpoint, claim.iterations_done, claim.attempt) == (checkpoint, 3, 2)
    assert [(event.verb, event.iteration) for event in store.reader().events(1)] == [("resume", 3)]


def test_a_run_that_was_given_up_has_all_its_tries_again(store: Store) -> None:
    writer = claimed_writer(store)
    for _ in range(MOST_TIMES_LOST):
        [owned] = store.queue.owned()
        store.queue.requeue(owned, "gone")
        store.queue.claim(writer.claim.worker_id)
    assert present(store.reader().run(1)).state == "failed"
    assert store.queue.command(1, "resume") == "Resuming run 1 …: it had failed and begins again."
    store.queue.claim(writer.claim.worker_id)
    [owned] = store.queue.owned()
    store.queue.requeue(owned, "gone")
    assert present(store.reader().run(1)).state == "queued"


def test_a_paused_run_keeps_its_rows_and_its_new_step_size_waits(store: Store) -> None:
    writer = claimed_writer(store)
    writer.pause(block=block_of([1.0, 2.0]))
    assert "once it resumes" in store.queue.command(1, "set-step-size", "1e-3")
    store.queue.command(1, "resume")
    claim = store.queue.claim(writer.claim.worker_id)
    assert claim is not None
    assert claim.iterations_done == 2
    assert [command.argument for command in store.writer(claim).write()] == ["0.001"]


def test_commands_that_make_no_sense_are_refused_with_what_would(store: Store) -> None:
    store.queue.add([defaults()])
    with pytest.raises(StoreError, match="no run 9"):
        store.queue.command(9, "stop")
    with pytest.raises(ValueError, match="stop, pause, resume"):
        store.queue.command(1, "explode")
    with pytest.raises(SpecError, match="greater than 0"):
        store.queue.command(1, "set-step-size", "-1")


def test_a_lost_run_is_queued_again_and_given_up_when_it_never_gets_further(store: Store) -> None:
    claimed_writer(store)
    for times in range(1, MOST_TIMES_LOST):
        [owned] = store.queue.owned()
        assert store.queue.requeue(owned, "worker lost")
        assert state_of(store) == "queued", times
        assert store.queue.claim(store.register_worker(process())) is not None
    [owned] = store.queue.owned()
    assert store.queue.requeue(owned, "worker lost")
    run = present(store.reader().run(1))
    assert run.state == "failed"
    assert f"{MOST_TIMES_LOST} workers were lost" in run.reason


def test_progress_forgives_the_workers_lost_before(store: Store) -> None:
    from engine.store import Checkpoint

    writer = claimed_writer(store)
    for attempt in range(3 * MOST_TIMES_LOST):
        writer.write(block_of([1.0], first=attempt), checkpoint=Checkpoint(attempt + 1, b""))
        [owned] = store.queue.owned()
        store.queue.requeue(owned, "worker lost")
        claim = store.queue.claim(writer.claim.worker_id)
        assert claim is not None
        writer = store.writer(claim)
    assert state_of(store) == "running"


def test_a_run_that_has_moved_on_is_not_given_back(store: Store) -> None:
    writer = claimed_writer(store)
    [owned] = store.queue.owned()
    writer.finish()
    assert not store.queue.requeue(owned, "worker lost")
    assert state_of(store) == "finished"


def test_a_worker_leaves_only_when_nothing_waits(store: Store) -> None:
    worker_id = store.register_worker(process())
    store.queue.add([defaults()])
    assert not store.leave_if_idle(worker_id)
    claim = store.queue.claim(worker_id)
    assert claim is not None
    assert store.leave_if_idle(worker_id)
    assert store.reader().workers() == []
    assert present(store.reader().worker(worker_id)).left_at is not None


def test_a_process_registers_once(store: Store) -> None:
    assert store.register_worker(process(5)) == store.register_worker(process(5))
    assert store.register_worker(process(6)) != store.register_worker(process(5))
