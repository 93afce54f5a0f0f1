"""The chart of a range test: any size, any losses, unfinished tests; the marks stand at their step sizes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.analysis.range_test import all_step_sizes, judged
from tui.chart.inspected.range_test import RangeTestView, draw_range_test


def view(losses: list[float], *, is_complete: bool, marks: tuple[tuple[float, str], ...] = ()) -> RangeTestView:
    sizes = all_step_sizes()[: len(losses)]
    found = judged(list(zip(sizes, losses, strict=True)), is_complete=is_complete)
    return RangeTestView(found.step_sizes, found.loss, found.smoothed, found.extent, marks, 1)


@given(
    st.lists(st.floats(width=32), min_size=1, max_size=40),
    st.booleans(),
    st.integers(1, 60),
    st.integers(1, 20),
    st.sampled_from(["unicode", "ascii"]),
)
def test_any_losses_at_any_size(losses: list[float], is_complete: bool, width: int, height: int, charset: str) -> None:
    with np.errstate(all="ignore"):
        picture = draw_range_test(
            view(losses, is_complete=is_complete, marks=((1e-5, "steepest"),)),
            width,
            height,
            "ascii" if charset == "ascii" else "unicode",
        )
    assert (picture.width, picture.height) == (width, height)


def test_the_marks_stand_at_their_step_sizes() -> None:
    losses = [3.0, *np.linspace(3, 1, 99).tolist()]
    picture = draw_range_test(view(losses, is_complete=True, marks=((1e-4, "steepest 1e-4"),)), 80, 20, "unicode")
    rows = ["".join(text for text, _ in picture.row(row)) for row in range(20)]
    (name,) = (row for row in rows if "steepest 1e-4" in row)
    tick = rows[-1].index("1e-4")
    assert abs(name.index("steepest 1e-4") + 6 - (tick + 1)) <= 2
    assert sum(row[tick + 1] == "┊" or row[tick + 2] == "┊" for row in rows) == pytest.approx(17, abs=2)
