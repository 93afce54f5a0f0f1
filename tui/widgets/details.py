"""The two lines about the run under the cursor: what it is, its progress, its losses."""

from __future__ import annotations

from collections.abc import Callable

from textual.strip import Strip

from engine.spec import FIELDS
from engine.store import ENDED, Run, SweepTitle, status_word
from engine.text import clean, counted
from tui.colours.theme import ACCENTED, DIM, RULES, STRONG, TEXT, WARNED
from tui.model.choices import Choices
from tui.model.snapshot import Snapshot
from tui.presenting.describe import decides, describe, differing, in_force, progress, sweep_words
from tui.text import numbers
from tui.text.parts import Part, cells
from tui.text.widths import width_of
from tui.widgets.lines import strip

BAR_WIDTH = 10

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
    second: list[Part] = [(indent, TEXT), *((written(text), style) for text, style in _reached(snapshot, run))]
    differences = _differences(snapshot, choices, width - cells(second) - 1)
    return [strip(first, width, _progress(snapshot, run)), strip(second, width, differences)]


def _sweep(title: SweepTitle, choices: Choices, width: int) -> list[Strip]:
    first: list[Part] = [(f" sweep {title.sweep_id}  ", STRONG), (sweep_words(title), TEXT)]
    fold = "unfold" if title.sweep_id in choices.listing.folded else "fold"
    second: list[Part] = [
        (f"   {title.runs} in this list  ", TEXT),
        ("best ", DIM),
        (numbers.loss(title.best_loss), TEXT),
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


def _reached(snapshot: Snapshot, run: Run) -> list[Part]:
    parts: list[Part] = []

    def add(word: str, value: str) -> None:
        parts.extend([(word + " ", DIM), (value + "  ", TEXT)])

    if run.diverged_at is not None:
        parts.append((f"diverged at iteration {run.diverged_at:,}  ", WARNED))
        spec = in_force(run)
        if spec is not None and decides(spec, "step_size"):
            parts.append(("step size probably too large: s compares smaller ones  ", DIM))
    if run.train_loss is not None:
        add("train", numbers.loss(run.train_loss))
    if run.validation_loss is not None:
        add("validation", numbers.loss(run.validation_loss))
        add("validation accuracy", numbers.percent(run.validation_accuracy))
    if run.test_accuracy is not None:
        add("test accuracy", numbers.percent(run.test_accuracy))
    if run.evaluated_at is not None and run.evaluated_at < run.iterations_done:
        parts.append((f"at {run.evaluated_at:,}  ", DIM))
    norm = snapshot.of(run.run_id).gradient_norm
    if norm is not None and norm == norm:
        add("gradient norm", numbers.number(norm))
    status = snapshot.status(run)
    if status == "lost":
        parts.append((f"its worker died; {counted(run.iterations_done, 'iteration')} are kept  ", WARNED))
    elif status == "silent":
        parts.append(("its worker has written nothing for a while  ", WARNED))
    elif run.reason and status in ("failed", "cancelled", "waiting"):
        parts.append((clean(run.reason, 120) + "  ", WARNED))
    elif run.state == "queued":
        parts.append(("waits for a worker  ", DIM))
    return parts


def _differences(snapshot: Snapshot, choices: Choices, room: int) -> list[Part]:
    """The fields in which the run under the cursor and the marked runs differ, as many as fit."""
    compared = dict.fromkeys((choices.pointed, *choices.marked))
    runs = [run for run_id in compared if (run := snapshot.run(run_id)) is not None]
    names = differing([spec for run in runs if (spec := in_force(run)) is not None])
    labels = [FIELDS[name].label for name in names[:MOST_DIFFERENCES]]
    told = (f"differs: {', '.join(labels[:count])} " for count in range(len(labels), 0, -1))
    return [(text, DIM) for text in told if width_of(text) <= room][:1]
