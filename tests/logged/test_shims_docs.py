"""The examples of docs/shims.md run as they stand there, those of a framework where it is installed."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

from tests.logged.programs import ROOT, ended, ran
from tests.stores import query

EXAMPLES = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "shims.md").read_text(), re.DOTALL)
FRAMEWORKS = ("torch", "keras", "lightning", "transformers", "accelerate")


def first_import(example: str) -> str:
    found = re.search(r"lossboard\S*", example)
    return found.group() if found else ""


@pytest.mark.parametrize("example", EXAMPLES, ids=first_import)
def test_an_example_runs_and_its_run_is_stored(tmp_path: Path, example: str) -> None:
    for name in FRAMEWORKS:
        needed = re.search(rf"^(import|from) {name}\b", example, re.MULTILINE)
        if needed and importlib.util.find_spec(name) is None:
            pytest.skip(f"{name} is not installed")
    code, _, errors = ran(tmp_path, example, KERAS_BACKEND="torch")
    assert code == 0, errors
    assert ended(tmp_path) == ("finished", "")
    assert query(tmp_path / "runs.db", "SELECT count(*) FROM measurements")[0][0] > 1
