"""Rungs of successive halving: who waits there, and the one transaction that decides who goes on.

A run that has reached its rung is paused, with an evaluation at that very iteration. Whoever asks for work decides
first, so that a decision neither depends on who comes last nor is lost with a worker that is killed.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

from engine.spec import SpecError, spec_from_json
from engine.store.file.timing import utc_now
from engine.store.records import ENDED, StoreError
from engine.store.write.steering import AT_RUNG, answer, end, note, pending
from engine.store.write.sweeps import plan_of
from engine.sweep import SweepPlan, Value, best_by, decide
from engine.text import loss_text

Values = tuple[Value, ...]

WORDS = {"loss": "train loss", "accuracy": "validation error"}
"""What a rung compares, by what the best value of the sweep is best in."""

WAITING = f"""
    SELECT DISTINCT sweep_id FROM runs
    WHERE sweep_id IS NOT NULL AND state = 'paused' AND deleted_at IS NULL AND {AT_RUNG}
"""

IN_A_RACE = f"""
    SELECT run_id, spec, state, rung, state = 'paused' AND {AT_RUNG},
           (SELECT e.loss FROM evaluations e WHERE e.run_id = runs.run_id AND e.split = 'train'
            AND e.iteration <= runs.rung ORDER BY e.iteration DESC LIMIT 1),
           (SELECT 1 - e.accuracy FROM evaluations e WHERE e.run_id = runs.run_id AND e.split = 'validation'
            AND e.iteration <= runs.rung ORDER BY e.iteration DESC LIMIT 1)
    FROM runs WHERE sweep_id = ? AND rung IS NOT NULL AND deleted_at IS NULL ORDER BY run_id
"""


@dataclass(frozen=True, slots=True)
class HalvingRun:
    """A run of a race: its rung, whether it waits there, and its loss there (inf for one that broke off).

    The loss is the train loss, or, where the values are objectives of their own, the share of validation examples that
    are classified wrongly.
    """

    run_id: int
    values: Values
    state: str
    rung: int
    waits: bool
    loss: float

    @property
    def on_its_way(self) -> bool:
        """Whether its rung has still to wait for it."""
        return not self.waits and self.state not in ENDED


def decide_rungs(raw: sqlite3.Connection) -> int:
    """Decide every rung that all have reached; returns how many runs were queued again."""
    again = 0
    for (sweep_id,) in raw.execute(WAITING).fetchall():
        try:
            plan = plan_of(raw, sweep_id)
        except StoreError:
            continue  # a plan that nobody can read: its runs wait until a person lets them go on
        again += _decide_sweep(raw, sweep_id, plan)
    return again


def _decide_sweep(raw: sqlite3.Connection, sweep_id: int, plan: SweepPlan) -> int:
    again = 0
    for rung in () if plan.halving is None else plan.halving.rungs:
        racers = _racers(raw, sweep_id, plan)
        if any(racer.on_its_way and racer.rung <= rung for racer in racers):
            break
        here = [racer for racer in racers if racer.rung == rung]
        if any(racer.waits for racer in here):
            again += _decide_rung(raw, sweep_id, plan, rung, here)
    return again


def _racers(raw: sqlite3.Connection, sweep_id: int, plan: SweepPlan) -> list[HalvingRun]:
    racers = []
    by_accuracy = best_by(plan.axes) == "accuracy"
    for run_id, text, state, rung, waits, train_loss, error in raw.execute(IN_A_RACE, (sweep_id,)).fetchall():
        try:
            values = plan.values_of(spec_from_json(text))
        except (SpecError, TypeError):
            continue  # it will be failed with the reason when a worker claims it
        loss = error if by_accuracy else train_loss
        broke_off = state in ("failed", "cancelled") or loss is None
        racers.append(HalvingRun(run_id, values, state, rung, bool(waits), math.inf if broke_off else loss))
    return racers


def _decide_rung(raw: sqlite3.Connection, sweep_id: int, plan: SweepPlan, rung: int, here: list[HalvingRun]) -> int:
    """Let the runs at a rung go on, or not: by value, so that the seeds of a value share its fate."""
    assert plan.halving is not None
    losses = _loss_by_value(plan, here)
    known = raw.execute(
        "SELECT kept_up_to FROM rung_decisions WHERE sweep_id = ? AND rung = ?", (sweep_id, rung)
    ).fetchone()
    if known is None:
        decision = decide(losses, plan.halving.keep)
        kept, limit = frozenset(decision.kept), decision.kept_up_to
        raw.execute(
            "INSERT INTO rung_decisions (sweep_id, rung, kept_up_to, kept, dropped, decided_at) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            (sweep_id, rung, limit, len(kept), len(decision.dropped), utc_now()),
        )
    else:
        # Values that were added later are held against what was decided.
        (limit,) = known
        kept = frozenset(values for values, loss in losses.items() if loss <= limit)
    again = 0
    for racer in here:
        if racer.waits:
            found = f"{WORDS[best_by(plan.axes)]} {loss_text(losses[racer.values])}"
            again += _carry_out(raw, racer, found, racer.values in kept, limit, plan.halving.after(rung))
    return again


def _loss_by_value(plan: SweepPlan, here: list[HalvingRun]) -> Mapping[Values, float]:
    """Mean loss of each value's runs, from the lowest value to the highest; inf where one has none."""
    by_value: dict[Values, list[float]] = {}
    for racer in here:
        by_value.setdefault(racer.values, []).append(racer.loss)
    places = [{value: place for place, value in enumerate(axis.ordered)} for axis in plan.axes]

    def in_order(values: Values) -> list[int]:
        return [place.get(value, len(place)) for place, value in zip(places, values, strict=True)]

    return {values: math.fsum(by_value[values]) / len(by_value[values]) for values in sorted(by_value, key=in_order)}


def _carry_out(
    raw: sqlite3.Connection, racer: HalvingRun, found: str, kept: bool, limit: float, next_rung: int | None
) -> int:
    """Queue a run again or drop it, unless people have asked otherwise meanwhile; 1 when it was queued.

    `found` says what its value led to, in words.
    """
    run_id, rung = racer.run_id, racer.rung
    asked = pending(raw, run_id)
    stops = [command_id for command_id, verb in asked.items() if verb == "stop"]
    if stops:
        reason = f"stopped at iteration {rung}"
        answer(raw, stops[0], rung, reason)
        end(raw, run_id, "cancelled", reason)
        return 0
    if not kept:
        reason = f"rung {rung}: {found}, kept up to {loss_text(limit)}"
        note(raw, run_id, "drop", str(rung), rung, reason)
        end(raw, run_id, "cancelled", reason)
        return 0
    note(raw, run_id, "keep", str(rung), rung, f"rung {rung}: {found}, goes on")
    held = [command_id for command_id, verb in asked.items() if verb in ("pause", "resume")]
    pauses = bool(held) and asked[held[-1]] == "pause"
    for command_id in held:
        answer(raw, command_id, rung if pauses else None, f"paused at iteration {rung}" if pauses else "withdrawn")
    state = "paused" if pauses else "queued"
    raw.execute("UPDATE runs SET state = ?, reason = '', rung = ? WHERE run_id = ?", (state, next_rung, run_id))
    return int(state == "queued")
