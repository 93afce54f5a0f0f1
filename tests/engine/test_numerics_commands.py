"""The commands that ask the numerics: answers as tables and JSON, mistakes as one sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from engine.commands.numerics import data, gradient_check, landscape, probe
from engine.datasets import cifar10
from engine.spec import OBJECTIVES
from tests import cifar10_fakes as fakes


def ask(command: Any, *arguments: str) -> Result:
    result = CliRunner().invoke(command, list(arguments))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def answer(command: Any, *arguments: str) -> Any:
    result = ask(command, *arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


BOWL = ("--dataset", "three-points", "--weights", "zeros", "--regularization-strength", "0")


def test_probe_finds_the_best_step_size_of_the_bowl() -> None:
    found = answer(probe.command, *BOWL, "--step-sizes", "0.3,30")
    assert found["start_loss"] == 2.0
    np.testing.assert_allclose(found["losses"][0], 1.65)
    assert found["best_step_size"] == 0.3
    assert (found["dataset"], found["examples"], found["weights"]) == ("three-points", 3, 3)


def test_probe_as_a_table_marks_the_best() -> None:
    result = ask(probe.command, "--seed", "3")
    lines = result.stdout.splitlines()
    assert lines[0].split() == ["step", "size", "loss", "change"]
    assert lines[1].endswith("before the step")
    assert lines[2].strip().startswith("up to")
    assert [line.split()[-2:] for line in lines[2:]] == [
        ["too", "small"],
        ["too", "small"],
        ["too", "small"],
        ["the", "best"],
        lines[6].split()[-2:],
        ["too", "large"],
    ]
    assert len({line.index(".", 14) for line in lines[1:]}) == 1
    assert "svm, digits, 1,198 examples" in result.stderr


def test_gradient_check_passes_for_every_objective() -> None:
    small = ("--hidden", "6,5", "--channels", "3,2", "--normalization", "layer", "--dropout", "0.5")
    for objective in OBJECTIVES:
        arguments = ("--objective", objective, "--examples", "50", "--coordinates", "60", *small)
        found = answer(gradient_check.command, *arguments)
        assert found["passed"], objective
        assert found["norm_error_off_kinks"] < 1e-7
        assert found["wrong"] == 0
        assert found["checked"] == (650 if objective in ("svm", "softmax") else 60)
        assert (found["margins_within_h"] is None) == (objective != "svm")


@pytest.mark.parametrize("regularize_bias", ["yes", "no"])
def test_gradient_check_knows_what_is_regularized(regularize_bias: str) -> None:
    arguments = ("--regularization-strength", "10", "--regularize-bias", regularize_bias, "--initial-scale", "1")
    assert answer(gradient_check.command, *arguments, "--examples", "20")["verdict"] == "passed"


def test_gradient_check_as_a_table_names_the_weights() -> None:
    result = ask(gradient_check.command, "--objective", "two-layer", "--examples", "30", "--coordinates", "40")
    assert result.exit_code == 0
    assert "verdict  passed" in result.stdout
    assert "W1[" in result.stdout or "W2[" in result.stdout


def test_a_wrong_gradient_exits_with_1(monkeypatch: pytest.MonkeyPatch) -> None:
    from engine.objective.objectives import Objective

    right = Objective.loss_and_gradient
    monkeypatch.setattr(Objective, "loss_and_gradient", lambda *a: (right(*a)[0], 1.1 * right(*a)[1]))
    result = ask(gradient_check.command, "--examples", "20")
    assert result.exit_code == 1
    assert "verdict  failed" in result.stdout


def test_the_gradient_check_shows_what_both_gradients_cost() -> None:
    few = ("--objective", "two-layer", "--examples", "20", "--coordinates", "30")
    centred, one_sided = answer(gradient_check.command, *few), answer(gradient_check.command, *few, "--one-sided")
    assert (centred["losses"], one_sided["losses"]) == (60, 31)
    assert centred["numerical_s"] > 0 < centred["analytic_s"]
    assert answer(gradient_check.command, "--one-sided", "--coordinates", "40", "--examples", "9")["checked"] == 40
    table = " ".join(ask(gradient_check.command, *few).stdout.split())
    assert "numerical gradient 60 losses, " in table
    assert "analytic gradient 1 loss with its gradient, " in table


def test_a_check_that_cannot_tell_says_what_to_do_and_exits_with_1() -> None:
    result = ask(gradient_check.command, "--h", "1e-12", "--examples", "20")
    assert (result.exit_code, "cannot tell" in result.stdout) == (1, True)
    assert "too small: rounding could hide an error of" in result.stderr


def test_landscape_draws_the_bowl() -> None:
    found = answer(landscape.command, *BOWL, "--direction", "w0", "--from", "-4", "--to", "2", "--points", "4")
    assert found["positions"] == [-4, -2, 0, 2]
    np.testing.assert_allclose(found["losses"], np.array([12, 8, 6, 9]) / 3, rtol=1e-15)
    table = ask(landscape.command, *BOWL, "--direction", "w0", "--points", "3").stdout.splitlines()
    assert [line.split() for line in table] == [
        ["a", "loss", "data", "loss"],
        ["-1", "2.1667", "2.1667"],
        ["0", "2", "2"],
        ["1", "2.1667", "2.1667"],
    ]


def test_landscape_over_a_plane_has_a_row_for_each_second_position() -> None:
    found = answer(landscape.command, *BOWL, "--direction", "w0", "--second-direction", "w1", "--points", "3")
    assert np.shape(found["losses"]) == (3, 3)
    np.testing.assert_allclose(3 * np.array(found["losses"][0]), [5.5, 5, 6.5])
    table = ask(landscape.command, *BOWL, "--direction", "w0", "--second-direction", "w1", "--points", "3").stdout
    assert [line.split()[0] for line in table.splitlines()] == ["b", "1", "0", "-1"]


@pytest.mark.parametrize("objective", ["svm", "two-layer", "mlp", "convnet"])
def test_landscape_towards_the_start_climbs_back(objective: str) -> None:
    arguments = ("--objective", objective, "--after", "50", "--examples", "100", "--direction", "start")
    found = answer(landscape.command, *arguments, "--from", "0", "--to", "1", "--points", "2")
    assert found["after"] == 50
    assert found["losses"][0] < found["losses"][1]


def test_weights_come_from_a_file(tmp_path: Path) -> None:
    np.save(tmp_path / "w.npy", np.array([0.0, 0.0, 1.0]))
    found = answer(probe.command, *BOWL[:2], "--regularization-strength", "0", "--weights", str(tmp_path / "w.npy"))
    assert found["start_loss"] == pytest.approx(5.5 / 3)
    towards = answer(landscape.command, *BOWL, "--direction", str(tmp_path / "w.npy"), "--from", "0", "--points", "2")
    np.testing.assert_allclose(towards["losses"], [2, 5.5 / 3])


@pytest.mark.parametrize(
    ("command", "arguments", "code", "message"),
    [
        (probe.command, ("--dataset", "digit"), 2, "did you mean digits?"),
        (probe.command, ("--dataset", "./none.npz"), 1, "none.npz cannot be read"),
        (probe.command, ("--step-sizes", "0.1,x"), 2, "'x' is not a number"),
        (probe.command, ("--step-sizes", "-1"), 2, "greater than 0"),
        (probe.command, ("--step-sizes", "nan"), 2, "finite"),
        (probe.command, ("--weights", "none.npy"), 1, "none.npy is not there; expected a .npy file of 650 weights"),
        (probe.command, ("--examples", "0"), 2, "at least 1"),
        (probe.command, ("--examples", "many"), 2, "'many' is not a number"),
        (probe.command, ("--after", "5", "--batch-size", "5000"), 2, "more than the 1,198 training examples"),
        (gradient_check.command, ("--h", "0"), 2, "greater than 0"),
        (gradient_check.command, ("--h", "nan"), 2, "greater than 0"),
        (gradient_check.command, ("--objective", "two-layer", "--coordinates", "x"), 2, "'x' is not a number"),
        (gradient_check.command, ("--objective", "two-layer", "--coordinates", "0"), 2, "at least 1"),
        (landscape.command, ("--direction", "up"), 2, "choose from random"),
        (landscape.command, ("--direction", "w650"), 2, "no weight 650"),
        (landscape.command, ("--direction", "start"), 2, "give --after"),
        (landscape.command, ("--direction", "w1", "--second-direction", "w1"), 2, "span no plane"),
        (landscape.command, ("--second-direction", "random", "--points", "500"), 2, "too many"),
        (landscape.command, ("--from", "nan"), 2, "finite positions"),
        (landscape.command, ("--dataset", "\x1b[31m./x"), 2, "cannot be shown"),
        (data.command, ("info", "spirel"), 2, "did you mean spiral?"),
        (data.command, ("add", "digits"), 2, "always there"),
        (data.command, ("add", "cifar10"), 2, "needs the path"),
        (data.command, ("add", "cifar10", "/nothing/here"), 1, "neither a folder nor a file"),
        (data.command, ("add", "spiral", "x"), 2, "only cifar10"),
        (data.command, ("add", "./none.csv"), 1, "No such file"),
    ],
)
def test_what_is_wrong_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Any, arguments: tuple[str, ...], code: int, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    result = ask(command, *arguments)
    assert result.exit_code == code
    assert message in " ".join(result.stderr.split())
    assert "\x1b" not in result.stderr
    assert result.stdout == ""


def test_data_list_tells_what_is_there(cache_folder: Path) -> None:
    found = {entry["dataset"]: entry for entry in answer(data.command, "list")["datasets"]}
    assert list(found) == ["digits", "three-points", "spiral", "synthetic-cifar", "cifar10"]
    assert found["digits"]["examples"] == {"train": 1198, "validation": 300, "test": 299}
    assert found["synthetic-cifar"]["state"] == "made on first use"
    assert found["cifar10"]["state"] == "to be added"
    assert not cache_folder.exists()


def test_data_add_tells_how_classes_are_numbered(tmp_path: Path, cache_folder: Path) -> None:
    path = tmp_path / "signs.csv"
    path.write_text("".join(f"{i};{(-1) ** i}\n" for i in range(40)))
    assert "classes are numbered 0 to 1 in this order: -1, 1" in ask(data.command, "add", str(path)).stderr


def test_data_add_and_list_your_own(tmp_path: Path, cache_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    np.savez("digits.npz", X=np.random.default_rng(0).random((40, 3)), y=np.arange(40) % 2)
    added = answer(data.command, "add", "digits.npz")
    assert added == {
        "dataset": str(tmp_path / "digits.npz"),
        "state": "ready",
        "classes": 2,
        "features": 3,
        "examples": {"train": 26, "validation": 8, "test": 6},
        "labels": [],
        "cache_bytes": 480,
        "source": str(tmp_path / "digits.npz"),
        "trouble": "",
    }
    answer(data.command, "add", "synthetic-cifar:100")
    (cache_folder / "synthetic-cifar-200").mkdir()
    Path("digits.npz").unlink()
    listed = {entry["dataset"]: entry["state"] for entry in answer(data.command, "list")["datasets"]}
    assert listed[str(tmp_path / "digits.npz")] == "source has changed"
    assert listed["synthetic-cifar:100"] == "ready"
    assert listed["synthetic-cifar-200"] == "damaged"
    assert "own" not in ask(data.command, "list").stderr


@pytest.mark.parametrize("form", list(fakes.FORMS))
def test_data_add_cifar10(tmp_path: Path, cache_folder: Path, monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    monkeypatch.setattr(cifar10, "EXAMPLES_PER_BATCH", fakes.PER_BATCH)
    monkeypatch.chdir(tmp_path)
    fakes.archive(tmp_path / "c.tar.gz", form)
    assert answer(data.command, "add", "cifar10", "c.tar.gz")["state"] == "ready"
    told = ask(data.command, "info", "cifar10")
    assert "ready" in told.stdout
    assert "c.tar.gz" in told.stdout


def test_data_info_of_cifar10_says_what_to_get(cache_folder: Path) -> None:
    told = " ".join(ask(data.command, "info", "cifar10").stdout.split())
    assert "lossboard data add cifar10 PATH" in told
    assert "downloads nothing" in told


def test_a_file_that_was_added_has_a_short_name_unless_two_files_have_it(tmp_path: Path, cache_folder: Path) -> None:
    rows = "".join(f"{number},{'cat' if number % 2 else 'dog'}\n" for number in range(24))
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "Mine.csv").write_text(rows)
    first, second = (str(tmp_path / folder / "Mine.csv") for folder in ("one", "two"))
    assert ask(data.command, "info", "mine").exit_code == 2
    assert "its short name is mine: --dataset mine" in ask(data.command, "add", first).stderr
    assert answer(data.command, "info", "mine")["dataset"] == first
    assert "labels  0 cat, 1 dog" in ask(data.command, "info", "mine").stdout
    probed = answer(probe.command, "--dataset", "MINE", "--step-sizes", "0.1")
    assert (probed["dataset"], probed["examples"]) == (first, 16)
    assert "short name" not in ask(data.command, "add", second).stderr
    assert f"'mine' may be {first} or {second}; give the path" in ask(data.command, "info", "mine").stderr
