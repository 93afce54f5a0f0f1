"""The commands on a run that another program logs: what they show, and what they say they cannot do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.commands.cli import main
from engine.spec import defaults
from engine.store import open_for_writing
from tests.stores import begun, measured, news, query


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with open_for_writing(tmp_path / "runs.db") as store:
        writer = begun(store, config='{"lr": 0.1}', project="net\x1b[2J")
        told = news(marks=((1, "warm"),), knobs='{"lr": {"value": 0.2, "low": null, "high": null}}')
        writer.end("finished", "", {"train/loss": measured([(0, 3.0), (1, 2.0)]), "acc": measured([(1, 0.5)])}, told)
    return tmp_path / "runs.db"


def asked(path: Path, *arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["--db", str(path), *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def test_it_is_shown_with_what_its_program_said_and_its_metrics(path: Path) -> None:
    _, shown = asked(path, "show", "1")
    lines = dict(line.strip().split("  ", 1) for line in shown.splitlines())
    assert lines["config"] == "lr 0.1"
    assert lines["knobs"] == "lr 0.2"
    assert lines["train/loss"] == "2.000 at step 1; lowest 2.000, highest 3.000, 2 values"
    assert "\x1b" not in shown
    whole = json.loads(asked(path, "show", "1", "--json")[1])
    assert (whole["kind"], whole["config"], [metric["name"] for metric in whole["metrics"]]) == (
        "logged", {"lr": 0.1}, ["train/loss", "acc"],
    )  # fmt: skip
    assert "mine" in asked(path, "list")[1]


def test_a_knob_is_set_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    with open_for_writing(path) as store:
        writer = begun(store)
        writer.write({}, news(knobs='{"lr": {"value": 0.2, "low": null, "high": null}}'))
        assert asked(path, "knob", "1", "lr", "-1e-4")[0] == 0
        assert "has no knob 'rate': it has lr" in asked(path, "knob", "1", "rate", "1")[1]
        assert "give a number" in asked(path, "knob", "1", "lr", "fast")[1]
        assert [(told.verb, told.argument) for told in writer.write({}, news())] == [("set-knob", "lr=-0.0001")]


def test_a_metric_is_chosen_to_stand_for_a_run(path: Path) -> None:
    def stands() -> list[tuple[object, ...]]:
        return query(path, "SELECT primary_metric, last_loss FROM runs WHERE run_id = 1")

    assert "acc is the main metric of run 1." in asked(path, "metric", "1", "acc")[1]
    assert "has logged no metric 'loss'" in asked(path, "metric", "1", "loss")[1]
    assert stands() == [("acc", 0.5)]
    asked(path, "metric", "1")
    assert stands() == [("", 2.0)]
    with open_for_writing(path) as store:
        engine = store.queue.add([defaults()])[0]
    assert "is of the engine" in asked(path, "metric", str(engine), "loss")[1]


@pytest.mark.parametrize(
    "command",
    ["fork 1", "resume 1", "step-size 1 0.1", "probe 1", "landscape 1", "gradient-check 1", "weights 1 --out W.npz"],
)
def test_what_only_the_engine_can_do_is_said_in_a_sentence(path: Path, command: str) -> None:
    code, said = asked(path, *command.split())
    assert code == 1
    assert len(said.strip().splitlines()) == 1
    assert "logged" in said
