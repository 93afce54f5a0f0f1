"""Printed lines: what a program printed on its streams, as lines that a terminal can show."""

from __future__ import annotations

from collections.abc import Sequence

from engine.store.records.logged import Printed
from engine.text import clean

LONGEST_LINE = 2000
"""Characters of a line."""

MOST_INDENTED = 40


def lines_of(printed: Sequence[Printed]) -> list[tuple[str, str]]:
    """Lines as (text, stream), not cleaned, in the order in which they ended."""
    found: list[tuple[str, str]] = []
    open_line: dict[str, str] = {}
    for part in printed:
        if part.left_out:
            found.append((f"… {part.left_out:,} bytes are not kept …", "out"))
        *whole, rest = (open_line.pop(part.stream, "") + part.text).split("\n")
        found += [(text, part.stream) for text in whole]
        if rest:
            open_line[part.stream] = rest
    return found + [(text, stream) for stream, text in open_line.items()]


def shown_line(text: str) -> str:
    """A line, cleaned, with its indentation; a carriage return begins it anew, as in a terminal."""
    last = text.rstrip("\r").rpartition("\r")[2].expandtabs(4)
    return " " * min(len(last) - len(last.lstrip(" ")), MOST_INDENTED) + clean(last, LONGEST_LINE)


def last_lines(printed: Sequence[Printed], most: int = 10) -> list[str]:
    """The last lines, cleaned."""
    return [shown_line(text) for text, _ in lines_of(printed)[-most:]]
