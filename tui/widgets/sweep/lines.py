"""The lines of the sweep dialog: the values on their axes, and a summary."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from textual.strip import Strip

from engine.jobs.processes.launch import cores
from engine.sweep import SweepPlan
from engine.text import counted
from tui.colours.theme import ACCENTED, DIM, FAILED, RULES, STRONG, TEXT
from tui.model.sweep.sweep_draft import SweepDraft
from tui.model.sweep.sweep_form import origin_name
from tui.presenting.axis_preview import axis_preview
from tui.presenting.describe import spec_texts
from tui.text import numbers
from tui.text.parts import Part, cells
from tui.text.widths import as_many
from tui.widgets.lines import strip

LABEL_WIDTH, END_WIDTH = 16, 9


def title(draft: SweepDraft, width: int, written: Callable[[str], str] = str) -> Strip:
    """The swept fields, as many of the other settings as fit whole, and the origin of the draft.

    `written`: how texts with signs of formulas are.
    """
    left: Part = (f" sweep {' x '.join(one.label for one in draft.ranges)}   ", STRONG)
    right: Part = (f"{origin_name(draft.origin)} ", DIM)
    told = [written(text) for text in spec_texts(draft.base, without={one.field for one in draft.ranges})]
    return strip([left, (as_many(told, width - cells([left, right]) - 1), DIM)], width, [right])


def axes(draft: SweepDraft, width: int) -> list[Strip]:
    """Each range on its axis: its ends, a sign for every value, and labels below."""
    lines: list[Strip] = []
    for place, one in enumerate(draft.ranges):
        is_active = place == draft.active
        bar: Part = ("▌ ", ACCENTED) if is_active and len(draft.ranges) > 1 else ("  ", TEXT)
        count = f"  {counted(len(one.values()), 'value') if one.values() else '? values'}  {one.scale}"
        low, high = ("", "") if one.scale == "list" else (one.end_text(one.low), one.end_text(one.high))
        room = width - 2 - LABEL_WIDTH - 2 * END_WIDTH - 2 - (len(count) if width >= 90 else 0)
        line, labels = axis_preview(one, room)
        name: Part = (numbers.fit(one.label, LABEL_WIDTH), STRONG if is_active else TEXT)
        ends = [(numbers.fit(low, END_WIDTH, right=True) + " ", TEXT), (" " + numbers.fit(high, END_WIDTH), TEXT)]
        parts = [bar, name, ends[0], *_axis_parts(line), ends[1], *([(count, DIM)] if width >= 90 else [])]
        below = " " * (2 + LABEL_WIDTH + END_WIDTH + 1) + labels
        lines += [strip(parts, width), strip([(below, DIM)], width)]
    return lines


def _axis_parts(line: str) -> Iterator[Part]:
    """The axis in pieces of one style."""
    styles = {"─": RULES, "━": ACCENTED, "●": STRONG, "◆": FAILED}
    start = 0
    for at in range(1, len(line) + 1):
        if at == len(line) or line[at] != line[start]:
            yield line[start:at], styles[line[start]]
            start = at


def outlook(plan: SweepPlan, rate: float | None, workers: int) -> list[Part]:
    """A summary of what `enter` would run. `rate` is iterations/s of one worker."""
    iterations = iterations_of(plan)
    parts: list[Part] = [(" › ", ACCENTED), (counted(plan.size, "run"), STRONG)]
    if iterations is None:
        return [*parts, (f", {plan.spec.seconds:g} s each", TEXT)]
    parts.append((f", {counted(iterations, 'iteration')}{' at most' if plan.halving else ''}", TEXT))
    speed = plan.spec.pace or rate
    if speed:
        # More full-speed workers than cores only share the cores; paced workers mostly sleep.
        at_once = max(min(workers if plan.spec.pace else min(workers, cores()), plan.size), 1)
        # A worker takes whole runs, but those of a race are cut at its rungs.
        of_one = iterations / at_once if plan.halving else iterations / plan.size * math.ceil(plan.size / at_once)
        parts.append((f", about {_roughly(max(of_one / speed, 1))} with {counted(at_once, 'worker')}", TEXT))
    return parts


def _roughly(seconds: float) -> str:
    """A time that is only estimated: 95 s, 42 min, 28 h."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:,.0f} h"


def iterations_of(plan: SweepPlan) -> int | None:
    """Total iterations of all runs; of a race, those left if every rung drops its share. None if the budget is time."""
    each = plan.spec.iterations
    if each is None:
        return None
    if plan.halving is None:
        return each * plan.size
    done, before, values = 0, 0, plan.size // plan.repeats
    for rung in (*plan.halving.rungs, each):
        done += (rung - before) * values * plan.repeats
        before, values = rung, max(1, -(-values // round(1 / plan.halving.keep)))
    return done
