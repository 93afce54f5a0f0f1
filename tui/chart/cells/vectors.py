"""Vectors: rows of cells as an SVG document that looks the same in every viewer: words as text, signs as shapes."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import NamedTuple

from tui.chart.cells.raster import BRAILLE, DOT_BITS

CELL_WIDTH, CELL_HEIGHT, BASELINE = 9.0, 18.0, 13.5
FONT = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace"
FONT_SIZE = 15
"""Letters of these fonts are 0.6 times as wide: one cell."""

DOT, RULE, HEAVY = 2.6, 1.0, 2.2
MARGIN = 12.0

ARMS = {
    "─": "we", "│": "ns", "┤": "nsw", "├": "nse", "┬": "wes", "┴": "wen",
    "└": "ne", "┘": "nw", "┌": "se", "┐": "sw", "┼": "nswe",
}  # fmt: skip
"""The directions in which each box-drawing sign leaves the middle of its cell."""

HEAVY_ARMS = {"━": "we", "╸": "w", "╺": "e"}

FILLS = {
    "█": (0.0, 0.0, 1.0, 1.0, 1.0), "▌": (0.0, 0.0, 0.5, 1.0, 1.0), "▐": (0.5, 0.0, 0.5, 1.0, 1.0),
    "▀": (0.0, 0.0, 1.0, 0.5, 1.0), "▄": (0.0, 0.5, 1.0, 0.5, 1.0),
    "░": (0.0, 0.0, 1.0, 1.0, 0.25), "▒": (0.0, 0.0, 1.0, 1.0, 0.5), "▓": (0.0, 0.0, 1.0, 1.0, 0.75),
}  # fmt: skip
"""Left, top, width and height of the part of its cell that each block fills, as fractions, and its opacity."""

SHAPES = {
    "⏵": ((0.15, 0.28), (0.9, 0.5), (0.15, 0.72)),
    "⏸": (
        (0.15, 0.3),
        (0.4, 0.3),
        (0.4, 0.7),
        (0.15, 0.7),
        (0.15, 0.3),
        (0.6, 0.3),
        (0.85, 0.3),
        (0.85, 0.7),
        (0.6, 0.7),
        (0.6, 0.3),
    ),
}
"""Corners of signs that many fonts lack, as fractions of a cell."""

DRAWN = {*ARMS, *HEAVY_ARMS, *FILLS, *SHAPES}


class CellStyle(NamedTuple):
    """How cells are painted: colours as '#rrggbb'; a `ground` of '' is the document's own."""

    colour: str
    bold: bool = False
    opacity: float = 1.0
    ground: str = ""


Row = Sequence[tuple[str, CellStyle]]
"""Adjacent pieces of text, from the left edge."""


def document(rows: Iterable[Row], columns: int, *, ground: str, title: str = "") -> str:
    """Return an SVG document `columns` cells wide; screen readers read its `title`."""
    lines = [list(row) for row in rows]
    width, height = columns * CELL_WIDTH + 2 * MARGIN, len(lines) * CELL_HEIGHT + 2 * MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
        f'height="{height:g}" role="img">',
        f"<title>{_escaped(title)}</title>" if title else "",
        f'<rect width="100%" height="100%" rx="6" fill="{ground}"/>',
        f'<g transform="translate({MARGIN:g} {MARGIN:g})" font-family="{FONT}" font-size="{FONT_SIZE}" '
        'fill="none" stroke-linecap="round">',
        *_grounds(lines),
        *_paths(lines),
        *_words(lines),
        "</g>",
        "</svg>",
    ]
    return "\n".join(filter(None, parts)) + "\n"


def _grounds(lines: Sequence[Row]) -> Iterator[str]:
    for y, line in enumerate(lines):
        column = 0
        for text, style in line:
            width = cells_of(text)
            if style.ground and width:
                yield _rectangle(column, y, 0.0, 0.0, width, 1.0, style.ground, 1.0)
            column += width


def _paths(lines: Sequence[Row]) -> Iterator[str]:
    """Yield blocks and polygons, then per style one path of all dots, one of all rules and one of all heavy rules."""
    dots, rules, heavy = (defaultdict[CellStyle, list[str]](list) for _ in range(3))
    for y, line in enumerate(lines):
        column = 0
        for text, style in line:
            for character in text:
                code = ord(character) - BRAILLE
                if 0 <= code < 256:
                    dots[style] += _dots(column, y, code)
                elif character in ARMS:
                    rules[style] += _arms(column, y, ARMS[character])
                elif character in HEAVY_ARMS:
                    heavy[style] += _arms(column, y, HEAVY_ARMS[character])
                elif character in FILLS:
                    left, top, width, height, share = FILLS[character]
                    yield _rectangle(column, y, left, top, width, height, style.colour, share * style.opacity)
                elif character in SHAPES:
                    yield _polygon(column, y, character, style)
                column += _cell_width(character)
    for steps, stroke in ((dots, DOT), (rules, RULE), (heavy, HEAVY)):
        for style, found in steps.items():
            stroke_style = f'stroke="{style.colour}" stroke-width="{stroke:g}"{_opacity(style.opacity)}'
            yield f'<path {stroke_style} d="{"".join(found)}"/>'


def _rectangle(
    column: int, row: int, left: float, top: float, width: float, height: float, fill: str, opacity: float
) -> str:
    x, y = (column + left) * CELL_WIDTH, (row + top) * CELL_HEIGHT
    return (
        f'<rect x="{x:g}" y="{y:g}" width="{width * CELL_WIDTH:g}" height="{height * CELL_HEIGHT:g}" '
        f'fill="{fill}" shape-rendering="crispEdges"{_opacity(opacity)}/>'
    )


def _polygon(column: int, row: int, character: str, style: CellStyle) -> str:
    corners = ((column + x, row + y) for x, y in SHAPES[character])
    points = " ".join(f"{x * CELL_WIDTH:g},{y * CELL_HEIGHT:g}" for x, y in corners)
    return f'<polygon points="{points}" fill="{style.colour}"{_opacity(style.opacity)}/>'


def _opacity(opacity: float) -> str:
    return f' opacity="{opacity:g}"' if opacity < 1 else ""


def _dots(column: int, row: int, bits: int) -> Iterator[str]:
    for r, pair in enumerate(DOT_BITS):
        for c, bit in enumerate(pair):
            if bits & bit:
                x = column * CELL_WIDTH + (c + 0.5) * CELL_WIDTH / 2
                y = row * CELL_HEIGHT + (r + 0.5) * CELL_HEIGHT / 4
                yield f"M{x:g} {y:g}h0"


def _arms(column: int, row: int, arms: str) -> Iterator[str]:
    x, y = (column + 0.5) * CELL_WIDTH, (row + 0.5) * CELL_HEIGHT
    reach = {"n": f"v{-CELL_HEIGHT / 2:g}", "s": f"v{CELL_HEIGHT / 2:g}",
             "w": f"h{-CELL_WIDTH / 2:g}", "e": f"h{CELL_WIDTH / 2:g}"}  # fmt: skip
    return (f"M{x:g} {y:g}{reach[arm]}" for arm in arms)


def _words(lines: Sequence[Row]) -> Iterator[str]:
    """Yield the words of every row, placed and stretched to their cells, so that no viewer's font can shift them."""
    for row, line in enumerate(lines):
        column = 0
        for text, style in line:
            for start, word in _split(text):
                x, y = (column + start) * CELL_WIDTH, row * CELL_HEIGHT + BASELINE
                bold = ' font-weight="bold"' if style.bold else ""
                length = f' textLength="{cells_of(word) * CELL_WIDTH:g}"' if len(word) > 1 else ""
                paint = f'fill="{style.colour}"{bold}{_opacity(style.opacity)}'
                yield f'<text x="{x:g}" y="{y:g}"{length} {paint}>{_escaped(word)}</text>'
            column += cells_of(text)


def _split(text: str) -> Iterator[tuple[int, str]]:
    """Yield the words of a text, each with its first cell; single spaces stay inside a word."""
    word, start, at = "", 0, 0
    for character in text:
        is_gap = character == " " and word[-1:] in ("", " ")
        if is_gap or character in DRAWN or BRAILLE <= ord(character) < BRAILLE + 256:
            if word.strip():
                yield start, word.rstrip()
            word = ""
        else:
            start = at if not word else start
            word += character
        at += _cell_width(character)
    if word.strip():
        yield start, word.rstrip()


def cells_of(text: str) -> int:
    """Return the width of a text in cells."""
    return sum(map(_cell_width, text))


def _cell_width(character: str) -> int:
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _escaped(text: str) -> str:
    return escape("".join(c for c in text if c.isprintable()))
