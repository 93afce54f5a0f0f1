"""Run details: all that is known of one run, in sections, as lines of (text, style)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from engine.jobs.people.costs import cost_words
from engine.spec import FIELDS, RunSpec, typed_text
from engine.store import Evaluation, Event, Run, reason_words, status_word
from engine.text import clean, counted
from engine.trace.smoothing import HALF_LIFE
from tui.chart.drawing.weight_cells import Manner
from tui.colours.theme import ACCENTED, DIM, RULES, STRONG, TEXT, WARNED
from tui.model.choices import Choices
from tui.model.run_seen import ProgramSeen
from tui.model.snapshot import Snapshot
from tui.presenting.describe import given_name, in_force, label
from tui.presenting.detailed.lines import LABEL, Line, Pair, in_columns
from tui.presenting.detailed.program import (
    about_program,
    config_values,
    knob_values,
    metric_table,
    output_tail,
    system_values,
)
from tui.presenting.inspected.weight_images import weight_images
from tui.text import numbers
from tui.text.widths import width_of, wrapped

LONGEST_TEXT = 10_000
"""Characters of a note that are shown: it is wrapped again at each update."""

LONG_SECTION = 60
"""Lines from which a section stands behind the shorter ones, which it would hide."""

MOST_EVALUATIONS = 200
MOST_EVENTS = 200


def run_details(snapshot: Snapshot, choices: Choices, width: int, manner: Manner = "halves") -> list[Line]:
    """All lines about the run under the cursor at `width` cells; none without a run. `manner`: how to draw pictures."""
    run = snapshot.run(choices.pointed)
    if run is None:
        return []
    seen = snapshot.of(run.run_id)
    sections: Iterable[tuple[str, Iterable[Line]]] = (
        ("", _head(snapshot, run, width)),
        ("reached", in_columns(_reached(run, _program(snapshot, run)), width)),
        *(
            _of_program(snapshot, run, width)
            if run.kind != "engine"
            else (
                ("weights", _weights(snapshot, run, width, manner)),
                ("spec", in_columns(_spec(run, _others(snapshot, choices)), width)),
            )
        ),
        ("evaluations", _evaluations(seen.evaluations)),
        ("events", _events(run, seen.events, width)),
        ("from and to", _relations(snapshot, run, seen.events, width)),
        ("where", in_columns(_environment(snapshot, run), width)),
        ("output", output_tail(program.printed, width) if (program := _program(snapshot, run)) else ()),
    )
    made = [(title, list(section)) for title, section in sections]
    lines: list[Line] = []
    for title, body in sorted(made, key=lambda one: len(one[1]) if len(one[1]) > LONG_SECTION else 0):
        if body and title:
            lines += [[], [(f" {title} ", ACCENTED), ("─" * max(width - len(title) - 3, 0), RULES)]]
        lines += body
    return lines


def _program(snapshot: Snapshot, run: Run) -> ProgramSeen | None:
    """What was read of the run's program; None where it is another run's."""
    program = snapshot.program
    return program if program is not None and program.run_id == run.run_id else None


def _of_program(snapshot: Snapshot, run: Run, width: int) -> Iterator[tuple[str, Iterable[Line]]]:
    """The sections of what a run's program said and logged."""
    program = _program(snapshot, run)
    yield "program", in_columns(about_program(run, program), width)
    if program is None:
        return
    yield "knobs", in_columns(knob_values(program.said), width)
    yield "metrics", metric_table(program, width)
    yield "config", in_columns(config_values(program.said.config, program.others), width)
    yield "summary", in_columns(config_values(program.said.summary), width)
    yield "system", in_columns(system_values(program), width)


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


def _reached(run: Run, program: ProgramSeen | None) -> Iterator[Pair]:
    planned = run.spec.iterations if run.spec is not None else None
    of = "" if planned is None else f" of {planned:,}"
    word = "iterations" if run.kind == "engine" else "steps"
    yield word, [(f"{run.iterations_done:,}{of}", TEXT)]
    if cost := cost_words(run):
        yield "an iteration", [(cost, TEXT)]
    yield "time", [(numbers.span(run.elapsed_s), TEXT)]
    yield f"{word}/s", [(numbers.rate(run.iterations_per_s), TEXT)]
    if run.kind == "engine":
        yield from _losses(run)
    else:
        yield from _evaluated(run, program)
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
    yield from _splits(run)


def _evaluated(run: Run, program: ProgramSeen | None) -> Iterator[Pair]:
    """The newest value of the metric that stands for a logged run, and its newest evaluations."""
    if run.current_loss is not None:
        name = None if program is None else program.standing
        yield clean(name or "loss", LABEL), [(numbers.loss(run.current_loss), TEXT)]
    if run.best_loss is not None:
        yield "best train loss", [(numbers.loss(run.best_loss), TEXT)]
    yield from _splits(run)


def _splits(run: Run) -> Iterator[Pair]:
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
        if event.verb == "mark":
            what = clean(event.outcome, 300)
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
        who = "worker" if run.kind in ("engine", "script") else "recorder"
        yield who, [(f"{worker.worker_id}, process {worker.pid}", TEXT)]
    if background.times_lost:
        yield "workers lost", [(str(background.times_lost), WARNED)]
