"""The two lines about the run under the cursor: what it is, its progress, its losses."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.strip import Strip

from engine.spec import FIELDS
from engine.store import ENDED, Run, SweepTitle, status_word
from engine.text import clean, counted
from tui.colours.theme import ACCENTED, DIM, RULES, STRONG, TEXT, WARNED
from tui.model.choices import Choices
from tui.model.snapshot import Snapshot
from tui.presenting.describe import describe, differing, in_force, progress, sweep_words
from tui.presenting.detailed.config import differing_config
from tui.text import numbers
from tui.text.parts import Part, cells
from tui.text.widths import width_of
from tui.widgets.lines import strip

BAR_WIDTH = 10

GAP = "  "
"""Cells between what stands on a line."""

LESS_TELLING = ("gradient norm", "test accuracy", "validation accuracy")
"""Numbers that make room for what differs, in this order."""

MOST_DIFFERENCES = 4
"""Largest number of fields that are named: the first ones decide most."""


def details(snapshot: Snapshot, choices: Choices, width: int, written: Callable[[str], str] = str) -> list[Strip]:
    """Two lines of `width` cells; blank ones if there is no run. `written`: how texts with signs of formulas are."""
    run = snapshot.run(choices.pointed)
    title = snapshot.title(choices.title)
    if title is not None:
        return _sweep(title, choices, width)
    if run is None:
        return [strip((), width), strip((), width)]
    indent = " " * (len(str(run.run_id)) + 3)
    first: list[Part] = [(f" {run.run_id}  ", STRONG), (written(describe(run)), TEXT)]
    room = width - len(indent)
    second: list[Part] = [(indent, TEXT), *_reached(snapshot, run, room, written)]
    differences: list[Part] = []
    for count in range(len(LESS_TELLING) + 1):
        figures: list[Part] = [(indent, TEXT), *_reached(snapshot, run, room, written, LESS_TELLING[:count])]
        differences = _differences(snapshot, choices, width - cells(figures) - 1)
        if differences:
            second = figures
            break
    return [strip(first, width, _progress(snapshot, run)), strip(second, width, differences)]


def _sweep(title: SweepTitle, choices: Choices, width: int) -> list[Strip]:
    first: list[Part] = [(f" sweep {title.sweep_id}  ", STRONG), (sweep_words(title), TEXT)]
    fold = "unfold" if title.sweep_id in choices.listing.folded else "fold"
    second: list[Part] = [
        (f"   {title.runs} in this list  ", TEXT),
        ("lowest train loss ", DIM),
        (numbers.loss(title.lowest_train_loss), TEXT),
    ]
    return [strip(first, width), strip(second, width, [(f"enter or space: {fold} ", DIM)])]


def _progress(snapshot: Snapshot, run: Run) -> list[Part]:
    share = progress(run)
    status = snapshot.status(run)
    if share is None or status == "queued" or run.state in ENDED:
        how = "in" if status == "finished" else "after"
        lasted: Part = (f"{how} {numbers.span(run.elapsed_s)} ", TEXT)
        word = "" if status == "diverged" else f"{status_word(status)} "  # the line below says so, and where
        return [(word, DIM), lasted] if run.started_at else []
    done, rest = numbers.bar(share, BAR_WIDTH)
    return [(done, ACCENTED), (rest, RULES), (f" {min(share, 1.0):4.0%} ".replace("%", " %"), TEXT)]


def _reached(
    snapshot: Snapshot, run: Run, room: int, written: Callable[[str], str], without: Sequence[str] = ()
) -> list[Part]:
    """How it diverged, the numbers that fit whole, and what keeps it from going on, which numbers make room for.

    Numbers named in `without` are left out.
    """
    first, last = _written(_divergence(run), written), _written(_obstacle(snapshot, run), written)
    if cells(first) + cells(last) > room:
        first = first[:1]  # the advice
    figures = [_written(figure, written) for figure in _figures(snapshot, run, without)]
    room -= cells(first) + cells(last)
    shown = set[int]()
    # the iteration of the evaluation belongs to the losses before it, so it is placed before them
    for place in sorted(range(len(figures)), key=lambda place: len(figures[place]) > 1):
        if cells(figures[place]) > room:
            break
        room -= cells(figures[place])
        shown.add(place)
    return [*first, *(part for place, figure in enumerate(figures) if place in shown for part in figure), *last]


def _written(parts: list[Part], written: Callable[[str], str]) -> list[Part]:
    return [(written(text), style) for text, style in parts]


def _divergence(run: Run) -> list[Part]:
    if run.diverged_after is None:
        return []
    parts: list[Part] = [(f"diverged at iteration {run.diverged_after:,}{GAP}", WARNED)]
    spec = in_force(run)
    if spec is not None and spec.decides("step_size"):
        parts.append((f"step size probably too large: s compares smaller ones{GAP}", DIM))
    return parts


def _figures(snapshot: Snapshot, run: Run, without: Sequence[str]) -> list[list[Part]]:
    """Words with their numbers, and the iteration of the losses before it if it is not the newest."""
    pairs: list[tuple[str, str]] = []
    if run.kind != "engine" and run.current_loss is not None:
        pairs.append(("loss", numbers.loss(run.current_loss)))
    if run.train_loss is not None:
        pairs.append(("train", numbers.loss(run.train_loss)))
    if run.validation_loss is not None:
        pairs.append(("validation", numbers.loss(run.validation_loss)))
        pairs.append(("validation accuracy", numbers.percent(run.validation_accuracy)))
    if run.test_accuracy is not None:
        pairs.append(("test accuracy", numbers.percent(run.test_accuracy)))
    pairs = [(word, value) for word, value in pairs if word not in without]
    figures: list[list[Part]] = [[(f"{word} ", DIM), (value + GAP, TEXT)] for word, value in pairs]
    if run.evaluated_at is not None and run.evaluated_at < run.iterations_done:
        figures.append([(f"at {run.evaluated_at:,}{GAP}", DIM)])
    steepness = snapshot.of(run.run_id).gradient_norm
    if "gradient norm" not in without and steepness is not None and steepness == steepness:
        figures.append([("gradient norm ", DIM), (numbers.number(steepness) + GAP, TEXT)])
    return figures


def _obstacle(snapshot: Snapshot, run: Run) -> list[Part]:
    status = snapshot.status(run)
    if status == "lost" and run.state == "running":
        return [(f"its worker died; {counted(run.iterations_done, 'iteration')} are kept{GAP}", WARNED)]
    if status == "silent":
        return [(f"its worker has written nothing for a while{GAP}", WARNED)]
    if run.reason and status in ("failed", "cancelled", "waiting", "lost"):
        return [(clean(run.reason, 120) + GAP, WARNED)]
    return [(f"waits for a worker{GAP}", DIM)] if run.state == "queued" else []


def _differences(snapshot: Snapshot, choices: Choices, room: int) -> list[Part]:
    """The fields in which the run under the cursor and the marked runs differ: as many as fit, and how many more."""
    compared = dict.fromkeys((choices.pointed, *choices.marked))
    runs = [run for run_id in compared if (run := snapshot.run(run_id)) is not None]
    names = differing(tuple(spec for run in runs if (spec := in_force(run)) is not None))
    labels = [FIELDS[name].label for name in names]
    labels += [clean(field_name.rpartition(".")[2], 24) for field_name in differing_config(snapshot, runs)]
    candidates = (_differs(labels, count) for count in range(min(len(labels), MOST_DIFFERENCES), 0, -1))
    return [(text, DIM) for text in candidates if width_of(text) <= room][:1]


def _differs(labels: Sequence[str], count: int) -> str:
    more = f" +{len(labels) - count} more" if count < len(labels) else ""
    return f"differs: {', '.join(labels[:count])}{more} "
