"""The lines of the sweep dialog: the values on their axes, the settings with their keys, and a summary."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from textual.strip import Strip

from engine.jobs.processes.launch import cores
from engine.spec import FIELDS
from engine.sweep import SweepPlan
from engine.text import counted
from tui.colours.theme import ACCENTED, DIM, FAILED, RULES, STRONG, TEXT
from tui.model.keymap import keys_of
from tui.model.sweep.sweep_draft import SweepDraft, offered
from tui.model.sweep.sweep_range import SweepRange
from tui.presenting.axis_preview import axis_preview
from tui.presenting.describe import words
from tui.text import numbers
from tui.text.parts import Part
from tui.widgets.lines import strip

LABEL_WIDTH, END_WIDTH = 16, 9
KEYS_WIDTH = 6


def title(draft: SweepDraft, width: int) -> Strip:
    """The swept fields, the other settings and the origin of the draft."""
    of = origin_name(draft.origin)
    swept = {one.field for one in draft.ranges}
    left = f" sweep {' x '.join(one.label for one in draft.ranges)}"
    return strip(
        [(left, STRONG), ("   " + " · ".join(words(draft.base, without=swept)), DIM)], width, [(f"{of} ", DIM)]
    )


def origin_name(origin: int | None) -> str:
    """The origin of a draft: a run, or the defaults."""
    return "the defaults" if origin is None else f"run {origin}"


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


def settings(draft: SweepDraft, origins: Sequence[int | None], width: int) -> list[Strip]:
    """Every other choice on a line: its key, its name, its value, and what that means.

    `origins` are the runs that the sweep may start from (None: the defaults).
    """
    told = {key.action: key for key in keys_of("sweep")}
    lines = []
    for actions, name, chosen, remark in _rows(draft, origins):
        shown = " ".join(told[action].shown for action in actions)
        parts: list[Part] = [
            (f"  {numbers.fit(shown, KEYS_WIDTH)}", ACCENTED),
            (numbers.fit(name, LABEL_WIDTH - KEYS_WIDTH + 6), TEXT),
            (chosen, STRONG),
        ]
        lines.append(strip([*parts, (("   " + remark) if remark else "", DIM)], width))
    return lines


def _rows(draft: SweepDraft, origins: Sequence[int | None]) -> Iterator[tuple[tuple[str, ...], str, str, str]]:
    one = draft.range
    others = [FIELDS[field].label for field in offered(draft.base) if field != one.field]
    yield ("field(1)",), "parameter", one.label, "also: " + ", ".join(others)
    yield ("count(1)", "count(-1)"), "values", str(len(one.values()) or one.count), ", ".join(_values(one))
    yield ("scale",), "scale", one.scale, "e: type the ends, or the values themselves"
    yield ("moves",), "arrows move by", "halves" if draft.fine else "decades", "← → the low end, ↑ ↓ the high end"
    second = "no" if len(draft.ranges) < 2 else " x ".join(swept.label for swept in draft.ranges)
    yield ("grid",), "grid", second, "" if len(draft.ranges) < 2 else "tab: the other parameter"
    seeds = f"{draft.repeats} per value"
    same = "the same seeds and mini-batches for all values" if draft.same_seeds else "each run has its own seed"
    yield ("repeat(1)", "repeat(-1)"), "seeds", seeds, ""
    yield ("seeds",), "fair", "yes" if draft.same_seeds else "no", same
    iterations = draft.base.iterations
    budget = f"{iterations:,}" if iterations else f"{draft.base.seconds:g} s"
    yield ("last(-2)", "last(2)"), "iterations", budget, ""
    pace = "full speed" if draft.base.pace is None else f"{draft.base.pace:g} iterations/s, to watch"
    yield ("pace",), "pace", pace, ""
    yield ("race", "keep"), "race", *_race(draft)
    also = ", ".join(origin_name(origin) for origin in origins if origin != draft.origin)
    yield ("from",), "settings of", origin_name(draft.origin), f"also: {also}" if also else ""


def _values(one: SweepRange) -> list[str]:
    return [numbers.value_label(value, log=one.scale != "linear") for value in one.values()]


def _race(draft: SweepDraft) -> tuple[str, str]:
    share = f"1/{round(1 / draft.keep)}"
    if not draft.rungs or draft.base.iterations is None:
        told = counted(draft.rungs, "rung") if draft.rungs else "off"
        return told, "m: stop losers early, by successive halving"
    rungs = [round(draft.base.iterations * draft.keep**power) for power in range(draft.rungs, 0, -1)]
    at = ", ".join(f"{rung:,}" for rung in rungs)
    return counted(draft.rungs, "rung"), f"at {at} iterations the best {share} go on; the others stop"


def outlook(plan: SweepPlan | None, complaint: str, rate: float | None, workers: int) -> list[Part]:
    """A summary of what `enter` would run, or why it would run nothing. `rate` is iterations/s of one worker."""
    if plan is None:
        return [(" ! ", FAILED), (complaint, TEXT)]
    iterations = iterations_of(plan)
    parts: list[Part] = [(" › ", ACCENTED), (counted(plan.size, "run"), STRONG)]
    if iterations is None:
        return [*parts, (f", {plan.base.seconds:g} s each", TEXT)]
    parts.append((f", {counted(iterations, 'iteration')}{' at most' if plan.halving else ''}", TEXT))
    speed = plan.base.pace or rate
    if speed:
        # More full-speed workers than cores only share the cores; paced workers mostly sleep.
        at_once = max(min(workers if plan.base.pace else min(workers, cores()), plan.size), 1)
        seconds = max(iterations / (speed * at_once), 1)
        parts.append((f", about {seconds:,.0f} s with {counted(at_once, 'worker')}", TEXT))
    return parts


def iterations_of(plan: SweepPlan) -> int | None:
    """Total iterations of all runs; of a race, those left if every rung drops its share. None if the budget is time."""
    each = plan.base.iterations
    if each is None:
        return None
    if plan.halving is None:
        return each * plan.size
    done, before, values = 0, 0, plan.size // plan.repeats
    for rung in (*plan.halving.rungs, each):
        done += (rung - before) * values * plan.repeats
        before, values = rung, max(1, -(-values // round(1 / plan.halving.keep)))
    return done
