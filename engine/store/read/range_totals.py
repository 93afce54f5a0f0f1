"""Range totals: count, sum and extremes of the losses of a range of iterations, from the widest buckets inside it."""

from __future__ import annotations

from dataclasses import dataclass

from engine.store.file.connection import Connection
from engine.store.write.pyramid import LEVELS


@dataclass(frozen=True, slots=True)
class RangeTotals:
    """Count, extremes and sum (`total`) of the finite losses of a range; `low` is inf and `high` -inf without any."""

    count: int = 0
    low: float = float("inf")
    high: float = float("-inf")
    total: float = 0.0

    def joined(self, count: int | None, low: float | None, high: float | None, total: float | None) -> RangeTotals:
        """The totals with those of another range added; None counts as no losses."""
        return RangeTotals(
            self.count + (count or 0),
            self.low if low is None else min(self.low, low),
            self.high if high is None else max(self.high, high),
            self.total + (total or 0.0),
        )


OF_BUCKETS = """
    SELECT sum(n), min(low), max(high), total(total) FROM buckets
    WHERE run_id = ? AND level = ? AND bucket >= ? AND bucket < ?
"""
OF_ROWS = """
    SELECT count(loss), min(loss), max(loss), total(loss) FROM iterations
    WHERE run_id = ? AND iteration >= ? AND iteration < ? AND abs(loss) < 9e999
"""


def range_totals(connection: Connection, run_id: int, first: int, stop: int) -> RangeTotals:
    """Totals of iterations first..stop - 1 of a run; `first` is a multiple of the width of every bucket that fits in.

    One query reads at most a few buckets per level and 15 rows, however long the range is.
    """
    parts: list[str] = []
    values: list[int] = []
    start = first
    for level in reversed(LEVELS):
        upto = stop >> level
        if start >> level < upto and start % (1 << level) == 0:
            parts.append(OF_BUCKETS)
            values += (run_id, level, start >> level, upto)
            start = upto << level
    if start < stop:
        parts.append(OF_ROWS)
        values += (run_id, start, stop)
    found = RangeTotals()
    for row in connection.rows("UNION ALL".join(parts), values) if parts else ():
        found = found.joined(*row)
    return found
