"""Rungs of successive halving: which runs wait there, and the transaction that decides which of them continue.

A run at its rung is paused, with an evaluation at exactly that iteration. Every worker decides complete rungs before it
claims, so that a decision neither depends on the last run to arrive nor is lost with a killed worker.
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
"""Name of the quantity that a rung compares, by the criterion of the sweep's best value."""

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
    """A run of a race: its rung, whether it waits there, and its loss there (inf if it failed or was cancelled).

    The loss is the train loss; where the values have objectives of their own, it is the validation error rate (0 to 1).
    """

    run_id: int
    values: Values
    state: str
    rung: int
    waits: bool
    loss: float

    @property
    def on_its_way(self) -> bool:
        """True while its rung has to wait for it."""
        return not self.waits and self.state not in ENDED


def decide_rungs(raw: sqlite3.Connection) -> int:
    """Decide every rung that all its runs have reached; returns how many runs were queued again."""
    requeued = 0
    for (sweep_id,) in raw.execute(WAITING).fetchall():
        try:
            plan = plan_of(raw, sweep_id)
        except StoreError:
            continue  # unreadable plan: its runs wait until a person resumes them
        requeued += _decide_sweep(raw, sweep_id, plan)
    return requeued


def _decide_sweep(raw: sqlite3.Connection, sweep_id: int, plan: SweepPlan) -> int:
    requeued = 0
    for rung in () if plan.halving is None else plan.halving.rungs:
        racers = _halving_runs(raw, sweep_id, plan)
        if any(racer.on_its_way and racer.rung <= rung for racer in racers):
            break
        rung_runs = [racer for racer in racers if racer.rung == rung]
        if any(racer.waits for racer in rung_runs):
            requeued += _decide_rung(raw, sweep_id, plan, rung, rung_runs)
    return requeued


def _halving_runs(raw: sqlite3.Connection, sweep_id: int, plan: SweepPlan) -> list[HalvingRun]:
    racers = []
    by_accuracy = best_by(plan.axes) == "accuracy"
    for run_id, text, state, rung, waits, train_loss, error in raw.execute(IN_A_RACE, (sweep_id,)).fetchall():
        try:
            values = plan.values_of(spec_from_json(text))
        except (SpecError, TypeError):
            continue  # the worker that claims it will fail it with the reason
        loss = error if by_accuracy else train_loss
        broke_off = state in ("failed", "cancelled") or loss is None
        racers.append(HalvingRun(run_id, values, state, rung, bool(waits), math.inf if broke_off else loss))
    return racers


def _decide_rung(
    raw: sqlite3.Connection, sweep_id: int, plan: SweepPlan, rung: int, rung_runs: list[HalvingRun]
) -> int:
    """Continue or drop the runs at a rung, by value: all seeds of a value share its decision.

    Returns how many runs were queued again.
    """
    assert plan.halving is not None
    losses = _loss_by_value(plan, rung_runs)
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
        # Values added later are compared with the limit of the first decision.
        (limit,) = known
        kept = frozenset(values for values, loss in losses.items() if loss <= limit)
    requeued = 0
    for racer in rung_runs:
        if racer.waits:
            found = f"{WORDS[best_by(plan.axes)]} {loss_text(losses[racer.values])}"
            requeued += _apply_decision(raw, racer, found, racer.values in kept, limit, plan.halving.after(rung))
    return requeued


def _loss_by_value(plan: SweepPlan, rung_runs: list[HalvingRun]) -> Mapping[Values, float]:
    """Mean loss of each value's runs, in ascending order of value; inf if one of its runs has no loss."""
    by_value: dict[Values, list[float]] = {}
    for racer in rung_runs:
        by_value.setdefault(racer.values, []).append(racer.loss)
    positions = [{value: place for place, value in enumerate(axis.ordered)} for axis in plan.axes]

    def in_order(values: Values) -> list[int]:
        return [order.get(value, len(order)) for order, value in zip(positions, values, strict=True)]

    return {values: math.fsum(by_value[values]) / len(by_value[values]) for values in sorted(by_value, key=in_order)}


def _apply_decision(
    raw: sqlite3.Connection, racer: HalvingRun, found: str, kept: bool, limit: float, next_rung: int | None
) -> int:
    """Queue a run again or drop it, unless a waiting command says otherwise; returns 1 if queued, else 0.

    `found` is its value's loss in words.
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
