"""Run metrics: all metrics of one run as they are stored, and how a batch or a new attempt changes them."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import fields

from engine.store.file.connection import Connection, Rows
from engine.store.programs.measurements import MetricState, MetricWriter, in_order, remove_from
from engine.store.records.logged import Measured
from engine.store.write.catalogue import storable
from engine.trace.metric_names import standing_for

COLUMNS = ("metric_id", "n", "first_step", "last_step", "last", "low", "high", "level")
KEEP_METRIC = f"""
    INSERT OR REPLACE INTO metrics (run_id, name, {", ".join(COLUMNS)}) VALUES (?, ?, {", ".join("?" * len(COLUMNS))})
"""
KNOWN = f"SELECT name, {', '.join(column.name for column in fields(MetricState))} FROM metrics WHERE run_id = ?"


class RunMetrics:
    """The metrics of one run by name. A caller whose transaction fails loads them again."""

    def __init__(self, connection: Connection, run_id: int) -> None:
        self._run_id = run_id
        self._writer = MetricWriter(run_id)
        self.states = _states(connection.rows(KNOWN, (run_id,)))

    def write(
        self, raw: sqlite3.Connection, batch: Mapping[str, Measured], *, cuts: bool = False
    ) -> dict[str, MetricState]:
        """Store a batch inside the caller's transaction; `accept` the states that come back once it is committed.

        With `cuts` what was there from the batch's first step on, of an earlier attempt, is deleted before.
        """
        begins = first_step(batch)
        states = self._cut(raw, begins) if cuts and begins is not None else dict(self.states)
        for name, part in batch.items():
            if not len(part):
                continue
            before = states.get(name)
            if before is None:
                before = MetricState(max((state.metric_id + 1 for state in states.values()), default=0))
            states[name] = after = self._writer.write(raw, before, in_order(part))
            raw.execute(KEEP_METRIC, (self._run_id, storable(name), *(getattr(after, each) for each in COLUMNS)))
        return states

    def accept(self, states: dict[str, MetricState]) -> None:
        """Go on from what a transaction has stored."""
        self.states = states

    def _cut(self, raw: sqlite3.Connection, first: int) -> dict[str, MetricState]:
        if self.states:
            remove_from(raw, self._run_id, first)
        return _states(raw.execute(KNOWN, (self._run_id,)).fetchall())


def steps_of(states: Mapping[str, MetricState]) -> int:
    """The step after the largest one that has a value; 0 without any."""
    return max((state.last_step + 1 for state in states.values()), default=0)


def loss_of(states: Mapping[str, MetricState], chosen: str) -> float | None:
    """The newest value of the metric that stands for the run, the `chosen` one if it has that."""
    primary = primary_of(states, chosen)
    return None if primary is None else states[primary].last


def _states(rows: Rows) -> dict[str, MetricState]:
    return {str(name): MetricState(*values) for name, *values in rows}


def primary_of(names: Mapping[str, object], chosen: str = "") -> str | None:
    """The metric that stands for a run: the chosen one if it has it, else what its name says; None without any."""
    return chosen if chosen and chosen in names else standing_for(tuple(names))


def first_step(batch: Mapping[str, Measured]) -> int | None:
    """The smallest step of a batch; None where it has none."""
    return min((int(part.step.min()) for part in batch.values() if len(part)), default=None)
