"""Printed decision regions: which class wins where, the runs side by side, as text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.color import ColorSystem

from tui.chart.drawing.filled import FilledPicture
from tui.chart.drawing.weight_cells import Manner
from tui.chart.inspected.regions import GAP, Tiling, draw_regions, frame_of, tiling
from tui.colours.theme import filled_style
from tui.presenting.inspected.regions import caption, legend_line, title_parts, view_of
from tui.printing.paper import Paper
from tui.text import numbers
from tui.text.ascii_only import spelled

if TYPE_CHECKING:
    from engine.jobs.inspection.regions import RunRegions

BESIDES = 2
"""Rows above and below the pictures."""


def regions_of(path: Path, until: tuple[tuple[int, int], ...], paper: Paper) -> tuple[list[RunRegions], list[str]]:
    """Return the regions of runs after so many iterations each, at their finest, and why others have none.

    Raises StoreError where no run has any.
    """
    from engine.jobs.inspection.regions import AskedRegions, DecisionRegions, RunRegions

    tiled = _tiling(len(until), paper)
    frame = frame_of(tiled.width, tiled.height - (len(until) > 1))
    asked = AskedRegions(until, "train", frame.width, 2 * frame.height)
    *_, found = DecisionRegions().answers(path, lambda: True, asked)
    seen = [one for one in found if isinstance(one, RunRegions)]
    return seen, [one.sentence for one in found if not isinstance(one, RunRegions)]


def _tiling(count: int, paper: Paper) -> Tiling:
    return tiling(count, paper.width, paper.height - BESIDES)


def print_regions(found: Sequence[RunRegions], paper: Paper) -> str:
    """Return the regions as text; without colours, or on light ground, they are filled with signs."""
    in_colours = paper.scheme == "dark" and paper.system in (ColorSystem.TRUECOLOR, ColorSystem.EIGHT_BIT)
    manner: Manner = "ascii" if paper.ascii_only else "halves" if in_colours else "shades"
    tiled = _tiling(len(found), paper)
    legend = "".join(
        style.render(text, color_system=paper.system) if in_colours else text
        for text, style in legend_line(found, manner, paper.width)
    )
    lines = [legend.rstrip()]
    for start in range(0, tiled.visible, tiled.across):
        beside = found[start : min(start + tiled.across, tiled.visible)]
        is_alone = len(found) == 1
        if not is_alone:
            titles = ["".join(text for text, _ in title_parts(one.run_id, "", one, tiled.width)) for one in beside]
            lines.append((" " * GAP).join(numbers.fit(title, tiled.width) for title in titles).rstrip())
        pictures = [draw_regions(view_of(one), tiled.width, tiled.height - (not is_alone), manner) for one in beside]
        for row in range(pictures[0].height):
            drawn = (" " * GAP).join(_row(picture, row, paper if in_colours else None) for picture in pictures)
            lines.append(drawn if in_colours else drawn.rstrip())
    left = len(found) - tiled.visible
    below = caption(found) + (f"; no room for {left} more" if left else "")
    return "\n".join([*lines, " " + (spelled(below) if paper.ascii_only else below)])


def _row(picture: FilledPicture, row: int, paper: Paper | None) -> str:
    return "".join(
        text if paper is None else filled_style(style, ground).render(text, color_system=paper.system)
        for text, style, ground in picture.row(row)
    )


def as_data(found: Sequence[RunRegions]) -> list[dict[str, Any]]:
    """Return the regions as JSON data: the class of each dot by row, the highest second coordinate first; -1: none."""
    return [
        {
            "run_id": one.run_id,
            "iteration": one.iteration,
            "axes": list(one.plane.axes),
            "variance": None if one.plane.principal is None else sum(one.plane.shares),
            "window": list(one.window),
            "classes": list(one.names),
            "regions": one.grid.tolist(),
            "examples": [
                {"row": row, "place": place, "class": label, "predicted": predicted}
                for row, place, label, predicted in zip(
                    one.shown.rows.tolist(),
                    one.shown.places.tolist(),
                    one.shown.y.tolist(),
                    one.shown.predicted.tolist(),
                    strict=True,
                )
            ],
        }
        for one in found
    ]
