"""A run on somebody's own file: what it is told when the file holds other examples than it began with."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from engine import datasets
from engine.jobs.people import probe as probing
from engine.jobs.people import steer
from engine.jobs.worker import worker_loop
from engine.spec import RunSpec, defaults
from engine.store import Refused, Run, open_for_reading, open_for_writing
from tests.presence import present
from tests.stores import query


@pytest.fixture(autouse=True)
def nobody_else(monkeypatch: pytest.MonkeyPatch, cache_folder: Path) -> None:
    """Runs are worked on in this process, with a cache of their own."""
    for module in (worker_loop, steer):
        monkeypatch.setattr(module, "start_workers", lambda path: 0)


def written(tmp_path: Path, examples: int = 60, shift: float = 0.0) -> Path:
    """A .csv of so many examples of 3 features in 3 classes, with a time of change of its own."""
    generator = np.random.default_rng(0)
    X = generator.standard_normal((examples, 3)) + shift
    file = tmp_path / "mine.csv"
    file.write_text("".join(f"{a:.6f},{b:.6f},{c:.6f},{i % 3}\n" for i, (a, b, c) in enumerate(X.tolist())))
    os.utime(file, ns=(examples, int(1e9 * (shift + 1))))
    return file


def half_done(path: Path, file: Path, strategy: str = "gradient-descent") -> RunSpec:
    """Run 1 on this file, paused after 200 of 100,000 iterations or so."""
    spec = defaults(strategy).changed(dataset=str(file), batch_size=None, iterations=100_000)
    with open_for_writing(path) as store:
        store.queue.add([spec])

    def leave() -> bool:
        if run_of(path).iterations_done >= 200 and run_of(path).state == "running":
            with open_for_writing(path) as store:
                store.queue.command(1, "pause")
        return False

    worker_loop.work(path, leave=leave)
    return spec


def run_of(path: Path, run_id: int = 1) -> Run:
    reader = open_for_reading(path)
    try:
        return present(reader.run(run_id))
    finally:
        reader.close()


def test_a_run_records_what_it_learns_from(path: Path, tmp_path: Path) -> None:
    file = written(tmp_path)
    half_done(path, file)
    [(text,)] = query(path, "SELECT environment FROM runs")
    assert json.loads(text)["data"] == datasets.fingerprint(datasets.load(str(file)))
    assert json.loads(text)["data"].startswith("60 examples, 3 features, 3 classes, sum ")


def test_the_same_examples_have_one_fingerprint_in_memory_and_mapped(tmp_path: Path) -> None:
    one = datasets.fingerprint(datasets.load(str(written(tmp_path))))
    written(tmp_path, shift=1.0)
    other = datasets.fingerprint(datasets.load(str(tmp_path / "mine.csv")))
    os.utime(written(tmp_path), ns=(5, 5))
    assert datasets.fingerprint(datasets.load(str(tmp_path / "mine.csv"))) == one != other
    assert datasets.fingerprint(datasets.load("spiral:4")) != datasets.fingerprint(datasets.load("spiral"))


@pytest.mark.parametrize(
    ("examples", "shift", "how"),
    [
        (52, 0.0, r"it had 60 examples, 3 features, 3 classes and has 52 examples, 3 features, 3 classes now"),
        (60, 0.5, r"it has as many examples \(60 examples, 3 features, 3 classes\), but others"),
    ],
)
@pytest.mark.parametrize("strategy", ["gradient-descent", "local-search"])
def test_a_run_does_not_go_on_with_other_data(
    path: Path, tmp_path: Path, examples: int, shift: float, how: str, strategy: str
) -> None:
    half_done(path, written(tmp_path), strategy)
    written(tmp_path, examples, shift)
    for ask in (lambda: steer.resume(path, 1), lambda: steer.fork(path, 1, 100), lambda: probing.probe(path, 1)):
        with pytest.raises(Refused, match=f"mine.csv has changed since run 1 began: {how}"):
            ask()
    assert run_of(path).state == "paused"
    # Somebody may change it after the answer: the worker looks, too.
    with open_for_writing(path) as store:
        spec = store.queue.spec_at(1, 100)
        store.queue.command(1, "resume")
        store.queue.fork(1, 100, spec, "fork")
    worker_loop.work(path, leave=lambda: False)
    assert (run_of(path).state, run_of(path, 2).state) == ("failed", "failed")
    assert "has changed since the run began: it ha" in run_of(path).reason
    assert "put those back, or start a new run" in run_of(path).reason
    assert "has changed since its parent began" in run_of(path, 2).reason


def test_a_file_that_was_put_back_fits_again(path: Path, tmp_path: Path) -> None:
    half_done(path, written(tmp_path))
    written(tmp_path, 52)
    with pytest.raises(Refused):
        steer.resume(path, 1)
    os.utime(written(tmp_path), ns=(7, 7))
    steer.resume(path, 1)
    steer.set_step_size(path, 1, 0.01)
    with open_for_writing(path) as store:
        store.queue.command(1, "stop")
    worker_loop.work(path, leave=lambda: False)
    assert run_of(path).state == "cancelled"


def test_a_missing_file_is_named_before_anything_is_queued(path: Path, tmp_path: Path) -> None:
    file = written(tmp_path)
    half_done(path, file)
    file.unlink()
    with pytest.raises(Refused, match=r"mine\.csv cannot be read"):
        steer.resume(path, 1)
    assert run_of(path).state == "paused"


def test_a_run_of_an_older_version_recorded_no_data_and_goes_on(path: Path, tmp_path: Path) -> None:
    half_done(path, written(tmp_path))
    query(path, "UPDATE runs SET environment = json_remove(environment, '$.data')")
    written(tmp_path, 52)
    assert "Resuming run 1" in steer.resume(path, 1)
