"""Predictions: the classes and scores of new examples are those that the run itself would give them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from engine import datasets
from engine.commands.numerics.predict import command
from engine.jobs.worker import worker_loop
from engine.spec import RunSpec, defaults
from engine.store import open_for_writing

CLASSES = np.array([-1, 1, 4])[np.arange(120) % 3]


@pytest.fixture(autouse=True)
def nobody_else(monkeypatch: pytest.MonkeyPatch, cache_folder: Path) -> None:
    monkeypatch.setattr(worker_loop, "start_workers", lambda path: 0)


def worked(path: Path, spec: RunSpec) -> None:
    with open_for_writing(path) as store:
        store.queue.add([spec])
    worker_loop.work(path, leave=lambda: False)


def asked(path: Path, *arguments: str) -> Result:
    return CliRunner().invoke(command, list(arguments), obj=str(path))


def answer(path: Path, *arguments: str) -> Any:
    result = asked(path, *arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def numbers() -> np.ndarray[Any, Any]:
    return np.random.default_rng(1).standard_normal((120, 3)) * [1.0, 100.0, 5.0] + 9 * np.eye(3)[np.arange(120) % 3]


@pytest.mark.parametrize("objective", ["softmax", "two-layer", "mlp"])
@pytest.mark.parametrize("standardize", ["yes", "no"])
@pytest.mark.parametrize("is_pixels", [True, False])
def test_the_train_split_is_predicted_as_it_was_evaluated(
    path: Path, tmp_path: Path, objective: str, standardize: str, is_pixels: bool
) -> None:
    X = np.clip(numbers() + 50, 0, 255).astype(np.uint8) if is_pixels else numbers()
    np.savez(tmp_path / "mine.npz", X=X, y=CLASSES)
    spec = defaults(objective=objective).changed(
        dataset=str(tmp_path / "mine.npz"), standardize=standardize, batch_size=None, iterations=40, step_size=1e-3
    )
    worked(path, spec)
    rows = datasets.stratified(CLASSES)["test"]
    np.savez(tmp_path / "new.npz", X=X[rows])
    found = answer(path, "1", str(tmp_path / "new.npz"))
    assert found["names"] == ["-1", "1", "4"]
    assert np.shape(found["scores"]) == (len(rows), 3)
    right = np.mean([label == str(CLASSES[row]) for label, row in zip(found["classes"], rows, strict=True)])
    with open_for_writing(path) as store:
        [last] = [one for one in store.reader().evaluations(1) if one.split == "test"]
    assert right == pytest.approx(last.accuracy)


def test_a_csv_with_or_without_the_class_gives_the_same_and_the_table_has_a_score_for_each_class(
    path: Path, tmp_path: Path
) -> None:
    X = numbers()
    lines = [";".join(map(repr, row)) for row in X.tolist()]
    (tmp_path / "mine.csv").write_text("".join(f"{line};{y}\n" for line, y in zip(lines, CLASSES, strict=True)))
    worked(path, defaults().changed(dataset=str(tmp_path / "mine.csv"), batch_size=None, iterations=20))
    (tmp_path / "new.csv").write_text("".join(f"{line}\n" for line in lines[:7]))
    with_class = answer(path, "1", str(tmp_path / "mine.csv"))
    without = answer(path, "1", str(tmp_path / "new.csv"))
    assert without["scores"] == with_class["scores"][:7]
    table = asked(path, "1", str(tmp_path / "new.csv")).stdout.splitlines()
    assert table[0] == "class,score -1,score 1,score 4"
    assert [line.split(",")[0] for line in table[1:]] == without["classes"]
    assert answer(path, "1", str(tmp_path / "new.csv"), "--at", "0")["iteration"] == 0


def test_what_does_not_fit_is_refused_in_words(path: Path, tmp_path: Path) -> None:
    np.savez(tmp_path / "mine.npz", X=numbers(), y=CLASSES)
    worked(path, defaults().changed(dataset=str(tmp_path / "mine.npz"), batch_size=None, iterations=5))
    np.savez(tmp_path / "wide.npz", X=np.ones((4, 9)))
    np.savez(tmp_path / "holes.npz", X=np.full((4, 3), np.nan))
    (tmp_path / "few.csv").write_text("1,2\n3,4\n")
    (tmp_path / "text.csv").write_text("1,2,x\n3,4,5\n")
    for file, said in (
        ("wide.npz", "it has 9 features; the run learnt from 3"),
        ("holes.npz", "row 1 of X holds NaN"),
        ("few.csv", "it has 2 features; the run learnt from 3"),
        ("text.csv", "the cell in row 1, column 3 is 'x'"),
        ("none.csv", "of the features, with or without the class"),
    ):
        result = asked(path, "1", str(tmp_path / file))
        assert (result.exit_code, said in result.output) == (1, True), result.output
    np.savez(tmp_path / "mine.npz", X=numbers()[:60], y=CLASSES[:60])
    np.savez(tmp_path / "new.npz", X=numbers())
    assert "has changed since run 1 began" in asked(path, "1", str(tmp_path / "new.npz")).output
    assert "no run 7" in asked(path, "7", str(tmp_path / "new.npz")).output
