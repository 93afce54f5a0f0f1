"""`lossboard probe`: the loss after one step along the negative gradient, for each step size of the notes."""

from __future__ import annotations

from typing import Any

import click

from engine.commands.numerics import place_options, the_place, told
from engine.commands.options import as_json, table


@click.command("probe")
@place_options(examples="all")
@click.option(
    "--step-sizes",
    metavar="A,B,...",
    help="The step sizes to try, separated by commas; by default 1e-10, 1e-9 ... 1e-1.",
)
def command(json: bool, examples: str, after: int, weights: str | None, step_sizes: str | None, **fields: Any) -> None:
    """Try step sizes: the loss after one step from the same weights, and the best of them."""
    from engine import landscape

    with told():
        sizes = landscape.STEP_SIZES if step_sizes is None else tuple(map(_size, step_sizes.split(",")))
        place = the_place(fields, examples, after, weights)
        probe = landscape.probe(place.objective, place.weights, sizes, place.rows)
    if json:
        answer = {
            **place.as_dict(),
            "start_loss": probe.start_loss,
            "gradient_norm": probe.gradient_norm,
            "step_sizes": probe.step_sizes.tolist(),
            "losses": probe.loss.tolist(),
            "best_step_size": probe.best_step_size,
        }
        click.echo(as_json(answer))
        return
    click.echo(place.sentence(), err=True)
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
