"""`lossboard probe [RUN]`: compute the loss after one step along the negative gradient with each step size."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from engine.commands.numerics.loss_point import (
    check_is_one,
    loss_point,
    loss_point_options,
    numerics_errors,
    of_run_options,
)
from engine.commands.options import as_json, json_option
from engine.commands.typed.help import GroupedCommand
from engine.spec import short_name
from engine.text import clean, counted, setting_text

if TYPE_CHECKING:
    from engine.analysis.probe import Probe


@click.command("probe", cls=GroupedCommand)
@of_run_options
@click.option(
    "--step-sizes",
    metavar="A,B,...",
    help="The step sizes to try, separated by commas; by default from 1e-10 up until the loss is clearly worse.",
)
@loss_point_options(examples="all")
@json_option
@click.pass_obj
def command(
    db: str,
    /,
    run_id: int | None,
    at: int | None,
    json: bool,
    examples: str,
    after: int,
    weights: str | None,
    step_sizes: str | None,
    **fields: Any,
) -> None:
    """Try one step with each of several step sizes: the loss after it, and whether the step was a good one.

    Good is a step that lowers the loss by at least half of what the best one does; below that it is too small before
    the best step size and too large past it.

    From the weights of RUN, which its checkpoints keep, or from those of the run that the options describe.
    """
    from engine.analysis import probe as probes

    with numerics_errors():
        sizes = None if step_sizes is None else tuple(map(_size, step_sizes.split(",")))
        described = (examples != "all", after, weights, *(text is not None for text in fields.values()))
        check_is_one(run_id, at, *described)
        if run_id is None:
            point = loss_point(fields, examples, after, weights)
            probe = probes.probe(point.objective, point.weights, sizes, point.rows)
            where, sentence = point.as_dict(), point.sentence()
        else:
            probe, where, sentence = _of_run(db, run_id, at, sizes)
    _print(probe, where, sentence, json)


def _of_run(db: str, run_id: int, at: int | None, sizes: tuple[float, ...] | None) -> tuple[Probe, dict[str, Any], str]:
    from engine.jobs.people import probe as probing

    found = probing.probe(db, run_id, at, sizes)
    spec = found.spec
    of = f"{short_name(spec.objective)}{f', {spec.dataset}' if spec.has_data else ''}"
    sentence = f"run {run_id}, {of}, weights after {counted(found.iteration, 'iteration')}"
    if at is not None and at != found.iteration:
        sentence += f": the newest that were kept by iteration {at:,}"
    return found.probe, {"run_id": run_id, "iteration": found.iteration}, clean(sentence)


def _print(probe: Probe, where: Mapping[str, Any], sentence: str, json: bool) -> None:
    from engine.analysis.probe import format_probe, judge, remark

    if json:
        answer = {
            **where,
            "start_loss": probe.start_loss,
            "gradient_norm": probe.gradient_norm,
            "step_sizes": probe.step_sizes.tolist(),
            "losses": probe.loss.tolist(),
            "changes": probe.change.tolist(),
            "judgements": list(judge(probe)),
            "best_step_size": probe.best_step_size,
        }
        click.echo(as_json(answer))
        return
    click.echo(sentence, err=True)
    found = format_probe(probe)
    sizes = [
        f"{'up to ' if line.first < line.last else ''}{setting_text(float(probe.step_sizes[line.last]), 6)}"
        for line in found.lines
    ]
    rows = [("step size", "loss", "change", ""), ("·", found.before, "", "before the step")]
    for size, line in zip(sizes, found.lines, strict=True):
        rows.append((size, line.loss, line.change, f"{line.judgement or ''}{', the best' if line.is_best else ''}"))
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for row in rows:  # numbers keep their blanks, which align the decimal points
        numbers = (text.rjust(width) for text, width in zip(row, widths, strict=False))
        click.echo("  ".join([*numbers, row[3]]).rstrip())
    if said := remark(probe):
        click.echo(said, err=True)


def _size(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"step sizes: {text[:40]!a} is not a number; write them like 1e-3,1e-2,1e-1") from None
