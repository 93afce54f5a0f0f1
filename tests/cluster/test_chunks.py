"""A run whose chunks are computed elsewhere is the run that one worker computes: whatever is lost on the way."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.datasets import registry
from engine.jobs.cluster import attempt, bridge, sending
from engine.jobs.cluster.chunk import Chunk, chunk
from engine.jobs.cluster.likeness import facts, refusal
from engine.jobs.cluster.orders import Order, Reply
from engine.jobs.cluster.where import Certificates, where_of
from engine.jobs.worker.run_loop import run_claimed
from engine.own_code import loading
from engine.own_code.loading import allow, pinned
from engine.spec import RunSpec, defaults
from engine.store import Checkpoint, Evaluation, Origin, Run, open_for_writing
from engine.strategy import optimize
from engine.sweep import Axis, Halving, SweepPlan
from engine.trace.block import Block
from engine.trace.state import state_to_bytes
from tests.cluster.pool_here import PoolHere, bridge_to, finished, turns
from tests.stores import process, query

QUICK = defaults("gradient-descent", "softmax").changed(iterations=400)
PATIENT = QUICK.changed(step_size=2.0, patience=3)
RESULT = (
    "SELECT iteration, loss, data_loss, gradient_norm, step_size FROM iterations WHERE run_id = ? ORDER BY iteration"
)
EVALUATED = "SELECT iteration, split, loss, accuracy FROM evaluations WHERE run_id = ? ORDER BY iteration, split"
ENDED = "SELECT state, reason, iterations_done, train_loss FROM runs WHERE run_id = ?"
WEIGHTS = "SELECT state FROM checkpoints WHERE run_id = ? AND kind = 'end'"


@pytest.fixture(autouse=True)
def _short_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempt, "CHUNK_S", 0.003)
    monkeypatch.setattr(attempt, "FIRST_WAIT_S", 0.0)
    monkeypatch.setattr(bridge, "TELL_EVERY_S", 0.0)


def add(path: Path, *specs: RunSpec) -> list[int]:
    with open_for_writing(path) as store:
        return store.queue.add(specs)


def computed_here(path: Path, spec: RunSpec) -> list[list[tuple[object, ...]]]:
    """What a worker without a cluster stores of a spec."""
    with open_for_writing(path) as store:
        store.queue.add([spec])
        claim = store.queue.claim(store.register_worker(process()))
        assert claim is not None
        run_claimed(store, claim, lambda: False)
    return stored(path, claim.run_id)


def stored(path: Path, run_id: int) -> list[list[tuple[object, ...]]]:
    return [query(path, sql, run_id) for sql in (RESULT, EVALUATED, ENDED, WEIGHTS)]


def the_run(path: Path, run_id: int) -> Run:
    with open_for_writing(path) as store:
        return store.reader().the_run(run_id)


@pytest.mark.parametrize(
    "spec",
    [QUICK, PATIENT, defaults("local-search", "softmax").changed(iterations=300), QUICK.changed(iterations=1)],
    ids=["planned", "patience", "search", "one"],
)
def test_a_run_on_a_cluster_is_the_run_of_one_worker(spec: RunSpec, path: Path, tmp_path: Path) -> None:
    (run_id,) = add(path, spec)
    finished(path, PoolHere("a"), [run_id])
    assert stored(path, run_id) == computed_here(tmp_path / "other.db", spec)


@given(cuts=st.lists(st.integers(1, 90), min_size=1, max_size=12), compared=st.booleans())
def test_chunks_in_a_row_are_one_chunk(cuts: list[int], compared: bool) -> None:
    optimization = optimize.build(PATIENT.changed(iterations=150))
    whole = chunk(optimization, optimization.start(), 1000, compared=compared)
    parts: list[Chunk] = [Chunk(optimization.start(), None)]
    while not parts[-1].state.stop_reason:
        parts.append(chunk(optimization, parts[-1].state, cuts[len(parts) % len(cuts)], compared=compared))
    assert whole.block is not None
    assert np.array_equal(np.concatenate([p.block.loss for p in parts if p.block is not None]), whole.block.loss)
    assert sum((part.evaluations for part in parts), ()) == whole.evaluations
    assert parts[-1].ending == whole.ending
    assert state_to_bytes(parts[-1].state) == state_to_bytes(whole.state)


def test_orders_and_replies_arrive_as_they_were_sent() -> None:
    origin = Origin(QUICK, 7, Checkpoint(5, b"\0state"), ((6, 0.1),), "{}")
    order = Order("begin", QUICK.to_json(), "sum", b"bytes", 5, 9, True, "{}", 3, origin, "file", (("a.py", b"pass"),))
    assert Order.from_bytes(order.to_bytes()) == order
    block = Block(3, np.array([0.1, np.inf, -0.0]), gradient_norm=np.array([np.nan, 1e-310, 2.0]))
    reply = Reply(
        state=b"s", block=block, evaluations=(Evaluation(3, "train", float("inf"), 0.1),), facts=(("a", 1),), took_s=0.1
    )
    back = Reply.from_bytes(reply.to_bytes())
    assert back.block is not None
    assert back.block.columns().keys() == block.columns().keys()
    assert all(back.block.columns()[name].tobytes() == column.tobytes() for name, column in block.columns().items())
    assert (back.evaluations, back.facts, back.state) == (reply.evaluations, reply.facts, b"s")
    with pytest.raises(ValueError, match="not a frame"):
        Reply.from_bytes(order.to_bytes()[:-1])


def test_what_is_lost_is_computed_again_and_nothing_is_there_twice(path: Path, tmp_path: Path) -> None:
    runs = add(path, QUICK, QUICK)
    pool = PoolHere("a", "b", "c")
    pool.losing = lambda address, order: order.verb != "greet" and len(pool.carried) % 3 == 0
    with open_for_writing(path) as store:
        ours, reader = bridge_to(store, pool), store.reader()
        turns(ours, lambda: min(reader.the_run(each).iterations_done for each in runs) > 50)
        del pool.there[0]  # a worker dies with what it has
        turns(ours, lambda: min(reader.the_run(each).iterations_done for each in runs) > 100)
        pool.trouble = "the scheduler was killed"
        ours.turn()
        pool.trouble = ""
        turns(ours, lambda: all(reader.the_run(each).state == "finished" for each in runs))
    assert query(path, "SELECT chunks_lost > 5 FROM workers")[0][0]
    assert stored(path, runs[0]) == stored(path, runs[1]) == computed_here(tmp_path / "other.db", QUICK)


def test_a_bridge_that_is_gone_is_gone_on_from(path: Path, tmp_path: Path) -> None:
    (run_id,) = add(path, QUICK)
    with open_for_writing(path) as store:
        first, reader = bridge_to(store, PoolHere("a")), store.reader()
        turns(first, lambda: reader.the_run(run_id).iterations_done > 100)
        query(path, "UPDATE workers SET pid = 999999999")  # its process is no more
        second = bridge_to(store, PoolHere("b"))
        turns(second, lambda: reader.the_run(run_id).attempt == 2)
        first.turn()  # had it only been thought dead, it leaves empty-handed
        turns(second, lambda: reader.the_run(run_id).state == "finished")
    assert stored(path, run_id) == computed_here(tmp_path / "other.db", QUICK)


def test_a_run_that_kills_its_workers_fails(path: Path) -> None:
    (run_id,) = add(path, QUICK)
    pool = PoolHere("a")
    pool.losing = lambda address, order: order.verb == "advance"
    finished(path, pool, [run_id])
    assert the_run(path, run_id).reason.startswith("given up: 8 cluster workers were lost on it in a row")


def test_only_workers_of_one_kind_compute_a_run(path: Path) -> None:
    runs = add(path, QUICK, QUICK, QUICK)
    others = {
        "old": {"numpy": "1.0"},
        "threads": {"blas_threads": "8"},
        "else": {"arithmetic": "rounds otherwise"},
    }
    pool = PoolHere("old", "threads", "else", "a", "b", facts=others)
    finished(path, pool, runs)
    assert {address for address, order in pool.carried if order.verb == "advance"} == {"a", "b"}
    told = dict(query(path, "SELECT address, trouble FROM cluster_workers"))
    assert "NumPy 1.0" in told["old"]
    assert "OPENBLAS_NUM_THREADS=1" in told["threads"]
    assert told["else"] == told["a"] == ""
    assert refusal(facts(), facts()) == ""


def test_a_step_size_a_pause_and_a_stop_are_obeyed_at_a_border(path: Path) -> None:
    (run_id,) = add(path, QUICK.changed(iterations=None, seconds=60.0))
    pool = PoolHere("a")
    with open_for_writing(path) as store:
        ours, reader = bridge_to(store, pool), store.reader()
        turns(ours, lambda: reader.the_run(run_id).iterations_done > 20)
        store.queue.command(run_id, "set-step-size", "0.025")
        turns(ours, lambda: reader.the_run(run_id).step_size_now == 0.025)
        store.queue.command(run_id, "pause")
        turns(ours, lambda: reader.the_run(run_id).state == "paused")
        done = reader.the_run(run_id).iterations_done
        store.queue.command(run_id, "resume")
        turns(ours, lambda: reader.the_run(run_id).iterations_done > done)
        store.queue.command(run_id, "stop")
        turns(ours, lambda: reader.the_run(run_id).state == "cancelled")
        applied = [event for event in reader.events(run_id) if event.verb == "set-step-size"]
    steps = query(path, "SELECT iteration, step_size FROM iterations WHERE run_id = ? ORDER BY iteration", run_id)
    assert [iteration for iteration, _ in steps] == list(range(len(steps)))
    assert next(iteration for iteration, step_size in steps if step_size == 0.025) == applied[0].iteration
    assert query(path, "SELECT count(*) FROM evaluations WHERE run_id = ? AND split = 'test'", run_id) == [(1,)]


def test_a_race_and_a_fork_go_on_as_without_a_cluster(path: Path) -> None:
    axis = Axis("step_size", (0.1, 0.05, 0.2, 0.01))
    plan = SweepPlan(QUICK.changed(iterations=200), (axis,), halving=Halving((60,), 0.5))
    with open_for_writing(path) as store:
        sweep = store.queue.add_sweep(plan)
        runs = [run.run_id for run in store.reader().sweep_runs(sweep.sweep_id)]
    pool = PoolHere("a", "b")
    finished(path, pool, runs)
    done = dict(query(path, "SELECT iterations_done, count(*) FROM runs GROUP BY 1"))
    assert done[200] < len(runs)
    with open_for_writing(path) as store:
        best = query(path, "SELECT run_id FROM runs WHERE iterations_done = 200")[0][0]
        fork = store.queue.fork(best, 150, store.queue.spec_at(best, 150), "again")
    finished(path, pool, [fork])
    theirs, ours = (
        dict(query(path, "SELECT iteration, loss FROM iterations WHERE run_id = ?", each)) for each in (best, fork)
    )
    assert ours == {iteration: loss for iteration, loss in theirs.items() if iteration >= 150}


def test_data_are_sent_once_to_a_host_that_lacks_them(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    generator = np.random.default_rng(0)
    file, theirs = tmp_path / "mine.npz", str(tmp_path / "theirs")
    np.savez(file, X=generator.integers(0, 255, (600, 20), np.uint8), y=np.arange(600) % 3)
    monkeypatch.setattr(sending, "PIECE", 5000)
    monkeypatch.setenv("LOSSBOARD_CACHE", str(tmp_path / "ours"))

    @contextmanager
    def elsewhere(address: str) -> Iterator[None]:
        """A host with a cache of its own, on which the file is not."""
        with pytest.MonkeyPatch.context() as there:
            there.setenv("LOSSBOARD_CACHE", theirs)
            there.setattr(registry, "_sent", sent[address])
            file.rename(tmp_path / "hidden")
            try:
                yield
            finally:
                (tmp_path / "hidden").rename(file)

    sent: dict[str, dict[str, Path]] = {"a": {}, "b": {}}
    spec = QUICK.changed(dataset=str(file), standardize="yes", batch_size=16)
    runs = add(path, spec, spec)
    pool = PoolHere("a", "b")
    pool.around = elsewhere
    finished(path, pool, runs)
    received = [order.file for _, order in pool.carried if order.verb == "receive"]
    assert received.count("") == received.count("about.json") == 1
    assert received.count("features.npy") == 3
    assert stored(path, runs[0]) == stored(path, runs[1]) == computed_here(tmp_path / "other.db", spec)


CODE = """
import numpy as np
def squares(W):
    return float(W @ W), 2 * W
squares.start = np.ones(3)
"""


def test_code_of_ones_own_goes_to_the_workers_after_a_yes_here(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, hidden = tmp_path / "mine.py", tmp_path / "hidden.py"
    file.write_text(CODE)
    spec = pinned(defaults("gradient-descent", f"{file}:squares").changed(iterations=30))
    (waiting,) = add(path, spec)
    pool = PoolHere("a")
    with open_for_writing(path) as store:
        turns(bridge_to(store, pool), lambda: store.reader().the_run(waiting).state == "paused")
        assert "nobody here has said yes" in store.reader().the_run(waiting).reason
        allow(spec)
        store.queue.command(waiting, "resume")

    @contextmanager
    def elsewhere(address: str) -> Iterator[None]:
        """A host that has no such file, and whose user has said yes to nothing."""
        with pytest.MonkeyPatch.context() as there:
            there.setenv("XDG_STATE_HOME", str(tmp_path / "nobody"))
            there.setattr(loading, "_provided", sent)
            file.rename(hidden)
            try:
                yield
            finally:
                hidden.rename(file)

    sent: dict[str, bytes] = {}
    pool.around = elsewhere
    finished(path, pool, [waiting])
    assert [order.verb for _, order in pool.carried if order.code] == ["begin"]
    assert stored(path, waiting)[0] == computed_here(tmp_path / "other.db", spec)[0]


@pytest.mark.parametrize(
    ("text", "file", "words"),
    [
        ("tcp://head:8786", "", "tcp://head:8786"),
        ("local:4", "", "local:4"),
        ("ssh:a, b", "", "ssh:a,b"),
        ("", "s.json", "the scheduler of s.json"),
    ],
)
def test_a_cluster_is_named_in_one_of_four_ways(text: str, file: str, words: str) -> None:
    assert where_of(text, file).words == words


@pytest.mark.parametrize(
    "text", ["", "head:8786", "tcp://head", "tls://head:8786", "local:0", "ssh:-oProxy=x", "tcp://h:x"]
)
def test_what_names_no_cluster_is_refused_with_what_would(text: str) -> None:
    with pytest.raises(ValueError, match=r"local:N|number|hosts|--tls-ca"):
        where_of(text)


def test_what_others_can_reach_without_tls_is_told() -> None:
    assert where_of("tcp://head:8786").is_open
    assert not where_of("tcp://127.0.0.1:8786").is_open
    assert not where_of("tls://head:8786", certificates=Certificates("a", "b", "c")).is_open


def test_nothing_of_dask_is_loaded_without_a_cluster() -> None:
    code = (
        "import sys, engine.jobs.cluster.bridge_loop, engine.commands.workers, engine.jobs.worker.worker_loop; "
        "sys.exit(any(name in sys.modules for name in ('dask', 'distributed')))"
    )
    root = str(Path(__file__).parents[2])
    assert (
        subprocess.run([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": root}, check=False).returncode
        == 0
    )
