"""Weights by layer: how large they are, how far the next update moves them, and what hidden units give on; as lines."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from engine.text import clean, counted
from tui.chart.cells.histogram import histogram
from tui.chart.drawing.weight_cells import ABREAST, Manner, draw_weights
from tui.chart.values.view import Charset
from tui.colours.theme import ACCENTED, DIM, STRONG, TEXT, WARNED
from tui.presenting.inspected.weight_images import SIDES, Line, number_table, part_of, scale_line
from tui.text import numbers
from tui.text.parts import cells

if TYPE_CHECKING:
    from engine.analysis.layer_weights import LayerWeights
    from engine.analysis.unit_outputs import UnitOutputs
    from engine.jobs.inspection.layer_weights import RunLayers
    from engine.objective.layout import Array

MOST_NUMBERS = 12
"""Most weights of a row that are told as numbers; more are drawn as a picture of the whole matrix."""

BESIDE = 76
"""Columns from which the update of a layer without pictures stands beside its weights instead of below them."""

PLURALS = {"class": "classes", "hidden unit": "hidden units", "filter": "filters", "weight": "weights"}


def is_beside(layer: LayerWeights, width: int) -> bool:
    """Whether the update stands beside the weights: not where pictures would have to be made smaller for it."""
    if layer.image is None:
        return width >= BESIDE
    return width // 2 // min(len(layer.weights), ABREAST) > layer.image.width


def layer_lines(found: RunLayers, number: int, width: int, height: int) -> list[Line]:
    """A line for each layer, those around layer `number` where not all fit: its lengths, and update : weights."""
    labels = [_name(layer) for layer in found.layers]
    wide = max(len("layer"), *map(len, labels)) + 5
    columns = f"{'weights':>10}{'length':>10}{'update':>10}{'update : weights':>18}"
    short = wide + len(columns) > width
    few = f"{'length':>9}{'ratio':>9}"
    if wide + len(few) > width:
        labels = [_size(layer) for layer in found.layers]
        wide = max(len("layer"), *map(len, labels)) + 5
    lines: list[Line] = [[(f"{' layer':<{wide}}" + (few if short else columns), DIM)]]
    count, room = len(labels), max(height - 1, 1)
    first = max(0, min(number - room // 2, count - room))
    for at in range(first, min(first + room, count)):
        layer, is_chosen = found.layers[at], at == number and count > 1
        length, ratio = numbers.number(layer.weights_norm), numbers.number(layer.ratio)
        size = layer.weights.size + (0 if layer.biases is None else layer.biases.size)
        figures = (
            f"{length:>9}{ratio:>9}"
            if short
            else f"{size:>10,}{length:>10}{numbers.number(layer.update_norm):>10}{ratio:>18}"
        )
        lines.append(
            [
                (f"{'▸' if is_chosen else ' '}{at + 1:>2}  {labels[at]}".ljust(wide), STRONG if is_chosen else TEXT),
                (figures, TEXT),
            ]
        )
    return lines


def _name(layer: LayerWeights) -> str:
    """What the matrix is: 128 hidden units x 64."""
    rows, inputs = layer.weights.shape
    if layer.unit == "weight":
        return counted(inputs, "weight")
    if layer.unit == "gain and shift":
        return f"layer norm of {inputs:,}"
    return f"{rows:,} {PLURALS[layer.unit] if rows != 1 else layer.unit} x {inputs:,}"


def _size(layer: LayerWeights) -> str:
    """The matrix where there is little room: 128 x 64."""
    return " x ".join(f"{count:,}" for count in layer.weights.shape)


def matrix_lines(
    found: RunLayers, number: int, first: int, manner: Manner, width: int, height: int
) -> list[list[Line]]:
    """The weights of a layer from its row `first` on, and their update: two blocks of lines, each `width` wide."""
    layer = found.layers[number]
    name = "W" if len(found.layers) == 1 else f"W{number + 1}"
    blocks = []
    for title, rows, biases in (
        (name, layer.weights, layer.biases),
        (_update_title(found, width), layer.update, layer.biases_update),
    ):
        lines = _drawn(layer, rows, first, manner, width, max(height - 1, 1)) or _numbers(rows, biases, first, width)
        blocks.append([[(f" {title}", ACCENTED)], *lines][:height])
    return blocks


def _update_title(found: RunLayers, width: int) -> str:
    """Which update it is and how it is made, as much as fits."""
    spec, title = found.step.spec, f"update of iteration {found.step.iteration:,}"
    if spec.decides("update"):
        how = ": -step size x gradient" if spec.update == "vanilla" else f" by {clean(spec.update, 20)}"
    else:
        how = ": none, the proposal was rejected" if found.step.is_accepted is False else ""
    return title + how if len(title + how) + 2 <= width else title


@lru_cache(maxsize=8)
def _pictures(layer: LayerWeights, is_update: bool) -> Array:
    """The rows of a layer as images, or its matrix as one; layers compare by identity, so the cache keeps them."""
    rows = layer.update if is_update else layer.weights
    with np.errstate(all="ignore"):
        return rows[None] if layer.image is None else layer.image.grey(rows)


def shown_rows(layer: LayerWeights, first: int, manner: Manner, width: int, height: int) -> int:
    """How many rows of a layer are drawn or told at once, from row `first` on."""
    if layer.image is None:
        return len(layer.weights) if layer.weights.shape[1] > MOST_NUMBERS else max(height - 3, 1)
    pictures = _pictures(layer, False)[first:]
    return draw_weights(pictures, [""] * len(pictures), max(width - 1, 1), manner, max(height - 3, 1)).visible


def _drawn(layer: LayerWeights, rows: Array, first: int, manner: Manner, width: int, height: int) -> list[Line]:
    """The rows as pictures with their scale; [] where they are told as numbers."""
    if layer.image is None and rows.shape[1] <= MOST_NUMBERS:
        return []
    pictures = _pictures(layer, rows is layer.update)
    if not rows.any():
        return [[(" 0 everywhere", DIM)]]
    if not np.isfinite(pictures).any():
        return [[(" all of them are infinite or not numbers", WARNED)]]
    labels = [""] if layer.image is None else [str(one) for one in range(first, len(pictures))]
    room, below = max(width - 1, 1), max(height - 1, 1)
    drawn = draw_weights(pictures if layer.image is None else pictures[first:], labels, room, manner, below)
    return [scale_line(drawn.largest, manner), *([(" ", TEXT), *map(part_of, row)] for row in drawn.rows)]


def _numbers(rows: Array, biases: Array | None, first: int, width: int) -> list[Line]:
    return number_table(rows[first:], None if biases is None else biases[first:], width, first)


def output_lines(found: RunLayers, manner: Manner, width: int, height: int) -> list[Line]:
    """What each hidden layer gives on: a line of numbers, and a histogram of the outputs other than 0."""
    lines: list[Line] = []
    charset: Charset = "ascii" if manner == "ascii" else "unicode"
    bars = max(min(height // max(len(found.outputs), 1) - 4, 8), 1)
    for number, one in enumerate(found.outputs, start=1):
        lines.append([(f" {number}  {one.activation} of {counted(one.units, 'unit')}", ACCENTED), *_told(one, width)])
        rows = histogram(one.counts.tolist(), width - 2, bars, charset)
        lines += [[(f" {row}", TEXT)] for row in rows]
        low, high = numbers.number(one.low), numbers.number(one.high)
        wide = max((len(rows[0]) if rows else 0) - len(low), len(high) + 1)
        lines += [[(f" {low}{high:>{wide}}", DIM)], []]
    return lines[:-1]


def _told(one: UnitOutputs, width: int) -> Line:
    """The numbers of a layer's outputs, as many as fit."""
    line: Line = []
    texts = [
        (f"dead {one.dead:,}", WARNED if one.dead else TEXT),
        (f"zeros {one.zeros:.1%}", TEXT),
        *([] if one.saturated is None else [(f"saturated {one.saturated:.1%}", TEXT)]),
        *([(f"not finite {one.lost:,}", WARNED)] if one.lost else []),
        (f"mean {numbers.number(one.mean)}", DIM),
        (f"deviation {numbers.number(one.deviation)}", DIM),
    ]
    taken = len(f" 1  {one.activation} of {counted(one.units, 'unit')}")
    for text, style in texts:
        if taken + cells(line) + len(text) + 2 > width:
            break
        line.append((f"  {text}", style))
    return line


def summary(found: RunLayers, number: int, first: int, visible: int, manner: Manner, *, of_outputs: bool) -> str:
    """Which weights they are and what the picture shows."""
    step, layer = found.step, found.layers[number]
    exact = "" if step.is_exact else "the last checkpoint, "
    if of_outputs:
        examples = found.outputs[0].examples
        return f"outputs other than 0 of {counted(examples, 'train example')}, {exact}after {_iterations(found)}"
    said = f"{exact}after {_iterations(found)}"
    if layer.image is not None:
        sides, count = SIDES[manner == "halves", layer.unit != "class"], len(layer.weights)
        part = f"{PLURALS[layer.unit]} {first + 1:,} to {min(first + visible, count):,} of {count:,}"
        return f"{said}, {f'one picture per {layer.unit}' if visible >= count else part} ({sides})"
    if layer.weights.shape[1] > MOST_NUMBERS:
        return f"{said}, one row per {layer.unit}, one column per input"
    return f"{said}, one row per {layer.unit}" if len(layer.weights) > 1 else said


def _iterations(found: RunLayers) -> str:
    return counted(found.step.iteration, "iteration")


def layers_as_csv(layers: Sequence[LayerWeights]) -> str:
    """A line for each layer."""
    rows = [
        f"{number},{layer.unit},{len(layer.weights)},{layer.weights.shape[1]},"
        f"{layer.weights_norm!r},{layer.update_norm!r},{layer.ratio!r}\n"
        for number, layer in enumerate(layers, start=1)
    ]
    return "layer,row,rows,inputs,weights_norm,update_norm,ratio\n" + "".join(rows)


def outputs_as_csv(outputs: Sequence[UnitOutputs]) -> str:
    """A line for each bar of each histogram."""
    lines = ["layer,activation,units,dead,zeros,from,to,count\n"]
    for number, one in enumerate(outputs, start=1):
        edges = np.linspace(one.low, one.high, len(one.counts) + 1).tolist()
        lines += [
            f"{number},{one.activation},{one.units},{one.dead},{one.zeros!r},{edges[at]!r},{edges[at + 1]!r},{count}\n"
            for at, count in enumerate(one.counts.tolist())
        ]
    return "".join(lines)
