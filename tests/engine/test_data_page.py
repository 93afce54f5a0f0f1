"""The page about data sets: its example runs, and every name stands in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine.datasets import LOADERS
from engine.spec import DATASETS

PAGE = (Path(__file__).parents[2] / "docs" / "data.md").read_text()


def test_the_example_runs() -> None:
    (example,) = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    exec(compile(example, "docs/data.md", "exec"), {})


@pytest.mark.parametrize("name", DATASETS)
def test_every_data_set_is_loaded_and_described(name: str) -> None:
    assert name in LOADERS
    assert f"`{name}`" in PAGE
