"""Standstills: a run that was paused, waited at a rung or lost its worker stands still in its past, then goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.store import open_for_writing
from tests.presence import present
from tests.stores import block_of, query
from tests.tui.moments import NOISY, at, written


def test_a_pause_takes_the_time_that_it_took_while_another_run_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    writer = written(path, NOISY[:100], ended=False)
    other = written(path, NOISY[:300], ended=False)
    with open_for_writing(path) as store:
        store.queue.command(1, "pause")
        (command,) = writer.write()
        writer.pause(applied=[(command.command_id, 100, "paused at iteration 100")])
        assert present(at(path, 100, 1, 2).run(1)).state == "paused"
        store.queue.command(1, "resume")
        claim = store.queue.claim(other.claim.worker_id)
        assert claim is not None
        again = store.writer(claim)
        again.write(block_of(NOISY[100:150], 100))
        again.finish()
    query(path, "UPDATE commands SET issued_at = '2030-01-01T00:00:00.200Z' WHERE verb = 'resume'")
    query(path, "UPDATE runs SET started_at = '2030-01-01T00:00:00.000Z'")
    states = [present(at(path, second, 1, 2, kind="time").run(1)) for second in (0.05, 0.15, 0.22, 0.26)]
    assert [(run.state, run.iterations_done) for run in states] == [
        ("running", 50), ("paused", 100), ("running", 120), ("finished", 150),
    ]  # fmt: skip
    assert present(at(path, 0.15, 1, 2, kind="time").run(2)).iterations_done == 150
    verbs = [[event.verb for event in at(path, second, 1, 2, kind="time").seen[1].events] for second in (0.15, 0.22)]
    assert verbs == [["pause"], ["pause", "resume"]]


def test_a_step_size_that_is_set_during_a_pause_is_in_force_after_it(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    writer = written(path, NOISY[:100], ended=False)
    written(path, NOISY[:300])
    with open_for_writing(path) as store:
        store.queue.command(1, "set-step-size", "0.5")
        store.queue.command(1, "pause")
        step, pause = writer.write()
        writer.pause(applied=[(step.command_id, 100, "step size 0.5"), (pause.command_id, 100, "paused")])
        store.queue.command(1, "set-step-size", "0.25")
        store.queue.command(1, "resume")
        claim = store.queue.claim(writer.claim.worker_id)
        assert claim is not None
        again = store.writer(claim)
        (step,) = again.write()
        again.write(block_of(NOISY[100:150], 100), applied=[(step.command_id, 100, "step size 0.25")])
        again.finish()
    for number, (verb, second) in enumerate(
        (("set-step-size", 0), ("pause", 1), ("set-step-size", 2), ("resume", 3)), 1
    ):
        told = query(path, "SELECT verb FROM commands WHERE command_id = ?", number)
        assert told == [(verb,)]
        query(path, f"UPDATE commands SET issued_at = '2030-01-01T00:00:00.2{second}0Z' WHERE command_id = {number}")
    query(path, "UPDATE runs SET started_at = '2030-01-01T00:00:00.000Z'")
    found = [present(at(path, second, 1, 2, kind="time").run(1)) for second in (0.05, 0.15, 0.25, 0.3)]
    assert [(run.state, run.step_size_now) for run in found] == [
        ("running", None), ("paused", 0.5), ("running", 0.25), ("finished", 0.25),
    ]  # fmt: skip


@pytest.mark.parametrize("verb", ["keep", "resume"])
def test_a_run_that_waited_at_a_rung_stands_still_there(tmp_path: Path, verb: str) -> None:
    path = tmp_path / "runs.db"
    writer = written(path, NOISY[:100], ended=False)
    written(path, NOISY[:300])
    writer.pause("waits at rung 100 for the other runs of its sweep")
    query(path, "UPDATE runs SET state = 'queued', reason = '' WHERE run_id = 1")
    query(
        path,
        "INSERT INTO commands (run_id, verb, issued_at, applied_at_iteration, outcome) "
        "VALUES (1, ?, '2030-01-01T00:00:00.200Z', 100, 'goes on')",
        verb,
    )
    with open_for_writing(path) as store:
        claim = store.queue.claim(writer.claim.worker_id)
        assert claim is not None
        again = store.writer(claim)
        again.write(block_of(NOISY[100:150], 100))
        again.finish()
    query(path, "UPDATE runs SET started_at = '2030-01-01T00:00:00.000Z'")
    moments = [at(path, second, 1, 2, kind="time") for second in (0.05, 0.15, 0.22)]
    assert [(present(one.run(1)).state, present(one.run(1)).iterations_done) for one in moments] == [
        ("running", 50), ("paused", 100), ("running", 120),
    ]  # fmt: skip
    assert [[event.verb for event in one.seen[1].events] for one in moments] == [[], [], [verb]]


def test_a_run_that_was_stopped_while_it_was_paused_ends_when_it_was(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    writer = written(path, NOISY[:100], ended=False)
    written(path, NOISY[:300])
    with open_for_writing(path) as store:
        store.queue.command(1, "pause")
        (command,) = writer.write()
        writer.pause(applied=[(command.command_id, 100, "paused at iteration 100")])
        store.queue.command(1, "stop")
    query(path, "UPDATE commands SET issued_at = '2030-01-01T00:00:00.200Z' WHERE verb = 'stop'")
    query(path, "UPDATE runs SET started_at = '2030-01-01T00:00:00.000Z'")
    moments = [at(path, second, 1, 2, kind="time") for second in (0.05, 0.15, 0.22)]
    assert [(present(one.run(1)).state, present(one.run(1)).iterations_done) for one in moments] == [
        ("running", 50), ("paused", 100), ("cancelled", 100),
    ]  # fmt: skip
    assert [[event.verb for event in one.seen[1].events] for one in moments] == [[], ["pause"], ["pause", "stop"]]


def test_a_run_that_lost_its_worker_stands_still_until_it_was_taken_up(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    writer = written(path, NOISY[:100], ended=False)
    written(path, NOISY[:300])
    with open_for_writing(path) as store:
        (owned,) = store.queue.owned()
        assert store.queue.requeue(owned, "worker 1 was lost")
        claim = store.queue.claim(writer.claim.worker_id)
        assert claim is not None
        again = store.writer(claim)
        again.write(block_of(NOISY[100:150], 100))
        again.finish()
    query(path, "UPDATE commands SET issued_at = '2030-01-01T00:00:00.200Z' WHERE verb = 'take-up'")
    query(path, "UPDATE runs SET started_at = '2030-01-01T00:00:00.000Z'")
    moments = [at(path, second, 1, 2, kind="time") for second in (0.05, 0.15, 0.22, 0.26)]
    assert [(one.status(present(one.run(1))), present(one.run(1)).iterations_done) for one in moments] == [
        ("running", 50), ("lost", 100), ("running", 120), ("finished", 150),
    ]  # fmt: skip
    assert [present(one.run(2)).iterations_done for one in moments[:2]] == [50, 150]
    assert [[event.verb for event in one.seen[1].events] for one in moments] == [[], [], ["take-up"], ["take-up"]]
    assert [present(one.run(1)).attempt for one in moments] == [1, 1, 1, 2]
    assert moments[0].replay_data is not None
    assert moments[0].replay_data.marks(("take-up",)) == [(1, 100)]
    assert at(path, 100, 1, 2).status(present(at(path, 100, 1, 2).run(1))) == "running"  # in step nothing stands still
