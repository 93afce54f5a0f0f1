"""SVG: a picture as vectors, the same in every viewer: dots and rules as paths, words as monospace text."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from html import escape

from tui.chart.picture import Picture
from tui.chart.raster import BRAILLE, DOT_BITS
from tui.palette import Ink, Scheme, ink

CELL_WIDTH, CELL_HEIGHT, BASELINE = 9.0, 18.0, 13.5
FONT = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace"
FONT_SIZE = 14
DOT, RULE = 2.6, 1.0
MARGIN = 12.0

GROUND = {
    "dark": "#101216",
    "colour-blind": "#101216",
    "ansi-dark": "#101216",
    "light": "#ffffff",
    "ansi-light": "#ffffff",
    "none": "#ffffff",
}
INK = {
    "dark": "#cdd2da",
    "colour-blind": "#cdd2da",
    "ansi-dark": "#cdd2da",
    "light": "#22262c",
    "ansi-light": "#22262c",
    "none": "#22262c",
}
DIMMED = 0.5
ANSI = {
    "black": "#1e1e1e", "red": "#c0392b", "green": "#2e8b57", "yellow": "#b58900",
    "blue": "#2a6fdb", "magenta": "#a347ba", "cyan": "#1a8fa0", "white": "#c8c8c8",
    "bright_black": "#7f7f7f", "bright_red": "#f0604d", "bright_green": "#4fce8f", "bright_yellow": "#f0dc4e",
    "bright_blue": "#6c9bff", "bright_magenta": "#e58fdc", "bright_cyan": "#56d4e9", "bright_white": "#ffffff",
}  # fmt: skip
"""What the sixteen colours of a terminal look like where there is no terminal to ask."""

ARMS = {
    "─": "we", "│": "ns", "┤": "nsw", "├": "nse", "┬": "wes", "┴": "wen",
    "└": "ne", "┘": "nw", "┌": "se", "┐": "sw", "┼": "nswe",
}  # fmt: skip
"""The directions in which a rule leaves the middle of its cell."""


def to_svg(picture: Picture, scheme: Scheme = "dark", *, title: str = "") -> str:
    """The picture as an SVG document in a scheme's colours; `title` is what a screen reader says of it."""
    width = picture.width * CELL_WIDTH + 2 * MARGIN
    height = picture.height * CELL_HEIGHT + 2 * MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
        f'height="{height:g}" role="img">',
        f"<title>{_escaped(title)}</title>" if title else "",
        f'<rect width="100%" height="100%" rx="6" fill="{GROUND[scheme]}"/>',
        f'<g transform="translate({MARGIN:g} {MARGIN:g})" font-family="{FONT}" font-size="{FONT_SIZE}" '
        'fill="none" stroke-linecap="round">',
        *_paths(picture, scheme),
        *_words(picture, scheme),
        "</g>",
        "</svg>",
    ]
    return "\n".join(filter(None, parts)) + "\n"


def _paths(picture: Picture, scheme: Scheme) -> Iterator[str]:
    """One path for all dots of a style, and one for all its rules."""
    dots: dict[int, list[str]] = defaultdict(list)
    rules: dict[int, list[str]] = defaultdict(list)
    for row in range(picture.height):
        column = 0
        for text, style in picture.row(row):
            for character in text:
                code = ord(character) - BRAILLE
                if 0 <= code < 256:
                    dots[style] += _dots(column, row, code)
                elif character in ARMS:
                    rules[style] += _arms(column, row, ARMS[character])
                column += _cell_width(character)
    # faint things first, so that lines lie on top of bands
    for style in sorted(dots, key=lambda style: (style % 2 == 0, style)):
        yield _path(dots[style], ink(style, scheme), scheme, DOT)
    for style in sorted(rules):
        yield _path(rules[style], ink(style, scheme), scheme, RULE)


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


def _path(steps: list[str], paint: Ink, scheme: Scheme, width: float) -> str:
    return f'<path stroke="{_colour(paint, scheme)}" stroke-width="{width:g}"{_opacity(paint)} d="{"".join(steps)}"/>'


def _words(picture: Picture, scheme: Scheme) -> Iterator[str]:
    """The words of every row, each placed by its cell so that no viewer's font can shift them."""
    for row in range(picture.height):
        column = 0
        for text, style in picture.row(row):
            paint = ink(style, scheme)
            for start, word in _split(text):
                x, y = (column + start) * CELL_WIDTH, row * CELL_HEIGHT + BASELINE
                bold = ' font-weight="bold"' if paint.bold else ""
                yield (
                    f'<text x="{x:g}" y="{y:g}" fill="{_colour(paint, scheme)}"{bold}{_opacity(paint)}>'
                    f"{_escaped(word)}</text>"
                )
            column += sum(map(_cell_width, text))


def _split(text: str) -> Iterator[tuple[int, str]]:
    """The words of a text with the cell in which each begins: single spaces stay inside of one."""
    word, start, at = "", 0, 0
    for character in text:
        if (
            character in ARMS
            or BRAILLE <= ord(character) < BRAILLE + 256
            or (character == " " and word[-1:] in ("", " "))
        ):
            if word.strip():
                yield start, word.rstrip()
            word = ""
        else:
            start = at if not word else start
            word += character
        at += _cell_width(character)
    if word.strip():
        yield start, word.rstrip()


def _cell_width(character: str) -> int:
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _colour(paint: Ink, scheme: Scheme) -> str:
    name = paint.colour.removeprefix("ansi_")
    return ANSI.get(name, name) or INK[scheme]


def _opacity(paint: Ink) -> str:
    return f' opacity="{DIMMED:g}"' if paint.dim else ""


def _escaped(text: str) -> str:
    return escape("".join(c for c in text if c.isprintable()))
