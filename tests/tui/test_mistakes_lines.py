"""The confusion matrix as lines: its columns can be told apart, and what is left out is counted."""

from __future__ import annotations

import numpy as np
import pytest

from engine.analysis.mistakes import Example, Mistakes
from engine.jobs.inspection.mistakes import RunMistakes
from tui.presenting.inspected.mistakes import example_lines, matrix_lines


def found_of(names: tuple[str, ...]) -> RunMistakes:
    """One mistake among classes of these names, with a picture of 8 x 8 pixels."""
    counts = np.eye(len(names), dtype=np.intp)
    worst = (Example(row=3, label=0, predicted=1, loss=2.0),)
    pictures = np.linspace(0, 1, 64).reshape(1, 8, 8)
    return RunMistakes(1, 5, True, "test", names, Mistakes(counts, worst), np.ones((1, 64)), pictures)


@pytest.mark.parametrize(("names", "heads"), [
    ([f"class{number}" for number in range(10, 70)], ["…ass10", "…ass11", "…ass12"]),
    (["setosa-iris", "versicolor-iris", "virginica-iris"], ["setos…", "versi…", "virgi…"]),
])  # fmt: skip
def test_columns_of_long_names_are_told_apart(names: list[str], heads: list[str]) -> None:
    title, columns, *_ = matrix_lines(found_of(tuple(names)), "shades", None, 60, 12)
    assert columns[0][0].split()[1:4] == heads
    assert (" of 60 classes" in title[0][0]) == (len(names) == 60)


@pytest.mark.parametrize(("width", "told"), [(80, "0, not 1"), (30, "0>1")])
def test_what_a_picture_is_taken_for_is_told_whole(width: int, told: str) -> None:
    found = found_of(tuple("01234"))
    worst = found.found.worst * 5
    lines = example_lines(
        RunMistakes(1, 5, True, "test", found.names, Mistakes(found.found.counts, worst), np.ones((5, 64)),
                    np.repeat(found.pictures, 5, axis=0)),  # type: ignore[arg-type]
        "shades", None, width, 20,
    )  # fmt: skip
    assert told in "".join(text for text, _ in lines[1])
