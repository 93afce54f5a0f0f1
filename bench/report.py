"""One row of the table of figures."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """A measured ratio against its limit; `at_most` says on which side of the limit it must lie.

    `ours` and `theirs` are the figures that it was made from, in words with their units.
    """

    case: str
    ours: str
    theirs: str
    ratio: float
    limit: float
    at_most: bool
    also: bool = True

    @property
    def met(self) -> bool:
        """Whether the ratio keeps to its limit, and whatever else was to hold does."""
        return self.also and (self.ratio <= self.limit if self.at_most else self.ratio >= self.limit)


def line(row: Row) -> str:
    """A row as aligned text."""
    sign = "<=" if row.at_most else ">="
    verdict = "met" if row.met else "MISSED"
    return f"{row.case:<58}{row.ours:>14}{row.theirs:>36}{row.ratio:>8.2f} x   {sign} {row.limit:g} x   {verdict}"
