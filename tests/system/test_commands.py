"""The headless commands as a user runs them: real processes, a real store, answers instead of tracebacks."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.copies import answer
from tests.stores import wait_until


def lossboard(folder: Path, *arguments: str, status: int = 0) -> subprocess.CompletedProcess[str]:
    """Run the program in a folder, without a terminal, and expect an exit status."""
    environment = {key: value for key, value in os.environ.items() if key != "LOSSBOARD_DB"}
    done = answer(arguments, folder, environment)
    assert done.returncode == status, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    return done


def table(path: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as database:
        return database.execute(sql).fetchall()


def test_a_network_is_run_from_the_command_line(tmp_path: Path) -> None:
    """Deeper than the two-layer net, with its layers told; one that does not fit its data is refused in a sentence."""
    layers = ("--hidden", "32, 32", "--activation", "gelu", "--residual", "yes", "--dropout", "0.1")
    summary = json.loads(
        lossboard(tmp_path, "run", "--objective", "mlp", *layers, "--iterations", "400", "--json").stdout
    )
    assert summary["state"] == "finished"
    assert [one["accuracy"] > 0.9 for one in summary["evaluations"] if one["split"] == "test"] == [True]
    refused = lossboard(tmp_path, "run", "--objective", "convnet", "--dataset", "spiral", status=2)
    assert "a convnet needs examples that are images" in refused.stderr


def test_functions_are_minimised_from_the_command_line(tmp_path: Path) -> None:
    """One that is built in, and one in a file, which is found from its folder and left when it does not return."""
    (tmp_path / "mine.py").write_text("def endless(W):\n    while True:\n        pass\n\nendless.size = 2\n")
    run = json.loads(lossboard(tmp_path, "run", "--objective", "beale", "--strategy", "l-bfgs", "--json").stdout)
    assert (run["state"], run["name"]) == ("finished", "L-BFGS beale")
    assert run["train_loss"] < 1e-20
    assert {(one["split"], one["accuracy"]) for one in run["evaluations"]} == {("train", None)}
    assert "L-BFGS beale" in lossboard(tmp_path, "list", "--filter", "objective:function").stdout
    shown = lossboard(tmp_path, "show", "1").stdout
    assert "accuracy" not in shown
    assert "data set" not in shown
    checked = lossboard(tmp_path, "gradient-check", "--objective", "ravine", "--dimensions", "3")
    assert "3 of 3" in checked.stdout
    lossboard(tmp_path, "run", "--objective", "mine.py:endless", "--detach")
    wait_until(lambda: table(tmp_path / "runs.db", "SELECT state FROM runs WHERE run_id = 2") == [("running",)])
    lossboard(tmp_path, "stop", "2")
    wait_until(lambda: table(tmp_path / "runs.db", "SELECT state FROM runs WHERE run_id = 2") == [("cancelled",)])


def test_a_run_is_made_listed_shown_and_exported(tmp_path: Path) -> None:
    given = ("--iterations", "300", "--name", "[/mine]", "--tag", "keep", "--tag", "[b]")
    summary = json.loads(lossboard(tmp_path, "run", *given, "--json").stdout)
    assert summary["state"] == "finished"
    assert summary["tags"] == ["keep", "[b]"]
    assert "keep [b]" in lossboard(tmp_path, "list", "--columns", "run,tags").stdout
    assert summary["iterations_done"] == 300
    assert {evaluation["split"] for evaluation in summary["evaluations"]} == {"train", "validation", "test"}
    assert table(tmp_path / "runs.db", "SELECT count(*), min(iteration), max(iteration) FROM iterations") == [
        (300, 0, 299)
    ]

    (listed,) = json.loads(lossboard(tmp_path, "list", "--json").stdout)
    assert (listed["run_id"], listed["name"], listed["status"]) == (1, "[/mine]", "finished")
    assert "[/mine]" in lossboard(tmp_path, "list").stdout

    shown = json.loads(lossboard(tmp_path, "show", "1", "--json").stdout)
    assert shown["spec"]["strategy"] == "gradient-descent"
    assert shown == summary
    assert listed == {name: value for name, value in shown.items() if name not in ("evaluations", "events")}
    described = lossboard(tmp_path, "show", "1").stdout
    assert "batch size  256" in described
    assert "planned  300\n" in described
    assert "state  finished all 300 iterations\n" in described
    assert "momentum" not in described

    csv = lossboard(tmp_path, "export", "1").stdout.splitlines()
    assert csv[0] == "iteration,elapsed_s,loss,data_loss,gradient_norm,step_size"
    assert len(csv) == 301
    jsonl = [json.loads(line) for line in lossboard(tmp_path, "export", "1", "--format", "jsonl").stdout.splitlines()]
    assert [row["iteration"] for row in jsonl] == list(range(300))
    assert jsonl[7]["loss"] == float(csv[8].split(",")[2])


def test_a_file_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    lossboard(tmp_path, "run", "--iterations", "5")
    (tmp_path / "out.csv").write_text("mine")
    assert "left as it is" in lossboard(tmp_path, "export", "1", "--output", "out.csv", status=1).stderr
    assert (tmp_path / "out.csv").read_text() == "mine"
    lossboard(tmp_path, "export", "1", "--output", "other.csv")
    assert len((tmp_path / "other.csv").read_text().splitlines()) == 6


def test_several_runs_are_exported_as_one_table_or_as_files(tmp_path: Path) -> None:
    lossboard(tmp_path, "run", "--iterations", "3", "--metrics", "loss")
    lossboard(tmp_path, "run", "--iterations", "2")
    alone = [lossboard(tmp_path, "export", run_id).stdout.splitlines() for run_id in "12"]
    header, *rows = lossboard(tmp_path, "export", "1", "2", "1").stdout.splitlines()
    assert header == "run_id,iteration,elapsed_s,loss,data_loss,gradient_norm,step_size"
    assert rows == [*(f"1,{row},,," for row in alone[0][1:]), *(f"2,{row}" for row in alone[1][1:])]
    objects = [
        json.loads(line) for line in lossboard(tmp_path, "export", "2", "1", "--format", "jsonl").stdout.splitlines()
    ]
    assert [(row["run_id"], row["iteration"]) for row in objects] == [(2, 0), (2, 1), (1, 0), (1, 1), (1, 2)]

    lossboard(tmp_path, "export", "1", "2", "--out-dir", "out")
    assert [(tmp_path / "out" / f"run-{run_id}.csv").read_text().splitlines() for run_id in (1, 2)] == alone
    (tmp_path / "out" / "run-1.csv").unlink()
    assert "left as it is" in lossboard(tmp_path, "export", "1", "2", "--out-dir", "out", status=1).stderr
    assert not (tmp_path / "out" / "run-1.csv").exists()
    assert "give one of them" in lossboard(tmp_path, "export", "1", "--out-dir", "o", "--output", "p", status=2).stderr


def test_a_run_that_diverges_can_be_told_from_one_that_is_done(tmp_path: Path) -> None:
    done = lossboard(tmp_path, "run", "--step-size", "1e9", "--json", "--iterations", "200", status=3)
    run = json.loads(done.stdout)
    assert (run["status"], run["state"]) == ("diverged", "finished")
    assert run["diverged_at"] is not None
    assert run["reason"].startswith("diverged")
    shown = lossboard(tmp_path, "show", "1").stdout
    assert f"state  diverged at iteration {run['diverged_at'] + 1}\n" in shown
    assert f"iterations  {run['diverged_at'] + 1}\n" in shown
    assert "Run 1 has diverged; nothing to resume. A fork" in lossboard(tmp_path, "resume", "1", status=1).stderr
    assert "  1e9 " in lossboard(tmp_path, "list", "--columns", "run,step_size,seed").stdout
    assert json.loads(lossboard(tmp_path, "list", "--json").stdout)[0]["diverged_at"] == run["diverged_at"]


def test_the_default_batch_fits_the_data_and_options_without_effect_are_said(tmp_path: Path) -> None:
    done = lossboard(tmp_path, "run", "--dataset", "three-points", "--iterations", "5", "--momentum", "0.5", "--json")
    assert json.loads(done.stdout)["spec"]["batch_size"] is None
    assert done.stderr.splitlines() == [
        "batch size: full, since three-points has fewer than 256 training examples",
        "--momentum has no effect with update vanilla",
    ]
    searched = lossboard(tmp_path, "run", "--strategy", "random-search", "--step-size", "1", "--iterations", "5")
    assert searched.stderr == "--step-size has no effect with strategy random-search\n"


def test_a_detached_run_is_stopped_and_keeps_its_rows(tmp_path: Path) -> None:
    arguments = ("run", "--iterations", "none", "--seconds", "600", "--pace", "50", "--detach", "--json")
    run_id = str(json.loads(lossboard(tmp_path, *arguments).stdout)["run_id"])
    lossboard(tmp_path, "stop", run_id)
    for _ in range(300):
        run = json.loads(lossboard(tmp_path, "show", run_id, "--json").stdout)
        if run["state"] == "cancelled":
            break
    assert run["state"] == "cancelled"
    rows = table(tmp_path / "runs.db", "SELECT count(*) FROM iterations")
    assert rows == [(run["iterations_done"],)]
    assert "been stopped already" in lossboard(tmp_path, "stop", run_id, status=1).stderr


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("run", "--step-size", "abc"), 2, "'abc' is not a number"),
        (("run", "--step-size", "0"), 2, "greater than 0"),
        (("run", "--step-size", "-1"), 2, "greater than 0"),
        (("run", "--step-size", "nan"), 2, "not a finite number"),
        (("run", "--batch-size", "0"), 2, "at least 1"),
        (("run", "--batch-size", "2000"), 2, "more than the 1,198 training examples"),
        (("run", "--dataset", "digit"), 2, "did you mean digits?"),
        (("run", "--strategy", "gradient-decent"), 2, "did you mean gradient-descent?"),
        (("run", "--iterations", "none"), 2, "give a budget"),
        (("list",), 1, "There is no store at"),
        (("stop", "1"), 1, "There is no store at"),
        (("show", "one"), 2, "not a valid number of a run"),
        (("rum",), 2, "No such command"),
        (("--db", "missing/runs.db", "run"), 1, "does not exist"),
    ],
)
def test_bad_input_is_an_answer_and_makes_nothing(
    tmp_path: Path, arguments: tuple[str, ...], status: int, said: str
) -> None:
    assert said in lossboard(tmp_path, *arguments, status=status).stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"hello, I am a text\n" * 100, "not a database"), (b"", "is empty")],
    ids=["text", "emptied"],
)
def test_a_file_that_is_no_store_is_left_alone(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "runs.db"
    path.write_bytes(content)
    for arguments in (("list",), ("run", "--iterations", "5"), ("stop", "1")):
        assert said in lossboard(tmp_path, *arguments, status=1).stderr
    assert path.read_bytes() == content


def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE runs (mine)")
        database.commit()
    before = path.read_bytes()
    assert "another program" in lossboard(tmp_path, "run", status=1).stderr
    assert "another program" in lossboard(tmp_path, "list", status=1).stderr
    assert path.read_bytes() == before


def test_without_a_terminal_the_dashboard_names_the_command_to_use(tmp_path: Path) -> None:
    done = lossboard(tmp_path, status=2)
    assert "lossboard run" in done.stderr
    assert done.stdout == ""


def test_the_engine_alone_has_the_same_commands(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "engine.commands.cli", "--help"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "export" in done.stdout
