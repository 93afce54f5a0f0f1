"""Script races: which scripts of a sweep go on at a rung, decided when each comes there, so that none has to wait.

A script that waits would keep its memory and its worker. So each is compared with those that have come to its rung
before it: it goes on where it is among the best share of them. The first one always does.
"""

from __future__ import annotations

import math
import sqlite3
from dataclasses import dataclass

from engine.store.file.timing import utc_now
from engine.store.records import StoreError
from engine.store.write.catalogue import storable
from engine.store.write.steering import note
from engine.store.write.sweeps import plan_of
from engine.text import clean, loss_text

AT_RUNG = """
    SELECT r.run_id, (SELECT v.value FROM measurements v WHERE v.run_id = r.run_id AND v.metric_id = m.metric_id
                      AND v.step <= ?1 ORDER BY v.step DESC LIMIT 1)
    FROM runs r JOIN metrics m USING (run_id)
    WHERE r.sweep_id = ?2 AND r.deleted_at IS NULL AND m.name = ?3 AND m.last_step >= ?1 AND m.first_step <= ?1
"""

DECIDED = """
    INSERT INTO rung_decisions (sweep_id, rung, kept_up_to, kept, dropped, decided_at)
    VALUES (?1, ?2, ?3, ?4, 1 - ?4, ?5)
    ON CONFLICT DO UPDATE SET kept_up_to = max(kept_up_to, excluded.kept_up_to), kept = kept + excluded.kept,
                              dropped = dropped + excluded.dropped, decided_at = excluded.decided_at
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a run stands among those that have come to a rung: `place` from 1, of `among`, with its value there."""

    place: int
    among: int
    value: float

    def goes_on(self, keep: float) -> bool:
        """Whether it is among the best share, rounded up."""
        return math.isfinite(self.value) and self.place <= max(1, math.ceil(round(keep * self.among, 9)))


def decide_script(raw: sqlite3.Connection, run_id: int, sweep_id: int, rung: int, standing: str) -> str:
    """Decide whether a script that has come to its rung goes on, in the caller's transaction; why it is dropped, or ''.

    `standing` is the metric that stands for the run, which ranks it where its sweep names none. A dropped run gets a
    stop. Nothing is decided before the metric has a value.
    """
    try:
        plan = plan_of(raw, sweep_id)
    except StoreError:
        return ""
    found = dict(raw.execute(AT_RUNG, (rung, sweep_id, plan.metric or standing)).fetchall())
    if plan.halving is None or run_id not in found:
        return ""
    place = place_of(run_id, found, highest=plan.highest)
    kept = place.goes_on(plan.halving.keep)
    measured = f"{clean(plan.metric or standing, 60)} {loss_text(place.value)}"
    said = f"rung {rung}: {measured}, place {place.place} of {place.among} so far"
    raw.execute(DECIDED, (sweep_id, rung, place.value if kept else -math.inf, kept, utc_now()))
    note(raw, run_id, "keep" if kept else "drop", str(rung), rung, storable(f"{said}, goes on" if kept else said))
    if kept:
        raw.execute("UPDATE runs SET rung = ? WHERE run_id = ?", (plan.halving.after(rung), run_id))
        return ""
    note(raw, run_id, "stop", "", None, "")
    return said


def place_of(run_id: int, values: dict[int, float | None], *, highest: bool) -> Place:
    """The place of a run by its value at a rung; of equal values the run that was queued first is better."""

    def rank(each: int) -> tuple[float, int]:
        value = values[each]
        if value is None or not math.isfinite(value):
            return math.inf, each
        return (-value if highest else value), each

    own = values[run_id]
    order = sorted(values, key=rank)
    return Place(order.index(run_id) + 1, len(order), math.nan if own is None else own)
