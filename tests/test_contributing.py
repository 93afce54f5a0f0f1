"""CONTRIBUTING.md: the files that it sends people to are there, as many as it says; and an update is two rows."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from engine.spec import FIELDS, UPDATES, Field, defaults
from engine.spec.parsing import choice
from engine.spec.strategy_kinds import GRADIENT
from engine.strategy import optimize, updates

ROOT = Path(__file__).parent.parent
ROWS = re.findall(r"^\| (an? .*?) \| (.*) \| (\d+) \|$", (ROOT / "CONTRIBUTING.md").read_text(), re.MULTILINE)
COUNTS = {what: int(count) for what, _, count in ROWS}


def named(files: str) -> set[str]:
    return set(re.findall(r"`([\w/.]+)`", files))


@pytest.mark.parametrize(("what", "files", "count"), ROWS, ids=COUNTS)
def test_the_files_to_open_are_there_and_counted(what: str, files: str, count: str) -> None:
    assert all((ROOT / file).exists() for file in named(files))
    known = COUNTS["an update"] if "the same four" in files else 0
    assert len(named(files)) + known == int(count)


def test_the_rows_are_those_that_were_tried() -> None:
    assert list(COUNTS) == [
        "an update", "an update with a rate of its own", "a strategy", "an objective", "a test function",
        "a layer of networks", "a metric of what is recorded", "a key", "a column of the list",
        "an import format: of runs", "an import format: of data sets", "a command",
    ]  # fmt: skip


def test_an_update_is_a_row_and_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Added at run time through the tables that the page names, it runs as any other."""

    def by_sign(weights: updates.Array, gradient: updates.Array, *_: object) -> updates.Step:
        def step(step_size: float, iteration: int) -> None:
            np.subtract(weights, step_size * np.sign(gradient), weights)

        return step

    names = (*UPDATES, "sign")
    field = Field("update", "update", "the parameter update", choice(names), names, GRADIENT)
    monkeypatch.setitem(updates.UPDATES, "sign", updates.Update((), by_sign))
    monkeypatch.setitem(FIELDS, "update", field)
    spec = defaults("gradient-descent", "softmax").changed(update="sign", step_size=0.003)
    optimization = optimize.build(spec)
    _, block = optimization.advance(optimization.start(), 100)
    assert block.loss[-1] < 0.5 * block.loss[0]
    assert spec.label == "sign b256"
