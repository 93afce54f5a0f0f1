"""The lines about a sweep as a whole: what it is, how far it came, what its rungs decided, and its best value."""

from __future__ import annotations

import math
from collections.abc import Iterator

from textual.strip import Strip

from engine.outcome import ValueResult, best_by, loss_text
from engine.store import RungDecision
from engine.sweep import SweepPlan
from engine.text import clean, counted
from tui import format as fmt
from tui.colours.theme import ACCENTED, DIM, FAILED, FINISHED, STRONG, TEXT, WARNED
from tui.reading.sweeping import SweepSeen
from tui.sweep.charts import label
from tui.telling.describe import words
from tui.widgets.lines import Part, cells, strip
from tui.widgets.sweep_table import value_names

STATES = ("running", "paused", "queued", "lost", "finished", "cancelled", "failed")


def title(seen: SweepSeen, width: int) -> Strip:
    """What is swept, over which runs; at the right how far it is and how long it takes."""
    found = seen.outcome
    if found is None:
        return strip([(f" sweep {seen.sweep_id}   ", STRONG), (clean(seen.complaint, 200), FAILED)], width)
    left: list[Part] = [(f" sweep {seen.sweep_id} ", STRONG)]
    if found.plan.name:
        left.append((clean(found.plan.name, 40) + "  ", ACCENTED))
    left.append((" x ".join(_ranges(found.plan)), TEXT))
    if seen.parent_id is not None:
        left.append((f"  after sweep {seen.parent_id}", ACCENTED))
    swept = {axis.field for axis in found.plan.axes} | ({"seed"} if found.plan.repeats > 1 else set())
    seeds = [f"{found.plan.repeats} seeds"] if found.plan.repeats > 1 else []
    iterations = [] if found.plan.base.iterations is None else [counted(found.plan.base.iterations, "iteration")]
    left.append(("   " + " · ".join([*iterations, *seeds, *words(found.plan.base, without=swept)]), DIM))
    return strip(left, width, _progress(seen))


def _ranges(plan: SweepPlan) -> list[str]:
    ends = [(axis, label(axis, axis.ordered[0]), label(axis, axis.ordered[-1])) for axis in plan.axes]
    return [f"{axis.label} {low} … {high}, {counted(len(axis.values), 'value')}" for axis, low, high in ends]


def _progress(seen: SweepSeen) -> list[Part]:
    found = seen.outcome
    assert found is not None
    parts: list[Part] = [("  ", TEXT)]
    for state in STATES:
        if found.states.get(state):
            parts += [(str(found.states[state]), STRONG if state == "running" else TEXT), (f" {state}  ", DIM)]
    if found.diverged:
        parts.append((f"{found.diverged} diverged  ", WARNED))
    if found.over:
        parts.append(("done ", FINISHED))
    elif found.left_s is not None:
        left = "1 s" if found.left_s < 1 else fmt.duration(math.ceil(found.left_s))
        parts += [("left ", DIM), (left + " ", STRONG)]
    return parts


def rungs(seen: SweepSeen, width: int) -> Strip:
    """Where losers stop early, and what was decided there."""
    found = seen.outcome
    if found is None or found.plan.halving is None:
        return strip((), width)
    decided = {decision.rung: decision for decision in found.decisions}
    halving = found.plan.halving
    by = " by accuracy" if best_by(found.plan.axes) == "accuracy" else ""
    share = f"1/{round(1 / halving.keep)}{by}"
    told = [(f"{rung:,}: ", *_decision(decided.get(rung))) for rung in halving.rungs]
    with_limits: list[Part] = [
        part for place, went_on, limit in told for part in ((place, TEXT), went_on, (f"{limit}   ", DIM))
    ]
    without: list[Part] = [part for place, went_on, _ in told for part in ((place, TEXT), went_on, ("   ", DIM))]
    in_full, short = (f" race, the best {share} go on   ", DIM), (f" race, {share}   ", DIM)
    ways: list[list[Part]] = [[in_full, *with_limits], [in_full, *without], [short, *without]]
    return strip(next((way for way in ways if cells(way) <= width), ways[-1]), width)


def _decision(decision: RungDecision | None) -> tuple[Part, str]:
    """How many came and how many went on, and the largest loss that did."""
    if decision is None:
        return ("not yet", DIM), ""
    together = decision.kept + decision.dropped
    limit = f" up to {loss_text(decision.kept_up_to)}" if math.isfinite(decision.kept_up_to) else ""
    return (f"{together} → {decision.kept}", STRONG), limit


def best(seen: SweepSeen, width: int) -> Strip:
    """The best value in the form of the notes, and what to press next."""
    found = seen.outcome
    if found is None or found.best is None or found.best.train_loss is None:
        return strip([(" no value has come to its end yet", DIM)], width)
    place = seen.place(found.best.values)
    name = value_names(seen)[place or 0]
    parts: list[Part] = [
        (f" for {' '.join(name.split())} new loss: {loss_text(found.best.train_loss)}  ", STRONG),
        ("★ best" if best_by(found.plan.axes) == "loss" else "★ best accuracy", FINISHED),
    ]
    refine: list[Part] = [("z", ACCENTED), (" refine ", DIM)]
    for more in _held_out(found.best):
        if cells([*parts, more, *refine]) < width:
            parts.append(more)
    return strip(parts, width, refine)


def _held_out(best: ValueResult) -> Iterator[Part]:
    """What the best value is worth on examples that were not trained on."""
    if best.validation_loss is not None:
        yield f", validation {fmt.number(best.validation_loss)}", TEXT
        yield f", {fmt.percent(best.accuracy)}", TEXT
