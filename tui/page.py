"""Page: the part of the list of runs that is read at once, around the cursor."""

from __future__ import annotations

from dataclasses import dataclass

from engine.store import FilterError, Listing, Reader, Run
from tui.choices import Choices

MOST_RUNS = 200
"""Runs of one page: several screens of them, so that most keys find what they move to."""

SLACK = 60
"""Runs that are there on both sides of the cursor, unless the list ends."""


@dataclass(frozen=True, slots=True)
class Page:
    """`runs` of a `listing` in its order, `first` of `total` before them; the `newest` of the store; `others` that are
    drawn or pointed at. `complaint` says why a filter cannot be read: then the page is of all runs.
    """

    listing: Listing | None = None
    runs: tuple[Run, ...] = ()
    first: int = 0
    total: int = 0
    newest: tuple[Run, ...] = ()
    others: tuple[Run, ...] = ()
    complaint: str = ""

    @property
    def all(self) -> tuple[Run, ...]:
        """Every run that was read, once."""
        return tuple({run.run_id: run for run in (*self.runs, *self.newest, *self.others)}.values())

    def holds(self, choices: Choices) -> bool:
        """Whether this page will do for these choices, the store being as it was."""
        if choices.listing != self.listing:
            return False
        if choices.edge:
            at_edge = self.first == 0 if choices.edge < 0 else self.first + len(self.runs) >= self.total
            return at_edge and bool(self.runs)
        place = next((place for place, run in enumerate(self.runs) if run.run_id == choices.pointed), None)
        if place is None:
            return choices.pointed is None
        above = self.first == 0 or place >= SLACK
        below = self.first + len(self.runs) >= self.total or len(self.runs) - place > SLACK
        return above and below

    @classmethod
    def read(cls, reader: Reader, choices: Choices) -> Page:
        """The page around the cursor of these choices."""
        wanted, complaint = choices.listing, ""
        try:
            wanted.where()
        except FilterError as error:
            wanted, complaint = Listing("", wanted.order, wanted.reverse), str(error)
        total = reader.listed_count(wanted)
        place = reader.place(wanted, choices.pointed) if choices.pointed is not None and not choices.edge else None
        if choices.edge > 0:
            place = total - 1
        first = max(0, min((place or 0) - MOST_RUNS // 2, total - MOST_RUNS))
        runs = tuple(reader.listed(wanted, MOST_RUNS, first))
        newest = runs if first == 0 and wanted == Listing() else tuple(reader.runs(limit=MOST_RUNS // 4))
        there = {run.run_id for run in (*runs, *newest)}
        looked_at = {*choices.marked, choices.pointed}
        found = (reader.run(run_id) for run_id in looked_at if run_id is not None and run_id not in there)
        others = [run for run in found if run is not None and run.deleted_at is None]
        marked = [run for run in newest if run.run_id in choices.marked and run not in runs]
        return cls(choices.listing, runs, first, total, newest, (*others, *marked), complaint)
