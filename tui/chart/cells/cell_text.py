"""Cell text: text as codepoints of cells, cut to a width, reduced to ASCII if asked for."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from tui.chart.cells.picture import WIDE_TAIL
from tui.chart.values.view import Charset

ASCII_SIGNS = str.maketrans({"·": "-", "…": "~", "×": "x", "λ": "l", "Δ": "d", "∇": "g", "─": "-", "│": "|", "┄": ":"})


def cells(text: str, charset: Charset = "unicode") -> list[int]:
    """Return the codepoints of `text`, one per cell; WIDE_TAIL follows a two-cell character.

    Control, format and combining characters take no cell and are dropped, so that they cannot shift the row.
    """
    return [*map(ord, text)] if text.isascii() and text.isprintable() else [*_cells(text, charset)]


@lru_cache(maxsize=512)
def _cells(text: str, charset: Charset) -> tuple[int, ...]:
    if charset == "ascii":
        reduced = unicodedata.normalize("NFKD", text.translate(ASCII_SIGNS))
        plain = (c for c in reduced if not unicodedata.combining(c) and c.isprintable())
        return tuple(ord(c) if c.isascii() else ord("?") for c in plain)
    codes: list[int] = []
    for character in unicodedata.normalize("NFC", text):
        if unicodedata.category(character)[0] in "CM" or unicodedata.category(character) in ("Zl", "Zp"):
            continue
        codes.append(ord(character))
        if unicodedata.east_asian_width(character) in "WF":
            codes.append(WIDE_TAIL)
    return tuple(codes)


def fit(codes: list[int], width: int, charset: Charset = "unicode") -> list[int]:
    """Cut `codes` to `width` cells, with an ellipsis if something was cut off."""
    if len(codes) <= width:
        return codes
    if width <= 0:
        return []
    kept = codes[: width - 1]
    if codes[len(kept)] == WIDE_TAIL and kept:
        kept[-1] = ord(" ")
    while kept and kept[-1] == ord(" "):
        kept.pop()
    return [*kept, ord("~" if charset == "ascii" else "…")]
