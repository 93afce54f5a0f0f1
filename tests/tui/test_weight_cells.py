"""Mosaics: small pictures of signed numbers, at every width and in every manner."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import ArrayLike

from tui.chart.drawing.weight_cells import Manner, WeightImage, draw_weights, levels_of, pooled
from tui.colours.styles import DEEPEST


def drawn(
    pictures: ArrayLike, width: int = 60, manner: Manner = "halves", most: int = 40
) -> tuple[WeightImage, list[str]]:
    values = np.asarray(pictures, dtype=float)
    found = draw_weights(values, [str(number) for number in range(len(values))], width, manner, most)
    return found, ["".join(piece.text for piece in row) for row in found.rows]


@given(
    count=st.integers(1, 30), height=st.integers(1, 33), across=st.integers(1, 33), width=st.integers(1, 130),
    manner=st.sampled_from(get_args(Manner)), most=st.integers(1, 50),
)  # fmt: skip
def test_whatever_there_is_fits_its_width(
    count: int, height: int, across: int, width: int, manner: Manner, most: int
) -> None:
    found, texts = drawn(np.ones((count, height, across)), width, manner, most)
    assert 1 <= found.visible <= count
    assert max(len(text.rstrip("█▀▄ ")) for text in texts) <= max(width, 2)
    assert max(map(len, texts)) <= max(width + 1, 2)
    assert all(text.isascii() for text in texts) or manner != "ascii"


def test_zero_lies_in_the_middle() -> None:
    levels, largest = levels_of(np.array([-2.0, -1.0, 0.0, 0.1, 2.0, np.nan]))
    assert levels.tolist() == [-DEEPEST, -DEEPEST // 2, 0, 0, DEEPEST, 0]
    assert largest == 2.0
    levels, largest = levels_of(np.array([np.inf, -np.inf, 1.0, 0.0]))
    assert levels.tolist() == [DEEPEST, -DEEPEST, DEEPEST, 0]
    assert largest == 1.0
    assert levels_of(np.zeros(3))[1] == 0


def test_two_numbers_share_a_cell_and_zero_is_never_written() -> None:
    found, texts = drawn([[[1.0, 0.0, -1.0, 0.0], [0.0, 1.0, -1.0, 0.0]]], width=4)
    assert texts[1].rstrip() == "▀▄"
    cells = [(piece.foreground, piece.background) for piece in found.rows[1] for _ in piece.text][:4]
    assert cells == [(DEEPEST, 0), (DEEPEST, 0), (None, -DEEPEST), (None, 0)]


@pytest.mark.parametrize(("manner", "row"), [("shades", "█ ≡"), ("ascii", "# =")])
def test_signs_say_what_colours_say(manner: Manner, row: str) -> None:
    assert drawn([[[1.0, 0.0, -1.0]]], width=4, manner=manner)[1][1].rstrip() == row


def test_large_pictures_are_made_smaller_and_told_on_their_own_scale() -> None:
    picture = np.zeros((5, 32, 32))
    picture[:, :16] = 1.0
    found, texts = drawn(picture, width=49)
    assert len(texts) == 1 + 4  # eight rows of numbers in four of cells
    assert len(texts[1]) <= 50
    assert found.largest == 1.0
    np.testing.assert_allclose(pooled(picture, 3, 3).mean(axis=2)[0], [1.0, 6 / 11, 0.0])


def test_only_as_many_as_there_is_room_for() -> None:
    found, texts = drawn(np.ones((50, 8, 8)), width=55, most=10)
    assert found.visible == 12
    assert len(texts) == 10
    assert [text[0] for text in texts[::5]] == ["0", "6"]


def test_the_last_row_is_about_as_full_as_the_others() -> None:
    _, texts = drawn(np.ones((10, 8, 8)), width=80)
    assert texts[5].split() == ["5", "6", "7", "8", "9"]
