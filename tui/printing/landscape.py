"""Printed landscapes: the loss over a plane of weight space with the ways of runs, as text."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.color import ColorSystem

from tui.chart.drawing.weight_cells import Manner
from tui.chart.inspected.landscape import LandscapeView, WayView, draw_landscape, frame_of
from tui.colours.palette import marker
from tui.colours.theme import filled_style
from tui.printing.paper import Paper

if TYPE_CHECKING:
    from engine.jobs.inspection.landscape_values import Landscape


def landscape_of(path: Path, until: tuple[tuple[int, int], ...], paper: Paper) -> Landscape:
    """Return the finest landscape of runs up to iterations, through their starts and ends or of their own space.

    Raises StoreError and SpecError.
    """
    from engine.jobs.inspection.landscape import Landscapes
    from engine.jobs.inspection.landscape_values import Asked

    frame = frame_of(paper.width, paper.height - 2)
    asked = Asked(until, 0, frame.width, 2 * frame.height)
    *_, finest = Landscapes().answers(path, lambda: True, asked)
    return finest


def print_landscape(found: Landscape, paper: Paper) -> str:
    """Return the landscape as text; without colours, or on light ground, bands are digits."""
    in_colours = paper.scheme == "dark" and paper.system in (ColorSystem.TRUECOLOR, ColorSystem.EIGHT_BIT)
    manner: Manner = "ascii" if paper.ascii_only else "halves" if in_colours else "shades"
    ways = tuple(WayView(slot, way.places, way.tries, way.accepted) for slot, way in enumerate(found.ways))
    lowest = None if found.lowest is None else found.lowest[:2]
    view = LandscapeView(found.heights, found.levels, found.window, found.axes, ways, lowest)
    picture = draw_landscape(view, paper.width, paper.height - 2, manner)
    signs = (f"{marker(slot, ascii_only=paper.ascii_only)} run {way.run_id}" for slot, way in enumerate(found.ways))
    share = "" if math.isnan(found.share) else f", {found.share:.0%} of the ways' variance"
    below = f" {found.plane}{share}; {'; '.join([*filter(None, [found.examples]), *found.remarks])}"
    if not in_colours:
        drawn = picture.to_text()
    else:
        drawn = "\n".join(
            "".join(
                filled_style(style, ground).render(text, color_system=paper.system)
                for text, style, ground in picture.row(row)
            )
            for row in range(picture.height)
        )
    return "\n".join([" " + "  ".join(signs), drawn, below.rstrip("; ")])


def as_data(found: Landscape) -> dict[str, Any]:
    """Return the landscape as JSON data: losses by row, the lowest second coordinate first, and the ways."""
    return {
        "plane": found.plane,
        "share": None if math.isnan(found.share) else found.share,
        "examples": found.examples,
        "remarks": list(found.remarks),
        "window": list(found.window),
        "loss": found.heights.tolist(),
        "ways": [
            {"run_id": way.run_id, "iterations": way.iterations.tolist(), "places": way.places.tolist()}
            for way in found.ways
        ],
    }
