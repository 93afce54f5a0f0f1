"""`lossboard landscape`: compute the loss along a line or over a plane of weight space."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click

from engine.commands.numerics.loss_point import (
    LossPoint,
    loss_point_options,
    numerics_errors,
    of_run_options,
    point_of,
    read_weights,
)
from engine.commands.options import as_json, json_option, table
from engine.commands.typed.help import GroupedCommand
from engine.text import setting_text

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DIRECTIONS = (
    "random, gradient (downhill, of norm 1), start (towards the weights before the first iteration), "
    "w0, w1, ... (one weight), or a .npy or .npz file (towards the weights in it)"
)
LINE_POINTS, PLANE_POINTS, MOST_POINTS = 21, 9, 10_000

Report = tuple[dict[str, Any], list[str], list[list[str]]]
"""The JSON object, and the header and rows of the table."""


@click.command("landscape", cls=GroupedCommand)
@click.option("--direction", default="random", show_default=True, metavar="NAME", help=f"Where to: {DIRECTIONS}.")
@click.option("--second-direction", metavar="NAME", help="The same again, for a plane instead of a line.")
@click.option(
    "--from",
    "low",
    metavar="NUMBER",
    type=float,
    default=-1.0,
    show_default="-1",
    help="The first position on each axis.",
)
@click.option(
    "--to", "high", metavar="NUMBER", type=float, default=1.0, show_default="1", help="The last position on each axis."
)
@click.option(
    "--points",
    metavar="N",
    type=click.IntRange(min=2),
    help=f"Positions on each axis: {LINE_POINTS}, or {PLANE_POINTS} for a plane.",
)
@loss_point_options(examples="1000")
@of_run_options
@json_option
@click.pass_obj
def command(
    db: str,
    /,
    json: bool,
    direction: str,
    second_direction: str | None,
    low: float,
    high: float,
    points: int | None,
    **where: Any,
) -> None:
    """Look at the loss along a line W + a d, or over a plane W + a d1 + b d2 (with --second-direction).

    From the weights of RUN, which its checkpoints keep, or from those of the run that the options describe.

    Random directions have norm 1; those of a network are scaled to the weights they perturb, filter by
    filter, so that 1 means as large as the weights themselves.
    """
    import numpy as np

    count = points or (LINE_POINTS if second_direction is None else PLANE_POINTS)
    with numerics_errors():
        if count ** (1 if second_direction is None else 2) > MOST_POINTS:
            raise ValueError(f"points: {count} are too many; a picture has at most {MOST_POINTS:,} in all")
        point = point_of(db, **where)
        positions = np.linspace(low, high, count)
        if second_direction is None:
            answer, header, body = _line(point, direction, positions)
        else:
            answer, header, body = _plane(point, direction, second_direction, positions)
    if json:
        lists = {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in answer.items()}
        click.echo(as_json({**point.as_dict(), **lists}))
    else:
        click.echo(point.sentence(), err=True)
        click.echo(table(header, body, right=frozenset(range(len(header)))))


def _numbers(values: Any) -> list[str]:
    return [setting_text(float(value), 5) for value in values]


def _line(point: LossPoint, direction: str, positions: NDArray[np.float64]) -> Report:
    from engine.analysis import landscape

    line = landscape.line(point.objective, point.weights, _direction(point, direction, "first"), positions, point.rows)
    answer = {"direction": direction, "positions": line.positions, "losses": line.loss, "data_losses": line.data_loss}
    rows = zip(line.positions, line.loss, line.data_loss, strict=True)
    return answer, ["a", "loss", "data loss"], [_numbers(row) for row in rows]


def _plane(point: LossPoint, direction: str, second_direction: str, positions: NDArray[np.float64]) -> Report:
    from engine.analysis import landscape

    first = _direction(point, direction, "first")
    second = landscape.orthogonal(_direction(point, second_direction, "second"), first)
    plane = landscape.plane(point.objective, point.weights, first, second, positions, positions, point.rows)
    answer = {
        "direction": direction,
        "second_direction": second_direction,
        "first": plane.first,
        "second": plane.second,
        "losses": plane.loss,
        "data_losses": plane.data_loss,
    }
    upwards = zip(plane.second[::-1], plane.loss[::-1], strict=True)  # the second axis grows upwards, as on a map
    return answer, ["b \\ a", *_numbers(plane.first)], [_numbers((b, *row)) for b, row in upwards]


def _direction(point: LossPoint, name: str, stream: str) -> NDArray[np.float64]:
    from engine.analysis import landscape
    from engine.strategy import streams

    objective, layout = point.objective, point.objective.layout
    if name == "random":
        filters = None if objective.linear else landscape.filters(layout.shapes, layout.biased)
        generator = streams.stream(point.spec.seed, f"{stream} direction")
        return landscape.random_direction(objective, point.weights, generator, filters)
    if name == "gradient":
        return landscape.gradient_direction(objective, point.weights, point.rows)
    if name == "start":
        if not (point.start != point.weights).any():
            raise ValueError("the weights are those of the start: give --after, or another direction")
        return point.start - point.weights
    if re.fullmatch(r"w\d{1,9}", name):
        return landscape.axis(objective, int(name[1:]))
    if name.endswith((".npy", ".npz")):
        return read_weights(name, objective.size) - point.weights
    raise ValueError(f"direction {name[:40]!a} is not known; choose from {DIRECTIONS}")
