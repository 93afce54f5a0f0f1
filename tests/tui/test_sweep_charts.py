"""The charts of a sweep: loss over a parameter, the heat map of a grid, and the ramp that colours them."""

from __future__ import annotations

import colorsys
import math
import sys

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tui.chart.cells.picture import Picture, faint, run_style, strong
from tui.chart.drawing.heat import HeatView, draw_heat, shares
from tui.chart.drawing.loss_by_value import ResponsePoint, ResponseView, draw_response
from tui.chart.values.view import Charset
from tui.colours import palette, ramp

SIZES = st.tuples(st.integers(1, 90), st.integers(1, 30))
LOSSES = st.floats(allow_nan=True, allow_infinity=True)


def point(x: float, loss: float, slot: int = 50, label: str = "", **states: bool) -> ResponsePoint:
    return ResponsePoint(x, loss, loss, loss, slot, label=label, **states)


def u_shape() -> ResponseView:
    """The step sizes of the notes on digits, with what each led to."""
    losses = [8.996, 8.938, 8.403, 3.501, 0.606, 0.244, 0.207, 2.98, 1714.0]
    points = tuple(point(10.0**power, loss) for power, loss in zip(range(-6, 3), losses, strict=True))
    return ResponseView(points, best=6, title="loss against step size")


def cell_of(picture: Picture, sign: str) -> tuple[int, int]:
    [found] = [(r, line.index(sign)) for r, line in enumerate(picture.to_text().split("\n")) if sign in line]
    return found


def test_the_u_is_seen_with_its_best_at_the_bottom() -> None:
    picture = draw_response(u_shape(), 60, 20)
    row, column = cell_of(picture, "★")
    dots = [(r, c) for r, line in enumerate(picture.to_text().split("\n")) for c, s in enumerate(line) if s == "●"]
    assert len(dots) == 8
    assert all(r <= row for r, _ in dots)
    left = [r for r, c in sorted(dots, key=lambda dot: dot[1]) if c < column]
    assert left == sorted(left)
    assert min(r for r, c in dots if c > column) < min(left)
    assert "1e-6" in picture.to_text()


def test_whole_numbers_stand_below_their_points() -> None:
    values = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
    points = tuple(point(float(value), 1.0 + value, label=str(value)) for value in values)
    lines = draw_response(ResponseView(points), 80, 12).to_text().splitlines()
    assert lines[-1].split() == [str(value) for value in values]
    dots = [column for line in lines for column, sign in enumerate(line) if sign == "●"]
    for column, value in zip(sorted(dots), values, strict=True):
        assert str(value) in lines[-1][column - 2 : column + 3]
    narrow = draw_response(ResponseView(points), 30, 12).to_text().splitlines()[-1].split()
    assert narrow[0] == "1"
    assert 3 <= len(narrow) < 10


def test_what_diverged_does_not_flatten_the_rest_and_is_crossed() -> None:
    points = (*u_shape().points[:8], point(100.0, 1e30, diverged=True), point(1e3, math.nan, diverged=True))
    picture = draw_response(ResponseView(points, best=6), 60, 20)
    assert picture.axes is not None
    assert picture.axes.y_high <= 1000
    assert picture.to_text().count("✗") == 2


@pytest.mark.parametrize("charset", ["unicode", "ascii"])
@given(points=st.lists(st.tuples(st.floats(1e-12, 1e12), LOSSES, LOSSES, st.booleans()), max_size=12), size=SIZES,
       log=st.booleans())  # fmt: skip
@example(points=[(1.0, sys.float_info.max, 0.0, False)], size=(20, 8), log=True)
def test_any_losses_can_be_drawn_at_any_size(
    charset: Charset, points: list[tuple[float, float, float, bool]], size: tuple[int, int], log: bool
) -> None:
    shown = tuple(
        ResponsePoint(
            x,
            loss,
            min(loss, other),
            max(loss, other),
            42 + place,
            beside=other,
            diverged=gone,
            label="7" * (place % 4),
        )
        for place, (x, loss, other, gone) in enumerate(sorted(points))
    )
    view = ResponseView(shown, log_x=log, log_y=log, best=0 if shown else None, pointed=0 if shown else None)
    picture = draw_response(view, *size, charset=charset)
    assert (picture.width, picture.height) == size
    assert charset == "unicode" or picture.to_text().isascii()


@given(shape=st.tuples(st.integers(1, 12), st.integers(1, 12)), size=SIZES, data=st.data())
def test_any_grid_can_be_drawn_at_any_size(shape: tuple[int, int], size: tuple[int, int], data: st.DataObject) -> None:
    losses = np.array(data.draw(st.lists(LOSSES, min_size=math.prod(shape), max_size=math.prod(shape))))
    place = (data.draw(st.integers(0, shape[0] - 1)), data.draw(st.integers(0, shape[1] - 1)))
    rows, columns = (tuple(f"1e{n:+03d}" for n in range(count)) for count in shape)
    view = HeatView(
        losses.reshape(shape),
        rows,
        columns,
        "batch size",
        "step size",
        best=place,
        pointed=place,
        stopped=frozenset({place}),
    )
    for charset in ("unicode", "ascii"):
        picture = draw_heat(view, *size, charset=charset)
        assert (picture.width, picture.height) == size


def test_the_lower_the_loss_the_fuller_its_field() -> None:
    losses = np.array([[8.0, 1.0, 0.2], [math.nan, math.inf, 3.0]])
    view = HeatView(losses, ("1", "2"), ("a", "b", "c"), "batch size", "step size", best=(0, 2))
    text = draw_heat(view, 50, 10).to_text()
    assert text.index("░") < text.rindex("█")
    assert "★0.2" in text
    assert "✗" in text
    found = shares(losses)
    assert (found[0, 0], found[0, 2]) == (0.0, 1.0)
    assert np.isnan(found[1, :2]).all()


def test_the_shades_of_a_map_are_explained_by_the_highest_loss_of_each() -> None:
    view = HeatView(np.array([[0.1, 1.0, 10.0, 1000.0]]), ("1",), ("a", "b", "c", "d"), "batch size", "step size")
    title = draw_heat(view, 70, 8).to_text().splitlines()[0]
    assert "up to █ 1  ▓ 10  ▒ 100  ░ 1000" in title
    fields = draw_heat(view, 70, 8).to_text().splitlines()[1]
    assert [fields.index(shade) for shade in "█▓░"] == sorted(fields.index(shade) for shade in "█▓░")
    same = HeatView(np.full((1, 2), 3.0), ("1",), ("a", "b"), "batch size", "step size")
    assert "up to" not in draw_heat(same, 70, 8).to_text()


def test_what_was_stopped_sooner_has_a_sign_of_its_own() -> None:
    points = (point(0.1, 3.0, stopped=True), point(1.0, 0.5), point(10.0, 4.0, stopped=True, growing=True))
    text = draw_response(ResponseView(points, best=1), 60, 12).to_text()
    assert (text.count("⊘"), text.count("★"), text.count("○")) == (1, 1, 1)
    losses = np.array([[8.0, 0.5]])
    view = HeatView(losses, ("1",), ("a", "b"), "batch size", "step size", stopped=frozenset({(0, 0)}))
    assert "⊘8.000" in draw_heat(view, 50, 8).to_text()
    assert "0.5000" in draw_heat(view, 50, 8).to_text()


@given(st.integers(2, 26))
def test_a_ramp_is_in_order_and_told_apart_by_colour_and_letter(count: int) -> None:
    slots = ramp.ramp_slots(count)
    letters = [palette.marker(slot) for slot in slots]
    assert letters == sorted(set(letters))
    assert (letters[0], letters[-1]) == ("a", "z")
    lightness = [sum(bytes.fromhex(palette.colour(slot)[1:])) for slot in slots]
    assert len({palette.colour(slot) for slot in slots}) == count
    assert lightness[-1] > lightness[0]
    hues = [colorsys.rgb_to_hls(*(byte / 255 for byte in bytes.fromhex(palette.colour(slot)[1:])))[0] for slot in slots]
    assert hues == sorted(hues, reverse=True)


def test_ramp_slots_are_styles_of_their_own() -> None:
    slots = ramp.ramp_slots(26)
    assert all(run_style(strong(slot)) == (slot, False) and run_style(faint(slot)) == (slot, True) for slot in slots)
    assert len({strong(slot) for slot in (*slots, *range(8))}) == len(set(slots)) + 8
    assert max(map(faint, slots)) < 256
    assert all(palette.attributes(strong(slot)).colour == palette.colour(slot) for slot in slots)
    assert min(slots) > 8
