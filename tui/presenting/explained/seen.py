"""Seen: what stands on each view, sign by sign and word by word, in the colours in which it stands there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from rich.style import Style

from engine.spec import FIELDS
from engine.store import status_word
from tui.chart.drawing import heat, loss_by_value, markers
from tui.chart.drawing.weight_cells import Manner
from tui.chart.values.view import Charset, XKind
from tui.colours.palette import ASCII_MARKERS, MARKERS
from tui.colours.ramp import LETTERS, ramp_slots
from tui.colours.styles import faint
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
)
from tui.model.clock import Stops
from tui.model.inspection.subjects import TabName
from tui.model.keymap import Place
from tui.presenting.explained import words
from tui.presenting.explained.blocks import Block, Entry, entry
from tui.presenting.explained.inspector import INSPECTOR, TABS, weights_entries
from tui.presenting.explained.statuses import MEANINGS, SIGNS
from tui.text.ascii_only import spelled

LINES: Mapping[Charset, str] = {"unicode": "⠒⠢⣀", "ascii": "***"}
RAW: Mapping[Charset, str] = {"unicode": "⢸⣿⡇", "ascii": ":::"}
DOTTED: Mapping[Charset, str] = {"unicode": "⠂⠂⠂", "ascii": "* *"}
"""Pieces of curves."""

RUN = 0
"""Colour slot of the run that stands for all runs."""


def seen_blocks(place: Place, manner: Manner = "halves", tab: TabName | None = None) -> list[Block]:
    """What stands on a view, on its `tab` in front first; `manner` is how it draws pictures, and so its charset."""
    parts = VIEWS.get(place, ())
    if tab is not None:
        parts = (TABS[tab], *(part for part in parts if part is not TABS[tab]))
    return [block for part in parts for block in part(manner)]


def _entries(
    table: Mapping[XKind, str] | Mapping[Stops, str] | Mapping[str, str], style: Style = TEXT
) -> tuple[Entry, ...]:
    return tuple(entry(word, meaning, style) for word, meaning in table.items())


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
            entry("▌", "marked: drawn in the chart in this colour; runs go on without it", style),
            entry("●", "a sign in a curve's colour: drawn, since the cursor is on it", style),
            entry("‡", "pinned: it stays in sight on top of the list (i)", ACCENTED),
            entry("│", "a run of the sweep in the title above", DIM),
            entry("- +", "the runs of this sweep are shown below, or folded away (space)", ACCENTED),
            entry(
                "▴name", "the list is sorted by this column, the smallest first; ▾ the largest first (o, O)", ACCENTED
            ),
            entry("13 of 51 shown", "runs that fit the filter, of all (/)", STRONG),
            entry("seed, lambda …", "settings in which the runs differ have columns; | chooses others", DIM),
        ),
    )
    yield Block("Columns", _entries(words.COLUMNS, DIM))


def _header(manner: Manner) -> Iterable[Block]:
    yield Block(
        "The first line",
        (
            entry("3 running", "runs that workers compute; also paused, queued, done, failed, lost"),
            entry("9k it/s", "iterations per second of all runs together"),
            entry("3 of 4 workers", "processes that compute, and how many there may be (W)", DIM),
        ),
    )
    written = spelled if manner == "ascii" else str
    yield Block(
        "Settings and messages",
        (
            entry(written("Δ"), FIELDS["delta"].help),
            entry(written("λ"), FIELDS["regularization_strength"].help),
            entry("pace 100/s", FIELDS["pace"].help),
            entry("›", "what happened, or what can be done next; ! says what went wrong", ACCENTED),
        ),
    )


def _selected(manner: Manner) -> Iterable[Block]:
    yield Block(
        "The lines about the selected run",
        (
            entry("differs:", "settings in which the marked runs and this one are not alike", DIM),
            entry("0.1 → 0.2", "a setting as given, and as steering has changed it"),
            entry("at 900", "the losses beside it were measured after 900 iterations", DIM),
            entry("gradient norm", "how steep the loss is; near 0 the run has arrived", DIM),
        ),
    )


def _replay(_: Manner) -> Iterable[Block]:
    yield Block(
        "The replay",
        (
            entry(" REPLAY ", "list and chart show the past; nothing here changes a run", BADGE),
            entry("⏵ ⏸", "it plays, or stands still", ACCENTED),
            entry("x4", "four times as fast as it was; by iteration, x1 is 100 iterations per second"),
            entry("↻", "at the end it begins again (L)", ACCENTED),
            entry("00:03.2 / 00:10.0", "time of the moment shown, and of the whole", STRONG),
            entry("●", "the moment shown; drag it, or click on the bar", STRONG),
            Entry((("━", ACCENTED), ("─", RULES)), "before this moment, after it"),
            entry("◆", "an event: steering, a fork, a new worker, divergence", WARNED),
            entry("weights of 40", "the newest weights kept before this moment: f and b begin there", DIM),
            entry("live edge", "as new as the live run; behind live: there is more to see", WARNED),
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
            entry(
                LINES[charset],
                "a run's curve: its loss, smoothed if of mini-batches; of a search the best so far",
                style,
            ),
            *([entry("⠶⢦⣤", "the run under the cursor is drawn thicker", style)] if charset == "unicode" else []),
            *([entry(signs["point"], "one evaluation, where they are far apart", style)] if signs["point"] else []),
            entry(signs["above"], "the curve leaves the chart at its upper edge", style),
            entry(signs["below"], "it leaves at the lower edge, or falls to 0 on a logarithmic axis", style),
            entry(signs["non-finite"], "from here on its loss is infinite or not a number", style),
            entry("(log)", "a logarithmic y axis: equal steps are equal factors (y)"),
            entry("smoothing 20", "losses of mini-batches, averaged with a half-life of 20 iterations (<, >)"),
            entry("raw", "losses of mini-batches as they are, not averaged"),
            entry("mean of seeds", "runs that differ in their seed alone as one: their mean and a band (S)"),
            entry("+3 more", "so many runs have no room here", DIM),
        ),
    )
    logged = entry("train/loss", "and each metric that a marked program has logged, under its name", DIM)
    yield Block("What y can be (m)", (*_entries(words.METRICS), logged))
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
            entry(RAW[charset], "raw values: lowest to highest loss of a column, or the tries of a search (~)", weak),
            entry(DOTTED[charset], "a second loss in the run's colour: validation beside train", style),
            entry(LINES[charset], "in a weak colour: the parent's curve, before a fork", weak),
        ),
    )
    yield Block(
        "Events on a curve and on the x axis",
        tuple(entry(signs[kind], meaning, style) for kind, meaning in words.MARKS.items()),
    )


def _board_chart(manner: Manner) -> Iterable[Block]:
    cursor = markers.SIGNS[_charset(manner)]["cursor"]
    yield Block(
        "In the chart's title",
        (
            entry("follow", "the x axis moves along with the newest iterations (w)", DIM),
            entry("zoomed", "a part of the x axis; 0 shows all. y zoomed: = fits it again", DIM),
            entry("different objectives", "their losses are not the same formula: heights do not compare"),
            entry("different data sets", "their losses are of other examples: heights do not compare"),
            entry("run 3 alone", "only the run under the cursor, without the marked ones (esc)", DIM),
            entry("readout", "each run's value at a line, best first, in place of the legend (c)", DIM),
            entry(cursor, "the line of the readout; h, l and the mouse move it", DIM),
            entry("enlarged", "one measure out of the grid of measures (v)", DIM),
            entry("whole room", "the chart alone (Z)", DIM),
        ),
    )


def _details(manner: Manner) -> Iterable[Block]:
    yield Block(
        "Details of a run (enter, tab)",
        (
            *weights_entries(manner),
            entry("kept loss", "of a search: the loss of the best point so far", DIM),
            entry("batch loss", words.COLUMNS["batch ~"], DIM),
            entry("best train loss", words.COLUMNS["best"], DIM),
            entry("others 0.2", "what the other marked runs have there", DIM),
            entry("checkpoint", "weights and random state kept, to go on or to fork from", DIM),
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
            entry("at 25,600", "the loss at an equal amount of examples, time or iterations", DIM),
            entry("★ best", "the lowest train loss of the values that have finished", FINISHED),
            entry("★ equal time", "the best one if all had run for as long; also examples, iterations", FINISHED),
            entry("2 of 7 values", "those that fit the filter (/), in the table and as curves", STRONG),
            entry("measured at 900", "the run is further by now; its loss is from there", DIM),
            entry(
                "dropped at rung 62",
                "a race stopped it there: others had a lower loss (p lets it go on)",
                WARNED,
            ),
            entry("waits at 62", "for the other runs of the race to come to this rung", WARNED),
        ),
    )
    yield Block(
        "A race (successive halving)",
        (
            entry("62:", "a rung: the iteration at which the runs are compared"),
            entry("50 → 25", "so many runs came to the rung, so many went on", STRONG),
            entry("up to 1.91", "the highest loss that went on", DIM),
        ),
    )
    signs = loss_by_value.SIGNS[charset]
    yield Block(
        "Loss over the value",
        tuple(entry(signs[kind], meaning, run_style(middle)) for kind, meaning in words.RESPONSE.items()),
    )
    yield Block(
        "The map of two parameters",
        (
            entry(heat.SHADES[charset], "from the highest loss to the lowest: the fuller, the better", run_style(high)),
            entry(heat.POINTED[charset], "the values under the cursor", STRONG),
            entry(heat.BEST[charset], "the best values", FINISHED),
            entry(heat.STOPPED[charset], "stopped early: its loss does not compare", WARNED),
            entry(heat.GONE[charset], "diverged", FAILED),
        ),
    )


def _sweep_dialog(_: Manner) -> Iterable[Block]:
    yield Block(
        "The sweep",
        (
            Entry(
                (("●", STRONG), ("━", ACCENTED), ("─", RULES)), "a value, the range of the sweep, the range there is"
            ),
            entry("scale", "logarithmic: equal factors between values; linear: equal steps; or a list"),
            entry("grid", "every value of one parameter with every value of another"),
            entry("seeds", "runs for each value, which differ by chance alone"),
            entry("fairness", "all values get the same seeds, so the same start and mini-batches"),
            entry("race", "the runs are compared at rungs; the worse part stops there"),
            entry("rung", "an iteration at which a race drops runs"),
            entry("pace", FIELDS["pace"].help),
            entry("settings of", "the run, or the defaults, from which all other settings come"),
            entry("about 12 s", "estimated from the speed of runs so far"),
        ),
    )


def _probe(_: Manner) -> Iterable[Block]:
    judged = {"too small": DIM, "good": FINISHED, "too large": WARNED}
    yield Block(
        "The probe",
        (
            entry("before the step", "the loss over the training split with these weights", DIM),
            entry("new loss", "the loss after one step of gradient descent with this step size"),
            entry("-0.12", "how far the step lowers the loss, or raises it (+)"),
            *(entry(word, meaning, judged[word]) for word, meaning in words.JUDGEMENTS.items()),
            entry("★", "the step size after which the loss is lowest", FINISHED),
            entry("up to 1e-06", "all smaller step sizes, which change next to nothing"),
            entry("checkpoint 3 of 9", "which of the kept weights the step begins at (h l)", DIM),
        ),
    )


def _fields(_: Manner) -> Iterable[Block]:
    yield Block(
        "Fields", (*_entries(words.SETTINGS, STRONG), entry("name", "what the list calls it; may stay empty", STRONG))
    )


def _filters(_: Manner) -> Iterable[Block]:
    yield Block("In a filter", _entries(words.FILTERS, STRONG))


def _commands(_: Manner) -> Iterable[Block]:
    yield Block(
        "The commands",
        (
            entry("›", "what enter does", ACCENTED),
            entry("p", "at the right: the key that does the same", ACCENTED),
            entry("1-12 of 63", "which of the commands are shown", DIM),
            entry("12", "a number goes to that run"),
            entry("5 of 20", "of a list of runs: how many fit the filter, of all or of a replay's", DIM),
        ),
    )


def _columns(_: Manner) -> Iterable[Block]:
    yield Block(
        "The columns",
        (
            entry("[x]", "the list shows it"),
            entry("[ ]", "it does not"),
            entry("automatic", "takes all choices back: the list shows what differs among the runs"),
            entry("no room for it", "a wider list shows it: ) or Z"),
        ),
    )


def _metric_list(_: Manner) -> Iterable[Block]:
    yield Block(
        "The metrics",
        (
            entry("train/loss", "what a program has logged under this name; what the engine records comes first"),
            entry("┄ val/loss", "the same metric of a split that no update uses: the dotted line beside it"),
            entry("run 3", "only this one has it"),
            entry("main metric of 3", "stands for the run in the list, in filters and in a chart of losses (*)"),
            entry("0.1234", "its last value, of the run under the cursor if that has it", DIM),
        ),
    )


def _question(_: Manner) -> Iterable[Block]:
    yield Block("The question", (entry("?", "nothing has changed yet: only yes does it", WARNED),))


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
    "pick": (_commands, _filters),
    "columns": (_columns,),
    "metrics": (_metric_list,),
    "confirm": (_question,),
    "inspector": INSPECTOR,
}
"""The parts of each view."""
