"""`lossboard probe [RUN]`: the loss after one step along the negative gradient, for each step size of the notes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from engine.commands.numerics import place_options, the_place, told
from engine.commands.options import as_json, json_option, table
from engine.text import clean, counted

if TYPE_CHECKING:
    from engine.landscape import Probe


@click.command("probe")
@click.argument("run_id", metavar="[RUN]", type=int, required=False)
@click.option(
    "--at",
    metavar="ITERATION",
    type=click.IntRange(min=0),
    help="With RUN: its weights kept at or before this iteration; by default the newest.",
)
@click.option(
    "--step-sizes",
    metavar="A,B,...",
    help="The step sizes to try, separated by commas; by default 1e-10, 1e-9 ... 1e-1.",
)
@place_options(examples="all")
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
    """Try step sizes: the loss after one step from the same weights, and the best of them.

    From the weights of RUN, which its checkpoints keep, or from those of the run that the options describe.
    """
    from engine import landscape

    with told():
        sizes = landscape.STEP_SIZES if step_sizes is None else tuple(map(_size, step_sizes.split(",")))
        if run_id is None:
            if at is not None:
                raise ValueError("--at needs a RUN; --after looks from a run that the options describe")
            place = the_place(fields, examples, after, weights)
            probe = landscape.probe(place.objective, place.weights, sizes, place.rows)
            where, sentence = place.as_dict(), place.sentence()
        else:
            if examples != "all" or after or weights or any(text is not None for text in fields.values()):
                raise ValueError(f"run {run_id} has its own settings and weights: give no options that describe a run")
            probe, where, sentence = _of_run(db, run_id, at, sizes)
    _print(probe, where, sentence, json)


def _of_run(db: str, run_id: int, at: int | None, sizes: tuple[float, ...]) -> tuple[Probe, dict[str, Any], str]:
    from engine.jobs import probing

    found = probing.probe(db, run_id, at, sizes)
    spec = found.spec
    sentence = f"run {run_id}, {spec.objective}, {spec.dataset}, weights after {counted(found.iteration, 'iteration')}"
    return found.probe, {"run_id": run_id, "iteration": found.iteration}, clean(sentence)


def _print(probe: Probe, where: Mapping[str, Any], sentence: str, json: bool) -> None:
    if json:
        answer = {
            **where,
            "start_loss": probe.start_loss,
            "gradient_norm": probe.gradient_norm,
            "step_sizes": probe.step_sizes.tolist(),
            "losses": probe.loss.tolist(),
            "best_step_size": probe.best_step_size,
        }
        click.echo(as_json(answer))
        return
    click.echo(sentence, err=True)
    rows = [["·", f"{probe.start_loss:.6f}", "before the step"]]
    for i, (size, loss) in enumerate(zip(probe.step_sizes.tolist(), probe.loss.tolist(), strict=True)):
        rows.append(
            [f"{size:.6g}", f"{loss:.6f}" if abs(loss) < 1e6 else f"{loss:.6g}", "best" if i == probe.best else ""]
        )
    click.echo(table(["step size", "loss", ""], rows, right=frozenset({0, 1})))


def _size(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"step sizes: {text[:40]!a} is not a number; write them like 1e-3,1e-2,1e-1") from None
