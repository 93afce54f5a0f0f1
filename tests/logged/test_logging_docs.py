"""The examples of docs/logging.md run, and do what it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.logged.programs import logged, ran
from tests.stores import query

TEXT = (Path(__file__).parents[2] / "docs/logging.md").read_text()
EXAMPLES = re.findall(r"```python\n(.*?)```", TEXT, flags=re.DOTALL)


@pytest.mark.parametrize("place", range(len(EXAMPLES)))
def test_an_example_runs(tmp_path: Path, place: int) -> None:
    code, output, errors = ran(tmp_path, EXAMPLES[place])
    assert (code, output, errors) == (0, "kept with the run" if "observed" in EXAMPLES[place] else "", "")
    assert query(tmp_path / "runs.db", "SELECT state FROM runs") == [("finished",)]
    if "any order" in EXAMPLES[place]:
        assert logged(tmp_path, "train/loss") == {0: 0.45, 1: 0.4}
        assert (logged(tmp_path, "lr"), logged(tmp_path)) == ({2: 0.1}, {2: 0.3})


def test_there_are_examples() -> None:
    assert len(EXAMPLES) == 4
