"""The workers that `W`, `lossboard workers` and doctor show: those of this machine, bridges, and those of clusters."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.commands.cli import main
from engine.jobs.people import doctor
from engine.jobs.processes.liveness import this_process
from engine.spec import defaults
from engine.store import ClusterWorker, open_for_reading, open_for_writing
from tui.reading.liveness import LivenessReader
from tui.widgets.worker_rows import worker_rows

HOSTILE = "node\x1b[31m[/nope]"


def colleague(address: str, host: str, run_ids: tuple[int, ...] = (), trouble: str = "") -> ClusterWorker:
    rate, lost = 1500.0 * len(run_ids), len(run_ids)
    return ClusterWorker(1, run_ids, address, host, 42, "a CPU", "a kind", rate, 0.5, 9, lost, trouble)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "runs.db"
    with open_for_writing(path) as store:
        store.queue.add([defaults(), defaults()])
        bridge = store.register_worker(this_process(), "", "tcp://head:8786")
        assert store.queue.claim(bridge) is not None
        told = [colleague("tcp://a:1", HOSTILE, (1,)), colleague("tcp://b:2", "old", trouble="it has NumPy 1.0")]
        store.tell_cluster(bridge, told, "", 3)
    return path


def test_a_bridge_stands_above_the_workers_of_its_cluster(path: Path) -> None:
    liveness = LivenessReader()
    with closing(open_for_reading(path)) as reader:
        assert liveness.revise(reader)
    for width in (80, 120, 20):
        rows = [row.text for row in worker_rows(liveness.workforce, width, 12)]
        assert [len(row) for row in rows] == [width] * 4
        assert not any("\x1b" in row for row in rows)
    rows = [row.text for row in worker_rows(liveness.workforce, 80, 12)]
    assert "tcp://head:8786: run 1" in rows[1]
    assert "3 chunks" in rows[1]
    assert rows[2].split()[-3:] == ["1.5k", "1", "chunk"]
    assert "it has NumPy 1.0" in rows[3]
    assert "2 more" in worker_rows(liveness.workforce, 80, 3)[-1].text


def test_the_command_line_tells_the_same(path: Path) -> None:
    said = CliRunner().invoke(main, ["--db", str(path), "workers"]).output
    assert "bridge 1" in said
    assert "3 chunks lost" in said
    assert "\x1b" not in said
    told = json.loads(CliRunner().invoke(main, ["--db", str(path), "workers", "--json"]).output)["workers"]
    assert [each["role"] for each in told] == ["bridge", "cluster worker", "cluster worker"]
    assert [each["run_ids"] for each in told] == [[1], [1], []]


def test_doctor_tells_which_cluster_workers_get_no_runs_and_which_bridge_has_none(path: Path) -> None:
    found = {each.found: each.level for each in doctor.examine(path) if each.about == "cluster"}
    assert list(found.values()) == ["ok", "problem"]
    assert any("has 1 worker; 3 chunks lost" in each for each in found)
    assert any(each.endswith("gets no runs: it has NumPy 1.0") for each in found)
    with open_for_writing(path) as store:
        store.tell_cluster(1, [], "tcp://head:8786 cannot be reached: refused", 3)
    (waits,) = (each for each in doctor.examine(path) if each.about == "cluster")
    assert (waits.level, "cannot be reached" in waits.found) == ("problem", True)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--cluster", "head:8786"], "names no cluster"),
        (["--cluster", "local:two"], "from 1 to 256"),
        (["--stay"], "goes with --cluster"),
        (["--cluster", "tls://head:8786", "--tls-ca", "ca.pem"], "three files"),
    ],
)
def test_a_cluster_that_cannot_be_is_refused_at_once(path: Path, arguments: list[str], says: str) -> None:
    result = CliRunner().invoke(main, ["--db", str(path), "work", *arguments])
    assert result.exit_code == 2
    assert says in result.output
