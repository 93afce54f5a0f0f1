"""Output: what a run's program printed, as far as it was kept. Bounded reads."""

from __future__ import annotations

from engine.store.file.connection import Connection
from engine.store.records import Printed

MOST_PARTS = 10_000


def output_of(connection: Connection, run_id: int, first: int = 0, limit: int = MOST_PARTS) -> list[Printed]:
    """The newest `limit` parts of a run's output from part `first` on, oldest first.

    To follow a program, read again from the last part, which may have grown. A part tells how much is `left_out`
    before it.
    """
    rows = connection.rows(
        "SELECT stream, text, step, elapsed_us, part, coalesce(lag(part + length(CAST(text AS BLOB))) OVER (ORDER BY "
        "part), part) FROM output WHERE run_id = ?1 AND part >= "
        "coalesce((SELECT max(part) FROM output WHERE run_id = ?1 AND part < ?2), ?2) ORDER BY part DESC LIMIT ?3",
        (run_id, first, limit),
    )
    found = [
        Printed(stream, text, step, elapsed_us, part, part - end)
        for stream, text, step, elapsed_us, part, end in reversed(rows)
    ]
    return [each for each in found if each.part >= first]
