"""`lossboard sweep` and what stands below it, with the workers' work done in this process."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from engine.commands.cli import main
from engine.commands.sweeps import waiting as sweep_waiting
from engine.jobs.people import steer, sweeps
from engine.jobs.processes.liveness import this_process
from engine.jobs.worker import worker_loop
from engine.store import open_for_reading, open_for_writing
from engine.text import loss_text
from tests.presence import present
from tests.stores import query

SIZES = ("--values", "0.001,0.1,10")
SHORT = ("--iterations", "30", "--batch-size", "32")


@pytest.fixture
def lossboard(path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Runs a command and expects an exit status; whoever would be started as a worker works at once."""

    def work(path: Path) -> int:
        monkeypatch.setattr(worker_loop, "start_workers", lambda path: 0)
        return worker_loop.work(path, leave=lambda: False)

    for module in (sweeps, steer, sweep_waiting):
        monkeypatch.setattr(module, "start_workers", work)

    def run(*arguments: str, status: int = 0) -> Result:
        result = CliRunner().invoke(main, ["--db", str(path), *arguments])
        assert result.exit_code == status, result.output
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result

    return run


def test_a_sweep_ends_with_the_table_of_the_notes(lossboard: Callable[..., Result]) -> None:
    done = lossboard("sweep", *SIZES, *SHORT)
    lines = done.stdout.splitlines()
    assert [line.split(" new loss: ")[0] for line in lines] == [
        "for step size 0.001", "for step size 0.1", "for step size 10"
    ]  # fmt: skip
    assert [line.endswith("(best)") for line in lines] == [False, True, False]
    assert "best step size 0.1" in done.stderr


def test_batch_sizes_are_compared_at_equal_examples_time_and_iterations(
    lossboard: Callable[..., Result], path: Path
) -> None:
    done = lossboard("sweep", "--parameter", "batch-size", "--powers-of-two", "2", "256", "--iterations", "120")
    found = json.loads(lossboard("sweep", "show", "1", "--json").stdout)
    equal = {one["equal"]: one for one in found["comparisons"]}
    assert list(equal) == ["examples", "time", "iterations"]
    assert (equal["examples"]["amount"], equal["iterations"]["amount"]) == (240, 120)
    assert equal["examples"]["best"][0] < equal["iterations"]["best"][0]
    newest = query(
        path,
        "SELECT e.loss FROM runs r JOIN evaluations e USING (run_id) WHERE e.split = 'train' AND e.iteration = 120 "
        "ORDER BY r.examples_per_iteration",
    )
    assert equal["iterations"]["losses"] == [loss for (loss,) in newest]
    exact = query(
        path,
        "SELECT r.examples_per_iteration, e.loss FROM runs r JOIN evaluations e USING (run_id) "
        "WHERE e.split = 'train' AND e.iteration * r.examples_per_iteration = 240",
    )
    at_240 = dict(zip((2**power for power in range(1, 9)), equal["examples"]["losses"], strict=True))
    assert exact
    assert all(at_240[size] == loss for size, loss in exact)
    assert (equal["time"]["best"] is None) == (equal["time"]["amount"] < 1.0)
    assert ("too short to compare" in done.stderr) == (equal["time"]["best"] is None)
    for one in equal.values():
        if one["best"] is None:
            continue
        size = one["best"][0]
        [line] = [line for line in done.stdout.splitlines() if f"best for equal {one['equal']}" in line]
        assert line.startswith(f"for batch size {size} new loss: ")
        assert f"({size * 120:,} examples, " in line
        assert (
            f"best for equal {one['equal']}: batch size {size}, train loss {loss_text(min(one['losses']))} at "
            in done.stderr
        )
    assert "at 240 examples" in done.stderr
    assert {"examples_seen", "elapsed_s"} < set(found["results"][0])
    assert json.loads(lossboard("sweep", *SIZES, *SHORT, "--json").stdout)["comparisons"] == []


def test_patience_does_not_count_the_early_evaluations_of_runs_that_are_compared(
    lossboard: Callable[..., Result], path: Path
) -> None:
    """These are at powers of two, where a loss may well go up first; a sweep over anything else has none."""
    lossboard("sweep", "--parameter", "batch-size", "--values", "1", "--iterations", "1000", "--step-size", "3",
              "--patience", "2")  # fmt: skip
    evaluated = "SELECT iteration, loss FROM evaluations WHERE run_id = ? AND split = 'validation' ORDER BY iteration"
    losses = dict(query(path, evaluated, 1))
    assert all(losses[early] > losses[0] for early in (1, 2, 4))
    counted = [iteration for iteration in losses if iteration % 100 == 0]
    best = min(counted, key=losses.__getitem__)
    ended = ("no improvement for 2 evaluations", best + 200)
    assert query(path, "SELECT reason, iterations_done FROM runs") == [ended]
    assert "best" not in lossboard("sweep", "show", "1").output
    lossboard("fork", "1", "--at", "50")
    assert query(path, "SELECT reason, iterations_done FROM runs") == [ended, ended]
    lossboard("sweep", "--values", "0.1", "--iterations", "1000", "--batch-size", "1")
    assert [iteration for iteration, _ in query(path, evaluated, 3)] == [*range(0, 1001, 100)]


def test_json_has_it_all(lossboard: Callable[..., Result]) -> None:
    found = json.loads(
        lossboard("sweep", *SIZES, *SHORT, "--repeats", "2", "--name", "mine", "--tag", "a,b", "--json").stdout
    )
    tagged = json.loads(lossboard("list", "--filter", "tag:b", "--json").stdout)
    assert [run["tags"] for run in tagged] == [["a", "b"]] * 6
    assert (found["sweep_id"], found["name"], found["over"]) == (1, "mine", True)
    assert [result["values"] for result in found["results"]] == [[0.001], [0.1], [10.0]]
    assert all(len(result["run_ids"]) == 2 and result["complete"] for result in found["results"])
    assert found["best"]["values"] == [0.1]
    assert json.loads(lossboard("sweep", "show", "1", "--json").stdout) == found
    assert json.loads(lossboard("sweep", "list", "--json").stdout) == [found]
    assert "mine" in lossboard("sweep", "list").stdout


def test_a_grid_a_race_and_powers_of_two(lossboard: Callable[..., Result], path: Path) -> None:
    lossboard("sweep", *SIZES, *SHORT, "--second", "delta", "--second-values", "1,2")
    assert query(path, "SELECT count(*), count(DISTINCT second_value) FROM sweep_results") == [(6, 2)]
    done = lossboard("sweep", "--log", "1e-4", "10", "6", *SHORT, "--halving", "5,10", "--keep", "0.5")
    assert done.stdout.count("stopped after 5 iterations") == 3
    assert done.stdout.count("stopped after 10 iterations") == 1
    done = lossboard("sweep", "--parameter", "batch-size", "--powers-of-two", "16", "64", "--iterations", "5")
    assert done.stdout.startswith("for batch size 16 new loss: ")


def test_a_sweep_is_refined_repeated_and_widened(lossboard: Callable[..., Result], path: Path) -> None:
    lossboard("sweep", "--log", "0.001", "1000", "7", *SHORT)
    refined = lossboard("sweep", "refine", "1", "--iterations", "40", "--momentum", "0.5")
    assert "--momentum has no effect with update vanilla" in refined.stderr
    lossboard("sweep", "repeat", "1", "--update", "adam", "--seed", "3")
    assert "Added 2 runs" in lossboard("sweep", "add", "1", "1e-5,1e-6").stdout
    reader = open_for_reading(path)
    finer, other = present(reader.sweep(2)), present(reader.sweep(3))
    assert (finer.parent_id, other.parent_id) == (1, 1)
    assert finer.plan is not None
    assert (finer.plan.spec.iterations, len(finer.plan.axes[0].values)) == (40, 7)
    plan = present(other.plan)
    assert (plan.spec.update, plan.spec.seed, len(plan.axes[0].values)) == ("adam", 3, 7)
    assert len(reader.sweep_runs(1)) == 9
    assert reader.counts() == {"finished": 9 + 7 + 7}
    reader.close()


def test_a_sweep_whose_runs_have_all_diverged_is_not_done(lossboard: Callable[..., Result]) -> None:
    some = json.loads(lossboard("sweep", "--values", "0.1,1e9", *SHORT, "--json").stdout)
    assert (some["diverged"], some["over"]) == (1, True)
    none = json.loads(lossboard("sweep", "--values", "1e8,1e9", *SHORT, "--json", status=3).stdout)
    assert (none["diverged"], none["best"]) == (2, None)


def test_a_sweep_on_few_examples_takes_them_all(lossboard: Callable[..., Result]) -> None:
    done = lossboard("sweep", "--values", "0.1,1", "--dataset", "three-points", "--iterations", "5", "--json")
    assert done.stderr.startswith("batch size: full, since three-points has fewer than 256 training examples\n")
    assert json.loads(done.stdout)["spec"]["batch_size"] is None
    sizes = lossboard("sweep", "--parameter", "batch-size", "--values", "1,2", "--dataset", "three-points", *SHORT[:2])
    assert "batch size:" not in sizes.stderr.splitlines()[0]


def test_a_sweep_is_steered_as_one(
    lossboard: Callable[..., Result], path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeps, "start_workers", lambda path: 0)
    assert lossboard("sweep", *SIZES, *SHORT, "--detach").stdout == "1\n"
    assert "3 runs" in lossboard("sweep", "pause", "1").stdout
    assert "no run to pause" in lossboard("sweep", "pause", "1").stdout
    assert "3 paused" in lossboard("sweep", "show", "1").stderr
    assert "3 runs" in lossboard("sweep", "stop", "1").stdout
    assert "over already" in lossboard("sweep", "stop", "1").stdout
    assert "give --yes. Nothing was deleted" in lossboard("sweep", "delete", "1", status=2).stderr
    assert "3 runs" in lossboard("sweep", "delete", "1", "--yes").stdout
    assert "no sweeps yet" in lossboard("sweep", "list").stderr
    for name, *more in (("show",), ("resume",), ("pause",), ("stop",), ("refine",), ("add", "0.5")):
        told = lossboard("sweep", name, "1", *more, status=1).stderr
        assert f"Sweep 1 is deleted; lossboard --db {path} sweep undelete 1" in told
    assert "3 runs" in lossboard("sweep", "undelete", "1").stdout


def test_runs_of_a_worker_that_is_gone_are_not_said_to_run(
    lossboard: Callable[..., Result], path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeps, "start_workers", lambda path: 0)
    lossboard("sweep", *SIZES, *SHORT, "--detach")
    with open_for_writing(path) as store:
        assert store.queue.claim(store.register_worker(replace(this_process(), start_ticks=1), "")) is not None
    told = lossboard("sweep", "show", "1").stderr
    assert "1 lost, 2 queued" in told
    assert "left" not in told


def test_an_interrupted_sweep_is_resumed(
    lossboard: Callable[..., Result], path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as before:
        before.setattr(sweeps, "start_workers", lambda path: 0)
        lossboard("sweep", *SIZES, *SHORT, "--detach")
    worker_loop.work(path, leave=lambda: False, max_runs=1)
    assert lossboard("sweep", "resume", "1").stdout.count("new loss") == 3
    assert query(path, "SELECT count(*) FROM runs WHERE state = 'finished'") == [(3,)]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--log", "1", "0.1", "5"), "low end 1 is above the high end 0.1"),
        (("--log", "0", "1", "5"), "begins above 0"),
        (("--log", "0.1", "1", "100000"), "1 to 1,000 runs, not 100,000"),
        (("--linear", "1", "nan", "5"), "finite numbers"),
        (("--log", "1", "2"), "requires 3 arguments"),
        (("--values", "1,x"), "'x' is not a number"),
        (("--values", "1,1"), "twice"),
        (("--values", "-1"), "greater than 0"),
        (("--values", "1", "--log", "1", "2", "2"), "in one way only"),
        (("--parameter", "delta"), "give its values with --log or --linear"),
        (("--parameter", "step-siz", "--values", "1"), "did you mean step-size?"),
        (("--parameter", "foo"), "no parameter 'foo'"),
        (("--parameter", "dataset", "--values", "1"), "cannot be swept"),
        (("--parameter", "batch-size", "--values", "10,2000"), "more than the 1,198 training examples"),
        (("--parameter", "momentum", "--values", "0.5"), "decides nothing with update vanilla"),
        ((*SIZES, "--step-size", "1"), "is what the sweep varies"),
        ((*SIZES, "--halving", "2000"), "not before the end"),
        ((*SIZES, "--halving", "100,x"), "rungs: '100,x' are no iterations"),
        ((*SIZES, "--halving", "10", "--keep", "1.5"), "less than 1"),
        ((*SIZES, "--keep", "0.5"), "--keep belongs to a race"),
        ((*SIZES, "--repeats", "0"), "at least 1"),
        ((*SIZES, "--second-values", "1"), "name it with --second"),
        ((*SIZES, "--second", "step-size", "--second-values", "1"), "two different ones"),
    ],
)
def test_what_cannot_be_swept_is_answered_before_anything_is_queued(
    lossboard: Callable[..., Result], path: Path, arguments: tuple[str, ...], said: str
) -> None:
    assert said in lossboard("sweep", *arguments, status=2).stderr
    assert not path.exists()


@pytest.mark.parametrize("name", ["show", "pause", "resume", "stop", "refine", "repeat", "delete", "undelete"])
def test_an_unknown_sweep_is_an_answer(lossboard: Callable[..., Result], path: Path, name: str) -> None:
    lossboard("sweep", "--values", "1", "--iterations", "2")
    assert "no sweep 7" in lossboard("sweep", name, "7", status=1).stderr


def test_a_sweep_without_a_best_is_not_refined(
    lossboard: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeps, "start_workers", lambda path: 0)
    lossboard("sweep", *SIZES, *SHORT, "--detach")
    assert "no best value yet" in lossboard("sweep", "refine", "1", status=1).stderr
