"""A screen as vectors: every letter stands where the terminal has it, and what are no letters is drawn."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.color import ColorSystem

from tests.tui.dashboards import opened, raced
from tui.chart.cells.vectors import DRAWN, CellStyle, cells_of, document
from tui.colours.theme import FAILED, TEXT
from tui.colours.themes import named
from tui.headless.screenshot import as_svg, as_text, strips_as_svg
from tui.widgets.lines import strip

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return raced(tmp_path / "runs.db")


def letters_of(svg: str, columns: int, rows: int) -> list[str]:
    """The letters of a document put back into their cells."""
    grid = [[" "] * columns for _ in range(rows)]
    for element in ET.fromstring(svg).iter(f"{SVG}text"):
        column, row = round(float(element.get("x", "")) / 9), round((float(element.get("y", "")) - 13.5) / 18)
        for character in element.text or "":
            grid[row][column] = character
            column += cells_of(character)
    return ["".join(line) for line in grid]


def without_drawings(text: str) -> str:
    return "".join(" " if c in DRAWN or 0x2800 <= ord(c) < 0x2900 else c for c in text)


def test_rows_have_the_colours_of_the_theme_that_they_are_saved_in() -> None:
    rows = [strip([("plain", TEXT), ("bad", FAILED)], 8)]
    ground, colours = '<rect width="100%" height="100%" rx="6" fill="{}"', {}
    for name, system, expected in (
        ("dark", ColorSystem.TRUECOLOR, "#101216"),
        ("light", ColorSystem.TRUECOLOR, "#fafaf8"),
        ("ansi", ColorSystem.STANDARD, "#101216"),
    ):
        drawn = strips_as_svg(rows, 8, "title", named(name, system))
        assert ground.format(expected) in drawn
        colours[name] = tuple(element.get("fill") for element in ET.fromstring(drawn).iter(f"{SVG}text"))
    assert len(set(colours.values())) == 3
    assert strips_as_svg(rows, 8, "title", named("dark", ColorSystem.TRUECOLOR)) == strips_as_svg(rows, 8, "title")


@pytest.mark.parametrize("key", ["", "enter", "s", "n", "question_mark", "r"])
async def test_every_letter_stands_where_the_screen_has_it(path: Path, key: str) -> None:
    async with opened(path) as board:
        if key:
            await board.press(key)
            await board.pilot.pause()
        app = board.app
        lines = [without_drawings(line).rstrip() for line in as_text(app).splitlines()]
        found = [line.rstrip() for line in letters_of(as_svg(app), *app.size)]
        assert found[: len(lines)] == lines
        assert any(line.strip() for line in lines)


async def test_what_is_no_letter_is_drawn_in_its_colour(path: Path) -> None:
    async with opened(path) as board:
        strips = board.app.screen._compositor.render_strips()
        dots = sum(bin(ord(c) - 0x2800).count("1") for strip in strips for c in strip.text if 0x2800 <= ord(c) < 0x2900)
        document = ET.fromstring(as_svg(board.app))
        drawn = "".join(element.get("d", "") for element in document.iter(f"{SVG}path"))
        assert drawn.count("h0") == dots > 0
        first = next(iter(strips[2]))  # the row under the cursor has a ground of its own
        assert first.style is not None
        assert first.style.bgcolor is not None
        assert first.style.bgcolor.get_truecolor().hex in {rect.get("fill") for rect in document.iter(f"{SVG}rect")}


@given(text=st.text(max_size=30), ground=st.sampled_from(["", "#102030"]), opacity=st.sampled_from([1.0, 0.5]))
def test_any_text_makes_a_document(text: str, ground: str, opacity: float) -> None:
    row = [(text, CellStyle("#ffffff", bold=True, opacity=opacity, ground=ground))]
    root = ET.fromstring(document([row], 40, ground="#000000", title=text))
    printable = "".join(c if c.isprintable() else "" for c in without_drawings(text))
    assert "".join("".join(e.text or "" for e in root.iter(f"{SVG}text")).split()) == "".join(printable.split())
