"""Lessons: what a race, a sweep or a probe showed, in one sentence with its numbers, and the keys of the next lesson.

They follow the order of the CS231n notes: strategies, step sizes, one step with each of them, mini-batches.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from engine.store import Run
from engine.sweep import Value, amount_text
from engine.sweep.outcome import ValueResult
from tui.model.sweep_seen import SweepSeen
from tui.presenting.race import ALIKE, way
from tui.text import numbers

if TYPE_CHECKING:
    from engine.jobs.people.probe import RunProbe

LessonName = Literal["race", "step sizes", "probe", "batch sizes"]

DECADE = 9.0
"""Ratio of step sizes from which one serves as the example of a smaller step."""

HARDLY = 0.75
"""Share of the first loss from which a run counts as hardly moved."""

NEAR = 1.5
"""Ratio to the lowest loss up to which a loss counts as near it."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """`seen` is what was shown, in wordings from the longest to the shortest.

    `keys` start the `next` lesson; '' after the last one, or if it cannot start from here.
    """

    name: LessonName
    seen: tuple[str, ...]
    keys: str = ""
    next: str = ""


def of_race(runs: Sequence[Run]) -> Lesson | None:
    """The numbers of examples that mini-batches and full batches took for their losses; None for no runs."""
    if not runs:
        return None
    by_way = {way(run.spec): run for run in runs}
    full, mini = by_way.get("full batch"), by_way.get("mini-batch")
    seen = () if full is None or mini is None else _of_batches(full, mini)
    return Lesson("race", seen, "s", "sweep step sizes")


def _of_batches(full: Run, mini: Run) -> tuple[str, ...]:
    many, few = ((run.examples_per_iteration or 0) * (run.evaluated_at or 0) for run in (full, mini))
    if full.train_loss is None or mini.train_loss is None or not few or many <= few:
        return ()
    low, high = numbers.loss(mini.train_loss), numbers.loss(full.train_loss)
    said = f"Mini-batches: {low} with {few:,} examples; full batch: {high} with {many:,}; x x draws it so."
    brief = f"Mini-batches took {_ratio(many / few)}x fewer examples."
    return (said, brief) if mini.train_loss <= ALIKE * full.train_loss else (said,)


def of_sweep(seen: SweepSeen) -> Lesson | None:
    """The lesson of a finished sweep over step sizes or batch sizes; None for any other."""
    found = seen.outcome
    if found is None or not found.over or found.best is None or len(found.plan.axes) > 1:
        return None
    match found.plan.axes[0].field:
        case "step_size":
            return Lesson("step sizes", _of_step_sizes(seen, found.best), "b", "probe step sizes")
        case "batch_size":
            return Lesson("batch sizes", _of_batch_sizes(seen, found.best), "esc n", "a run of your own")
        case _:
            return None


def _of_step_sizes(seen: SweepSeen, best: ValueResult) -> tuple[str, ...]:
    """What smaller and larger step sizes than the best led to."""
    start = _first_loss(seen)
    smaller = [one for one in reversed(seen.values) if _size(best) / _size(one) > 1]
    larger = [one for one in seen.values if _size(one) / _size(best) > 1]
    still = next((one for one in smaller if one.complete and _loss(one) >= HARDLY * start), None)
    slower = next((one for one in smaller if _size(best) / _size(one) >= DECADE and one is not still), None)
    ran = (one for one in larger if one.diverged or one.train_loss is not None)
    wild = next((one for one in ran if one.diverged or not _loss(one) <= start), None)
    worse = next((one for one in larger if one.complete), None)
    parts = []
    if slower is not None and slower.complete and not slower.diverged:
        parts.append(f"{_ratio(_size(best) / _size(slower))}x smaller ends at {numbers.loss(slower.train_loss)}")
    if still is not None:
        parts.append(f"{_ratio(_size(best) / _size(still))}x smaller hardly moves")
    if wild is not None:
        parts.append(f"{_ratio(_size(wild) / _size(best))}x larger explodes")
    elif worse is not None:
        parts.append(f"{_ratio(_size(worse) / _size(best))}x larger ends at {numbers.loss(worse.train_loss)}")
    best_part = f"{numbers.setting(_size(best), 3)} is best: loss {numbers.loss(best.train_loss)}"
    return tuple(f"{'; '.join([best_part, *parts[place:]])}." for place in range(len(parts) + 1))


def _first_loss(seen: SweepSeen) -> float:
    """The initial loss, from the first drawn curve in the order of the step sizes; inf if unknown."""
    for result in seen.values:
        run = seen.first_run(result)
        drawn = None if run is None else seen.drawn.get(run.run_id)
        if drawn is not None and len(drawn.curve.mean) and math.isfinite(drawn.curve.mean[0]):
            return float(drawn.curve.mean[0])
    return math.inf


def _of_batch_sizes(seen: SweepSeen, best: ValueResult) -> tuple[str, ...]:
    """The best batch size at equal examples, time and iterations; else one near the best with fewer examples."""
    found = seen.outcome.comparisons if seen.outcome is not None else ()
    if len(found) > 1 and all(one.best is not None or one.is_short for one in found):
        bests = [(one, batch_text(one.best[0])) for one in found if one.best is not None]
        long = ", ".join(f"{batch} after {amount_text(one.equal, one.amount)}" for one, batch in bests)
        brief = ", ".join(f"{batch} by {one.equal}" for one, batch in bests)
        return f"Best batch size: {long}.", f"Best batch size: {brief}."
    return _with_fewer_examples(seen, best)


def batch_text(value: Value) -> str:
    """A batch size as text, such as 64 or full."""
    return "full" if value is None else str(value)


def _with_fewer_examples(seen: SweepSeen, best: ValueResult) -> tuple[str, ...]:
    """The batch size with the lowest loss, and the one that came near it with the fewest examples."""
    runs = {result: run for result in seen.values if (run := seen.first_run(result)) is not None}
    near = [result for result in runs if result.complete and _loss(result) <= NEAR * _loss(best)]
    if best not in runs or not near:
        return ()
    frugal = min(near, key=lambda result: _examples(runs[result]))
    most, few = _examples(runs[best]), _examples(runs[frugal])
    lowest = f"{_batch(best)} is lowest: {numbers.loss(best.train_loss)} after {most:,} examples"
    if frugal is best or not few:
        return (f"{lowest}, and no other one comes near it with fewer.", f"{lowest}.")
    other = f"{_batch(frugal).lower()} gets to {numbers.loss(frugal.train_loss)} with {_ratio(most / few)}x fewer"
    brief = f"{_batch(frugal)} is near {_batch(best).lower()} with {_ratio(most / few)}x fewer examples."
    return (*_with_time(f"{lowest}; {other}", runs[best], runs[frugal]), f"{lowest}; {other}.", brief)


def _with_time(said: str, best: Run, frugal: Run) -> Iterator[str]:
    """The same with both times in seconds, if fewer examples also took less time and no pace slowed the runs."""
    if best.spec is not None and best.spec.pace is None and frugal.elapsed_s < best.elapsed_s:
        yield f"{said}, in {frugal.elapsed_s:.2g} instead of {best.elapsed_s:.2g} s."


def of_probe(found: RunProbe) -> Lesson | None:
    """The effect of a smaller and of a larger step than the best; None if no step lowers the loss."""
    probe, best = found.probe, found.probe.best
    if best is None:
        return None
    from engine.analysis.probe import judge

    judged, sizes, changes = judge(probe), probe.step_sizes.tolist(), probe.change.tolist()
    small = [place for place, word in enumerate(judged) if word == "too small" and sizes[place] < sizes[best]]
    large = [place for place, word in enumerate(judged) if word == "too large" and sizes[place] > sizes[best]]
    parts, brief = (
        [f"{numbers.setting(sizes[best])} is the best step from here"],
        [f"Best {numbers.setting(sizes[best])}"],
    )
    if small:
        share = f"{numbers.setting(sizes[small[-1]])} gains {numbers.percent(changes[small[-1]] / changes[best], 0)}"
        parts, brief = [*parts, f"{share} of that"], [*brief, share]
    if large:
        size, change = numbers.setting(sizes[large[0]]), changes[large[0]]
        rises = f"raises the loss by {numbers.setting(change, 3)}" if math.isfinite(change) else "explodes"
        less = f"overshoots: it gains {numbers.percent(change / changes[best], 0)}"
        parts, brief = [*parts, f"{size} {less if change <= 0 else rises}"], [*brief, f"{size} overshoots"]
    seen = f"{'; '.join(parts)}.", f"{'; '.join(brief)}."
    if not found.spec.kind.batches:
        return Lesson("probe", seen)
    return Lesson("probe", seen, "s → enter", "sweep batch sizes")


def _examples(run: Run) -> int:
    """Number of examples that a run has processed."""
    return (run.examples_per_iteration or 0) * run.iterations_done


def _size(result: ValueResult) -> float:
    value = result.values[0]
    return math.nan if value is None else float(value)


def _loss(result: ValueResult) -> float:
    return math.nan if result.train_loss is None else result.train_loss


def _batch(result: ValueResult) -> str:
    value = result.values[0]
    return "Full batch" if value is None else f"Batch {value}"


def _ratio(value: float) -> str:
    """A ratio in two digits: 4.7, 32, 1,000."""
    rounded = float(f"{value:.2g}")
    return f"{rounded:g}" if rounded < 10 else f"{rounded:,.0f}"
