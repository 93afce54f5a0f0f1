"""The columns of the runs table: what each shows of a run, and which ones fit."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from functools import lru_cache

import numpy as np
from rich.style import Style

from engine.spec import RunSpec
from engine.store import ENDED, Run
from engine.store.list.columns import COLUMNS as NAMES
from engine.store.list.columns import KIND, NO_VARIETY, SETTINGS, TITLES, WORDS, Variety, setting
from engine.store.list.config_variety import shown, tells_apart
from engine.store.list.logged_fields import LoggedField, logged_field
from engine.text import clean
from tui.chart.cells.sparkline import sparkline
from tui.colours.theme import ACCENTED, DIM, FAILED, RULES, STRONG, TEXT
from tui.model.choices import NO_CHOICE, ColumnChoice
from tui.model.run_seen import RowPreview, Scale
from tui.presenting.describe import given_name, label, progress
from tui.text import numbers
from tui.text.parts import Part
from tui.text.widths import width_of

STEP_WIDTH, WIDEST_FLOAT = 5, 8
"""Cells of a measured setting, and the most where its values need more to be told apart."""

FEWEST_DIGITS = 3
"""Significant digits of a measured setting that fit in any case; all four do where three leave two values alike."""

FLOATS = frozenset(entry.name for entry in fields(RunSpec) if "float" in str(entry.type))
"""Settings that are measured numbers, written with as many digits as fit into their column."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `rank` says which columns come first where not all fit; None: only if it is chosen.

    `spare` cells are added when they fit. `short` replaces a title that does not fit. `order` is the name of the sort
    order that the column shows. `previews`: it shows data of a RowPreview.
    """

    title: str
    width: int
    rank: float | None
    parts: Callable[[Run, RowPreview, int], Sequence[Part]]
    right: bool = True
    spare: int = 0
    order: str = ""
    short: str = ""
    previews: bool = False

    @property
    def name(self) -> str:
        """What the column is called in the menu and in saved views."""
        return self.order or self.title

    @property
    def shown_title(self) -> str:
        """The title that fits."""
        return self.short if self.short and self.width < len(self.title) else self.title


def _of_run(text: Callable[[Run], str], style: Style = TEXT) -> Callable[[Run, RowPreview, int], Sequence[Part]]:
    return lambda run, preview, width: [(text(run), style)]


def _tags(run: Run) -> str:
    return " ".join(clean(tag, 60) for tag in run.tags) or numbers.NOTHING


def _setting(name: str) -> Callable[[Run, RowPreview, int], Sequence[Part]]:
    def parts(run: Run, preview: RowPreview, width: int) -> Sequence[Part]:
        value = setting(run, name)
        return [
            (
                numbers.NOTHING
                if value is None
                else clean(value, 60)
                if isinstance(value, str)
                else _float(value, width),
                TEXT,
            )
        ]

    return parts


def _float(value: float, width: int) -> str:
    """A setting with as many digits as fit: 0.1, 1e-4, 5.646."""
    candidates = (numbers.setting(value, digits) for digits in (4, 3, 2, 1))
    return next((text for text in candidates if len(text) <= width), numbers.magnitude(value))


def _float_width(values: Sequence[str]) -> int:
    """The width at which a setting's values, which are different, are written differently: 4.64e-4 beside 5e-4."""
    found = {value for text in values if math.isfinite(value := _number(text))}
    few, all_digits = ({numbers.setting(value, digits) for value in found} for digits in (FEWEST_DIGITS, 4))
    longest = max(map(len, few if len(few) == len(all_digits) else all_digits), default=0)
    return max(STEP_WIDTH, min(longest, WIDEST_FLOAT))


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:  # a variety is read from specs, which may be another program's
        return math.nan


def _iterations(run: Run, preview: RowPreview, width: int) -> Sequence[Part]:
    done = numbers.count(run.iterations_done)
    share = progress(run)
    if run.state not in ("running", "paused") or share is None or width < len(done) + 5:
        return [(done if run.state != "queued" else numbers.NOTHING, TEXT)]
    full, rest = numbers.bar(share, width - 1 - max(len(done), 4))
    return [(full, ACCENTED), (rest, RULES), (done.rjust(max(len(done), 4) + 1), TEXT)]


def _of_loss(loss: Callable[[Run], float | None]) -> Callable[[Run, RowPreview, int], Sequence[Part]]:
    def parts(run: Run, preview: RowPreview, width: int) -> Sequence[Part]:
        value = loss(run)
        return [(numbers.loss_in(width, value), FAILED if value is not None and value != value else TEXT)]

    return parts


def _accuracy(share: float | None) -> str:
    """An accuracy in at most five cells: 97.2%, 100%."""
    return numbers.percent(share).replace(" ", "").replace("100.0", "100")


def _current(run: Run, preview: RowPreview, width: int) -> Sequence[Part]:
    value = run.batch_loss
    is_nan = value is not None and value != value
    return [(numbers.loss_in(width, value), FAILED if is_nan else STRONG if run.state == "running" else DIM)]


def _curve(run: Run, preview: RowPreview, width: int) -> Sequence[Part]:
    """The small curve; while the run is active, its width is the share of the budget that is used."""
    share = 1.0 if run.state in ENDED else min(progress(run) or 1.0, 1.0)
    return [(curve_text(preview.shape, max(round(share * width), 1), preview.scale).ljust(width), DIM)]


@lru_cache(maxsize=128)
def curve_text(shape: tuple[float, ...], width: int, scale: Scale) -> str:
    """A curve of `width` cells, on a logarithmic scale if all of `scale` is above 0."""
    values = np.asarray(shape)
    if not len(values):
        return " " * width
    if len(values) < 2 * width:
        values = values[np.arange(2 * width) * len(values) // (2 * width)]
    return sparkline(values, width, limits=scale, log=scale is not None and scale[0] > 0)


WIDEST_WORD, WIDEST_NUMBER = 15, 7
"""Most cells of a setting that is a word, and of one that is a number."""

LESS_INFORMATIVE = frozenset({"strategy", "update", "batch_size", "initial_scale", "pace"})
"""Settings that a run's name tells unless a person gave it one, that follow from the strategy, or change no loss."""

RUN, NAME, TRAIN = 0, 0, 1
DIFFERING = (2, 5.0, 5.1, 5.2)
"""Ranks of the settings in which runs differ, first that with the most values: all before the live loss."""
STEP = 5.5
"""Rank of the step size if all runs began with the same: it can be steered."""
DIFFERING_LAST = 20
BEFORE_BAR = 10
"""Largest rank of the columns that go before the bar of a run's progress."""
BAR_SPARE = 8
"""Cells of that bar."""
CHOSEN = 0.5
"""Rank of a column that was chosen."""

MEASURED: tuple[Column, ...] = (
    Column("run", 3, RUN, _of_run(lambda run: str(run.run_id), DIM), order="run"),
    Column("name", 13, NAME, _of_run(lambda run: given_name(run) or label(run)), right=False, spare=16, order="name"),
    Column("tags", 10, None, _of_run(_tags), right=False, order="tags"),
    Column("kind", 6, None, _of_run(lambda run: run.kind), right=False, order="kind"),
    Column(
        "project",
        10,
        None,
        _of_run(lambda run: clean(run.project, 60) or numbers.NOTHING),
        right=False,
        order="project",
    ),
    Column(
        "group", 10, None, _of_run(lambda run: clean(run.run_group, 60) or numbers.NOTHING), right=False, order="group"
    ),
    Column("iteration", 5, 8, _iterations, spare=BAR_SPARE, order="iterations", short="iter"),
    Column("time", 5, None, _of_run(lambda run: numbers.duration(run.elapsed_s)), order="elapsed", spare=4),
    Column("loss", 6, None, _of_loss(lambda run: run.loss), order="loss"),
    Column("train", 6, TRAIN, _of_loss(lambda run: run.train_loss), order="train"),
    Column("valid.", 6, 3, _of_loss(lambda run: run.validation_loss), order="validation"),
    Column("acc.", 5, 4, _of_run(lambda run: _accuracy(run.validation_accuracy)), order="accuracy"),
    Column("test", 6, None, _of_loss(lambda run: run.test_loss), order="test"),
    Column("test acc.", 9, None, _of_run(lambda run: _accuracy(run.test_accuracy)), order="test_accuracy"),
    Column("batch ~", 6, 6, _current, order="batch_loss", short="batch~", spare=1),
    Column("best", 6, 14, _of_loss(lambda run: run.best_loss), order="best"),
    Column("curve", 6, 10, _curve, right=False, spare=6, previews=True),
    Column("it/s", 4, 15, _of_run(lambda run: numbers.rate(run.iterations_per_s), DIM), order="speed"),
    Column("age", 4, 13, _of_run(lambda run: numbers.age(run.created_at), DIM), order="created"),
)

ORDERED: tuple[str, ...] = tuple(
    name for order in NAMES for name in (("curve", order) if order == "speed" else (order,)) if name != "status"
)
"""The names of all columns from left to right; a sign tells the status."""


CHOOSABLE = tuple(name for name in ORDERED if name != "run")
"""The columns that can be chosen."""


BEFORE_LOGGED = ORDERED[: ORDERED.index("iterations")]
"""The columns before those of logged fields: what runs were given."""


@lru_cache(maxsize=16)
def _all(variety_items: tuple[tuple[str, tuple[str, ...]], ...], chosen: tuple[str, ...]) -> tuple[Column, ...]:
    """Every column for runs that differ so, from left to right; of logged fields those that differ or were chosen."""
    variety = dict(variety_items)
    measured = map(_for_kinds(variety.get(KIND, ())), MEASURED)
    known = {column.name: column for column in (*measured, *_settings(variety))}
    fields = [field for name in dict.fromkeys((*variety, *chosen)) if (field := logged_field(name)) is not None]
    given = [_of_field(field, variety) for field in fields if field.source != "metric"]
    reached = [_of_field(field, variety) for field in fields if field.source == "metric"]
    before, after = (known[name] for name in BEFORE_LOGGED), (known[name] for name in ORDERED[len(BEFORE_LOGGED) :])
    return (*before, *given, *after, *reached)


OF_ENGINE = frozenset({"train", "validation", "accuracy", "batch_loss", "best"})
"""Columns that show nothing of logged runs, or seldom anything: unasked they are left out where there are no others."""


def _for_kinds(kinds: Sequence[str]) -> Callable[[Column], Column]:
    """The column as it is ranked among runs of such kinds: `loss` stands for the train loss where any run is logged."""

    def ranked(column: Column) -> Column:
        if not kinds:
            return column
        if column.name == "loss":
            return replace(column, rank=TRAIN)
        is_out = column.name == "train" or (column.name in OF_ENGINE and "engine" not in kinds)
        return replace(column, rank=None) if is_out else column

    return ranked


LOGGED_WIDTH = 8
"""Cells of a logged field whose values are not known beforehand."""


def _of_field(field: LoggedField, variety: Variety) -> Column:
    """The column of a logged field: as wide as the values in which runs differ, ranked if it tells what differs."""
    values = variety.get(field.text, ())
    title = clean(_short(field, variety), WIDEST_WORD)
    width = min(max((width_of(text) for text in values), default=LOGGED_WIDTH), WIDEST_WORD)
    of_config = [name for name in variety if logged_field(name) is not None]
    telling = [name for name in of_config if not tells_apart(name)]
    rank = None
    if field.text in telling[: len(DIFFERING)]:
        rank = DIFFERING[telling.index(field.text)]
    elif field.text in of_config:
        rank = DIFFERING_LAST + of_config.index(field.text)
    is_number = bool(values) and not any(map(math.isnan, map(_number, values)))

    def parts(run: Run, preview: RowPreview, width: int) -> Sequence[Part]:
        value = preview.values.get(field.text)
        if value is None:
            return [(numbers.NOTHING, TEXT)]
        if field.source == "metric" and isinstance(value, float):
            return [(numbers.loss_in(width, value), FAILED if value != value else TEXT)]
        return [(_float(value, width) if isinstance(value, float) else shown(value), TEXT)]

    is_right = field.source == "metric" or is_number or not values
    return Column(title, max(width, width_of(title)), rank, parts, right=is_right, order=field.text, previews=True)


def _short(field: LoggedField, variety: Variety) -> str:
    """The last part of a config value's name where it tells it from all others that differ; else the whole name."""
    last = field.title.rpartition(".")[2]
    alike = [name for name in variety if name.rpartition(".")[2] == last]
    return last if field.source == "config" and len(alike) < 2 and last else field.title


def _settings(variety: Variety) -> Iterable[Column]:
    """The columns of the settings: as wide as their values, and ranked if runs differ in them."""
    informative = [name for name in variety if name in SETTINGS and name not in LESS_INFORMATIVE]
    informative.sort(key=lambda name: len(variety[name]), reverse=True)
    ranks: dict[str, float] = {name: DIFFERING_LAST + place for place, name in enumerate(variety)}
    ranks |= dict(zip(informative, DIFFERING, strict=False))
    ranks |= {name: 11 for name in ("update", "batch_size", "initial_scale") if name in variety}
    if "engine" in variety.get(KIND, ("engine",)):
        ranks.setdefault("step_size", STEP)
    for name in SETTINGS:
        widest = WIDEST_WORD if name in WORDS else WIDEST_NUMBER
        values = max((len(text) for text in variety.get(name, ())), default=0)
        width = _float_width(variety.get(name, ())) if name in FLOATS else min(max(values, 4), widest)
        title = TITLES[name]
        width = max(width, len(title))
        yield Column(title, width, ranks.get(name), _setting(name), right=name not in WORDS, order=name)


def fitting(
    digits: int, room: int, variety: Variety = NO_VARIETY, choice: ColumnChoice = NO_CHOICE
) -> tuple[Column, ...]:
    """The columns for a table of `room` cells, at their widths.

    They depend on the settings in which the runs of the store differ and on what was chosen, but not on order, cursor
    or names, so that a column does not go away under a click. The largest id has so many `digits`.
    """
    columns = [
        replace(column, width=max(digits, 3)) if column.name == "run" else column
        for column in _all(tuple(variety.items()), choice.shown)
    ]
    free, kept = room, set()
    for rank, column in sorted(_wanted(columns, choice), key=lambda pair: pair[0]):
        reserved = BAR_SPARE if rank > BEFORE_BAR and "iterations" in kept else 0
        if column.width + 1 <= free - reserved or rank == RUN:
            kept.add(column.name)
            free -= column.width + 1
    found = [column for column in columns if column.name in kept]
    for index, column in sorted(enumerate(found), key=lambda pair: pair[1].name == "name"):
        extra = min(column.spare, max(free, 0))
        found[index] = replace(column, width=column.width + extra)
        free -= extra
    return tuple(found)


def wanted(variety: Variety, choice: ColumnChoice) -> frozenset[str]:
    """The names of the columns that a table shows where it has room for them."""
    return frozenset(column.name for _, column in _wanted(_all(tuple(variety.items()), choice.shown), choice))


def _wanted(columns: Iterable[Column], choice: ColumnChoice) -> Iterable[tuple[float, Column]]:
    """The columns that are to be shown where they fit, with their ranks."""
    for column in columns:
        if column.name == "run":
            yield RUN, column
        elif column.name in choice.shown:
            yield CHOSEN, column
        elif column.rank is not None and column.name not in choice.hidden:
            yield column.rank, column
