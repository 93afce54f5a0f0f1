"""Lineage: the curves that forks go on from, up to where they were forked."""

from __future__ import annotations

from collections.abc import Iterable

from engine.store import Curve, Reader, Run


class Lineage:
    """Reads the parents' curves once: what lies before a fork does not change."""

    def __init__(self) -> None:
        self._held: dict[tuple[int, int], Curve] = {}

    def read(self, reader: Reader, runs: Iterable[Run], columns: int) -> dict[int, Curve]:
        """By run: its parent's curve up to the fork; nothing for a run that was not forked, or whose parent is gone."""
        found: dict[tuple[int, int], Curve] = {}
        for run in runs:
            if run.parent_id is None or not run.first_iteration:
                continue
            key = run.run_id, columns
            curve = self._held.get(key)
            if curve is None:
                curve = reader.curve(run.parent_id, columns, last=run.first_iteration - 1, ending=True)
            found[key] = curve
        self._held = found
        return {run_id: curve for (run_id, _), curve in found.items() if len(curve.iteration)}
