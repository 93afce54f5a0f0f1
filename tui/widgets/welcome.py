"""The welcome of an empty store: the four strategies, and the keys that start."""

from __future__ import annotations

from textwrap import wrap

from textual.strip import Strip

from engine.spec import race
from tui.colours.theme import ACCENTED, DIM, STRONG, TEXT
from tui.text import numbers
from tui.text.parts import Part
from tui.widgets.lines import strip

WELCOME_KEYS = frozenset({"new_run", "app.sweep", "app.palette", "app.help", "app.leave"})
"""Actions of the board that work before there is a run."""

HIKER = "A hiker, blindfolded, on the loss surface of a classifier of handwritten digits."
WAYS = (
    ("random search", "throw darts at the map"),
    ("random local search", "step somewhere near; keep it if it is lower"),
    ("gradient descent", "feel the slope of all examples; step downhill"),
    ("… by mini-batches", "feel the slope of a few at a time"),
)


def welcome(width: int, height: int) -> list[Strip]:
    """The lines, centred in `width` x `height` cells."""
    first = race()[0]
    iterations = first.iterations or 0
    lasts = f"about {numbers.span(iterations / first.pace)}" if first.pace else "a moment"
    lines: list[list[Part]] = [
        *([(line, STRONG)] for line in wrap(HIKER, max(width - 4, 20))),
        [(f"Four ways down, {iterations:,} steps each:", TEXT)],
        [],
        *([("   " + name.ljust(22), TEXT), (way, DIM)] for name, way in WAYS),
        [],
        [("enter", ACCENTED), (f" lets them race for {lasts}. Then: which step size is best, and why.", TEXT)],
        [("N", ACCENTED), (" shows it in eight short scenes, one idea after the other.", TEXT)],
    ]
    if len(lines) > height:
        lines = [line for line in lines if line]
    left = " " * max(min((width - 80) // 2, 24), 2)
    above = max((height - len(lines)) * 2 // 5, 0)
    return [strip([], width)] * above + [strip([(left, TEXT), *line], width) for line in lines]
