"""The inspector: what stands on its tabs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from tui.chart.drawing.weight_cells import SHADES, Manner
from tui.chart.inspected import landscape, range_test, regions, section
from tui.colours.styles import DEEPEST
from tui.colours.theme import ACCENTED, DIM, FAILED, FINISHED, STRONG, TEXT, WARNED, signed_style
from tui.model.inspection.subjects import TITLES, TabName
from tui.model.keymap import Key
from tui.presenting.explained.blocks import Block, Entry, entry
from tui.text.parts import Part


def _inspector(_: Manner) -> Iterable[Block]:
    yield Block(
        "The inspector",
        (
            entry("run 3 and 2 more", "the run of tabs about one run (pg down: the next), and the other marked ones"),
            entry("[Weights]", "the tab in front; tab or its number goes to another", ACCENTED),
            entry("after 900 iterations", "how far the run is at this moment", DIM),
            entry("computing …", "the picture comes when it is ready; keys work meanwhile", DIM),
        ),
    )


def _landscape(manner: Manner) -> Iterable[Block]:
    charset = "ascii" if manner == "ascii" else "unicode"
    yield Block(
        "The landscape",
        (
            entry("loss to", "above the key at the right edge: the highest loss of each band", DIM),
            entry("lines", "contour lines, and the ways of the runs; the marker is where a run is", TEXT),
            entry("dots", "proposals of a search; faint: those that it rejected", DIM),
            entry(landscape.LOWEST[charset], "the lowest loss in the picture", STRONG),
            entry(landscape.CROSS[charset], "the cursor (arrow keys); its arrow is the negative gradient in the plane"),
            entry(landscape.LOST[charset], "the loss is infinite or not a number", DIM),
            entry("97% of the ways' variance", "how much of the ways lies in the plane; the rest is not seen", DIM),
            entry("through checkpoints", "straight pieces between kept weights, until they are computed again", DIM),
            entry(section.KINK[charset], "a kink of the loss along a line; many are a row of dots below it", STRONG),
            entry("refining …", "finer losses are being computed", DIM),
        ),
    )


def _regions(manner: Manner) -> Iterable[Block]:
    charset = "ascii" if manner == "ascii" else "unicode"
    fill = "colours" if manner == "halves" else f"{regions.texture(0, manner) * 2} {regions.texture(1, manner) * 2}"
    yield Block(
        "Decision regions",
        (
            entry(fill, "the class with the highest score there, by the fills in the first line", TEXT),
            entry(regions.RIGHT[manner], "an example whose own class has the highest score", TEXT),
            entry("0", "the sign of a class in a region: an example of that class that is taken for another", STRONG),
            entry(regions.NOBODY[charset], "scores there are infinite or not numbers: no class wins", DIM),
            entry(
                regions.CROSS[charset], "the cursor (arrow keys): the first line tells place, class and scores", STRONG
            ),
            entry("x1, x2", "the features, in the units of the data; the names of a file's header, if it has one", DIM),
            entry(
                "two principal axes",
                "of more features: the plane through the mean in which examples vary most. They are projected onto it; "
                "right and wrong are by all features",
                DIM,
            ),
            entry(
                "the nearest weights", "kept or computed just before this moment, until the exact ones are there", DIM
            ),
        ),
    )


def weights_entries(manner: Manner) -> tuple[Entry, ...]:
    """What a picture of weights shows: its colours or shades, and its caption."""
    levels = [-DEEPEST, 0, DEEPEST]
    scale: tuple[Part, ...] = tuple(("  ", signed_style(None, level)) for level in levels)
    if manner != "halves":
        scale = tuple((SHADES[manner][level + DEEPEST] * 2, TEXT) for level in levels)
    return (
        Entry(scale, "weights below 0, at 0, above 0: a bright pixel there lowers or raises the class's score"),
        entry("weights after", "the newest weights kept, as one picture for each class", TEXT),
    )


def _weights(manner: Manner) -> Iterable[Block]:
    yield Block(
        "Weights",
        (
            weights_entries(manner)[0],
            entry(
                "▸ 2  64 hidden units x 128", "the layer below: a row of weights per unit, a column per input", STRONG
            ),
            entry(
                "update of iteration",
                "by how much the next iteration moves these weights, on a scale of its own",
                ACCENTED,
            ),
            entry("update : weights", "length of the update : length of the weights; about 1e-3 is usual", DIM),
            entry("dead 3", "units that give 0 for every example looked at: no gradient reaches them", WARNED),
            entry(
                "zeros, saturated", "shares of outputs that are 0, and at the ends of tanh's or sigmoid's range", TEXT
            ),
            entry("bars", "how many outputs of a hidden layer have which value; those that are 0 are left out", TEXT),
        ),
    )


def _step(_: Manner) -> Iterable[Block]:
    yield Block(
        "One step",
        (
            entry("─▸", "the way of the numbers: scores, data loss + regularization loss, gradient, update", DIM),
            entry("◂ y", "the right class of the example", FINISHED),
            entry("◂ max", "the class with the highest score", WARNED),
            entry("margin", "of the SVM: max(0, s_j - s_y + delta); L_i is their sum", DIM),
            entry("p", "the probability of softmax; L_i is -log of the right class's", DIM),
            entry("step size in force", "the base step size x the factor of its schedule", DIM),
            entry("update : weights", "length of the update : length of the weights; about 1e-3 is usual", DIM),
            entry("loss after the step", "of the same batch; behind it, by how much it changed", STRONG),
            entry("not part of the run", "the run has not made this iteration: it is computed here, never stored", DIM),
        ),
    )


def _check(_: Manner) -> Iterable[Block]:
    yield Block(
        "Gradient check",
        (
            entry("error", "|a - n| / max(|a|, |n|) of a weight's analytic and numerical derivative", TEXT),
            entry("of the gradient", "the same of all checked weights together, by their lengths", DIM),
            entry("W1[3, bias]", "a weight: its layer, its row, and its column or bias", DIM),
            entry(
                "kink within h", "the loss has a kink there, and the analytic value lies between both slopes", WARNED
            ),
            entry("h too large", "with a smaller h both agree", WARNED),
            entry("wrong", "with a smaller h they differ all the same", FAILED),
            entry("untold", "the differences still change with h, so they tell nothing", WARNED),
            entry("drawn", "of many weights a sample is checked, the same for a run's seed", DIM),
        ),
    )


def _range(manner: Manner) -> Iterable[Block]:
    charset = "ascii" if manner == "ascii" else "unicode"
    yield Block(
        "The step-size range test",
        (
            entry(
                "the curve",
                "the loss, smoothed, of one run whose step size rises at each iteration; dots: each loss",
                TEXT,
            ),
            entry(
                range_test.RULE[charset],
                "the step sizes at which the loss falls fastest, and at which it has risen again",
                DIM,
            ),
            entry("steepest 0.03", "falls fastest: a good first step size lies about here", STRONG),
            entry("breaks 2.1", "half of the fall is lost: smaller ones are safe", STRONG),
            entry("enter", "a sweep from a third of the steepest to the breaking step size", TEXT),
        ),
    )


def _mistakes(manner: Manner) -> Iterable[Block]:
    yield Block(
        "Mistakes",
        (
            entry("12", "examples of the row's class that are taken for the column's; green: rightly found", FINISHED),
            entry("‹12›", "the cell under the cursor: only its examples are shown (0: all)", STRONG),
            entry("7, not 9", "an example of class 7 whose highest score is that of class 9; 7>9 in little room", DIM),
            entry("last checkpoint", "weights kept before this moment, shown until the exact ones are there", DIM),
        ),
    )


TABS: Mapping[TabName, Callable[[Manner], Iterable[Block]]] = {
    "landscape": _landscape,
    "regions": _regions,
    "weights": _weights,
    "step": _step,
    "check": _check,
    "mistakes": _mistakes,
    "range": _range,
}
"""The parts about each of the tabs."""

INSPECTOR: tuple[Callable[[Manner], Iterable[Block]], ...] = (_inspector, *TABS.values())
"""The parts about the screen itself, then about its tabs."""

PURPOSES: Mapping[TabName, str] = {
    "landscape": "the loss over a plane of weight space, as a map of hills: a run goes downhill along its line, "
    "and its marker is where it is",
    "regions": "which class has the highest score where, and the examples that lie there",
    "weights": "the weights of each layer, and beside them how the next iteration moves them",
    "step": "one iteration in all its numbers: scores, loss, gradient, update, and one example at a time",
    "check": "the gradient from the chain rule beside one from differences of losses: where both agree, it is right",
    "mistakes": "which classes are taken for which others, and the examples that are most wrong",
    "range": "what step sizes do: the loss of one run whose step size rises with each iteration",
}
"""What each tab shows, in a sentence for somebody who has never seen it."""


def tab_block(name: TabName, offered: Iterable[Key]) -> Block:
    """The block about the tab in front, which stands before all keys: what it shows, and what its keys do now."""
    keys = (Entry(((key.all_keys_text, ACCENTED),), key.word) for key in offered)
    return Block(f"This tab: {TITLES[name]}", (entry("shows", PURPOSES[name], STRONG), *keys))
