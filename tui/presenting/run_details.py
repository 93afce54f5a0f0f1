"""Run details: all that is known of one run, in sections, as lines of (text, style)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from engine.jobs.people.costs import cost_words
from engine.spec import FIELDS, RunSpec, typed_text
from engine.store import Evaluation, Event, Run, reason_words, status_word
from engine.store.records.runs import OF_KIND
from engine.text import clean, counted
from engine.trace.smoothing import HALF_LIFE
from tui.chart.drawing.weight_cells import Manner
from tui.colours.theme import ACCENTED, DIM, RULES, STRONG, TEXT, WARNED
from tui.model.choices import Choices
from tui.model.snapshot import Snapshot
from tui.presenting.describe import field_label, given_name, in_force, label
from tui.presenting.inspected.weight_images import weight_images
from tui.text import numbers
from tui.text.parts import Part, cells
from tui.text.widths import width_of, wrapped

LABEL = 17
"""Cells of a label."""

TWO_COLUMNS = 72
"""Width in cells from which short values are in two columns."""

LONGEST_TEXT = 10_000
"""Characters of a note that are shown: it is wrapped again at each update."""

MOST_EVALUATIONS = 200
MOST_EVENTS = 200

Line = list[Part]
Pair = tuple[str, Line]
"""A label and its value."""


def run_details(snapshot: Snapshot, choices: Choices, width: int, manner: Manner = "halves") -> list[Line]:
    """All lines about the run under the cursor at `width` cells; none without a run. `manner`: how to draw pictures."""
    run = snapshot.run(choices.pointed)
    if run is None:
        return []
    seen = snapshot.of(run.run_id)
    sections: Iterable[tuple[str, Iterable[Line]]] = (
        ("", _head(snapshot, run, width)),
        ("reached", _columns(_reached(run), width)),
        ("weights", _weights(snapshot, run, width, manner)),
        ("spec", _columns(_spec(run, _others(snapshot, choices)), width)),
        ("evaluations", _evaluations(seen.evaluations)),
        ("events", _events(run, seen.events, width)),
        ("from and to", _relations(snapshot, run, seen.events, width)),
        ("where", _columns(_environment(snapshot, run), width)),
    )
    lines: list[Line] = []
    for title, section in sections:
        body = list(section)
        if body and title:
            lines += [[], [(f" {title} ", ACCENTED), ("─" * max(width - len(title) - 3, 0), RULES)]]
        lines += body
    return lines


def _head(snapshot: Snapshot, run: Run, width: int) -> Iterator[Line]:
    status = snapshot.status(run)
    name = given_name(run, LONGEST_TEXT)
    yield [(f" {run.run_id}  ", STRONG), (label(run), TEXT), (f"  {status_word(status)}", DIM)]
    yield from ([(" " + line, STRONG)] for line in _wrapped(name, width))
    if run.tags:
        yield from ([(" " + line, ACCENTED)] for line in _wrapped(" ".join(f"#{tag}" for tag in run.tags), width))
    yield from ([(" " + line, TEXT)] for line in _wrapped(run.note, width))
    text = _divergence(run) or reason_words(run.reason, run.iterations_done)
    is_trouble = run.state == "failed" or run.diverged_at is not None
    yield from ([(" " + line, WARNED if is_trouble else DIM)] for line in _wrapped(text, width))


def _divergence(run: Run) -> str:
    """Where a run diverged, why, and what helps; '' if it did not."""
    spec = in_force(run)
    if run.diverged_after is None or spec is None:
        return ""
    text = f"diverged at iteration {run.diverged_after:,}: the loss was not finite or"
    text += f" above {numbers.setting(spec.divergence_factor)} times the first one."
    if not spec.decides("step_size"):
        return text
    size = numbers.setting(run.step_size_now or spec.step_size)
    return f"{text} Step size {size} is probably too large; s compares smaller ones."


def _wrapped(text: str, width: int) -> list[str]:
    return wrapped(clean(text, LONGEST_TEXT), max(width - 2, 8))


def _reached(run: Run) -> Iterator[Pair]:
    planned = run.spec.iterations if run.spec is not None else None
    of = "" if planned is None else f" of {planned:,}"
    yield "iterations", [(f"{run.iterations_done:,}{of}", TEXT)]
    if cost := cost_words(run):
        yield "an iteration", [(cost, TEXT)]
    yield "time", [(numbers.span(run.elapsed_s), TEXT)]
    yield "iterations/s", [(numbers.rate(run.iterations_per_s), TEXT)]
    yield from _losses(run)
    for word, moment in (("created", run.created_at), ("started", run.started_at), ("ended", run.ended_at)):
        if moment:
            yield word, [(numbers.moment(moment, full=True), TEXT)]


def _losses(run: Run) -> Iterator[Pair]:
    """The current loss, the lowest evaluated one, and the newest evaluation of each split."""
    spec = run.spec
    word = "kept loss" if run.searches else "batch loss" if spec is not None and spec.is_noisy else "loss"
    average = f" half-life {HALF_LIFE:g}" if word == "batch loss" else ""
    yield word, [(numbers.loss(run.current_loss), TEXT), (average, DIM)]
    at = "" if run.best_iteration is None else f" after {counted(run.best_iteration, 'iteration')}"
    if run.best_iteration is None and run.best_loss is not None and run.best_loss == run.to_beat:
        at = " before the fork"
    yield "best train loss", [(numbers.loss(run.best_loss), TEXT), (at, DIM)]
    for split, loss, accuracy in (
        ("train", run.train_loss, run.train_accuracy),
        ("validation", run.validation_loss, run.validation_accuracy),
        ("test", run.test_loss, run.test_accuracy),
    ):
        if loss is not None:
            yield f"{split} loss", [(numbers.loss(loss), TEXT)]
            if accuracy is not None:
                yield f"{split} accuracy", [(numbers.percent(accuracy), TEXT)]


def _weights(snapshot: Snapshot, run: Run, width: int, manner: Manner) -> Iterable[Line]:
    weights = snapshot.weights
    if weights is None or weights.run_id != run.run_id:
        return ()
    has_diverged = run.diverged_at is not None and weights.iteration >= run.diverged_at
    return weight_images(weights, width, manner, diverged=has_diverged)


def _others(snapshot: Snapshot, choices: Choices) -> list[RunSpec]:
    """The specs of the other marked runs."""
    runs = [snapshot.run(run_id) for run_id in choices.marked if run_id != choices.pointed]
    return [spec for run in runs if run is not None and (spec := in_force(run)) is not None]


def _spec(run: Run, others: Sequence[RunSpec]) -> Iterator[Pair]:
    """Every field that has an effect, with the values of other marked runs where they differ."""
    spec = in_force(run)
    if run.spec is None or spec is None:
        if run.kind in OF_KIND:
            yield "kind", [(f"it {OF_KIND[run.kind]}", TEXT)]
        else:
            yield "spec", [("this version cannot read it", WARNED)]
        return
    for name, field in FIELDS.items():
        if not spec.decides(name):
            continue
        given, own = _value(run.spec, name), _value(spec, name)
        theirs = (_value(other, name) for other in others if other.decides(name))
        differing = [value for value in dict.fromkeys(theirs) if value != own]
        text = own if own == given else f"{given} → {own}"
        value: Line = [(text, STRONG if differing else TEXT)]
        if differing:
            value = [(text, ACCENTED), (f"  others {', '.join(differing)}", DIM)]
        yield field.label, value


def _value(spec: RunSpec, name: str) -> str:
    value = getattr(spec, name)
    return numbers.setting(value, 6) if isinstance(value, float) else clean(typed_text(name, value), 200)


def _evaluations(evaluations: Sequence[Evaluation]) -> Iterator[Line]:
    """A row per evaluated iteration, the newest first."""
    if not evaluations:
        return
    yield [(f"{'':>10}{'train':>17}{'validation':>17}{'test':>17}", DIM)]
    yield [(f"{'iteration':>10}{'loss  accuracy':>17}" + f"{'loss  accuracy':>17}" * 2, DIM)]
    by_iteration = [list(group) for _, group in groupby(evaluations, lambda evaluation: evaluation.iteration)]
    for group in by_iteration[: -MOST_EVALUATIONS - 1 : -1]:
        found = {evaluation.split: evaluation for evaluation in group}
        text = "".join(_evaluation(found.get(split)) for split in ("train", "validation", "test"))
        yield [(f"{group[0].iteration:>10,}{text}".rstrip(), TEXT)]
    if len(by_iteration) > MOST_EVALUATIONS:
        yield [(f"  and {counted(len(by_iteration) - MOST_EVALUATIONS, 'earlier one')}", DIM)]


def _evaluation(evaluation: Evaluation | None) -> str:
    """Loss and accuracy in 17 cells."""
    if evaluation is None:
        return f"{numbers.NOTHING:>7}{numbers.NOTHING:>10}"
    return f"{numbers.loss(evaluation.loss):>7}{numbers.percent(evaluation.accuracy):>10}"


def _events(run: Run, events: Sequence[Event], width: int) -> Iterator[Line]:
    for event in events[-MOST_EVENTS:]:
        value = clean(event.argument, 40)
        what = f"{clean(event.verb, 40).replace('-', ' ')} {value}".strip()
        line = f"{event.iteration:>10,}  {what}"
        moments = (numbers.moment(event.happened_at, full=full) for full in (True, False))
        when = next((text for text in moments if width_of(line + text) + 2 <= width), "")
        yield [(line, TEXT), (f"  {when}" if when else "", DIM)]
        outcome = clean(event.outcome, 300)
        if outcome and outcome != what:
            yield from ([(" " * 12 + line, DIM)] for line in _wrapped(outcome, width - 12))
    if run.attempt > 1:
        yield [(f"  taken up {run.attempt} times", TEXT)]


def _relations(snapshot: Snapshot, run: Run, events: Sequence[Event], width: int) -> Iterator[Line]:
    if run.parent_id is not None:
        yield [(f" goes on from run {run.parent_id} at iteration {run.first_iteration:,}", TEXT)]
    forks = [clean(event.argument, 20) for event in events if event.verb == "fork"]
    if forks:
        yield from ([(" " + line, TEXT)] for line in _wrapped(f"forked as run {', '.join(forks)}", width))
    background = snapshot.background
    if run.sweep_id is not None:
        is_known = background is not None and background.run_id == run.run_id
        name = clean(background.sweep_name, 60) if background is not None and is_known else ""
        yield [(f" of sweep {run.sweep_id}", TEXT), (f"  {name}" if name else "", DIM)]


def _environment(snapshot: Snapshot, run: Run) -> Iterator[Pair]:
    background = snapshot.background
    if background is None or background.run_id != run.run_id:
        return
    for name, value in background.environment:
        if value:
            yield clean(name, LABEL).replace("_", " "), [(clean(value, 200), TEXT)]
    worker = background.worker
    if worker is not None:
        yield "host", [(clean(worker.host, 100), TEXT)]
        yield "worker", [(f"{worker.worker_id}, process {worker.pid}", TEXT)]
    if background.times_lost:
        yield "workers lost", [(str(background.times_lost), WARNED)]


def _columns(pairs: Iterable[Pair], width: int) -> Iterator[Line]:
    """Labels and values, in two columns if they fit."""
    lines = [[(f" {field_label(name) if name in FIELDS else name:<{LABEL}} ", DIM), *value] for name, value in pairs]
    half = width // 2
    if width < TWO_COLUMNS:
        yield from (part for line in lines for part in _wrapped_value(line, width))
        return
    left: Line = []
    for line in lines:
        if left and cells(line) <= width - half:
            yield [*left, (" " * (half - cells(left)), TEXT), *line]
            left = []
            continue
        if left:
            yield left
        left = line if cells(line) < half else []
        if not left:
            yield from _wrapped_value(line, width)
    if left:
        yield left


def _wrapped_value(line: Line, width: int) -> Iterator[Line]:
    """A label and its value, wrapped below itself if it is longer than the line."""
    if cells(line) <= width:
        yield line
        return
    label, *value = line
    room = max(width - width_of(label[0]) - 1, 8)
    for text, style in value:
        for piece in wrapped(text, room):
            yield [label, (piece, style)]
            label = (" " * width_of(label[0]), TEXT)
