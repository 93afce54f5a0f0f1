"""`lossboard landscape`: the loss along a line or over a plane of weight space."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click

from engine.commands.numerics import LossPoint, place_options, read_weights, the_place, told
from engine.commands.options import as_json, json_option, table

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DIRECTIONS = (
    "random, gradient (downhill, of norm 1), start (towards the weights before the first iteration), "
    "w0, w1, ... (one weight), or a .npy file (towards the weights in it)"
)
LINE_POINTS, PLANE_POINTS, MOST_POINTS = 21, 9, 10_000

WrappedLines = tuple[dict[str, Any], list[str], list[list[str]]]
"""The answer for JSON, and the header and the rows of the table for people."""


@click.command("landscape")
@click.option("--direction", default="random", show_default=True, metavar="NAME", help=f"Where to: {DIRECTIONS}.")
@click.option("--second-direction", metavar="NAME", help="The same again, for a plane instead of a line.")
@click.option(
    "--from",
    "low",
    metavar="NUMBER",
    type=float,
    default=-1.0,
    show_default=True,
    help="The first position on each axis.",
)
@click.option(
    "--to",
    "high",
    metavar="NUMBER",
    type=float,
    default=1.0,
    show_default=True,
    help="The last position on each axis.",
)
@click.option(
    "--points",
    metavar="N",
    type=click.IntRange(min=2),
    help=f"Positions on each axis: {LINE_POINTS}, or {PLANE_POINTS} for a plane.",
)
@place_options(examples="1000")
@json_option
def command(
    json: bool,
    examples: str,
    after: int,
    weights: str | None,
    direction: str,
    second_direction: str | None,
    low: float,
    high: float,
    points: int | None,
    **fields: Any,
) -> None:
    """Look at the loss along a line W + a d, or over a plane W + a d1 + b d2 (with --second-direction).

    Random directions have norm 1; those of a network are scaled to the weights they perturb, filter by
    filter, so that 1 means as large as the weights themselves.
    """
    import numpy as np

    count = points or (LINE_POINTS if second_direction is None else PLANE_POINTS)
    with told():
        if count ** (1 if second_direction is None else 2) > MOST_POINTS:
            raise ValueError(f"points: {count} are too many; a picture has at most {MOST_POINTS:,} in all")
        place = the_place(fields, examples, after, weights)
        positions = np.linspace(low, high, count)
        if second_direction is None:
            answer, header, body = _line(place, direction, positions)
        else:
            answer, header, body = _plane(place, direction, second_direction, positions)
    if json:
        lists = {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in answer.items()}
        click.echo(as_json({**place.as_dict(), **lists}))
    else:
        click.echo(place.sentence(), err=True)
        click.echo(table(header, body, right=frozenset(range(len(header)))))


def _numbers(values: Any) -> list[str]:
    return [f"{value:.5g}" for value in values]


def _line(place: LossPoint, direction: str, positions: NDArray[np.float64]) -> WrappedLines:
    from engine.analysis import landscape

    line = landscape.line(place.objective, place.weights, _direction(place, direction, "first"), positions, place.rows)
    answer = {
        "direction": direction,
        "positions": line.positions,
        "losses": line.loss,
        "data_losses": line.data_loss,
    }
    rows = zip(line.positions, line.loss, line.data_loss, strict=True)
    return answer, ["a", "loss", "data loss"], [_numbers(row) for row in rows]


def _plane(place: LossPoint, direction: str, second_direction: str, positions: NDArray[np.float64]) -> WrappedLines:
    from engine.analysis import landscape

    first = _direction(place, direction, "first")
    second = landscape.apart(_direction(place, second_direction, "second"), first)
    plane = landscape.plane(place.objective, place.weights, first, second, positions, positions, place.rows)
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


def _direction(place: LossPoint, name: str, stream: str) -> NDArray[np.float64]:
    from engine.analysis import landscape
    from engine.strategy import streams

    surface, layout = place.objective, place.objective.layout
    if name == "random":
        filters = None if surface.linear else landscape.filters(layout.shapes, layout.biased)
        generator = streams.stream(place.spec.seed, f"{stream} direction")
        return landscape.random_direction(surface, place.weights, generator, filters)
    if name == "gradient":
        return landscape.gradient_direction(surface, place.weights, place.rows)
    if name == "start":
        if not (place.start != place.weights).any():
            raise ValueError("the weights are those of the start: give --after, or another direction")
        return place.start - place.weights
    if re.fullmatch(r"w\d{1,9}", name):
        return landscape.axis(surface, int(name[1:]))
    if name.endswith(".npy"):
        return read_weights(name, surface.size) - place.weights
    raise ValueError(f"direction {name[:40]!a} is not known; choose from {DIRECTIONS}")
