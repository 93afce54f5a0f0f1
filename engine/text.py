"""Text from outside (names, notes, databases), cleaned for a terminal; and numbers as text."""

from __future__ import annotations

import math
import re
import unicodedata

_ESCAPES = re.compile(
    r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?"  # OSC: to BEL or ST
    r"|\x1b[PX^_][^\x1b]*(?:\x1b\\)?"  # DCS, SOS, PM, APC: to ST
    r"|[\x1b\x9b]\[?[0-?]*[ -/]*[@-~]?"  # CSI and the two-byte sequences
)
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_SPACES = frozenset({"Zs", "Zl", "Zp"})


def _printable(text: str) -> str:
    printable = []
    for character in text:
        category = unicodedata.category(character)
        if character in "\n\r\t\v\f" or category in _SPACES:
            printable.append(" ")
        elif category not in _HIDDEN:
            printable.append(character)
    return "".join(printable)


def clean(text: str, width: int | None = None) -> str:
    """Return the text as one printable line of at most `width` characters, with an ellipsis if cut.

    Removes escape sequences and control, format (right-to-left marks, zero widths), surrogate, private-use and
    unassigned characters. Consecutive line breaks, tabs and spaces become one space.
    """
    if width is not None:
        text = text[: 16 * width + 1024]
    if not (text.isascii() and text.isprintable()):
        text = _printable(_ESCAPES.sub("", text))
    line = re.sub(r" {2,}", " ", text).strip()
    if width is not None and len(line) > width:
        line = line[: max(width - 1, 0)] + "…" if width > 0 else ""
    return line


def cells_of(text: str) -> int:
    """Return the cells that a cleaned text takes in a terminal: two for a wide character, none for a combining one."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 1 + (unicodedata.east_asian_width(c) in "WF") for c in text)


def counted(number: int, what: str) -> str:
    """Format a number with its noun, given in the singular: 1 iteration, 1,200 iterations."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def loss_text(value: float) -> str:
    """Format a loss in six cells, unless it is extreme: 0.1620, 8.310, 0.0521, 7.8e-3, 1.71e5.

    Four significant digits, fewer if it is small or very large; inf and nan if it is not finite.
    """
    if not math.isfinite(value) or value == 0:
        return f"{value:g}"
    size = abs(value)
    if 0.00995 <= size < 9999.5:
        return f"{value:#.4g}".rstrip(".") if size >= 0.09995 else f"{value:.4f}"
    mantissa, exponent = f"{value:.1e}".split("e") if size < 1 else f"{value:.2e}".split("e")
    return f"{mantissa}e{int(exponent)}"


def setting_text(value: float, digits: int = 4) -> str:
    """Format a setting as a person would write it, the same wherever it stands: 0.1, 0.0215, 4.642e-4, 100, 1e6."""
    if not math.isfinite(value) or value == 0 or 1e-3 * (1 - 1e-9) <= abs(value) < 1e5:
        return f"{round(value)}" if 1e4 <= abs(value) < 1e5 and value == round(value) else f"{value:.{digits}g}"
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    return f"{mantissa.rstrip('0').rstrip('.') if '.' in mantissa else mantissa}e{int(exponent)}"


def span_text(seconds: float) -> str:
    """Format how long something lasted: 0.42 s, 10 s, 12 min 40 s, 3 h 12 min, 2 d 4 h."""
    if seconds < 9.95:
        return f"{seconds:.2g} s"
    whole = round(seconds)
    for size, unit, smaller, part in ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= size:
            rest = whole % size // smaller
            return f"{whole // size} {unit}" + (f" {rest} {part}" if rest else "")
    return f"{whole} s"


def seconds_text(seconds: float) -> str:
    """Format a time in seconds with three significant digits, whole seconds from 100 on: 0.317 s, 2.13 s, 1,520 s."""
    return f"{seconds:,.0f} s" if seconds >= 99.95 else f"{seconds:#.3g}".rstrip(".") + " s"
