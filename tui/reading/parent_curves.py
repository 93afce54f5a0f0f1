"""Lineage: the curves that forks go on from, up to where they were forked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine.store import Reader, Run
from engine.trace.curve import Curve

MOST_PARENTS = 8
"""Of a longer line of forks of forks only the last ones are shown."""


class Lineage:
    """Reads the curves of parents once: what lies before a fork does not change."""

    def __init__(self) -> None:
        self._held: dict[tuple[int, int], tuple[Curve, ...]] = {}

    def read(self, reader: Reader, runs: Iterable[Run], columns: int) -> dict[int, tuple[Curve, ...]]:
        """By run: the curves of its parent up to the fork, of that one's parent, and so on, as far as they are there.

        Nothing for a run that was not forked, or whose parent is gone.
        """
        found: dict[tuple[int, int], tuple[Curve, ...]] = {}
        for run in runs:
            if run.parent_id is None or not run.first_iteration:
                continue
            key = run.run_id, columns
            curves = self._held.get(key)
            found[key] = tuple(_before(reader, run, columns)) if curves is None else curves
        self._held = found
        return {run_id: curves for (run_id, _), curves in found.items() if curves}


def _before(reader: Reader, run: Run, columns: int) -> Iterator[Curve]:
    child: Run | None = run
    for _ in range(MOST_PARENTS):
        if child is None or child.parent_id is None or not child.first_iteration:
            return
        curve = reader.curve(child.parent_id, columns, last=child.first_iteration - 1, ending=True)
        if len(curve.iteration):
            yield curve
        child = reader.run(child.parent_id)
