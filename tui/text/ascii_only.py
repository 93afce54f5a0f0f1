"""ASCII: what is drawn for a terminal that knows nothing else, each cell for itself, so that nothing moves.

The chart draws its curves in ASCII itself; this is for all the rest, and for whatever names hold.
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
    "■": "o", "▲": "+", "◆": "x", "▼": "#", "★": "%", "✚": "@", "○": "&",
    "ß": "s", "ø": "o", "ł": "l", "æ": "a", "‖": "=", "−": "-", "–": "-", "—": "-",
    "’": "'", "“": '"', "”": '"',
})  # fmt: skip
"""What stands for the signs that the screen uses, cell for cell."""

BRAILLE, BLOCKS = range(0x2800, 0x2900), range(0x2580, 0x2600)
LEVELS = ((0x09, "'"), (0x12, "-"), (0x24, "."), (0xC0, "_"))
"""The dots of a braille cell's rows from the top, and what stands for the topmost."""


PLAIN_LOCALES = ("C", "POSIX")


def is_wanted(environment: Mapping[str, str] = os.environ, started_with: Callable[[str], bool] | None = None) -> bool:
    """Whether the terminal is to get ASCII alone: its charset is not UTF-8, or its font has no dots.

    Where LANG=C is all that is said, Python has set LC_CTYPE itself (PEP 538): it counts if the process was
    `started_with` it. Without any locale UTF-8 is meant. The Linux console's own font has 512 signs.
    """
    if environment.get("TERM") == "linux":
        return True
    names = ["LC_ALL", "LC_CTYPE", "LANG"]
    if environment.get("LANG") in PLAIN_LOCALES and not (started_with or _was_given)("LC_CTYPE"):
        names.remove("LC_CTYPE")
    locale = next((text for name in names if (text := environment.get(name))), "UTF-8")
    return "utf8" not in locale.lower().replace("-", "")


def _was_given(name: str) -> bool:
    """Whether a variable had a value where this process was started, as far as the system tells."""
    try:
        given = Path("/proc/self/environ").read_bytes()
    except OSError:
        return name in os.environ
    values = dict(entry.partition(b"=")[::2] for entry in given.split(b"\0"))
    return bool(values.get(name.encode()))


@lru_cache(maxsize=1024)
def plain(text: str) -> str:
    """Text in as many cells, every one of them a printable ASCII character."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_signs, text))


def _signs(character: str) -> str:
    """One sign for every cell of a character; none for what has no cell."""
    size = get_character_cell_size(character)
    sign = character.translate(SIGNS)
    if not sign.isascii():
        sign = _drawn(ord(character)) or unicodedata.normalize("NFKD", character)[:1]
    return (sign if sign.isascii() and sign.isprintable() and sign else "?") * size


def _drawn(code: int) -> str:
    if code in BRAILLE:
        return next((level for dots, level in LEVELS if (code - BRAILLE.start) & dots), " ")
    return "#" if code in BLOCKS else ""
