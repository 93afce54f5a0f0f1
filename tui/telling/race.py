"""The verdict on the race: what its lanes reached, compared by their loss over the whole train split."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from engine.spec import RunSpec
from tui import format as fmt
from tui.reading.racing import Lane


def verdict(lanes: Sequence[Lane], *, long: bool = True) -> str:
    """What a race showed that is over; '' where there was none. A winner is told where all came to their end."""
    compared = sorted((lane for lane in lanes if _arrived(lane)), key=_loss)
    early = [lane for lane in lanes if not _arrived(lane)]
    if not long:
        return " · ".join([*map(_reached, compared), *map(_end, early)])
    if not lanes:
        return ""
    if early:
        others = f" {_listed(compared)}" if compared else ""
        return f"The race is over: {'; '.join(map(_end, early))}.{others}"
    first = [lane for lane in compared if fmt.number(_loss(lane)) == fmt.number(_loss(compared[0]))]
    rest = compared[len(first) :]
    won = f"{_winners(first, rest)}: train loss {fmt.number(_loss(first[0]))}{_right(first)}."
    return f"{won} {_listed(rest)}" if rest else won


def way(spec: RunSpec | None) -> str:
    """What a lane is called beside the others."""
    if spec is None or spec.strategy != "gradient-descent":
        return "" if spec is None else spec.strategy.replace("-", " ")
    return "full batch" if spec.batch_size is None else "mini-batches"


def _winners(first: Sequence[Lane], rest: Sequence[Lane]) -> str:
    """Who has the lowest loss, as far as its digits are told."""
    ways = [way(lane.run.spec) for lane in first]
    if not all(_descends(lane) for lane in first):
        return f"{_capital(' and '.join(ways))} {'win' if len(first) > 1 else 'wins'}"
    if len(first) > 1:
        return f"Gradient descent wins, {' or '.join(ways)}"
    return f"Gradient descent{f' ({ways[0]})' if any(map(_descends, rest)) else ''} wins"


def _right(first: Iterable[Lane]) -> str:
    """How much of the validation split is classified correctly, by each of these."""
    known = [lane.validation.accuracy for lane in first if lane.validation is not None]
    shares = [share for share in known if math.isfinite(share)]
    if not shares:
        return ""
    *others, last = dict.fromkeys(map(fmt.percent, shares))
    return f", {' and '.join([*(text.removesuffix(' %') for text in others), last])} of validation digits right"


def _end(lane: Lane) -> str:
    """How far a lane came that did not arrive, and what it had reached by then."""
    run = lane.run
    planned = None if run.spec is None else run.spec.iterations
    how = {"cancelled": "stopped", "failed": "failed"}.get(run.state, "ended")
    if run.diverged_at is not None:
        how = "diverged"
    of = f" of {planned:,}" if planned else ""
    reached = "" if lane.train is None else f" (train loss {fmt.number(lane.train.loss)} at {lane.train.iteration:,})"
    return f"{way(run.spec)} {how} at {run.iterations_done:,}{of}{reached}"


def _listed(lanes: Iterable[Lane]) -> str:
    return _capital(", ".join(map(_reached, lanes))) + "."


def _reached(lane: Lane) -> str:
    return f"{way(lane.run.spec)} {fmt.number(_loss(lane))}"


def _arrived(lane: Lane) -> bool:
    """Whether a lane came to its planned end, with a loss that can be compared."""
    return lane.run.state == "finished" and lane.run.diverged_at is None and math.isfinite(_loss(lane))


def _loss(lane: Lane) -> float:
    return math.nan if lane.train is None else lane.train.loss


def _descends(lane: Lane) -> bool:
    return lane.run.spec is not None and lane.run.spec.strategy == "gradient-descent"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
