"""`lossboard show RUN`: print all about one run."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from engine.commands.options import accuracy, as_json, json_option, loss, reading
from engine.commands.typed.values import RUN
from engine.jobs.people.costs import cost_words
from engine.jobs.processes.liveness import judge
from engine.spec import FIELDS, as_text, typed_text
from engine.store import ENDED, Evaluation, Reader, Run, reason_words, status_word
from engine.store.list.config_variety import shown
from engine.store.records.config import flat, json_object
from engine.store.records.printed import last_lines
from engine.store.records.script_facts import script_as_dict, script_lines
from engine.text import clean, counted
from engine.trace.smoothing import HALF_LIFE
from engine.trace.state import PLANNED_DONE

MOST_METRICS = 200
MOST_VALUES = 100
"""Values of a config that are printed; JSON has all."""

LAST_PARTS = 4
"""Parts of the output whose last lines are printed."""

PLANNED = "planned"
"""The label of a run's budget in iterations, as the list calls it: `iterations` are those that are done."""


@click.command("show")
@click.argument("run_id", metavar="RUN", type=RUN)
@json_option
@click.pass_obj
def command(db: str, run_id: int, json: bool) -> None:
    """Show one run: its spec, where it stands, and its latest evaluations.

    Of a run that another program logs: its config, its metrics (the newest, the lowest and the highest value), what may
    be changed, and the end of what it printed.
    """
    with reading(db) as reader:
        run = reader.the_run(run_id)
        status, events = judge(run, reader.workers()), reader.events(run_id)
        whole = whole_run(reader, run_id) if json else {}
        environment = dict(reader.background(run).environment)
        told = told_by_program(reader, run)
        printed = last_lines(reader.output(run_id, limit=LAST_PARTS))
    if json:
        click.echo(as_json(whole))
        return
    for label, value in [*described(run, status), *told]:
        click.echo(f"{label:>17}  {value}")
    if "gradient" in environment:
        click.echo(f"{'gradient':>17}  {clean(environment['gradient'], 200)}")
    word = "iteration" if run.kind == "engine" else "step"
    for event in events:
        click.echo(f"{clean(event.verb, 16):>17}  at {word} {event.iteration}: {clean(event.outcome, 200)}")
    for line in printed:
        click.echo(f"{'output' if line is printed[0] else '':>17}  {line}".rstrip())


def run_as_dict(run: Run, status: str) -> dict[str, Any]:
    """A run as a JSON object with its judged status, its spec as an object in it. All commands tell a run with it."""
    return {**asdict(run), "status": status}


def whole_run(reader: Reader, run_id: int) -> dict[str, Any]:
    """A run as a JSON object with all its evaluations and events, oldest first. Raises NoRun for an unknown run."""
    run = reader.the_run(run_id)
    return {
        **run_as_dict(run, judge(run, reader.workers())),
        **({} if run.kind == "engine" else logged_as_dict(reader, run_id)),
        "evaluations": [evaluation_as_dict(evaluation) for evaluation in reader.evaluations(run_id)],
        "events": [asdict(event) for event in reader.events(run_id)],
    }


def evaluation_as_dict(evaluation: Evaluation) -> dict[str, Any]:
    """An evaluation as a JSON object; the accuracy of a function, which has none, is null."""
    has_accuracy = evaluation.accuracy == evaluation.accuracy
    return asdict(evaluation) if has_accuracy else {**asdict(evaluation), "accuracy": None}


OBJECTS = ("config", "summary", "knobs")


def logged_as_dict(reader: Reader, run_id: int) -> dict[str, Any]:
    """What a logged run's program said of it and printed, and its metrics, as a JSON object."""
    said = asdict(reader.logged_background(run_id))
    script = script_as_dict(reader.the_run(run_id), said.pop("scraped"))
    objects = {name: json_object(said[name]) for name in OBJECTS}
    metrics = [asdict(metric) for metric in reader.metrics(run_id)]
    printed = [asdict(part) for part in reader.output(run_id)]
    return {**said, **objects, **script, "metrics": metrics, "output": printed}


def told_by_program(reader: Reader, run: Run) -> list[tuple[str, str]]:
    """What a logged run's program says of it, and the newest value of each metric, as (label, value) lines."""
    if run.kind == "engine":
        return []
    said = asdict(reader.logged_background(run.run_id))
    lines: list[tuple[str, str]] = [("kind", run.kind), *script_lines(run, said["scraped"])]
    lines += [("imported from", clean(said["place"], 300))] if said["place"] else []
    lines += [(name, clean(said[name], 200)) for name in ("project", "group") if said[name]]
    if run.listens == 0 and run.state not in ENDED and run.kind == "logged":
        lines.append(("listens", "this run does not listen: its loop asks for no commands"))
    if run.exit_code is not None:
        lines.append(("exit code", str(run.exit_code)))
    for name in ("config", "summary"):
        lines += _listed(name, [f"{clean(key, 60)} {shown(value)}" for key, value in flat(said[name]).items()])
    knobs = json_object(said["knobs"])
    lines += _listed("knobs", [f"{clean(key, 60)} {clean(str(_shown(value)), 60)}" for key, value in knobs.items()])
    metrics = reader.metrics(run.run_id)
    standing = reader.standing_metric(run.run_id)
    metrics.sort(key=lambda metric: metric.name != standing)
    if standing is not None and len(metrics) > 1:
        lines.append(("main metric", clean(standing, 60)))
    for metric in metrics[:MOST_METRICS]:
        is_finite = metric.low == metric.low
        span = f"lowest {loss(metric.low)}, highest {loss(metric.high)}" if is_finite else "none finite"
        span += f", {counted(metric.count, 'value')}"
        lines.append((clean(metric.name, 60), f"{loss(metric.last)} at step {metric.last_step}; {span}"))
    if len(metrics) > MOST_METRICS:
        lines.append(("", f"and {counted(len(metrics) - MOST_METRICS, 'other metric')}: --json tells all"))
    return lines


def _listed(label: str, texts: list[str]) -> list[tuple[str, str]]:
    """Texts as lines, the first of them with the label; of many the first MOST_VALUES."""
    more = [f"and {len(texts) - MOST_VALUES:,} more: --json tells all"] if len(texts) > MOST_VALUES else []
    return [("" if place else label, text) for place, text in enumerate([*texts[:MOST_VALUES], *more])]


def _shown(value: Any) -> Any:
    """A knob as it is shown: how it stands, and its bounds."""
    if not isinstance(value, dict):
        return value
    bounds = [f"{word} {value[end]}" for end, word in (("low", "from"), ("high", "to")) if value.get(end) is not None]
    return " ".join(str(part) for part in (value.get("value"), *bounds))


def described(run: Run, status: str) -> list[tuple[str, str]]:
    """A run as (label, value) lines; unknown values are omitted."""
    lines = reached(run, status)
    if run.deleted_at is not None:
        lines.append(("deleted", clean(run.deleted_at)))
    if run.tags:
        lines.append(("tags", ", ".join(clean(tag, 60) for tag in run.tags)))
    if run.note:
        lines.append(("note", clean(run.note, 1000)))
    if run.spec is not None:
        chosen = asdict(run.spec)
        lines += [
            (PLANNED if name == "iterations" else field.label, typed_text(name, chosen[name]) + _steered(run, name))
            for name, field in FIELDS.items()
            if field.applies(chosen)
        ]
    return lines


def reached(run: Run, status: str) -> list[tuple[str, str]]:
    """A run's status, progress and losses as (label, value) lines."""
    return [
        ("run", f"{run.run_id}  {clean(run.name, 200)}"),
        ("state", state_text(run, status)),
        (
            "iterations" if run.kind == "engine" else "steps",
            f"{run.iterations_done}{f', each {cost}' if (cost := cost_words(run)) else ''}",
        ),
        ("elapsed", f"{run.elapsed_s:.2f} s"),
        *losses(run),
    ]


def state_text(run: Run, status: str) -> str:
    """A run's status with the reason of its end, if it has ended, in one cleaned line."""
    if run.reason == PLANNED_DONE:
        return reason_words(run.reason, run.iterations_done)
    if status == run.reason == "diverged":
        return f"diverged at iteration {run.diverged_after}"
    word, reason = status_word(status), clean(run.reason, 500)
    return reason if reason.startswith(word) else f"{word}: {reason}" if reason else word


def losses(run: Run) -> list[tuple[str, str]]:
    """The newest evaluation of each split, the best train loss and the smoothed batch loss, as (label, value) lines."""
    word = "iteration" if run.kind == "engine" else "step"
    at = "" if run.evaluated_at is None else f" after {counted(run.evaluated_at, word)}"
    lines = [
        (split, f"loss {loss(value)}{'' if share is None else f', accuracy {accuracy(share)}'}{at}")
        for split, value, share in (
            ("train", run.train_loss, run.train_accuracy),
            ("validation", run.validation_loss, run.validation_accuracy),
            ("test", run.test_loss, run.test_accuracy),
        )
        if value is not None
    ]
    best_at = "" if run.best_iteration is None else f" after {counted(run.best_iteration, word)}"
    if run.kind != "engine" and run.best_loss is None:
        return lines
    lines.append(("best train loss", f"{loss(run.best_loss)}{best_at}"))
    if run.spec is not None and run.spec.is_noisy:
        lines.append(("batch loss", f"{loss(run.current_loss)}, smoothed with a half-life of {HALF_LIFE:g} iterations"))
    return lines


def _steered(run: Run, name: str) -> str:
    """The value set since in place of a spec's field, as a suffix; '' if none."""
    return "" if name != "step_size" or run.step_size_now is None else f", now {as_text(run.step_size_now)}"
