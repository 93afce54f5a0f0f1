"""A real cluster of processes on this machine: its workers and its bridge are killed, and nothing of a run is lost."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from engine.files.own_process import own_command
from engine.jobs.processes.launch import start_workers
from engine.spec import defaults
from engine.store import open_for_reading, open_for_writing
from tests.stores import query, wait_until
from tests.system.workers import losses_of, queue, the_run, undisturbed, wait_for_iterations, wait_for_state

pytest.importorskip("distributed", reason="a cluster takes the package distributed")

SPEC = defaults("gradient-descent", "softmax").changed(iterations=None, seconds=600.0)


@pytest.fixture
def bridge(path: Path) -> Iterator[subprocess.Popen[bytes]]:
    with open_for_writing(path), open(path.with_suffix(".log"), "ab") as log:
        command = [*own_command("engine, lossboard", "lossboard.__main__"), "--db", str(path), "work", "--cluster"]
        started = subprocess.Popen([*command, "local:2", "--stay"], stdout=log, stderr=log)
    yield started
    started.kill()
    started.wait()


def computing(path: Path) -> list[int]:
    return [pid for (pid,) in query(path, "SELECT pid FROM cluster_workers WHERE run_ids <> ''")]


def test_a_worker_and_the_bridge_are_killed_and_the_run_has_the_same_bits(
    path: Path, bridge: subprocess.Popen[bytes]
) -> None:
    (run_id,) = queue(path, SPEC)
    with closing(open_for_reading(path)) as reader:
        wait_for_iterations(reader, run_id, 100)
        wait_until(lambda: computing(path), what="a worker computes")
        os.kill(computing(path)[0], signal.SIGKILL)
        wait_until(lambda: query(path, "SELECT chunks_lost > 0 FROM workers")[0][0], what="the loss is counted")
        wait_for_iterations(reader, run_id, the_run(reader, run_id).iterations_done + 1)
        bridge.kill()
        bridge.wait()
        done = the_run(reader, run_id).iterations_done
        start_workers(path)
        wait_for_iterations(reader, run_id, done + 1)
        with open_for_writing(path) as store:
            store.queue.command(run_id, "stop")
        assert wait_for_state(reader, run_id, "cancelled").attempt == 2
    losses = losses_of(path, run_id)
    assert np.array_equal(losses, undisturbed(SPEC.changed(iterations=len(losses)))[0])
