"""Numbers as text."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tui.text import numbers


@pytest.mark.parametrize(("value", "text"), [
    (None, "·"), (0, "0"), (0.2144, "0.214"), (0.2, "0.200"), (12.4, "12.4"), (8, "8.00"), (100, "100"),
    (999.7, "1e3"), (1714, "1.71e3"), (4.2e-5, "4.2e-5"), (-0.5, "-0.500"), (1e300, "1e300"),
    (math.inf, "inf"), (-math.inf, "-inf"), (math.nan, "nan"),
])  # fmt: skip
def test_number(value: float | None, text: str) -> None:
    assert numbers.number(value) == text


@pytest.mark.parametrize(("value", "text"), [(1e-4, "1e-4"), (4.64e-4, "5e-4"), (2.15e-3, "2e-3"), (1e12, "1e12")])
def test_magnitude(value: float, text: str) -> None:
    assert numbers.magnitude(value) == text


@pytest.mark.parametrize(("value", "text"), [
    (0.1, "0.1"), (0.03, "0.03"), (1e-4, "1e-4"), (1e-5, "1e-5"), (100.0, "100"), (2.5e-6, "2.5e-6"), (None, "·"),
])  # fmt: skip
def test_setting(value: float | None, text: str) -> None:
    assert numbers.setting(value) == text


@pytest.mark.parametrize(("value", "text"), [
    (None, "·"), (0, "0"), (8.2, "8.2"), (100, "100"), (999.6, "1k"), (41_234, "41k"), (1.23e6, "1.2M"),
    (math.nan, "·"),
])  # fmt: skip
def test_rate(value: float | None, text: str) -> None:
    assert numbers.rate(value) == text


@pytest.mark.parametrize(("seconds", "text"), [
    (0, "00:00"), (6.9, "00:06"), (760, "12:40"), (3723, "1:02:03"), (273_600, "3 d 04:00"), (math.nan, "·"),
])  # fmt: skip
def test_duration(seconds: float, text: str) -> None:
    assert numbers.duration(seconds) == text


def test_count_and_percent() -> None:
    assert [numbers.count(n) for n in (None, 640, 9999, 12_345)] == ["·", "640", "9999", "12k"]
    assert numbers.percent(0.9722) == "97.2 %"
    assert numbers.percent(None) == "·"


@given(st.text(), st.integers(0, 40), st.booleans())
def test_fit_takes_exactly_its_cells(text: str, width: int, right: bool) -> None:
    assert cell_len(numbers.fit(text, width, right=right)) == width


@given(st.floats(allow_nan=False), st.integers(1, 40))
def test_a_bar_has_its_width(share: float, width: int) -> None:
    assert sum(len(part) for part in numbers.bar(share, width)) == width


@given(st.floats())
def test_a_loss_fits_its_column_or_is_an_extreme(value: float) -> None:
    assert len(numbers.number(value)) <= 6 or not 1e-9 <= abs(value) <= 1e9 or value < 0


@pytest.mark.parametrize(("value", "text"), [
    (9.73e12, "9.7e12"), (9.98e12, "1e13"), (1.71e300, "2e300"), (9.7e-12, "1e-11"), (-1.23e5, "-1.2e5"),
    (-2e-300, "-0"), (0.2144, "0.214"), (None, "·"), (math.inf, "inf"), (-math.inf, "-inf"), (math.nan, "nan"),
])  # fmt: skip
def test_a_number_has_fewer_digits_where_there_is_less_room(value: float | None, text: str) -> None:
    assert numbers.number_in(6, value) == text


@given(st.floats())
def test_every_number_fits_six_cells_and_is_still_about_as_large(value: float) -> None:
    told = numbers.number_in(6, value)
    assert len(told) <= 6
    if 1e-300 < abs(value) < 1e307 and told != "-0":
        assert float(told) == pytest.approx(value, rel=0.34)


@pytest.mark.parametrize(("seconds", "shown"), [
    (-5, "now"), (59, "now"), (60, "1m"), (3599, "59m"), (3600, "1h"), (86_399, "23h"), (86_400, "1d"),
    (364 * 86_400, "364d"), (366 * 86_400, "1y"),
])  # fmt: skip
def test_an_age_takes_at_most_four_cells(seconds: int, shown: str) -> None:
    now = datetime(2026, 1, 2, tzinfo=UTC)
    assert numbers.age((now - timedelta(seconds=seconds)).isoformat(), now) == shown


def test_an_age_of_no_time_is_unknown() -> None:
    assert numbers.age("yesterday") == numbers.NOTHING
