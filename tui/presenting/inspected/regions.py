"""Decision regions: the classes and their signs, the titles of tiles, what is under the cursor, and the caption."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.text import clean, counted
from tui.chart.drawing.weight_cells import Manner
from tui.chart.inspected.regions import RIGHT, RegionsView, class_signs, class_slots, texture
from tui.colours.styles import faint, strong
from tui.colours.theme import DIM, STRONG, TEXT, cell_style, filled_style
from tui.text import numbers
from tui.text.parts import Part, cells

if TYPE_CHECKING:
    from engine.jobs.inspection.regions import RunRegions

Line = list[Part]

LONGEST_NAME = 16
"""Cells of the name of a class or of a feature."""

LONGEST_NAMES = 3
"""Scores that are told under the cursor, the highest ones, where the classes have names longer than a sign."""


def view_of(found: RunRegions, cursor: tuple[float, float] | None = None) -> RegionsView:
    """What is drawn of the regions of a run."""
    shown, plane = found.shown, found.plane
    axes = clean(plane.axes[0], LONGEST_NAME), clean(plane.axes[1], LONGEST_NAME)
    return RegionsView(
        found.grid,
        len(found.names),
        found.window,
        axes,
        shown.places,
        shown.y,
        shown.is_wrong,
        class_signs(found.names),
        cursor,
    )


def legend_line(found: Sequence[RunRegions], manner: Manner, width: int) -> Line:
    """The classes of the first of the runs with their fills and signs, as many as fit, and how examples are marked."""
    first, signs = found[0], class_signs(found[0].names)
    line: Line = [(" ", TEXT)]
    if any(other.names != first.names for other in found):
        line.append((f"run {first.run_id}: ", DIM))
    marks: Line = [(f"  {RIGHT[manner]} right  {signs[0]} wrong", DIM)]
    slots = class_slots(len(first.names))
    for number, (sign, name) in enumerate(zip(signs, first.names, strict=True)):
        called = clean(name, LONGEST_NAME)
        text = sign if called == sign else f"{sign} {called}"
        if manner == "halves":
            parts: Line = [(f" {text} ", filled_style(strong(slots[number]), faint(slots[number]))), (" ", TEXT)]
        else:
            parts = [(texture(number, manner) * 2, cell_style(faint(slots[number]))), (f" {text}  ", TEXT)]
        if cells(line) + cells(parts) > width - 2:
            return [*line, ("…", DIM)]
        line += parts
    return [*line, *marks] if cells(line) + cells(marks) <= width else line


def pointed_line(found: RunRegions) -> Line:
    """What is under the cursor: where it is, the class that wins there, and the highest scores."""
    under = found.under
    if under is None:
        return []
    names = [clean(name, LONGEST_NAME) for name in found.names]
    axes = [clean(name, LONGEST_NAME) for name in found.plane.axes]
    where = ", ".join(f"{axis} {numbers.number(place)}" for axis, place in zip(axes, under.place, strict=True))
    winner = "no class" if under.winner < 0 else f"class {names[under.winner]}"
    scores = under.scores.tolist()
    order = sorted(range(len(names)), key=lambda number: -scores[number]) if under.winner >= 0 else range(len(names))
    told = "  ".join(f"{names[number]}: {numbers.number(scores[number])}" for number in order)
    return [(f" {winner} ", STRONG), (f"at {where}; scores ", TEXT), (told, DIM)]


def title_parts(run_id: int, label: str, found: RunRegions | None, width: int) -> Line:
    """The title of a tile: the run, the class under the cursor, how many examples are right, after how long.

    Of that as much as fits into `width` cells, whole.
    """
    parts: Line = [(f"run {run_id}", STRONG)]
    if found is not None:
        if found.under is not None:
            winner = found.under.winner
            parts.append(("no class" if winner < 0 else f"class {clean(found.names[winner], LONGEST_NAME)}", STRONG))
        parts.append((f"{1 - float(found.shown.is_wrong.mean()):.1%} right", TEXT))
        parts.append((f"after {found.iteration:,}", DIM))
    line: Line = parts[:1]
    for text, style in (*parts[1:], (label, DIM)):
        room = width - cells(line) - 2
        shown = text if len(text) <= room else text.removesuffix(" right")
        if len(shown) > room:
            break
        line.append((f"  {shown}", style))
    return line


def caption(found: Sequence[RunRegions]) -> str:
    """How many examples are right in which weights, and what the picture shows of features that it cannot show."""
    first = found[0]
    shown, count, parts = first.shown, len(first.shown.rows), []
    if len(found) == 1:
        right = int((~shown.is_wrong).sum())
        of = f"{shown.split} split" if count == shown.of else f"{count:,} of {shown.of:,} {shown.split} examples"
        nearest = "" if first.is_exact else "the nearest weights, "
        parts.append(f"{of}: {right:,} of {count:,} right ({right / count:.1%})")
        parts.append(f"{nearest}after {counted(first.iteration, 'iteration')}")
    else:
        parts.append(f"examples of the {shown.split} split")
        nearest = ", ".join(f"run {one.run_id}" for one in found if not one.is_exact)
        parts += [f"the nearest weights of {nearest}"] if nearest else []
    parts += list(dict.fromkeys(_seen_of(one) for one in found if one.plane.features != 2))
    if any(one.stride > 1 for one in found):
        parts.append("coarse: scores take long")
    return " · ".join(parts)


def _seen_of(found: RunRegions) -> str:
    """What a picture shows of features that it cannot show as they are."""
    plane = found.plane
    if plane.principal is None:
        return "one feature: examples lie at the heights of their classes"
    of = len(plane.split)
    axes = "" if plane.axes_from == of else f" of {plane.axes_from:,} of {of:,} train examples"
    return (
        f"{plane.features:,} features: the plane through the mean along two principal axes{axes}, "
        f"{sum(plane.shares):.0%} of the variance; examples are projected"
    )


def as_csv(found: Sequence[RunRegions]) -> str:
    """The regions as CSV: a row for each dot, with the class that wins there, '' where none does."""
    lines = ["run,a,b,class"]
    for one in found:
        names = [clean(name).replace('"', '""') for name in one.names]
        (m, n), (left, right, bottom, top) = one.grid.shape, one.window
        for row in range(m):
            b = top - (row + 0.5) / m * (top - bottom)
            for column, winner in enumerate(one.grid[row].tolist()):
                a = left + (column + 0.5) / n * (right - left)
                lines.append(f'{one.run_id},{a!r},{b!r},"{names[winner] if winner >= 0 else ""}"')
    return "\n".join(lines) + "\n"
