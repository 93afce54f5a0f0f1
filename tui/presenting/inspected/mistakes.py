"""Mistakes: a confusion matrix and the worst examples, as lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.text import clean, counted, loss_text
from tui.chart.drawing.weight_cells import Manner, Piece, draw_weights
from tui.colours.ramp import slot_at
from tui.colours.styles import BLANK, faint
from tui.colours.theme import ACCENTED, DIM, FINISHED, STRONG, TEXT, WARNED, filled_style, signed_style
from tui.text import numbers
from tui.text.parts import Part, cells

if TYPE_CHECKING:
    from engine.analysis.mistakes import Example
    from engine.jobs.inspection.mistakes import RunMistakes

Line = list[Part]
Cell = tuple[int, int]
"""(class, predicted class) of a cell of the matrix."""

LONGEST_NAME = 12

ROOMY = 60
"""Columns from which classes have columns of equal width in every table."""

SHARES = {"shades": " ░▒▓█", "ascii": " .:+#"}


def matrix_lines(found: RunMistakes, manner: Manner, pointed: Cell | None, width: int, height: int) -> list[Line]:
    """The confusion matrix at no more than `width` cells: a row for each class, a column for each predicted one.

    Where not all classes fit, those around the pointed cell are shown.
    """
    counts, classes = found.found.counts, len(found.names)
    names = [clean(name, LONGEST_NAME) for name in found.names]
    label = min(max(len("class"), *map(len, names)), LONGEST_NAME, max(width // 4, 2))
    wide = max(len(f"{counts.max():,}") + 2, min(max(map(len, names)), 6) + 1)
    at = pointed or (0, 0)
    columns = _window(classes, max((width - label - 2) // wide, 1), at[1])
    rows = _window(classes, max(height - 2, 1), at[0])
    title = "predicted as" + (f", {len(columns)} of {classes} classes" if len(columns) < classes else "")
    lines: list[Line] = [[(" " * (label + 2) + numbers.fit(title, wide * len(columns)), DIM)]]
    heads = "".join(f"{one} " for one in _told_apart([names[one] for one in columns], wide - 1))
    lines.append([(f" {numbers.fit('class', label, right=True)} {heads}", DIM)])
    for row in rows:
        total = max(int(counts[row].sum()), 1)
        line: Line = [(f" {numbers.fit(names[row], label, right=True)} ", DIM)]
        for column in columns:
            count = int(counts[row, column])
            line.append(_cell(count, count / total, wide, manner, row == column, pointed == (row, column)))
        lines.append(line)
    return lines


def _told_apart(names: Sequence[str], width: int) -> list[str]:
    """Names cut to a width: at their end, or at their beginning where more of them differ so."""
    cut = [numbers.fit(name, width, right=True) for name in names]
    ends = [name if cells([(name, TEXT)]) <= width else numbers.fit(f"…{name[1 - width :]}", width) for name in names]
    return [end.rjust(width) for end in ends] if len(set(ends)) > len(set(cut)) else cut


def _window(count: int, room: int, at: int) -> range:
    """The part of `count` things that fits into `room` with number `at` in it."""
    first = max(0, min(at - room // 2, count - room))
    return range(first, min(first + room, count))


def _cell(count: int, share: float, wide: int, manner: Manner, is_right: bool, is_pointed: bool) -> Part:
    text = f"{count:,}" if count else "·"
    if is_pointed:
        return f"‹{text}›".rjust(wide), STRONG
    text = f"{text} ".rjust(wide)
    if is_right:
        return text, FINISHED if count else DIM
    if not count:
        return text, DIM
    if manner == "halves":
        return text, filled_style(BLANK, faint(slot_at(min(share * 4, 1.0)))) + STRONG
    shade = SHARES[manner][min(1 + int(share * 16), len(SHARES[manner]) - 1)]
    return (shade + text.lstrip()).rjust(wide), WARNED


def chosen(found: RunMistakes, pointed: Cell | None) -> list[int]:
    """The numbers of the worst examples that are shown: all, or those of the pointed cell."""
    return [
        number
        for number, example in enumerate(found.found.worst)
        if pointed is None or (example.label, example.predicted) == pointed
    ]


def example_lines(found: RunMistakes, manner: Manner, pointed: Cell | None, width: int, height: int) -> list[Line]:
    """The worst examples, as pictures where they are pixels, else as a table; the most wrong first."""
    numbered, names = chosen(found, pointed), [clean(name, LONGEST_NAME) for name in found.names]
    if pointed is None:
        title = "the most wrong first" if numbered else "no example is classified wrong"
    elif pointed[0] == pointed[1]:
        title = f"class {names[pointed[0]]}, rightly found"
    else:
        title = f"class {names[pointed[0]]}, taken for {names[pointed[1]]}" + ("" if numbered else ": none")
    lines: list[Line] = [[(f" {title}", ACCENTED)]]
    if not numbered:
        return lines
    examples = [found.found.worst[number] for number in numbered]
    if found.pictures is None:
        return [*lines, *_table(found, examples, numbered, names, width)[: height - 1]]
    pictures = found.pictures[numbered]
    pictures = pictures - pictures.min(axis=(1, 2), keepdims=True)
    said = [(names[one.label], _name(names, one.predicted)) for one in examples]
    room = max(width - 1, 1), manner, max(height - 1, 1)
    labels = [f"{label}, not {predicted}" for label, predicted in said]
    drawn = draw_weights(pictures, labels, *room)
    if max(map(len, labels)) > len(drawn.rows[0][0].text) - 1:
        drawn = draw_weights(pictures, [f"{label}>{predicted}" for label, predicted in said], *room)
    return [*lines, *([(" ", TEXT), *map(_part, row)] for row in drawn.rows)]


def _name(names: Sequence[str], predicted: int) -> str:
    return "known" if predicted < 0 else names[predicted]


def _part(piece: Piece) -> Part:
    return piece.text, signed_style(piece.foreground, piece.background)


def _table(
    found: RunMistakes, examples: Sequence[Example], numbered: Sequence[int], names: Sequence[str], width: int
) -> list[Line]:
    """A line for each example: its row, classes, loss, and as many features as fit."""
    wide = LONGEST_NAME + 1 if width >= ROOMY else max(len("taken for"), *map(len, names)) + 1
    lines: list[Line] = [[(f" row    {'class':<{wide}} {'taken for':<{wide}} {'loss':>8}  features"[:width], DIM)]]
    for number, one in zip(numbered, examples, strict=True):
        left = (
            f" {one.row:<6} {names[one.label]:<{wide}} {_name(names, one.predicted):<{wide}} {loss_text(one.loss):>8}  "
        )
        line: Line = [(left, TEXT)]
        for value in found.features[number].tolist():
            text = f"{numbers.number(value)} "
            if cells(line) + len(text) > width - 2:
                line.append(("…", DIM))
                break
            line.append((text, DIM))
        lines.append(line)
    return lines


def summary(found: RunMistakes) -> str:
    """How many examples of which split are right, at which iteration."""
    mistakes = found.found
    share = mistakes.correct / max(mistakes.total, 1)
    lost = f", {counted(mistakes.lost, 'example')} with scores that are no numbers" if mistakes.lost else ""
    exact = "" if found.is_exact else "the last checkpoint, "
    return (
        f"{found.split} split: {mistakes.correct:,} of {mistakes.total:,} right ({share:.1%}){lost}, "
        f"{exact}after {counted(found.iteration, 'iteration')}"
    )


def as_csv(found: RunMistakes) -> str:
    """The confusion matrix as CSV: a row for each class, a column for each predicted one."""
    names = [clean(name).replace('"', '""') for name in found.names]
    rows = [["class", *names], *([name, *map(str, row)] for name, row in zip(names, found.found.counts, strict=True))]
    return "".join(",".join(f'"{cell}"' for cell in row) + "\n" for row in rows)
