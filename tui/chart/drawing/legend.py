"""Legend: every run's sign, label and differing settings, in columns below the plot.

During a readout it shows every run's value, best first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from tui.chart.cells.canvas import blank
from tui.chart.cells.cell_text import cells, fit
from tui.chart.cells.picture import HINT, POINTED, TITLE, Codepoints, StyleIds, faint, strong
from tui.chart.values.metrics import metric_of
from tui.chart.values.readout import Reading
from tui.chart.values.view import Charset, ChartRun, ChartView
from tui.colours.palette import marker

SIGN = 2
"""Cells of the sign before a text."""

SPACE = 3
LEAST_LABEL = 8
NOTHING = "·"


@dataclass(frozen=True, slots=True)
class Entry:
    """One run in the legend. `value` is its reading; `quiet`: it has ended or has no value.

    `pointed`: the cursor is on it, and there are others. `number` replaces the label if that has no room, or `short`
    where the entry is of several runs.
    """

    slot: int
    number: int
    label: str
    settings: tuple[tuple[str, str], ...] = ()
    value: str = ""
    quiet: bool = False
    pointed: bool = False
    short: str = ""


def entries_of(view: ChartView, readings: Sequence[Reading] | None = None) -> tuple[Entry, ...]:
    """Return the legend's entries, in the order of the runs or of the readings."""
    if readings is None:
        several = len(view.runs) > 1
        return tuple(
            Entry(run.slot, run.run_id, run.label, run.settings, pointed=several and run.emphasised, short=_short(run))
            for run in view.runs
        )
    runs = {run.run_id: run for run in view.runs}
    text = metric_of(view).text
    values = ["·" if reading.value is None else text(reading.value) for reading in readings]
    seconds = ["" if reading.companion is None else f" ┄{text(reading.companion)}" for reading in readings]
    width, second_width = max(map(len, values), default=0), max(map(len, seconds), default=0)
    return tuple(
        _read_entry(runs[reading.run_id], reading, value.rjust(width) + second.ljust(second_width))
        for reading, value, second in zip(readings, values, seconds, strict=True)
    )


def _read_entry(run: ChartRun, reading: Reading, value: str) -> Entry:
    quiet = reading.ended or reading.value is None
    return Entry(run.slot, run.run_id, run.label, run.settings, value, quiet, run.emphasised, _short(run))


def _short(run: ChartRun) -> str:
    """The numbers of the runs that are folded into one, with which their label begins; '' for one run."""
    return run.label.partition(" ")[0] if run.members else ""


@lru_cache(maxsize=64)
def draw_legend(
    entries: tuple[Entry, ...], width: int, most_rows: int, charset: Charset
) -> tuple[Codepoints, StyleIds]:
    """Return the legend as read-only codepoints and styles of shape (rows, width), rows <= `most_rows`.

    If room is short, the names of settings are dropped first, then labels are cut to LEAST_LABEL cells or more, then
    replaced by numbers, then settings are dropped from the last on; at last runs are left out and counted at the end.
    Where labels would be alike if they were cut, all settings are dropped before the labels are.
    """
    plan = _plan(entries, width, most_rows, charset)
    if plan is None:
        return np.zeros((0, width), np.uint32), np.zeros((0, width), np.uint8)
    canvas = blank(width, plan.rows, charset)
    left_out = _left_out(len(entries) - len(plan.chosen))
    text_width = plan.text_width
    if len(plan.chosen) == plan.rows * plan.across < len(entries):
        text_width = max(text_width - len(left_out) - 1, 1)
    for index, place in enumerate(plan.chosen):
        entry, codes = entries[place], plan.texts[place]
        row, column = plan.cell(index)
        sign = marker(entry.slot, ascii_only=charset == "ascii")
        column = canvas.write(row, column, [ord(sign), ord(" ")], strong(entry.slot))
        style = POINTED if entry.pointed else HINT if entry.quiet else TITLE
        canvas.write(row, column, fit(codes, text_width, charset), style)
        value = cells(entry.value, charset)[:text_width]
        canvas.write(row, column, value, (faint if entry.quiet else strong)(entry.slot))
    if len(plan.chosen) < len(entries):
        row, column = plan.cell(min(len(plan.chosen), plan.rows * plan.across - 1))
        column = column if len(plan.chosen) < plan.rows * plan.across else text_width + 3
        canvas.write(row, column, cells(left_out, charset), HINT)
    canvas.codes.setflags(write=False)
    canvas.styles.setflags(write=False)
    return canvas.codes, canvas.styles


def entry_at(
    entries: tuple[Entry, ...], width: int, most_rows: int, charset: Charset, column: int, row: int
) -> Entry | None:
    """Return the entry at a cell of the legend that draw_legend draws; None beside all of them."""
    plan = _plan(entries, width, most_rows, charset)
    for index, place in enumerate(plan.chosen if plan is not None else ()):
        assert plan is not None
        top, left = plan.cell(index)
        if row == top and left <= column < left + plan.text_width + SIGN:
            return entries[place]
    return None


class _Plan(NamedTuple):
    """The entries that are `chosen`, by index, in `rows` x `across` places of `text_width` cells beside their signs."""

    texts: list[list[int]]
    chosen: list[int]
    rows: int
    across: int
    text_width: int

    def cell(self, place: int) -> tuple[int, int]:
        """Return (row, column) of the sign at a place."""
        row, place_in_row = divmod(place, self.across)
        return row, place_in_row * (self.text_width + SIGN + SPACE)


def _plan(entries: tuple[Entry, ...], width: int, most_rows: int, charset: Charset) -> _Plan | None:
    """Return the places of the entries; None if there is no room for any."""
    if not entries or most_rows < 1 or width < 4:
        return None
    texts, _ = _longest_texts(entries, width, most_rows, charset)
    text_width = min(max(map(len, texts)), width - SIGN)
    across = min(_across(text_width, width), len(entries))
    rows = min(-(-len(entries) // across), most_rows)
    room = rows * across
    if len(entries) <= room:
        return _Plan(texts, list(range(len(entries))), rows, across, text_width)
    plan = _Plan(texts, [], rows, across, text_width)
    visible_count = max(room - 1, 1)
    while visible_count > 1 and plan.cell(visible_count)[1] + len(_left_out(len(entries) - visible_count)) > width:
        visible_count -= 1
    return plan._replace(chosen=_chosen(entries, visible_count))


def _left_out(count: int) -> str:
    """Return what stands in place of the runs that have no room."""
    return f"+{count} more"


def _chosen(entries: Sequence[Entry], room: int) -> list[int]:
    """Return the indices of the entries that fit: the first ones, always including the cursor's."""
    chosen = list(range(room))
    beyond = [place for place in range(room, len(entries)) if entries[place].pointed]
    return [*chosen[: room - 1], beyond[0]] if beyond else chosen


def omitted_names(entries: tuple[Entry, ...], width: int, most_rows: int, charset: Charset) -> tuple[str, ...]:
    """Return the names of the settings that a legend of this size shows as bare values."""
    if not entries or most_rows < 1 or width < 4:
        return ()
    return _longest_texts(entries, width, most_rows, charset)[1]


def heading(names: Sequence[str], width: int, charset: Charset) -> str:
    """Return the longest of the headings that fits into `width` cells; '' if none does."""
    return next((text for text in headings(names, charset) if len(cells(text, charset)) <= width), "")


def headings(names: Sequence[str], charset: Charset) -> list[str]:
    """Return ever shorter headings, with the first names whole: step size | batch size, step size | …."""
    rest = "~" if charset == "ascii" else "…"
    return [" | ".join((*names[:count], *[rest] * (count < len(names)))) for count in range(len(names), 0, -1)]


def _across(text_width: int, width: int) -> int:
    """Return the number of texts side by side."""
    return max((width + SPACE) // (text_width + 2 + SPACE), 1)


@lru_cache(maxsize=64)
def _longest_texts(
    entries: tuple[Entry, ...], width: int, most_rows: int, charset: Charset
) -> tuple[list[list[int]], tuple[str, ...]]:
    """Return each run's text as cells, the longest with which all fit (else the shortest), and the omitted names."""
    room = max((width + SPACE) // -(-len(entries) // most_rows) - SPACE - 2, 0)
    values = [cells(f"{entry.value}  " if entry.value else "", charset) for entry in entries]
    labels = [cells(entry.label, charset) for entry in entries]
    numbers = [cells(entry.short or str(entry.number), charset) for entry in entries]
    names = _names(entries)

    def cut(settings: list[list[int]]) -> list[list[int]]:
        left = room - max(map(len, values)) - max(map(len, settings)) - 2 * any(settings)
        return [fit(label, max(left, LEAST_LABEL), charset) for label in labels]

    none: list[list[int]] = [[] for _ in entries]
    candidates = [(labels, _named(entries, charset), names[:0]), (labels, _plain(entries, names, charset), names)]
    is_told_apart = _kinds(cut(candidates[-1][1])) == _kinds(labels)
    if not is_told_apart:
        candidates += [(labels, _plain(entries, names[:count], charset), names[:count]) for count in _fewer(names)]
        candidates.append((labels, none, names[:0]))
    for count in range(len(names), 0, -1):
        settings = _plain(entries, names[:count], charset)
        candidates += [(cut(settings), settings, names[:count])] if is_told_apart else []
        candidates.append((numbers, settings, names[:count]))
    candidates.append((numbers, none, names[:0]))
    for shown_labels, settings, omitted in candidates:
        longest = max(map(len, shown_labels))
        texts = [
            [*value, *name, *[ord(" ")] * (longest - len(name) + 2 if setting else 0), *setting]
            for value, name, setting in zip(values, shown_labels, settings, strict=True)
        ]
        if max(map(len, texts)) <= room:
            return texts, omitted
    return texts, names[:0]


def _fewer(names: Sequence[str]) -> range:
    """Return the numbers of settings below all of them, down to one."""
    return range(len(names) - 1, 0, -1)


def _kinds(labels: Sequence[Sequence[int]]) -> int:
    """Return how many labels differ without their run's number."""
    return len({"".join(map(chr, label)).partition(" ")[2] for label in labels})


def _names(entries: Sequence[Entry]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for entry in entries for name, _ in entry.settings))


def _named(entries: Sequence[Entry], charset: Charset) -> list[list[int]]:
    """Return the settings of each run, with their names."""
    return [cells(" | ".join(f"{name} {value}" for name, value in entry.settings), charset) for entry in entries]


def _plain(entries: Sequence[Entry], names: Sequence[str], charset: Charset) -> list[list[int]]:
    """Return these settings of each run without their names, aligned in columns."""
    columns = [[dict(entry.settings).get(name, NOTHING) for entry in entries] for name in names]
    widths = [max(map(len, column)) for column in columns]
    rows = zip(*columns, strict=True) if columns else [()] * len(entries)
    return [cells(" | ".join(map(str.ljust, row, widths)).rstrip(), charset) for row in rows]
