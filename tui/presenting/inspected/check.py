"""Gradient check: two gradients side by side, their worst weights, and the error over all of them, as lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from rich.style import Style

from engine.text import counted
from tui.chart.drawing.filled import FilledSheet
from tui.chart.drawing.weight_cells import Manner
from tui.colours.ramp import slot_at
from tui.colours.styles import strong
from tui.colours.theme import ACCENTED, DIM, FAILED, FINISHED, STRONG, TEXT, WARNED, cell_style, filled_style
from tui.text import numbers
from tui.text.parts import Part
from tui.text.widths import wrapped

if TYPE_CHECKING:
    from engine.jobs.inspection.check import RunCheck

Line = list[Part]

SMALLEST = 12
"""Relative errors of 10^-SMALLEST and less have the lowest colour; those of 1 have the highest."""

STEPS = 5
"""Shades without colours."""

SHADES: Mapping[Manner, str] = {"halves": "     ", "shades": "·░▒▓█", "ascii": ".:+#@"}

LARGEST = 4
"""Most cells across per weight."""

TABLE = 50
"""Columns from which derivatives have six digits instead of two, and the reason why they differ."""

VERDICTS: Mapping[str, Style] = {
    "passed": FINISHED, "passed but for kinks": FINISHED, "failed": FAILED, "cannot tell": WARNED,
}  # fmt: skip


def summary_lines(found: RunCheck, width: int) -> list[Line]:
    """The verdict, how the derivatives were taken, what both gradients cost, and what to do where it cannot tell."""
    result = found.result
    if result is None:
        head: Line = [(f" checking: {len(found.coordinates):,} of {counted(found.of, 'weight')}", WARNED)]
        error = "·"
    else:
        head = [(" verdict   ", DIM), (result.verdict, VERDICTS[result.verdict])]
        error = numbers.number(result.norm_error)
    is_told = result is not None and result.kinks and result.norm_error_off_kinks
    off_kinks = f"; {numbers.number(result.norm_error_off_kinks)} off kinks" if result and is_told else ""
    off_kinks = off_kinks if len(error) + len(off_kinks) + 27 <= width else ""
    form = "one-sided, (f(W + h) - f(W)) / h" if found.one_sided else "centred, (f(W + h) - f(W - h)) / 2h"
    form = form if len(form) + 16 <= width else form.partition(",")[0]
    lines = [
        head,
        [(" error     ", DIM), (error, STRONG), (f" of the gradient{off_kinks}", DIM)],
        [(" h         ", DIM), (numbers.setting(found.h), STRONG), (f" {form}", DIM)],
        [(" numerical ", DIM), (f"{found.losses:,} losses, {_time(found.numerical_s)}", TEXT)],
        [(" analytic  ", DIM), (f"1 loss and gradient, {_time(found.analytic_s)}", TEXT)],
    ]
    if result is not None:
        lines.append([
            (" weights   ", DIM), (f"{result.kinks:,} at kinks", WARNED if result.kinks else TEXT), (", ", DIM),
            (f"{result.wrong:,} wrong", FAILED if result.wrong else TEXT), (", ", DIM),
            (f"{result.unsettled:,} untold", WARNED if result.unsettled else TEXT),
        ])  # fmt: skip
        lines += ([(f" {line}", WARNED)] for line in wrapped(result.advice, max(width - 2, 8)) if result.advice)
    return lines


def _time(seconds: float) -> str:
    return f"{seconds:.3g} s" if seconds >= 0.1 else f"{1000 * seconds:.3g} ms"


def table_lines(found: RunCheck, width: int, height: int) -> list[Line]:
    """The weights whose derivatives differ most, below the names of the columns."""
    name, number, digits = (14, 13, 6) if width >= TABLE else (12, 9, 2)
    lines: list[Line] = [[(f" {'weight':<{name}}{'analytic':>{number}}{'numerical':>{number}}{'error':>8}", DIM)]]
    for index, analytic, numerical, error, reason in _worst(found)[: max(height - 1, 0)]:
        style = FAILED if reason == "wrong" else WARNED if reason else TEXT
        lines.append([
            (f" {numbers.fit(found.layout.named(index), name)}", DIM),
            (f"{analytic:>{number}.{digits}g}{numerical:>{number}.{digits}g}", TEXT),
            (f"{error:>8.1e}", style), (f"  {reason}" if width >= TABLE else "", style),
        ])  # fmt: skip
    return lines


def _worst(found: RunCheck) -> list[tuple[int, float, float, float, str]]:
    if found.result is not None:
        worst = found.result.worst
        return [(one.index, one.analytic, one.numerical, one.relative_error, one.reason) for one in worst]
    order = np.argsort(-np.nan_to_num(np.abs(found.analytic - found.numerical), nan=np.inf), kind="stable")[:10]
    columns = (found.coordinates, found.analytic, found.numerical, found.errors)
    return [(*values, "") for values in zip(*(column[order].tolist() for column in columns), strict=True)]


def picture_lines(found: RunCheck, layer: int, manner: Manner, width: int, height: int) -> list[Line]:
    """The relative error of each weight of a layer, as a picture below its legend; blank where none was checked."""
    shapes = found.layout.shapes
    rows, columns = shapes[layer]
    name = "W" if len(shapes) == 1 else f"W{layer + 1} of {len(shapes)}"
    legend: Line = [
        (f" error of {name}, {counted(rows, 'row')} x {counted(columns, 'column')}", ACCENTED),
        (f"   1e-{SMALLEST} ", DIM), *_key(manner), (" 1", DIM),
    ]  # fmt: skip
    if height < 2 or width < 3:
        return [legend][:height]
    grid = _grid(found, layer)
    room = (2 if manner == "halves" else 1) * (height - 1)
    scale = max(min((width - 2) // columns, room // rows, LARGEST), 1)
    drawn = _pooled(grid, room, width - 2).repeat(scale, axis=0).repeat(scale, axis=1)[:room, : width - 2]
    sheet = FilledSheet(drawn.shape[1], -(-len(drawn) // 2) if manner == "halves" else len(drawn), manner)
    known, shares = ~np.isnan(drawn), _shares(drawn)
    styles = np.array([strong(slot_at(one)) for one in np.linspace(0, 1, 64)], dtype=np.uint8)
    coloured = np.where(known, styles[(shares * 63).astype(np.intp)], sheet.grounds[0, 0])
    if manner == "halves":
        sheet.grounds[: len(drawn)] = coloured
    else:
        sheet.grounds[::2] = coloured
        signs = np.array([ord(sign) for sign in SHADES[manner]], dtype=np.uint32)
        sheet.shades[:] = np.where(known, signs[np.minimum(shares * STEPS, STEPS - 1).astype(np.intp)], ord(" "))
    picture = sheet.picture()
    return [legend, *(
        [(" ", TEXT), *((text, filled_style(style, ground)) for text, style, ground in picture.row(row))]
        for row in range(picture.height)
    )]  # fmt: skip


def _key(manner: Manner) -> Line:
    """The colours or shades from the smallest error to the largest."""
    slots = [strong(slot_at(one)) for one in np.linspace(0, 1, STEPS)]
    if manner == "halves":
        return [("██", cell_style(style)) for style in slots]
    return [(sign * 2, cell_style(style)) for sign, style in zip(SHADES[manner], slots, strict=True)]


def _grid(found: RunCheck, layer: int) -> NDArray[np.float64]:
    """The relative errors of a layer (rows, columns), NaN where they are not known."""
    flat = np.full(found.layout.size, np.nan)
    flat[found.coordinates] = found.errors
    return found.layout.views(flat)[layer]


def _pooled(grid: NDArray[np.float64], height: int, width: int) -> NDArray[np.float64]:
    """The largest of the known numbers of each part of a grid that is larger than (height, width)."""
    down, across = -(-grid.shape[0] // height), -(-grid.shape[1] // width)
    if down == across == 1:
        return grid
    known = np.where(np.isnan(grid), -1.0, grid)
    rows = np.maximum.reduceat(known, np.arange(0, grid.shape[0], down), axis=0)
    found = np.maximum.reduceat(rows, np.arange(0, grid.shape[1], across), axis=1)
    return np.where(found < 0, np.nan, found)


def _shares(errors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where errors lie between 10^-SMALLEST and 1 on a logarithmic scale, 0 to 1; 0 for unknown ones."""
    with np.errstate(all="ignore"):
        shares = 1 + np.log10(np.nan_to_num(errors, nan=0.0, posinf=1.0)) / SMALLEST
    return np.clip(np.nan_to_num(shares, neginf=0.0), 0.0, 1.0)


def summary(found: RunCheck) -> str:
    """At which weights, and which sample of weights and examples."""
    exact = "" if found.is_exact else "the last checkpoint, "
    size = found.layout.size
    of = f"all {counted(size, 'weight')}" if found.of == size else f"{found.of:,} of {size:,} weights, drawn"
    examples = ""
    if found.of_examples:
        all_of = found.examples == found.of_examples
        examples = f"; {'all' if all_of else f'{found.examples:,} of'} {found.of_examples:,} examples"
    return f"{of}{examples}; {exact}after {counted(found.iteration, 'iteration')}"


def as_csv(found: RunCheck) -> str:
    """The checked weights as CSV, a row each."""
    columns = (found.coordinates, found.analytic, found.numerical, found.errors)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return "weight,index,analytic,numerical,relative_error\n" + "".join(
        f'"{found.layout.named(index)}",{index},{analytic},{numerical},{error}\n'
        for index, analytic, numerical, error in rows
    )
