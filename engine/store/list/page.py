"""Page: one SQL statement for a page of a list: its rows, the counts, and titles if runs are grouped by sweep.

One scan of the table makes the order; full rows are fetched for the page alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from engine.store.list.listing import Listing
from engine.store.list.run_sql import RUNS
from engine.store.records import SweepTitle

if TYPE_CHECKING:
    from engine.store.list.filter_sql import Condition
    from engine.store.list.logged_fields import LoggedNames

COUNTS = ("e.place", "page.total", "page.fitting")
TITLE = {
    "sweep_id": "CASE WHEN r.run_id IS NULL THEN e.sweep END",
    "name": "coalesce(s.name, '')",
    "parameter": "coalesce(s.parameter, '')",
    "second_parameter": "coalesce(s.second_parameter, '')",
    "runs": "e.runs",
    "lowest_train_loss": "e.lowest",
}
BEFORE_TITLE = len(COUNTS)
BEFORE_RUN = BEFORE_TITLE + len(TITLE)
"""Number of columns before a title's (BEFORE_TITLE) and before a run's."""


@dataclass(frozen=True, slots=True)
class PageRequest:
    """The part of a list to return: `limit` rows around a run or a sweep's title, the last ones, or from `first` on.

    If the run or title is not in the list, the page begins at `first`.
    """

    limit: int = 200
    first: int = 0
    run_id: int | None = None
    sweep_id: int | None = None
    at_end: bool = False


def page_of(
    listing: Listing, around: PageRequest, columns: str, judged: Mapping[int, str], names: LoggedNames | None = None
) -> Condition:
    """SQL and parameters whose rows are (index in the list, rows of the list, runs that fit, *title, *run columns).

    A title is the fields of SweepTitle; its sweep_id is NULL in a run's row. Raises FilterError.
    """
    fits, values = listing.fits(judged, names)
    order, order_values = listing.order_by(judged, names)
    counts, title = ", ".join(COUNTS), ", ".join(TITLE[column.name] for column in fields(SweepTitle))
    of_run = ", ".join(f"r.{column.strip()}" for column in columns.split(","))
    asked = (around.limit, around.first, around.run_id, around.sweep_id, around.at_end)
    return (
        f"WITH asked (most, first, run_id, sweep_id, at_end) AS (VALUES (?, ?, ?, ?, ?)), "
        f"{_entries(listing, fits, order)}, "
        f"size AS (SELECT (SELECT count(*) FROM entries) AS total, (SELECT sum(fits) FROM listed) AS fitting), "
        f"middle AS (SELECT min(e.place) AS place FROM entries e JOIN asked a "
        f"ON e.run_id = a.run_id OR e.run_id IS NULL AND e.sweep = a.sweep_id), "
        f"page AS (SELECT total, fitting, most, max(0, min(total - most, "
        f"CASE WHEN at_end THEN total ELSE coalesce(place - most / 2, first) END)) AS first FROM size, asked, middle) "
        f"SELECT {counts}, {title}, {of_run} FROM page "
        f"JOIN entries e ON e.place >= page.first AND e.place < page.first + page.most "
        f"LEFT JOIN runs r ON r.run_id = e.run_id LEFT JOIN sweeps s ON e.run_id IS NULL AND s.sweep_id = e.sweep "
        f"ORDER BY e.place",
        (*asked, *order_values, *values),
    )


def _entries(listing: Listing, fits: str, order: str) -> str:
    """The CTEs `listed` (runs in order) and `entries` (with titles). A pinned run comes first, outside its sweep."""
    pinned = listing.is_pinned
    if listing.pinned:
        tested = f"(SELECT *, coalesce({fits}, 0) AS fits FROM {RUNS} WHERE {listing.present}) AS runs"
        chosen = f"{tested} WHERE fits OR {pinned}"
    else:
        chosen = f"(SELECT *, 1 AS fits FROM {RUNS} WHERE {listing.present} AND ({fits})) AS runs"
    listed = (
        f"listed AS (SELECT run_id, CASE WHEN NOT {pinned} THEN sweep_id END AS sweep, train_loss, fits, "
        f"row_number() OVER (ORDER BY {order}) - 1 AS place "
        f"FROM {chosen})"
    )
    if not listing.grouped:
        return f"{listed}, entries AS (SELECT run_id, NULL AS sweep, NULL AS runs, NULL AS lowest, place FROM listed)"
    folded = ", ".join(str(int(sweep_id)) for sweep_id in listing.folded)
    return (
        f"{listed}, "
        f"placed AS (SELECT *, min(place) OVER (PARTITION BY coalesce(sweep, -run_id)) AS stands FROM listed), "
        f"mixed AS (SELECT run_id, sweep, NULL AS runs, NULL AS lowest, stands, place FROM placed "
        f"WHERE sweep IS NULL OR sweep NOT IN ({folded}) UNION ALL "
        f"SELECT NULL, sweep, count(*), min(train_loss), min(place), -1 FROM placed WHERE sweep IS NOT NULL "
        f"GROUP BY sweep), "
        f"entries AS (SELECT run_id, sweep, runs, lowest, row_number() OVER (ORDER BY stands, place) - 1 AS place "
        f"FROM mixed)"
    )
