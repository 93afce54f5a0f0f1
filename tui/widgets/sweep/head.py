"""The lines about a sweep as a whole: its values, its progress, the decisions at its rungs, and its best value."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Literal

from textual.strip import Strip

from engine.store import RungDecision, status_word
from engine.sweep import SweepPlan, ValueResult, amount_text, are_compared, best_by
from engine.text import clean, counted, loss_text
from tui.colours.theme import ACCENTED, DIM, FAILED, FINISHED, STRONG, TEXT, WARNED
from tui.model.sweep_seen import SweepSeen
from tui.presenting.describe import spec_texts
from tui.presenting.sweep_charts import label, measure
from tui.text import numbers
from tui.text.parts import Part, cells
from tui.text.widths import as_many
from tui.widgets.lines import strip

STATES = ("running", "paused", "queued", "lost", "finished", "cancelled", "failed")


def title(seen: SweepSeen, width: int, written: Callable[[str], str] = str) -> Strip:
    """The swept fields, the ranges and the common settings; at the right, progress and time left.

    `written`: how texts with signs of formulas are.
    """
    found = seen.outcome
    if found is None:
        return strip([(f" sweep {seen.sweep_id}   ", STRONG), (clean(seen.complaint, 200), FAILED)], width)
    right = _progress(seen)
    room = width - cells(right) - 1
    left: list[Part] = [(f" sweep {seen.sweep_id} ", STRONG)]
    if found.plan.name:
        left.append((clean(found.plan.name, 40) + "  ", ACCENTED))
    parent = [] if seen.parent_id is None else [(f"  after sweep {seen.parent_id}", ACCENTED)]
    ways = [(" x ".join(_ranges(found.plan, how)), TEXT) for how in ("in full", "ends", "names")]
    left.append(next((way for way in ways if cells([*left, way, *parent]) <= room), ways[-1]))
    left += parent
    return strip([*left, *_settings(found.plan, room - cells(left), written)], width, right)


def _ranges(plan: SweepPlan, how: Literal["in full", "ends", "names"]) -> list[str]:
    """Each swept field: its label, its lowest and highest value, and the number of values."""
    if how == "names":
        return [axis.label for axis in plan.axes]
    ends = [(axis, label(axis, axis.ordered[0]), label(axis, axis.ordered[-1])) for axis in plan.axes]
    counts = [f", {counted(len(axis.values), 'value')}" if how == "in full" else "" for axis in plan.axes]
    return [f"{axis.label} {low} … {high}{count}" for (axis, low, high), count in zip(ends, counts, strict=True)]


def _settings(plan: SweepPlan, room: int, written: Callable[[str], str]) -> list[Part]:
    """The settings that all runs have in common, as many as fit."""
    swept = {axis.field for axis in plan.axes} | ({"seed"} if plan.repeats > 1 else set())
    seeds = [f"{plan.repeats} seeds"] if plan.repeats > 1 else []
    if plan.script is not None:
        return [("   " + as_many([written(clean(plan.script.text, 200)), *seeds], room - 3), DIM)]
    iterations = [] if plan.spec.iterations is None else [counted(plan.spec.iterations, "iteration")]
    said = [*iterations, *seeds, *map(written, spec_texts(plan.spec, without=swept))]
    return [("   " + as_many(said, room - 3), DIM)]


def _progress(seen: SweepSeen) -> list[Part]:
    found = seen.outcome
    assert found is not None
    parts: list[Part] = [("  ", TEXT)]
    for state in STATES:
        if found.states.get(state):
            parts += [
                (str(found.states[state]), STRONG if state == "running" else TEXT),
                (f" {status_word(state)}  ", DIM),
            ]
    if found.diverged:
        parts.append((f"{found.diverged} diverged  ", WARNED))
    if found.over:
        parts.append(("done ", FINISHED))
    elif found.left_s is not None:
        left = "1 s" if found.left_s < 1 else numbers.duration(math.ceil(found.left_s))
        parts += [("left ", DIM), (left + " ", STRONG)]
    return parts


def rungs(seen: SweepSeen, width: int) -> Strip:
    """The rungs of a race and the decision at each."""
    found = seen.outcome
    if found is None or found.plan.halving is None:
        return strip((), width)
    decided = {decision.rung: decision for decision in found.decisions}
    halving = found.plan.halving
    by = " by accuracy" if best_by(found.plan.axes) == "accuracy" else ""
    share = f"1/{round(1 / halving.keep)}{by}"
    decisions = [(f"{rung:,}: ", *_decision(decided.get(rung))) for rung in halving.rungs]
    with_limits: list[Part] = [
        part for place, went_on, limit in decisions for part in ((place, TEXT), went_on, (f"{limit}   ", DIM))
    ]
    without: list[Part] = [part for place, went_on, _ in decisions for part in ((place, TEXT), went_on, ("   ", DIM))]
    in_full, short = (f" race, the best {share} go on   ", DIM), (f" race, {share}   ", DIM)
    ways: list[list[Part]] = [[in_full, *with_limits], [in_full, *without], [short, *without]]
    return strip(next((way for way in ways if cells(way) <= width), ways[-1]), width)


def _measure(plan: SweepPlan) -> str:
    return "loss" if plan.script is None else measure(plan)


def _decision(decision: RungDecision | None) -> tuple[Part, str]:
    """The number of runs before and after a rung, and the largest loss that went on."""
    if decision is None:
        return ("not yet", DIM), ""
    together = decision.kept + decision.dropped
    limit = f" up to {loss_text(decision.kept_up_to)}" if math.isfinite(decision.kept_up_to) else ""
    return (f"{together} → {decision.kept}", STRONG), limit


def best(seen: SweepSeen, width: int) -> Strip:
    """The best value, worded as in the CS231n notes, and the next key; for batch sizes the best of each comparison."""
    found = seen.outcome
    refine: list[Part] = [("z", ACCENTED), (" refine ", DIM)]
    if found is not None and found.comparisons:
        full, at, names, short = (_best_of_each(seen, how) for how in ("in full", "at", "names", "short"))
        ways: list[tuple[list[Part], list[Part]]] = [
            (full, refine),
            (at, refine),
            (at, []),
            (names, refine),
            (names, []),
            (short, []),
        ]
        left, right = next((way for way in ways if cells(way[0]) + cells(way[1]) < width), ways[-1])
        return strip(left, width, right)
    if found is not None and found.best is not None and are_compared(found.plan.axes):
        return strip([(" one value has finished; from two on they are compared", DIM)], width)
    if found is None or found.best is None or found.best.train_loss is None:
        return strip([(" no run has finished yet", DIM)], width)
    where = ", ".join(
        f"{axis.label} {label(axis, value)}" for axis, value in zip(found.plan.axes, found.best.values, strict=True)
    )
    parts: list[Part] = [
        (f" for {where} new {_measure(found.plan)}: {loss_text(found.best.train_loss)}  ", STRONG),
        ("★ best" if best_by(found.plan.axes) == "loss" else "★ best accuracy", FINISHED),
    ]
    for more in _held_out(found.best):
        if cells([*parts, more, *refine]) < width:
            parts.append(more)
    return strip(parts, width, refine)


def _best_of_each(seen: SweepSeen, how: Literal["in full", "at", "names", "short"]) -> list[Part]:
    """The best value at equal examples, time and iterations, with the amounts at which they were compared."""
    found = seen.outcome
    assert found is not None
    axes = found.plan.axes
    so_far = "" if found.over else "so far "
    parts: list[Part] = (
        [(f" best {' x '.join(axis.label for axis in axes)} {so_far} ", DIM)] if how == "in full" else []
    )
    for one in found.comparisons:
        values = () if one.best is None else one.best
        values_text = " x ".join(label(axis, value) for axis, value in zip(axes, values, strict=False))
        values_text = values_text or ("too short" if one.is_short and how != "short" else numbers.NOTHING)
        if how == "short":
            parts += [(" ★ " if one is found.comparisons[0] else ", ", FINISHED), (f"{one.equal} {values_text}", TEXT)]
            continue
        if how == "names" or not values:
            parts += [(" ★ ", FINISHED), (f"{one.equal}: ", TEXT), (f"{values_text} ", STRONG)]
        else:
            parts += [(" ★ ", FINISHED), (values_text, STRONG), (f" at {amount_text(one.equal, one.amount)} ", TEXT)]
    return parts


def _held_out(best: ValueResult) -> Iterator[Part]:
    """Loss and accuracy of the best value on the validation split."""
    if best.validation_loss is not None:
        yield f", validation {loss_text(best.validation_loss)}", TEXT
        yield f", {numbers.percent(best.accuracy).replace(' ', '')}", TEXT
