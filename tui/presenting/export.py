"""Export: text that leaves the dashboard. All text from outside is cleaned and, in a command, quoted for a shell."""

from __future__ import annotations

import math
import shlex
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from engine.files.program import program, store_option
from engine.spec import FIELDS, FITTED, RunSpec, defaults, is_path, typed_text
from engine.text import clean
from tui.chart import ChartView, Picture, readout, to_csv, vector_chart
from tui.chart.drawing.loss_by_value import ResponseView
from tui.chart.values.metrics import metric_of

ENDS = ("svg", "txt", "csv")
LEAST_SIZE = 960, 540
"""Smallest saved picture in pixels, however small the terminal; its legend is added to that."""

CELL = 9, 18
"""Pixels of a saved picture for each cell of the chart on the screen."""


def values_table(view: ChartView) -> str:
    """Each drawn run's value at the readout, else its last value, best first; columns are separated by tabs."""
    names = list(dict.fromkeys(name for run in view.runs for name, _ in run.settings))
    settings = {run.run_id: dict(run.settings) for run in view.runs}
    rows = [["run", *names, view.metric]]
    for reading in readout(view, math.inf if view.cursor_x is None else view.cursor_x):
        value = "" if reading.value is None else metric_of(view).text(reading.value)
        rows.append([reading.label, *(settings[reading.run_id].get(name, "") for name in names), value])
    return "".join("\t".join(clean(cell) for cell in row) + "\n" for row in rows)


def command_line(spec: RunSpec, name: str = "") -> str:
    """The command that repeats a run: the fields that differ from the defaults, quoted for a shell."""
    default = defaults(spec.strategy, spec.objective, spec.dataset)
    arguments = [*program(), *store_option(from_anywhere=True), "run"]
    for field, entry in FIELDS.items():
        if not entry.typed:
            continue
        value = getattr(spec, field)
        is_usual = value == getattr(defaults() if field == "dataset" else default, field)
        # what follows from the data is written out: where the command runs, they may be others
        follows = field in FITTED and spec.decides(field) and (spec.standardize == "yes" or is_path(spec.dataset))
        if field in ("strategy", "objective") or follows or not is_usual:
            arguments += [f"--{field.replace('_', '-')}", typed_text(field, value)]
    if name:
        arguments += ["--name", clean(name)]
    return shlex.join(arguments)


def document(end: str, view: ChartView, picture: Picture, title: str, beside: ResponseView | None = None) -> str:
    """The chart as a file of type `end`: svg, txt or csv. The title is cleaned; `beside` is drawn in an svg only."""
    if end == "csv":
        return to_csv(view)
    if end == "txt":
        return picture.to_text() + "\n"
    cells = picture.width, picture.height
    width, height = (max(count * pixels, least) for count, pixels, least in zip(cells, CELL, LEAST_SIZE, strict=True))
    return vector_chart(replace(view, show_legend=True), width, height, title=title, beside=beside)


def file_name(store: Path, end: str, now: datetime) -> str:
    """The proposed name of a file, from the store's name and the time."""
    return f"{clean(store.stem, 60).replace('/', '-') or 'runs'}-{now:%Y%m%d-%H%M%S}.{end}"


def end_of(name: str) -> str:
    """The type of a file by its name. Raises ValueError that names the types."""
    end = Path(name).suffix.removeprefix(".").lower()
    if end not in ENDS:
        raise ValueError("End the name in .svg for a picture, .txt for plain text or .csv for the values.")
    return end


def write_new(path: Path, text: str) -> str:
    """Write a new file; a sentence that says so. Raises ValueError, with advice, if it exists or the write fails."""
    target = clean(str(path), 120)
    is_new = False
    try:
        with open(path, "x", encoding="utf-8", newline="") as file:
            is_new = True
            file.write(text)
    except FileExistsError:
        raise ValueError(f"{target} is there already and stays as it is: give another name.") from None
    except OSError as error:
        if is_new:
            path.unlink(missing_ok=True)  # half a file would block the next attempt
        reason = clean(error.strerror or str(error), 80)
        raise ValueError(f"{target} cannot be written ({reason}): give another place, such as ~/{path.name}.") from None
    return f"Saved {target}."
