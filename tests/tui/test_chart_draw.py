"""What stands on the screen, cell by cell, asked of `draw` alone."""

from __future__ import annotations

import math
import re
import subprocess
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.presence import present
from tests.tui.chart_curves import decimated, noisy
from tui.chart import ChartMark, ChartRun, ChartView, Picture, draw
from tui.chart.cells.picture import BLANK, POINTED, TITLE, faint, strong
from tui.chart.values.view import Charset, RunKind, XKind

LOSSES = st.lists(st.floats(width=32, allow_nan=True, allow_infinity=True), max_size=60)
PLAUSIBLE = st.lists(st.floats(1e-3, 50.0), min_size=1, max_size=80)
LABELS = st.text(max_size=30) | st.sampled_from(["步长 0.1 梯度下降", "e\u0301te", "15 gradient b256 0.1", "👩‍🔬 run"])


def run_of(losses: list[float], *, run_id: int = 1, slot: int = 0, width: int = 1, **options: Any) -> ChartRun:
    return ChartRun(run_id, options.pop("label", f"{run_id} run"), slot, decimated(losses, width=width), **options)


def cells_of(picture: Picture, x: float, y: float) -> set[tuple[int, int]]:
    """The plot cells at a point: more than one only where it lies on an edge between them."""
    axes, plot = present(picture.axes), picture.plot
    across = (x - axes.x_low) / (axes.x_high - axes.x_low) * plot.width
    low, high = (math.log(v) if axes.log_y else v for v in (axes.y_low, axes.y_high))
    down = (1 - ((math.log(y) if axes.log_y else y) - low) / (high - low)) * plot.height
    columns = {min(max(math.floor(across + e), 0), plot.width - 1) for e in (-1e-6, 1e-6)}
    rows = {min(max(math.floor(down + e), 0), plot.height - 1) for e in (-1e-6, 1e-6)}
    return {(plot.top + row, plot.left + column) for row in rows for column in columns}


def plot_of(picture: Picture, array: np.ndarray) -> np.ndarray:
    plot = picture.plot
    return array[plot.top : plot.top + plot.height, plot.left : plot.left + plot.width]


@given(losses=PLAUSIBLE, log_y=st.booleans(), kind=st.sampled_from(["gradient", "search"]))
def test_every_finite_point_lands_in_its_cell(losses: list[float], log_y: bool, kind: RunKind) -> None:
    picture = draw(ChartView(runs=(run_of(losses, kind=kind),), log_y=log_y), 90, 24)
    axes = present(picture.axes)
    for iteration, loss in enumerate(losses):
        if not axes.y_low <= loss <= axes.y_high:
            continue
        here = cells_of(picture, iteration, loss)
        assert any(picture.styles[cell] in (strong(0), faint(0)) for cell in here)
        assert any(picture.codepoints[cell] != ord(" ") for cell in here)


@given(before=st.integers(5, 20), gap=st.integers(25, 60), bad=st.sampled_from([math.nan, math.inf, -math.inf]))
def test_a_gap_stays_empty_and_has_a_sign_where_it_starts(before: int, gap: int, bad: float) -> None:
    losses = [1.0] * before + [bad] * gap + [2.0] * 20
    picture = draw(ChartView(runs=(run_of(losses),), show_legend=False), 80, 20)
    styles = plot_of(picture, picture.styles)
    share = picture.plot.width / present(picture.axes).x_high
    first, last = math.ceil(before * share) + 1, math.floor((before + gap) * share) - 1
    assert (styles[:, first:last] == BLANK).all()
    assert picture.to_text().count("✗") == 1
    assert "X" in draw(ChartView(runs=(run_of(losses),), show_legend=False), 80, 20, charset="ascii").to_text()


def test_best_so_far_goes_on_through_a_try_that_was_not_finite() -> None:
    losses = [5.0, 4.0] + [math.nan] * 50 + [3.0] * 10
    picture = draw(ChartView(runs=(run_of(losses, kind="search"),), show_legend=False), 80, 20)
    assert (plot_of(picture, picture.styles) == strong(0)).any(axis=0)[:-2].all()
    assert "✗" not in picture.to_text()


def test_best_so_far_starts_from_what_was_reached_before_the_window() -> None:
    curve = decimated([6.0] * 40, first=100, low_before=2.0)
    picture = draw(ChartView(runs=(ChartRun(1, "1", 0, curve, kind="search"),), x_window=(100.0, 140.0)), 60, 20)
    assert any(picture.styles[cell] == strong(0) for cell in cells_of(picture, 120, 2.0))


def test_losses_of_zero_are_gaps_with_a_sign_on_a_log_axis_and_points_on_a_linear_one() -> None:
    losses = [1.0] * 30 + [0.0] * 30
    view = ChartView(runs=(run_of(losses, kind="search"),), show_legend=False)
    assert draw(view, 80, 20).to_text().count("▾") == 1
    linear = draw(ChartView(runs=view.runs, log_y=False), 80, 20)
    assert all(any(linear.styles[c] == strong(0) for c in cells_of(linear, i, 0.0)) for i in range(31, 60))


def test_a_log_x_axis_leaves_iteration_zero_out() -> None:
    picture = draw(ChartView(runs=(run_of([9.0, 8.0, 7.0, 6.0]),), log_x=True), 60, 16)
    assert present(picture.axes).x_low == 1.0
    assert (plot_of(picture, picture.styles)[:, 0] == strong(0)).any()


def test_a_run_that_diverges_leaves_the_plot_and_does_not_squeeze_the_others() -> None:
    wild = [9.0 * 1.5**k for k in range(300)]
    picture = draw(ChartView(runs=(run_of(wild), run_of(noisy(300), run_id=2, slot=1)), log_y=False), 80, 20)
    assert present(picture.axes).y_high < 100


@given(
    many=st.lists(st.tuples(LOSSES, LABELS, st.sampled_from(["gradient", "search"]), st.integers(1, 7)), max_size=5),
    width=st.integers(1, 200),
    height=st.integers(1, 60),
    flags=st.tuples(*[st.booleans()] * 6),
    x_kind=st.sampled_from(["iteration", "time", "examples"]),
    smoothing=st.sampled_from([0.0, 2.0, 1e4]),
    window=st.none() | st.tuples(st.floats(), st.floats()),
    charset=st.sampled_from(["unicode", "ascii"]),
)
def test_nothing_in_a_view_makes_it_raise_and_every_row_has_the_asked_width(
    many: list[tuple[list[float], str, RunKind, int]],
    width: int,
    height: int,
    flags: tuple[bool, ...],
    x_kind: XKind,
    smoothing: float,
    window: tuple[float, float] | None,
    charset: Charset,
) -> None:
    runs = tuple(
        run_of(losses, run_id=i, slot=i, width=bucket, label=label, kind=kind, growing=flags[3], planned_iterations=50,
               marks=(ChartMark(3, "fork", 0.1),))
        for i, (losses, label, kind, bucket) in enumerate(many)
    )  # fmt: skip
    view = ChartView(
        runs, log_x=flags[0], log_y=flags[1], show_raw=flags[2], x_kind=x_kind, smoothing=smoothing,
        x_window=window, y_window=window, cursor_x=window[0] if window else None, note="follow",
        grid=flags[4], show_markers=flags[5],
    )  # fmt: skip
    first = draw(view, width, height, charset=charset)
    for picture in (first, draw(view, width, height, charset=charset, previous=first)):
        assert picture.codepoints.shape == picture.styles.shape == (height, width)
        for row in range(height):
            text = "".join(piece for piece, _ in picture.row(row))
            assert cell_len(text) == width or not text.isascii()
            assert charset == "unicode" or text.isascii()


@pytest.mark.parametrize("size", [(20, 5), (40, 12), (80, 24), (120, 35), (200, 60)])
def test_curves_are_seen_at_every_size(size: tuple[int, int]) -> None:
    runs = tuple(run_of(noisy(200, seed=i), run_id=i, slot=i, label="a long label " * 3) for i in range(8))
    picture = draw(ChartView(runs=runs), *size)
    seen = {int(style) for style in np.unique(plot_of(picture, picture.styles))}
    assert len({strong(i) for i in range(8)} & seen) >= min(size[1] - 2, 8) - 1


@given(count=st.integers(1, 40), width=st.integers(20, 160), height=st.integers(6, 50), label=LABELS)
def test_the_legend_never_covers_data(count: int, width: int, height: int, label: str) -> None:
    runs = tuple(run_of([4.0, 3.0, 2.0], run_id=i, slot=i, label=f"{i} {label}") for i in range(count))
    picture = draw(ChartView(runs=runs), width, height)
    assert TITLE not in plot_of(picture, picture.styles)
    below = picture.styles[picture.plot.top + picture.plot.height :]
    assert strong(0) in below
    assert not (below == faint(0)).any()


def test_a_two_cell_character_is_never_cut_in_half() -> None:
    for width in range(4, 40):
        picture = draw(ChartView(runs=(run_of([1.0], label="步长零点一梯度下降"),)), width, 12)
        assert {cell_len("".join(text for text, _ in picture.row(row))) for row in range(12)} == {width}


def test_an_empty_chart_says_what_to_do() -> None:
    assert "press n" in " ".join(draw(ChartView(), 60, 10).to_text().split())
    waiting = draw(ChartView(runs=(ChartRun(3, "3 queued", 0),)), 60, 10).to_text()
    assert "waiting" in waiting
    assert "3 queued" in waiting


def test_an_outlying_value_of_a_diverging_run_does_not_stretch_a_log_axis_and_has_a_sign_where_it_leaves() -> None:
    wild = [9.0 * 1.5**k for k in range(60)]
    picture = draw(ChartView(runs=(run_of(wild, width=4), run_of(noisy(60), run_id=2, slot=1))), 80, 20)
    assert present(picture.axes).y_high < 9.0 * 1.5 * 100 * 10
    assert strong(0) in picture.styles[picture.plot.top]
    assert "▴" in picture.to_text()


def test_markers_stand_along_every_line_and_not_only_at_its_end() -> None:
    runs = tuple(run_of(noisy(300, seed=i, floor=0.2 * 3**i), run_id=i, slot=i) for i in range(4))
    plain, marked = (draw(ChartView(runs=runs, show_markers=on, show_legend=False), 120, 30) for on in (False, True))
    for sign in "●■▲▼":
        assert plain.to_text().count(sign) == 1
        assert marked.to_text().count(sign) >= 5


def test_an_axis_of_one_iteration_has_no_parts_of_it() -> None:
    below = draw(ChartView(runs=(run_of([1.0]),), show_legend=False), 80, 20).to_text().splitlines()[-1]
    assert below.split() == ["0", "1"]


def test_of_runs_that_end_together_the_cursors_sign_is_seen() -> None:
    runs = tuple(run_of([1.0] * 50, run_id=i, slot=i, emphasised=i == 2) for i in range(5))
    text = draw(ChartView(runs=runs, show_legend=False), 100, 20).to_text()
    assert [text.count(sign) for sign in "●■▲▼✚"] == [0, 0, 1, 0, 0]


def test_the_legend_says_what_differs_and_drops_the_names_before_it_cuts_labels() -> None:
    settings = (("step size", "1e-3"), ("batch", "256"))
    runs = tuple(run_of([1.0, 2.0], run_id=i, slot=i, label=f"{i} gradient", settings=settings) for i in range(4))
    assert "2 gradient  step size 1e-3 | batch 256" in draw(ChartView(runs=runs), 120, 30).to_text()
    narrow = draw(ChartView(runs=runs), 34, 24).to_text()
    assert "2 gradient  1e-3 | 256" in narrow
    assert "step size 1e-3" not in narrow


def test_names_that_the_legend_has_no_room_for_stand_in_the_title() -> None:
    settings = (("step size", "1e-3"), ("batch", "256"))
    runs = tuple(run_of([1.0, 2.0], run_id=i, slot=i, label=f"{i} gradient", settings=settings) for i in range(8))
    title, *rest = draw(ChartView(runs=runs), 80, 24).to_text().splitlines()
    assert title.endswith(" step size | batch ─")
    assert "step size" not in "".join(rest)
    wide = draw(ChartView(runs=runs), 240, 24).to_text().splitlines()
    assert "step size" not in wide[0]
    assert "7 gradient  step size 1e-3 | batch 256" in wide[-1]


def test_names_stand_beside_what_the_view_does_and_are_told_whole_or_not_at_all() -> None:
    settings = (("objective", "svm"), ("step size", "1e-3"), ("regularization", "0.1"))
    runs = tuple(run_of([1.0, 2.0], run_id=i, slot=i, label=f"{i} gradient", settings=settings) for i in range(8))
    view = ChartView(runs=runs, note="follow")
    titles = [draw(view, width, 24).to_text().splitlines()[0] for width in (100, 60, 50, 36)]
    assert titles[0].endswith(" objective | step size | regularization ─ follow ─")
    assert titles[1].endswith(" objective | step size | … ─ follow ─")
    assert titles[2].endswith(" objective | … ─ follow ─")
    assert ["x: iteration" in title for title in titles[:3]] == [True, False, False]  # it is what is meant unasked
    assert "objective" not in titles[3]


def test_where_not_all_settings_have_room_the_first_ones_are_kept() -> None:
    settings = (("step size", "1e-3"), ("batch", "256"), ("iterations", "1000000"), ("pace", "none"))
    runs = tuple(run_of([1.0, 2.0], run_id=i, slot=i, label=f"{i} gradient", settings=settings) for i in range(8))
    lines = draw(ChartView(runs=runs), 62, 24).to_text().splitlines()
    assert "step size | batch | iterations ─" in lines[0]
    assert sum(line.count("1e-3 | 256 | 1000000") for line in lines[1:]) == 8
    assert "none" not in "".join(lines)


@pytest.mark.parametrize("width", range(40, 140, 4))
def test_labels_that_alone_tell_runs_apart_are_never_cut_alike(width: int) -> None:
    runs = tuple(
        run_of([1.0, 2.0], run_id=i, slot=i, label=f"{i} gradient b{2**i}", settings=(("step size", "1e-3"),))
        for i in range(8)
    )
    labels = re.findall(r"[0-7] (gr.*?)(?=  |$)", draw(ChartView(runs=runs), width, 24).to_text(), re.MULTILINE)
    assert len(set(labels)) == len(labels)


@pytest.mark.parametrize("x_kind", ["iteration", "time", "examples"])
@pytest.mark.parametrize("planned", [300, 200_000])
def test_a_run_that_explodes_at_once_does_not_flatten_the_others_on_a_long_axis(x_kind: XKind, planned: int) -> None:
    """On a long axis its first bucket is a mean that holds the explosion already."""
    good = run_of([9.0, 5.0, 2.0, 1.0] * 25, run_id=1, planned_iterations=planned, growing=True)
    bad = run_of([9.0, 1e5, 1e10, 1e16, 1e20], run_id=2, slot=1)
    axes = present(draw(ChartView(runs=(good, bad), x_kind=x_kind), 100, 24).axes)
    assert axes.y_high <= 1000


@pytest.mark.parametrize("smoothing", [0.0, 20.0, 10_000.0])
@pytest.mark.parametrize("note", ["", "readout · esc back", "zoomed · 0 all · = fits y"])
@pytest.mark.parametrize("metric", ["loss", "gradient norm"])
def test_how_noisy_losses_are_smoothed_is_said_at_every_width(smoothing: float, note: str, metric: str) -> None:
    told = f" smoothing {smoothing:g} " if smoothing else " raw "
    axes: list[tuple[XKind, bool, str]] = [("iteration", False, ""), ("examples", True, "different objectives")]
    for width in (*range(18, 60, 3), 80, 120):
        for x_kind, log_x, caution in axes:
            view = ChartView(
                (run_of([1.0, 2.0], noisy=True), run_of([1.0, 3.0], run_id=2, slot=1)), metric=metric,
                smoothing=smoothing, note=note, x_kind=x_kind, log_x=log_x, caution=caution,
            )  # fmt: skip
            assert told in draw(view, width, 12).to_text().splitlines()[0]
            assert told in draw(replace(view, grid=True), width, 12).to_text().splitlines()[0]


def test_where_nothing_is_noisy_nothing_is_said_of_smoothing() -> None:
    exact = (run_of([1.0, 2.0]), run_of([1.0, 2.0], run_id=2, kind="search"))
    assert "smoothing" not in draw(ChartView(exact, smoothing=20.0), 100, 12).to_text()
    measured = ChartView((run_of([1.0, 2.0], noisy=True),), metric="train loss", smoothing=20.0)
    assert "smoothing" not in draw(measured, 100, 12).to_text()


def test_the_title_leaves_out_what_says_least_before_what_the_view_does() -> None:
    view = ChartView(
        (run_of([1.0, 2.0], noisy=True),), smoothing=20.0, note="zoomed · 0 all", caution="different objectives"
    )
    titles = [draw(view, width, 12).to_text().splitlines()[0] for width in (100, 85, 66, 44, 24)]
    assert titles[0].startswith(" loss (log)  ·  x: iteration  ·  smoothing 20  ·  different objectives ─")
    assert titles[0].endswith("─ zoomed · 0 all ─")
    assert titles[1].startswith(" loss (log)  ·  x: iteration  ·  smoothing 20  ·  different objectives ")
    assert titles[1].endswith("─ zoomed ─")
    assert titles[2].startswith(" loss (log)  ·  smoothing 20  ·  different objectives ")
    assert titles[3].endswith("─ zoomed · 0 all ─")
    assert titles[4].startswith(" loss  ·  smoothing 20 ")


@pytest.mark.parametrize(
    ("iterations", "title", "label"), [(6_000, "x: time (s) ─", " 60"), (20_000, "x: time ─", "3:")]
)
def test_the_unit_of_time_is_told_by_the_title_or_by_the_labels(iterations: int, title: str, label: str) -> None:
    text = draw(ChartView(runs=(run_of([1.0, 2.0] * (iterations // 2)),), x_kind="time"), 80, 20).to_text()
    assert title in text
    assert label in text.splitlines()[-2]


def test_labels_are_cut_before_what_differs() -> None:
    runs = tuple(
        run_of([1.0, 2.0], run_id=i, slot=i, label=f"{i} a name that is long", settings=(("step size", f"{10.0**-i}"),))
        for i in range(4)
    )
    text = draw(ChartView(runs=runs, cursor_x=1.0), 60, 12).to_text()
    for i in range(4):
        assert f" {10.0**-i}" in text.partition("└")[2], text
    assert "3 a nam" in text


def test_where_there_is_no_room_for_labels_every_sign_still_has_its_number() -> None:
    settings = (("step size", "0.1"),)
    runs = tuple(run_of([1.0, 2.0], run_id=i, slot=i, label=f"{i} gradient", settings=settings) for i in range(8))
    assert "● 0   ■ 1   ▲ 2   ▼ 3   ✚ 4   ○ 5   □ 6   △ 7" in draw(ChartView(runs=runs), 60, 11).to_text()
    assert "● 0  0.1   ■ 1  0.1" in draw(ChartView(runs=runs), 90, 11).to_text()


def test_without_their_names_settings_keep_their_places() -> None:
    told = ((("step size", "0.1"), ("batch", "256")), (("batch", "1"),), (("step size", "10"),))
    runs = tuple(run_of([1.0], run_id=i, slot=i, label=f"{i} run", settings=one) for i, one in enumerate(told))
    text = draw(ChartView(runs=runs), 30, 24).to_text()
    assert "0 run  0.1 | 256\n" in text
    assert "1 run  ·   | 1\n" in text
    assert "2 run  10  | ·" in text


def test_marks_stand_on_the_axis_in_the_colour_of_their_run() -> None:
    marks = (ChartMark(50, "step-size"), ChartMark(75, "fork"), ChartMark(9000, "pause"))
    picture = draw(ChartView(runs=(run_of(noisy(100), slot=3, marks=marks),)), 80, 20)
    row = picture.plot.top + picture.plot.height
    text = "".join(chr(code) for code in picture.codepoints[row])
    assert text.count("◆") == text.count("◇") == 1
    assert picture.to_text().count("◇") == 2, "one on the axis and one on the line"
    assert picture.styles[row, text.index("◆")] == strong(3)


def test_an_emphasised_run_wins_every_cell_that_it_shares_and_otherwise_both_are_seen() -> None:
    same = [1.0 + k for k in range(80)]
    both = (run_of(same, slot=0), run_of(same, run_id=2, slot=1))
    styles = plot_of(p := draw(ChartView(runs=both), 80, 20), p.styles)
    assert {strong(0), strong(1)} <= set(np.unique(styles).tolist())
    loud = (run_of(same, slot=0, emphasised=True), run_of(same, run_id=2, slot=1))
    styles = plot_of(p := draw(ChartView(runs=loud), 80, 20), p.styles)
    assert (styles == strong(1)).sum() <= 1  # the other one's sign at the end of its line


def test_drawing_needs_no_plotext_no_textual_and_no_store() -> None:
    code = (
        "import sys, tui.chart, tui.colours.palette; "
        "tui.chart.draw(tui.chart.ChartView(), 80, 24); "
        "print([m for m in ('plotext', 'textual', 'sqlite3') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "[]"


def test_the_cursors_line_is_thick_in_front_and_told_apart_in_the_legend_whatever_the_slot() -> None:
    runs = tuple(run_of([1.0] * 50, run_id=i, slot=i, emphasised=i == 40, label=f"{i} run") for i in (0, 40, 8))
    picture = draw(ChartView(runs=runs), 80, 20)
    lines = {
        bin(code & 0xFF).count("1") for code in plot_of(picture, picture.codepoints).flat if 0x2800 < code < 0x2900
    }
    assert max(lines) == 4
    alone = draw(ChartView(runs=runs[1:2]), 80, 20)
    assert {bin(c & 0xFF).count("1") for c in plot_of(alone, alone.codepoints).flat if 0x2800 < c < 0x2900} <= {1, 2}
    pointed = [text for row in range(16, 20) for text, style in picture.row(row) if style == POINTED]
    assert "".join(pointed).split() == ["40", "run"]


def test_the_cursors_entry_is_in_a_legend_that_has_no_room_for_all() -> None:
    runs = tuple(run_of([1.0], run_id=i, slot=i, label=str(i), emphasised=i == 30) for i in range(40))
    text = draw(ChartView(runs=runs), 60, 20).to_text()
    for width in range(24, 60):
        below = draw(ChartView(runs=runs), width, 12).to_text().splitlines()[-1].split()
        assert below[-1] == "more"
        assert below[-2].startswith("+")
    assert " 30 " in text
    assert " 39 " not in text
