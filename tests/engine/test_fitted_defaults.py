"""Fitted defaults: step sizes follow from the size of the features, whatever the data set is called."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.commands.options import given_spec
from engine.datasets import squared_norm
from engine.jobs.people.fitted_defaults import fitted_defaults
from engine.spec import DataError, RunSpec, defaults, spec_from_fields
from engine.strategy import optimize
from tui.model.form.run_drafts import NewRunDraft

DIVERGED = "diverged"
PIXELS = "synthetic-cifar:300"


@pytest.fixture
def bytes_file(tmp_path: Path, cache_folder: Path) -> str:
    """Images of 12 x 12 bytes in three classes that differ in where they are bright."""
    generator = np.random.default_rng(0)
    y = np.arange(180) % 3
    X = generator.integers(0, 120, (180, 12, 12))
    for number in range(3):
        X[y == number, 4 * number : 4 * number + 4] += 100
    np.savez(tmp_path / "images.npz", X=X.astype(np.uint8), y=y)
    return str(tmp_path / "images.npz")


@pytest.mark.parametrize("objective", ["softmax", "two-layer-svm"])
@pytest.mark.parametrize("strategy", ["local-search", "spsa", "gradient-descent"])
@pytest.mark.parametrize(
    ("dataset", "standardize"), [("bytes", "no"), ("bytes", "yes"), (PIXELS, "yes"), ("digits", "yes")]
)
def test_no_data_diverge_with_the_defaults(
    bytes_file: str, dataset: str, standardize: str, strategy: str, objective: str
) -> None:
    dataset = bytes_file if dataset == "bytes" else dataset
    chosen = {"strategy": strategy, "objective": objective, "dataset": dataset, "standardize": standardize}
    run = optimize.build(given_spec({**chosen, "batch_size": "full", "iterations": "60"}))
    start = run.start()
    end, _ = run.advance(start, 60)
    before, after = (run.evaluate(state.weights, "train")[0] for state in (start, end))
    assert end.stop_reason != DIVERGED
    assert after < before


def test_at_the_two_sizes_that_were_tuned_they_are_those_of_the_names(cache_folder: Path) -> None:
    assert fitted_defaults(defaults(), waits=True) == {}
    assert fitted_defaults(defaults(dataset=PIXELS), waits=True) == {}
    small = fitted_defaults(defaults(dataset="spiral").changed(standardize="yes"), waits=True)
    assert small == {}, "small features take the steps of digits"


def test_what_was_chosen_stays_and_the_form_and_the_command_line_show_the_rest(
    bytes_file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = given_spec({"dataset": bytes_file})
    assert "step size 3e-6, initial scale 2e-4: the defaults for features of the size" in capsys.readouterr().err
    assert found.step_size == 3e-6
    assert given_spec({"dataset": bytes_file, "step_size": "0.5"}).step_size == 0.5
    assert given_spec({"dataset": bytes_file}, varied={"step_size"}).step_size == defaults().step_size
    draft = NewRunDraft().with_text("dataset", bytes_file)
    assert draft.spec().step_size == found.step_size
    assert draft.with_text("step_size", "0.5").spec().step_size == 0.5
    standardized = draft.with_text("standardize", "yes").spec()
    assert found.step_size < standardized.step_size < defaults().step_size
    assert NewRunDraft().with_text("dataset", bytes_file + "x").texts["step_size"] == str(defaults().step_size)


def test_the_size_is_that_of_the_training_examples(bytes_file: str) -> None:
    train = optimize.build(spec_from_fields({"dataset": bytes_file, "batch_size": "full"})).objective.split
    expected = np.square(train.X[:, :-1].astype(float)).sum(axis=1).mean()
    assert squared_norm(bytes_file, False) == pytest.approx(expected)
    assert squared_norm(bytes_file, True) == 144
    assert squared_norm("digits", False) is None


def test_a_large_new_file_is_not_read_while_somebody_types(tmp_path: Path, cache_folder: Path) -> None:
    file = tmp_path / "large.csv"
    file.write_text("1,2,0\n" * 400_000)
    spec: RunSpec = defaults().changed(dataset=str(file), batch_size=None)
    assert fitted_defaults(spec, waits=False) == {}
    file.unlink()
    assert fitted_defaults(spec, waits=False) == {}
    with pytest.raises(DataError):
        fitted_defaults(spec, waits=True)
