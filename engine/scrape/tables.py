"""Tables: a header of words, and under it lines with a number for each of them."""

from __future__ import annotations

import re

from engine.scrape.names import is_measure, rank_of
from engine.scrape.patterns import NUMBER, WORD, number

_NUMBER = re.compile(rf"(?:{NUMBER})%?$", re.IGNORECASE)
_RULE = re.compile(r"[-=+|:\s]*$")
_STARTS_NUMBER = re.compile(r"(?:^|[\s|,=:])[-+.]?\d")
MOST_COLUMNS = 64
LONGEST_HEADER = 1000


class Table:
    """The table that is being printed: its header, once one was seen."""

    def __init__(self) -> None:
        self._header: list[str] = []
        self._split = ""

    def read(self, line: str) -> dict[str, float] | None:
        """The numbers of a row by the names of its columns; None for any other line. A header is remembered."""
        if _RULE.match(line):
            return None
        if self._header:
            cells = _cells(line, self._split)
            if len(cells) == len(self._header):
                numbers = {name: value for name, cell in zip(self._header, cells, strict=True)
                           if (value := _value(cell)) is not None}  # fmt: skip
                if numbers and all(_value(cell) is not None or cell in ("", "-", "None") for cell in cells):
                    return numbers
        if len(line) > LONGEST_HEADER or _STARTS_NUMBER.search(line):
            return None
        for split in (*(each for each in "|,\t" if each in line), ""):
            cells = _cells(line, split)
            if 2 <= len(cells) <= MOST_COLUMNS and _is_header(cells):
                self._header, self._split = [_named(cell) for cell in cells], split
                return None
        return None


def _cells(line: str, split: str) -> list[str]:
    text = line.strip()
    if not split:
        return text.split()
    return [cell.strip() for cell in text.strip("|").split(split)]


def _is_header(cells: list[str]) -> bool:
    named = [_named(cell) for cell in cells]
    if len(set(named)) < len(named) or not all(WORD.match(name) for name in named):
        return False
    return any(rank_of(name) is not None or is_measure(name) for name in named)


def _named(cell: str) -> str:
    return "_".join(cell.strip("\"'").split()).lower()


def _value(cell: str) -> float | None:
    return number(cell.rstrip("%")) if _NUMBER.match(cell) else None
