"""Text from outside (names, notes, another program's database), made safe for a terminal; and numbers of things."""

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
    kept = []
    for character in text:
        category = unicodedata.category(character)
        if character in "\n\r\t\v\f" or category in _SPACES:
            kept.append(" ")
        elif category not in _HIDDEN:
            kept.append(character)
    return "".join(kept)


def clean(text: str, width: int | None = None) -> str:
    """The text as one printable line, cut to `width` characters with an ellipsis.

    Escape sequences vanish whole; control, format (right-to-left marks, zero widths), surrogate and
    unassigned characters vanish; line breaks, tabs and odd spaces become one space.
    """
    if width is not None:
        text = text[: 16 * width + 1024]
    if not (text.isascii() and text.isprintable()):
        text = _printable(_ESCAPES.sub("", text))
    line = re.sub(r" {2,}", " ", text).strip()
    if width is not None and len(line) > width:
        line = line[: max(width - 1, 0)] + "…" if width > 0 else ""
    return line


def counted(number: int, what: str) -> str:
    """So many of something that is called `what` where it is one: 1 iteration, 1,200 iterations."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def loss_text(value: float) -> str:
    """A loss as it is written everywhere, in six cells unless it is extreme: 0.1620, 8.310, 0.0521, 7.8e-3, 1.71e5.

    Four significant digits, and fewer where it is small. What is not finite is a word.
    """
    if not math.isfinite(value) or value == 0:
        return f"{value:g}"
    size = abs(value)
    if 0.00995 <= size < 9999.5:
        return f"{value:#.4g}".rstrip(".") if size >= 0.09995 else f"{value:.4f}"
    mantissa, exponent = f"{value:.1e}".split("e") if size < 1 else f"{value:.2e}".split("e")
    return f"{mantissa}e{int(exponent)}"


def seconds_text(seconds: float) -> str:
    """A time that is compared with others, in three significant digits: 0.317 s, 2.13 s, 1,520 s."""
    return f"{seconds:,.0f} s" if seconds >= 99.95 else f"{seconds:#.3g}".rstrip(".") + " s"
