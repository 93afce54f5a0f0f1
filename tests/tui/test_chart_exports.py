"""What leaves the chart: text, SVG, CSV, and the one-row curves of the table."""

from __future__ import annotations

import csv
import io
import math
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.presence import present
from tests.tui.chart_curves import decimated, noisy
from tui.chart import ChartRun, ChartView, Points, sparkline, table, to_csv, vector_chart
from tui.chart.cells.vectors import CellStyle
from tui.chart.cells.vectors import document as cells_as_svg
from tui.chart.drawing.loss_by_value import ResponsePoint, ResponseView
from tui.chart.values.view import Charset

SVG = "{http://www.w3.org/2000/svg}"
LABELS = st.text(st.characters(exclude_categories=["C"]), max_size=20) | st.sampled_from(['a,"b"', "=1+1", " "])
NUMBERS = st.lists(st.floats(), max_size=80)


def paths(document: ET.Element) -> dict[str, ET.Element]:
    """The curves of a document by the name of their run."""
    return {present(present(path.find(f"{SVG}title")).text): path for path in document.iter(f"{SVG}path") if len(path)}


def data(path: ET.Element) -> str:
    """The data of a path."""
    return present(path.get("d"))


def numbers(path: ET.Element) -> NDArray[np.float64]:
    """The corners of a path of straight lines, (points, 2)."""
    return np.array(re.findall(r"-?[0-9.]+", data(path)), float).reshape(-1, 2)


@given(
    label=st.text(max_size=40), losses=st.lists(st.floats(allow_nan=True), min_size=1, max_size=40), log=st.booleans()
)
@example(label="", losses=[9.467845390305582e-291], log=True)
@example(label="", losses=[1.7976931348622105e308], log=True)
def test_a_picture_is_well_formed_whatever_a_run_is_called(label: str, losses: list[float], log: bool) -> None:
    view = ChartView((ChartRun(1, label, 0, decimated(losses)),), note='<&">', log_y=log)
    document = ET.fromstring(vector_chart(view, 960, 540, title=label))
    assert document.tag == f"{SVG}svg"
    assert "nan" not in "".join(map(data, document.iter(f"{SVG}path")))


def test_a_picture_has_every_point_of_a_curve_as_one_path_and_names_in_full() -> None:
    losses = noisy(300)
    name = "12 a name that is far longer than the legend of a terminal has room for"
    runs = (ChartRun(12, name, 0, decimated(losses), settings=(("step size", "0.1"),)), ChartRun(13, "13 other", 1))
    document = ET.fromstring(vector_chart(ChartView(runs, log_y=False), 960, 540))
    corners = numbers(paths(document)[name])
    assert len(corners) == len(losses)
    places = np.corrcoef(corners[:, 1], losses)[0, 1]
    assert places == pytest.approx(-1.0, abs=1e-4)
    assert np.corrcoef(corners[:, 0], np.arange(300))[0, 1] == pytest.approx(1.0, abs=1e-6)
    words = [element.text for element in document.iter(f"{SVG}text")]
    assert f"{name}, step size 0.1" in words
    assert {"loss", "iteration", "100", "200"} <= set(words)


def test_a_picture_leaves_out_what_is_no_number_and_shows_where_it_began() -> None:
    losses = [3.0, 2.0, math.nan, 1.0, 1.5, math.inf]
    document = ET.fromstring(vector_chart(ChartView((ChartRun(1, "a", 0, decimated(losses)),)), 960, 540))
    assert data(paths(document)["a"]).count("M") == 2
    assert "✗" in [element.text for element in document.iter(f"{SVG}text")]


def test_a_picture_of_a_grid_has_a_chart_for_each_run_and_of_measures_for_each_metric() -> None:
    runs = tuple(ChartRun(number, f"{number} run", number, decimated(noisy(50))) for number in range(1, 6))
    for view in (
        ChartView(runs, grid=True),
        ChartView(
            runs[:1],
            panels=tuple(
                ChartView(runs[:1], metric=one)
                for one in ("loss", "data loss", "step size", "train loss", "gradient norm")
            ),
        ),
    ):
        document = ET.fromstring(vector_chart(view, 960, 540))
        assert len(list(document.iter(f"{SVG}clipPath"))) == 5


def test_a_picture_of_a_sweep_has_the_loss_by_value_beside_the_curves() -> None:
    points = tuple(
        ResponsePoint(10.0**power, loss, math.nan, math.nan, power + 4, beside=loss + 1, diverged=loss > 100)
        for power, loss in zip(range(-3, 2), (9.0, 5.0, 0.5, 0.2, 1e9), strict=True)
    )
    beside = ResponseView(points, title="train loss against step size", best=3)
    runs = (ChartRun(1, "1 run", 0, decimated(noisy(50))),)
    document = ET.fromstring(vector_chart(ChartView(runs), 960, 540, beside=beside))
    words = [element.text for element in document.iter(f"{SVG}text")]
    assert {"train loss against step size", "★", "✗", "0.01", "1"} <= set(words)
    assert len(list(document.iter(f"{SVG}circle"))) == len(points)
    assert "no value yet" in vector_chart(ChartView(runs), 960, 540, beside=ResponseView(empty_hint="no value yet"))


def test_a_two_cell_character_moves_what_follows_by_two_cells() -> None:
    document = ET.fromstring(cells_as_svg([[("步长  b", CellStyle("#000000"))]], 40, ground="#ffffff"))
    places = {element.text: float(present(element.get("x"))) for element in document.iter(f"{SVG}text")}
    assert places["b"] - places["步长"] == pytest.approx(6 * 9)


@given(losses=st.lists(st.floats(allow_nan=True), min_size=1, max_size=40), label=LABELS)
def test_a_csv_has_a_row_for_what_is_shown_and_reads_back(losses: list[float], label: str) -> None:
    view = ChartView((ChartRun(7, label, 0, decimated(losses)),), log_y=False)
    read = list(csv.reader(io.StringIO(to_csv(view), newline="")))
    assert read[0] == ["run_id", "run", "metric", "iteration", "value", "lowest_raw", "highest_raw"]
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
    assert [row.x for row in rows if row.metric == "loss"] == list(range(40, 61))
    assert [(row.x, row.value) for row in rows if row.metric == "validation"] == [(50.0, 2.0)]
    assert to_csv(ChartView((run,), x_kind="time")).startswith("run_id,run,metric,elapsed_s,")


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
