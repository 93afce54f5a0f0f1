"""What leaves the chart: text, SVG, CSV, and the one-row curves of the table."""

from __future__ import annotations

import csv
import io
import math
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.presence import present
from tests.tui.chart_curves import decimated, noisy
from tui.chart import ChartRun, ChartView, Points, draw, sparkline, table, to_csv, to_svg
from tui.chart.values.view import Charset
from tui.colours.palette import Scheme

SVG = "{http://www.w3.org/2000/svg}"
LABELS = st.text(st.characters(exclude_categories=["C"]), max_size=20) | st.sampled_from(['a,"b"', "=1+1", " "])
NUMBERS = st.lists(st.floats(), max_size=80)


@given(label=st.text(max_size=40), scheme=st.sampled_from(["dark", "light", "ansi-dark", "ansi-light", "none"]))
@settings(deadline=None, max_examples=60)
def test_an_svg_is_well_formed_whatever_a_run_is_called(label: str, scheme: Scheme) -> None:
    view = ChartView((ChartRun(1, label, 0, decimated(noisy(50))),), note='<&">')
    document = ET.fromstring(to_svg(draw(view, 60, 14), scheme, title=label))
    assert document.tag == f"{SVG}svg"
    assert all(element.get("fill") != "" for element in document.iter())


def test_an_svg_has_every_dot_and_every_word_in_its_place() -> None:
    picture = draw(ChartView((ChartRun(1, "15 gradient", 0, decimated(noisy(50))),)), 60, 14)
    document = ET.fromstring(to_svg(picture))
    codes = picture.codepoints[(picture.codepoints >= 0x2800) & (picture.codepoints < 0x2900)]
    dots = sum(bin(int(code) - 0x2800).count("1") for code in codes)
    assert sum((path.get("d") or "").count("h0M") + 1 for path in document.iter(f"{SVG}path")
               if "h0" in (path.get("d") or "")) == dots  # fmt: skip
    words = {element.text: element for element in document.iter(f"{SVG}text")}
    assert "15 gradient" in words
    row = next(r for r, line in enumerate(picture.to_text().splitlines()) if "15 gradient" in line)
    assert float(present(words["15 gradient"].get("y"))) == pytest.approx(row * 18 + 13.5)


def test_a_two_cell_character_moves_what_follows_by_two_cells() -> None:
    document = ET.fromstring(to_svg(draw(ChartView((ChartRun(1, "步长  b", 0, decimated([1.0])),)), 40, 12)))
    places = {element.text: float(present(element.get("x"))) for element in document.iter(f"{SVG}text")}
    assert places["b"] - places["步长"] == pytest.approx(6 * 9)


@given(losses=st.lists(st.floats(allow_nan=True), min_size=1, max_size=40), label=LABELS)
def test_a_csv_has_a_row_for_what_is_shown_and_reads_back(losses: list[float], label: str) -> None:
    view = ChartView((ChartRun(7, label, 0, decimated(losses)),), log_y=False)
    read = list(csv.reader(io.StringIO(to_csv(view), newline="")))
    assert read[0] == ["run_id", "label", "kind", "iteration", "low", "high", "line"]
    assert len(read) == len(losses) + 1
    for iteration, (loss, row) in enumerate(zip(losses, read[1:], strict=True)):
        assert row[:4] == ["7", label, "loss", str(iteration)]
        if math.isfinite(loss):
            assert [float(value) for value in row[4:]] == pytest.approx([loss] * 3, rel=1e-6)
        else:
            assert row[4:] == ["", "", ""]


def test_a_table_keeps_to_the_window_and_names_the_second_line() -> None:
    companion = Points(np.array([0, 50, 100]), np.array([0.0, 0.5, 1.0]), np.array([3.0, 2.0, 1.0]))
    run = ChartRun(1, "a", 0, decimated(noisy(100)), companion=companion)
    rows = list(table(ChartView((run,), x_window=(40.0, 60.0), companion_name="validation")))
    assert [row.x for row in rows if row.kind == "loss"] == list(range(40, 61))
    assert [(row.x, row.line) for row in rows if row.kind == "validation"] == [(50.0, 2.0)]
    assert to_csv(ChartView((run,), x_kind="time")).startswith("run_id,label,kind,elapsed_s,")


@given(values=NUMBERS, width=st.integers(0, 30), charset=st.sampled_from(["unicode", "ascii"]), log=st.booleans())
def test_a_sparkline_is_exactly_as_wide_as_asked_and_blank_where_nothing_is_finite(
    values: list[float], width: int, charset: Charset, log: bool
) -> None:
    text = sparkline(values, width, charset, log=log)
    assert len(text) == width
    assert charset == "unicode" or text.isascii()
    if not any(math.isfinite(value) and (value > 0 or not log) for value in values):
        assert text.strip() == ""
    elif width:
        assert text.strip()


def test_a_sparkline_falls_with_its_values() -> None:
    assert sparkline([4, 3, 2, 1], 4, "ascii") == "'-._"
    assert sparkline([8, 7, 6, 5, 4, 3, 2, 1], 4) == "⠉⠒⠤⣀"
    assert sparkline([1, math.nan, 4], 3, "ascii") == "_ '"
    assert sparkline([2, 2, 2, 2], 2) == "⣀⣀"
