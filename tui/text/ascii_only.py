"""ASCII only: replaces text cell by cell for terminals without Unicode, so that the layout stays.

The chart draws its curves in ASCII itself; this is for all other parts of the screen, names included.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path

from rich.cells import get_character_cell_size

SIGNS = str.maketrans({
    "·": "-", "…": "~", "×": "x", "λ": "l", "Δ": "d", "∇": "g", "│": "|", "─": "-", "┄": ":", "━": "=", "╸": "-",
    "●": "*", "⏸": "=", "✓": "v", "✗": "X", "⊘": "/", "◌": "o", "◔": "w", "▌": "|", "▐": "|", "▴": "^", "▾": "v",
    "›": ">", "‹": "<", "↑": "^", "↓": "v", "←": "<", "→": ">", "⏵": ">", "↻": "@", "◇": "Y", "•": ".", "▸": ">",
    "┌": "+", "┐": "+", "└": "+", "┘": "+", "├": "+", "┤": "+", "┬": "+", "┴": "+", "┼": "+", "╹": "|", "╺": "-",
    "◂": "<",
    "■": "o", "▲": "+", "▼": "x", "✚": "#", "○": "%", "□": "@", "△": "&", "▽": "$", "◆": "!", "★": "*",
    "ß": "s", "ø": "o", "ł": "l", "æ": "a", "‖": "=", "‡": "#", "−": "-", "–": "-", "—": "-",
    "’": "'", "“": '"', "”": '"',
})  # fmt: skip
"""ASCII replacements of the signs on the screen, cell for cell."""

BRAILLE, BLOCKS = range(0x2800, 0x2900), range(0x2580, 0x2600)
LEVELS = ((0x09, "'"), (0x12, "-"), (0x24, "."), (0xC0, "_"))
"""Bits of each dot row of a braille cell from the top, and the replacement if it is the topmost with a dot."""


PLAIN_LOCALES = ("C", "POSIX")


def is_wanted(environment: Mapping[str, str] = os.environ, started_with: Callable[[str], bool] | None = None) -> bool:
    """True if the terminal's charset is not UTF-8, or its font lacks braille (the Linux console has 512 signs).

    With LANG=C alone, Python sets LC_CTYPE itself (PEP 538), so LC_CTYPE counts only if the process was `started_with`
    it. Without any locale UTF-8 is assumed.
    """
    if environment.get("TERM") == "linux":
        return True
    names = ["LC_ALL", "LC_CTYPE", "LANG"]
    if environment.get("LANG") in PLAIN_LOCALES and not (started_with or _was_set_at_start)("LC_CTYPE"):
        names.remove("LC_CTYPE")
    locale = next((text for name in names if (text := environment.get(name))), "UTF-8")
    return "utf8" not in locale.lower().replace("-", "")


def _was_set_at_start(name: str) -> bool:
    """True if a variable had a value when this process started; if the system does not tell, if it has one now."""
    try:
        given = Path("/proc/self/environ").read_bytes()
    except OSError:
        return name in os.environ
    values = dict(entry.partition(b"=")[::2] for entry in given.split(b"\0"))
    return bool(values.get(name.encode()))


SPELLED = {"|∇|": "grad", "Δ": "delta", "λ": "lambda"}
"""Signs of formulas that have names: one letter of ASCII in their place says nothing."""


def spelled(text: str) -> str:
    """Return the text with the signs of formulas written as words. Its width changes, so this comes before layout."""
    for sign, word in SPELLED.items():
        text = text.replace(sign, word)
    return text


@lru_cache(maxsize=1024)
def plain(text: str) -> str:
    """Return text of the same width in cells, in printable ASCII characters only."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_signs, text))


def _signs(character: str) -> str:
    """Return one ASCII sign per cell of a character; '' if it has no cell."""
    size = get_character_cell_size(character)
    sign = character.translate(SIGNS)
    if not sign.isascii():
        sign = _replaced_drawing(ord(character)) or unicodedata.normalize("NFKD", character)[:1]
    return (sign if sign.isascii() and sign.isprintable() and sign else "?") * size


def _replaced_drawing(code: int) -> str:
    if code in BRAILLE:
        return next((level for dots, level in LEVELS if (code - BRAILLE.start) & dots), " ")
    return "#" if code in BLOCKS else ""
