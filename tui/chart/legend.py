"""Legend: a sign, a label and what differs for every run, in calm columns below the plot.

While the cursor reads the chart, the same rows say every run's value, best first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from tui.chart.measures import measure_of
from tui.chart.picture import HINT, TITLE, Codepoints, StyleIds, faint, strong
from tui.chart.readout import Reading
from tui.chart.sheet import blank
from tui.chart.text import cells, fit
from tui.chart.view import Charset, ChartRun, ChartView
from tui.palette import marker

SPACE = 3
LEAST_LABEL = 8


@dataclass(frozen=True, slots=True)
class Entry:
    """What the legend says of a run; `value` is its reading, `quiet` that it has ended or has none."""

    slot: int
    label: str
    settings: tuple[tuple[str, str], ...] = ()
    value: str = ""
    quiet: bool = False


def entries_of(view: ChartView, readings: Sequence[Reading] | None = None) -> tuple[Entry, ...]:
    """The legend's entries, in the order of the runs or of their readings."""
    if readings is None:
        return tuple(Entry(run.slot, run.label, run.settings) for run in view.runs)
    runs = {run.run_id: run for run in view.runs}
    text = measure_of(view).text
    values = ["·" if reading.value is None else text(reading.value) for reading in readings]
    seconds = ["" if reading.companion is None else f" ┄{text(reading.companion)}" for reading in readings]
    width, second_width = max(map(len, values), default=0), max(map(len, seconds), default=0)
    return tuple(
        _read_entry(runs[reading.run_id], reading, value.rjust(width) + second.ljust(second_width))
        for reading, value, second in zip(readings, values, seconds, strict=True)
    )


def _read_entry(run: ChartRun, reading: Reading, value: str) -> Entry:
    return Entry(run.slot, run.label, run.settings, value, reading.ended or reading.value is None)


@lru_cache(maxsize=64)
def draw_legend(
    entries: tuple[Entry, ...], width: int, most_rows: int, charset: Charset
) -> tuple[Codepoints, StyleIds]:
    """The legend as read-only codepoints and styles of shape (rows, width).

    It has at most `most_rows` rows, and 0 when there is nothing to say. Where there is little room the names of
    settings go first, then labels are cut, down to LEAST_LABEL cells, then runs are left out; those are counted at the
    end.
    """
    if not entries or most_rows < 1 or width < 4:
        return np.zeros((0, width), np.uint32), np.zeros((0, width), np.uint8)
    texts = _texts(entries, charset, names=True)
    across = _entries_across(max(map(len, texts)), len(entries), width, most_rows)
    label_width = (width + SPACE) // across - SPACE - 2
    if max(map(len, texts)) > label_width:
        texts = _texts(entries, charset, names=False)
        across = _entries_across(max(map(len, texts)), len(entries), width, most_rows)
        label_width = (width + SPACE) // across - SPACE - 2
        texts = _texts(entries, charset, names=False, room=label_width)
    label_width = max(min(max(map(len, texts)), label_width), 1)
    rows = min(-(-len(entries) // across), most_rows)
    sheet = blank(width, rows, charset)
    room = rows * across
    shown = len(entries) if len(entries) <= room else max(room - 1, 1)
    left_out = f"+{len(entries) - shown} more"
    if shown == room < len(entries):
        label_width = max(label_width - len(left_out) - 1, 1)
    for index, (entry, codes) in enumerate(zip(entries[:shown], texts, strict=False)):
        row, place_in_row = divmod(index, across)
        column = place_in_row * (label_width + 2 + SPACE)
        sign = marker(entry.slot, ascii_only=charset == "ascii")
        column = sheet.write(row, column, [ord(sign), ord(" ")], strong(entry.slot))
        sheet.write(row, column, fit(codes, label_width, charset), HINT if entry.quiet else TITLE)
        value = cells(entry.value, charset)[:label_width]
        sheet.write(row, column, value, (faint if entry.quiet else strong)(entry.slot))
    if shown < len(entries):
        row, place_in_row = divmod(min(shown, room - 1), across)
        column = place_in_row * (label_width + 2 + SPACE) if shown < room else label_width + 3
        sheet.write(row, column, cells(left_out, charset), HINT)
    sheet.codes.setflags(write=False)
    sheet.styles.setflags(write=False)
    return sheet.codes, sheet.styles


def _texts(entries: Sequence[Entry], charset: Charset, *, names: bool, room: int | None = None) -> list[list[int]]:
    """Each entry as cells; settings stand below each other, and labels are cut to make `room` for them."""
    values = [cells(f"{entry.value}  " if entry.value else "", charset) for entry in entries]
    settings = [
        cells(" | ".join(f"{name} {value}" if names else value for name, value in entry.settings), charset)
        for entry in entries
    ]
    labels = [cells(entry.label, charset) for entry in entries]
    if room is not None and any(settings):
        left = room - max(map(len, values)) - max(map(len, settings)) - 2
        labels = [fit(label, max(left, LEAST_LABEL), charset) for label in labels]
    longest = max(map(len, labels))
    return [
        [*value, *label, *[ord(" ")] * (longest - len(label) + 2 if told else 0), *told]
        for value, label, told in zip(values, labels, settings, strict=True)
    ]


def _entries_across(longest: int, count: int, width: int, most_rows: int) -> int:
    whole = max((width + SPACE) // (longest + 2 + SPACE), 1)
    needed = -(-count // most_rows)
    possible = max((width + SPACE) // (LEAST_LABEL + 2 + SPACE), 1)
    return min(max(whole, needed), max(possible, whole), count)
