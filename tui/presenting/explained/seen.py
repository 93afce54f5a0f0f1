"""Seen: what stands on each view, sign by sign and word by word, in the colours in which it stands there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from rich.style import Style

from engine.spec import FIELDS
from engine.store import status_word
from tui.chart.drawing import heat, loss_by_value, markers
from tui.chart.drawing.weight_cells import SHADES, Manner
from tui.chart.values.view import Charset, XKind
from tui.colours.palette import ASCII_MARKERS, MARKERS
from tui.colours.ramp import LETTERS, ramp_slots
from tui.colours.styles import DEEPEST, faint
from tui.colours.theme import (
    ACCENTED,
    BADGE,
    DIM,
    FAILED,
    FINISHED,
    RULES,
    STRONG,
    TEXT,
    WARNED,
    cell_style,
    run_style,
    signed_style,
)
from tui.model.clock import Stops
from tui.model.keymap import Place
from tui.presenting.explained import words
from tui.presenting.explained.blocks import Block, Entry
from tui.presenting.explained.statuses import MEANINGS, SIGNS
from tui.text.ascii_only import spelled
from tui.text.parts import Part

LINES: Mapping[Charset, str] = {"unicode": "⠒⠢⣀", "ascii": "***"}
RAW: Mapping[Charset, str] = {"unicode": "⢸⣿⡇", "ascii": ":::"}
DOTTED: Mapping[Charset, str] = {"unicode": "⠂⠂⠂", "ascii": "* *"}
"""Pieces of curves."""

RUN = 0
"""Colour slot of the run that stands for all runs."""


def seen_blocks(place: Place, manner: Manner = "halves") -> list[Block]:
    """What stands on a view; `manner` is how it draws pictures, and so the charset of its charts."""
    return [block for part in VIEWS.get(place, ()) for block in part(manner)]


def _entries(
    table: Mapping[XKind, str] | Mapping[Stops, str] | Mapping[str, str], style: Style = TEXT
) -> tuple[Entry, ...]:
    return tuple(_entry(word, meaning, style) for word, meaning in table.items())


def _entry(sample: str, meaning: str, style: Style = TEXT) -> Entry:
    return Entry(((sample, style),), meaning)


def _charset(manner: Manner) -> Charset:
    return "ascii" if manner == "ascii" else "unicode"


def _statuses(_: Manner) -> Iterable[Block]:
    yield Block(
        "Status",
        tuple(
            Entry(((sign, style), (f" {status_word(status)}", TEXT)), MEANINGS[status])
            for status, (sign, style) in SIGNS.items()
        ),
    )


def _list(_: Manner) -> Iterable[Block]:
    style = run_style(RUN)
    yield Block(
        "The list",
        (
            _entry("▌", "marked: drawn in the chart in this colour; runs go on without it", style),
            _entry("●", "a sign in a curve's colour: drawn, since the cursor is on it", style),
            _entry("‡", "pinned: it stays in sight on top of the list (i)", ACCENTED),
            _entry("│", "a run of the sweep in the title above", DIM),
            _entry("- +", "the runs of this sweep are shown below, or folded away (space)", ACCENTED),
            _entry(
                "▴name", "the list is sorted by this column, the smallest first; ▾ the largest first (o, O)", ACCENTED
            ),
            _entry("13 of 51 shown", "runs that fit the filter, of all (/)", STRONG),
            _entry("seed, lambda …", "settings in which the runs differ have columns; | chooses others", DIM),
        ),
    )
    yield Block("Columns", _entries(words.COLUMNS, DIM))


def _header(manner: Manner) -> Iterable[Block]:
    yield Block(
        "The first line",
        (
            _entry("3 running", "runs that workers compute; also paused, queued, done, lost"),
            _entry("9k it/s", "iterations per second of all runs together"),
            _entry("3 of 4 workers", "processes that compute, and how many there may be (W)", DIM),
        ),
    )
    written = spelled if manner == "ascii" else str
    yield Block(
        "Settings and messages",
        (
            _entry(written("Δ"), FIELDS["delta"].help),
            _entry(written("λ"), FIELDS["regularization_strength"].help),
            _entry("pace 100/s", FIELDS["pace"].help),
            _entry("›", "what happened, or what can be done next; ! says what went wrong", ACCENTED),
        ),
    )


def _selected(manner: Manner) -> Iterable[Block]:
    yield Block(
        "The lines about the selected run",
        (
            _entry("differs:", "settings in which the marked runs and this one are not alike", DIM),
            _entry("0.1 → 0.2", "a setting as given, and as steering has changed it"),
            _entry("at 900", "the losses beside it were measured after 900 iterations", DIM),
            _entry("gradient norm", "how steep the loss is; near 0 the run has arrived", DIM),
        ),
    )


def _replay(_: Manner) -> Iterable[Block]:
    yield Block(
        "The replay",
        (
            _entry(" REPLAY ", "list and chart show the past; nothing here changes a run", BADGE),
            _entry("⏵ ⏸", "it plays, or stands still", ACCENTED),
            _entry("x4", "four times as fast as it was; by iteration, x1 is 100 iterations per second"),
            _entry("↻", "at the end it begins again (L)", ACCENTED),
            _entry("00:03.2 / 00:10.0", "time of the moment shown, and of the whole", STRONG),
            _entry("●", "the moment shown; drag it, or click on the bar", STRONG),
            Entry((("━", ACCENTED), ("─", RULES)), "before this moment, after it"),
            _entry("◆", "an event: steering, a fork, a new worker, divergence", WARNED),
            _entry("weights of 40", "the newest weights kept before this moment: f and b begin there", DIM),
            _entry("live edge", "as new as the live run; behind live: there is more to see", WARNED),
        ),
    )
    yield Block("Its clock (C)", _entries({f"by {kind}": meaning for kind, meaning in words.CLOCKS.items()}, DIM))
    yield Block("Where { } go to (')", _entries(words.STOPS))


def _chart(manner: Manner) -> Iterable[Block]:
    charset = _charset(manner)
    style, signs = run_style(RUN), markers.SIGNS[charset]
    yield Block(
        "The chart",
        (
            _entry(
                LINES[charset],
                "a run's curve: its loss, smoothed if of mini-batches; of a search the best so far",
                style,
            ),
            *([_entry("⠶⢦⣤", "the run under the cursor is drawn thicker", style)] if charset == "unicode" else []),
            *([_entry(signs["point"], "one evaluation, where they are far apart", style)] if signs["point"] else []),
            _entry(signs["above"], "the curve leaves the chart at its upper edge", style),
            _entry(signs["below"], "it leaves at the lower edge, or falls to 0 on a logarithmic axis", style),
            _entry(signs["non-finite"], "from here on its loss is infinite or not a number", style),
            _entry("(log)", "a logarithmic y axis: equal steps are equal factors (y)"),
            _entry("smoothing 20", "losses of mini-batches, averaged with a half-life of 20 iterations (<, >)"),
            _entry("raw", "losses of mini-batches as they are, not averaged"),
            _entry("+3 more", "so many runs have no room here", DIM),
        ),
    )
    yield Block("What y can be (m)", _entries(words.METRICS))
    yield Block("What x can be (x)", _entries(words.X_AXES))


def _marks(manner: Manner) -> Iterable[Block]:
    charset = _charset(manner)
    style, signs, weak = run_style(RUN), markers.SIGNS[charset], cell_style(faint(RUN))
    ends = (MARKERS if charset == "unicode" else ASCII_MARKERS)[:3]
    yield Block(
        "At a curve",
        (
            Entry(
                tuple((sign, run_style(slot)) for slot, sign in enumerate(ends)),
                "its end; the legend has the same sign and colour",
            ),
            _entry(RAW[charset], "raw values: lowest to highest loss of a column, or the tries of a search (~)", weak),
            _entry(DOTTED[charset], "a second loss in the run's colour: validation beside train", style),
            _entry(LINES[charset], "in a weak colour: the parent's curve, before a fork", weak),
        ),
    )
    yield Block(
        "Events on a curve and on the x axis",
        tuple(_entry(signs[kind], meaning, style) for kind, meaning in words.MARKS.items()),
    )


def _board_chart(manner: Manner) -> Iterable[Block]:
    cursor = markers.SIGNS[_charset(manner)]["cursor"]
    yield Block(
        "In the chart's title",
        (
            _entry("follow", "the x axis moves along with the newest iterations (w)", DIM),
            _entry("zoomed", "a part of the x axis; 0 shows all. y zoomed: = fits it again", DIM),
            _entry("different objectives", "their losses are not the same formula: heights do not compare"),
            _entry("different data sets", "their losses are of other examples: heights do not compare"),
            _entry("run 3 alone", "only the run under the cursor, without the marked ones (esc)", DIM),
            _entry("readout", "each run's value at a line, best first, in place of the legend (c)", DIM),
            _entry(cursor, "the line of the readout; h, l and the mouse move it", DIM),
            _entry("enlarged", "one measure out of the grid of measures (v)", DIM),
            _entry("whole room", "the chart alone (Z)", DIM),
        ),
    )


def _details(manner: Manner) -> Iterable[Block]:
    levels = [-DEEPEST, 0, DEEPEST]
    scale: tuple[Part, ...] = tuple(("  ", signed_style(None, level)) for level in levels)
    if manner != "halves":
        scale = tuple((SHADES[manner][level + DEEPEST] * 2, TEXT) for level in levels)
    yield Block(
        "Details of a run (enter, tab)",
        (
            Entry(scale, "weights below 0, at 0, above 0: a bright pixel there lowers or raises the class's score"),
            _entry("weights after", "the newest weights kept, as one picture for each class", TEXT),
            _entry("kept loss", "of a search: the loss of the best point so far", DIM),
            _entry("batch loss", words.COLUMNS["batch ~"], DIM),
            _entry("best train loss", words.COLUMNS["best"], DIM),
            _entry("others 0.2", "what the other marked runs have there", DIM),
            _entry("checkpoint", "weights and random state kept, to go on or to fork from", DIM),
        ),
    )


def _sweep(manner: Manner) -> Iterable[Block]:
    charset = _charset(manner)
    low, middle, high = ramp_slots(3)
    yield Block(
        "The table of values",
        (
            Entry(
                tuple(("▌", run_style(slot)) for slot in (low, middle, high)),
                "colours from the lowest value to the highest",
            ),
            Entry(
                tuple((sign, run_style(slot)) for sign, slot in zip("amz", (low, middle, high), strict=True)),
                f"letters {LETTERS[0]} to {LETTERS[-1]}: the value's place in the range; its curve ends with it",
            ),
            *_entries(words.SWEEP_COLUMNS, DIM),
            _entry("at 25,600", "the loss at an equal amount of examples, time or iterations", DIM),
            _entry("★ best", "the lowest train loss of the values that have finished", FINISHED),
            _entry("★ equal time", "the best one if all had run for as long; also examples, iterations", FINISHED),
            _entry("measured at 900", "the run is further by now; its loss is from there", DIM),
            _entry(
                "dropped at rung 62",
                "a race stopped it there: others had a lower loss (p lets it go on)",
                WARNED,
            ),
            _entry("waits at 62", "for the other runs of the race to come to this rung", WARNED),
        ),
    )
    yield Block(
        "A race (successive halving)",
        (
            _entry("62:", "a rung: the iteration at which the runs are compared"),
            _entry("50 → 25", "so many runs came to the rung, so many went on", STRONG),
            _entry("up to 1.91", "the highest loss that went on", DIM),
        ),
    )
    signs = loss_by_value.SIGNS[charset]
    yield Block(
        "Loss over the value",
        tuple(_entry(signs[kind], meaning, run_style(middle)) for kind, meaning in words.RESPONSE.items()),
    )
    yield Block(
        "The map of two parameters",
        (
            _entry(
                heat.SHADES[charset], "from the highest loss to the lowest: the fuller, the better", run_style(high)
            ),
            _entry(heat.POINTED[charset], "the values under the cursor", STRONG),
            _entry(heat.BEST[charset], "the best values", FINISHED),
            _entry(heat.STOPPED[charset], "stopped early: its loss does not compare", WARNED),
            _entry(heat.GONE[charset], "diverged", FAILED),
        ),
    )


def _sweep_dialog(_: Manner) -> Iterable[Block]:
    yield Block(
        "The sweep",
        (
            Entry(
                (("●", STRONG), ("━", ACCENTED), ("─", RULES)), "a value, the range of the sweep, the range there is"
            ),
            _entry("scale", "logarithmic: equal factors between values; linear: equal steps; or a list"),
            _entry("grid", "every value of one parameter with every value of another"),
            _entry("seeds", "runs for each value, which differ by chance alone"),
            _entry("fairness", "all values get the same seeds, so the same start and mini-batches"),
            _entry("race", "the runs are compared at rungs; the worse part stops there"),
            _entry("rung", "an iteration at which a race drops runs"),
            _entry("pace", FIELDS["pace"].help),
            _entry("settings of", "the run, or the defaults, from which all other settings come"),
            _entry("about 12 s", "estimated from the speed of runs so far"),
        ),
    )


def _probe(_: Manner) -> Iterable[Block]:
    judged = {"too small": DIM, "good": FINISHED, "too large": WARNED}
    yield Block(
        "The probe",
        (
            _entry("before the step", "the loss over the training split with these weights", DIM),
            _entry("new loss", "the loss after one step of gradient descent with this step size"),
            _entry("-0.12", "how far the step lowers the loss, or raises it (+)"),
            *(_entry(word, meaning, judged[word]) for word, meaning in words.JUDGEMENTS.items()),
            _entry("★", "the step size after which the loss is lowest", FINISHED),
            _entry("up to 1e-06", "all smaller step sizes, which change next to nothing"),
            _entry("checkpoint 3 of 9", "which of the kept weights the step begins at (h l)", DIM),
        ),
    )


def _fields(_: Manner) -> Iterable[Block]:
    yield Block(
        "Fields", (*_entries(words.SETTINGS, STRONG), _entry("name", "what the list calls it; may stay empty", STRONG))
    )


def _filters(_: Manner) -> Iterable[Block]:
    yield Block("In a filter", _entries(words.FILTERS, STRONG))


def _commands(_: Manner) -> Iterable[Block]:
    yield Block(
        "The commands",
        (
            _entry("›", "what enter does", ACCENTED),
            _entry("p", "at the right: the key that does the same", ACCENTED),
            _entry("1-12 of 63", "which of the commands are shown", DIM),
            _entry("12", "a number goes to that run"),
        ),
    )


def _columns(_: Manner) -> Iterable[Block]:
    yield Block(
        "The columns",
        (
            _entry("[x]", "the list shows it"),
            _entry("[ ]", "it does not"),
            _entry("automatic", "takes all choices back: the list shows what differs among the runs"),
            _entry("no room for it", "a wider list shows it: ) or Z"),
        ),
    )


def _inspector(_: Manner) -> Iterable[Block]:
    yield Block(
        "The inspector",
        (
            _entry("run 3 and 2 more", "the run of tabs about one run (pg down: the next), and the other marked ones"),
            _entry("[Weights]", "the tab in front; tab or its number goes to another", ACCENTED),
            _entry("after 900 iterations", "how far the run is at this moment", DIM),
            _entry("computing …", "the picture comes when it is ready; keys work meanwhile", DIM),
        ),
    )


def _mistakes(manner: Manner) -> Iterable[Block]:
    yield Block(
        "Mistakes",
        (
            _entry("12", "examples of the row's class that are taken for the column's; green: rightly found", FINISHED),
            _entry("‹12›", "the cell under the cursor: only its examples are shown (0: all)", STRONG),
            _entry("7, not 9", "an example of class 7 whose highest score is that of class 9", DIM),
            _entry("last checkpoint", "weights kept before this moment, shown until the exact ones are there", DIM),
        ),
    )


def _question(_: Manner) -> Iterable[Block]:
    yield Block("The question", (_entry("?", "nothing has changed yet: only yes does it", WARNED),))


PartOfView = Callable[[Manner], Iterable[Block]]

BOARD: tuple[PartOfView, ...] = (_statuses, _list, _chart, _marks, _board_chart, _header, _selected, _details)

VIEWS: Mapping[Place, tuple[PartOfView, ...]] = {
    "board": BOARD,
    "replay": (_replay, *BOARD),
    "sweepview": (_sweep, _statuses, _chart, _header),
    "sweep": (_sweep_dialog, _fields),
    "probe": (_probe,),
    "form": (_fields,),
    "prompt": (_fields, _filters),
    "pick": (_commands,),
    "columns": (_columns,),
    "confirm": (_question,),
    "inspector": (_inspector, _mistakes, _details),
}
"""The parts of each view."""
