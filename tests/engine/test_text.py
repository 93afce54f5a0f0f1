"""clean(): nothing but one line of printable text reaches the terminal."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.text import clean, counted, setting_text, span_text


@pytest.mark.parametrize(
    ("given_text", "shown"),
    [
        ("plain name", "plain name"),
        ("[/nope] [link=x]", "[/nope] [link=x]"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("a\x1b]52;c;aGVsbG8=\x07b", "ab"),
        ("a\x1b]0;title\x1b\\b", "ab"),
        ("a\x9b31mb", "ab"),
        ("two\nlines\tand\r\nmore", "two lines and more"),
        ("left\u202eright\u200b", "leftright"),
        ("Größe λ 画", "Größe λ 画"),
        ("\x00\x07\x08\x7f\x85", ""),
    ],
)
def test_what_is_shown(given_text: str, shown: str) -> None:
    assert clean(given_text) == shown


@given(st.text(max_size=300), st.none() | st.integers(0, 40))
def test_always_one_printable_line(text: str, width: int | None) -> None:
    line = clean(text, width)
    assert line.isprintable()
    assert width is None or len(line) <= width


@given(st.text(max_size=100))
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    assert clean(clean(text)) == clean(text)


def test_ten_thousand_characters_are_cut() -> None:
    assert clean("x" * 10_000, 20) == "x" * 19 + "…"


def test_one_of_something_is_no_plural() -> None:
    assert [counted(n, "run") for n in (0, 1, 2, 1200)] == ["0 runs", "1 run", "2 runs", "1,200 runs"]


@pytest.mark.parametrize(("value", "text"), [
    (0.1, "0.1"), (0.0215443, "0.02154"), (1e-3, "0.001"), (4.6416e-4, "4.642e-4"), (1e-4, "1e-4"), (100.0, "100"),
    (12345.0, "12345"), (1e5, "1e5"), (1e6, "1e6"), (0.0, "0"), (math.inf, "inf"),
])  # fmt: skip
def test_a_setting_is_written_as_a_person_would(value: float, text: str) -> None:
    assert setting_text(value) == text


@pytest.mark.parametrize(("seconds", "text"), [
    (0.42, "0.42 s"), (9.7, "9.7 s"), (10.0, "10 s"), (59.6, "1 min"), (760.0, "12 min 40 s"), (7200.0, "2 h"),
    (11_520.0, "3 h 12 min"), (187_200.0, "2 d 4 h"),
])  # fmt: skip
def test_how_long_something_lasted_is_no_time_of_day(seconds: float, text: str) -> None:
    assert span_text(seconds) == text
