"""Tables: CSV files with a column for the step: Lightning's and Keras' loggers, YOLO, W&B's export, and any other."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from engine.imports.columns import LEAST_EPOCH, SMALLER, is_time, seconds, step_names, time_names, whole_step
from engine.imports.decoding.gathered import Floats, Integers, Series
from engine.imports.decoding.growing import Place, first_line, opened, shown, size_of, whole_lines
from engine.imports.decoding.unreadable import Replaced, Unreadable
from engine.imports.flat_yaml import read_flat_yaml
from engine.imports.records import LARGEST_STEP, LONGEST_NAME, Facts, Piece, Position, Source
from engine.text import counted

FORMAT = "csv"
NAMES = (".csv", ".tsv")

GENERIC = ("metrics", "results", "log", "logs", "progress", "history", "training")
"""Names of files that say less of a run than their folder's."""

SETTINGS = ("hparams.yaml", "args.yaml")
"""Files beside a table that hold its run's settings."""

MOST_COLUMNS = 4096
MOST_KEPT = 64
"""So many cells of the first row at most are kept."""

TEXTS = 16
"""After so many texts without a number a column is one of texts."""

SEPARATORS = (",", "\t", ";")

EXPORTED = re.compile(r"(.+) - ([^-].*?)(__MIN|__MAX)?$")
"""A column of W&B's export: run, metric, and what of it."""


@dataclass(frozen=True, slots=True)
class Header:
    """The first line of a table: its columns' names, the separator, and how many bytes it has."""

    names: tuple[str, ...]
    separator: str
    size: int
    left_out: int = 0

    @property
    def runs(self) -> tuple[str, ...]:
        """The runs in a table that W&B has exported; () in any other."""
        found = [EXPORTED.match(name) for name in self.names[1:]]
        if len(self.names) < 2 or not all(found):
            return ()
        return tuple(dict.fromkeys(match[1] for match in found if match))


def claims(path: Path, head: bytes, *, alone: bool) -> list[Source]:
    """A table whose header names a step, or one run each of what W&B has exported; [] for any other file."""
    line = head.split(b"\n", 1)[0]
    if not line.strip() or b"\0" in head or line.lstrip().startswith((b"{", b"[")):
        return []
    if len(line) == len(head):  # the header is longer than what was read of it
        try:
            header = header_of(path)
        except Unreadable:
            return []
    else:
        header = _parsed(line)
    if header is None or not step_names(header.names) or all(whole_step(name) is not None for name in header.names):
        return []
    name = path.parent.name if path.stem in GENERIC and path.parent.name else path.stem
    runs = header.runs
    return [Source(FORMAT, path, run, run) for run in runs] if runs else [Source(FORMAT, path, name=name)]


def _parsed(line: bytes, size: int = 0) -> Header | None:
    text = line.decode("utf-8-sig", "replace").rstrip("\r")
    separator = max(SEPARATORS, key=text.count)
    names = [name.strip()[:LONGEST_NAME] for name in _cells(text, separator)]
    kept = names[:MOST_COLUMNS]
    return Header(tuple(kept), separator, size, len(names) - len(kept)) if len(names) > 1 else None


def header_of(path: Path) -> Header | None:
    """The header of a table; None where the file is empty as yet. Raises Unreadable where it is none."""
    line = first_line(path)
    header = None if line is None else _parsed(line, len(line) + 1)
    if header is None and line is not None:
        raise Unreadable(f"{shown(path)} has no header with several columns in its first line.")
    return header


@dataclass(slots=True)
class State:
    """Where a reader is: the columns of step ('': rows are counted) and time, when the run began, and its first row, by
    which a table that was written anew is known again."""

    place: Place | None = None
    step: str | None = None
    time: str = ""
    rows: int = 0
    started_s: float | None = None
    first: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, position: Position) -> State:
        """The state that a position holds."""
        return cls(**{**position, "place": Place(*position["place"])}) if position else cls()

    def as_position(self) -> Position:
        """The state as a position."""
        return {**asdict(self), "place": None if self.place is None else self.place.as_list()}


def read(source: Source, position: Position, *, settled: bool = True) -> Iterator[Piece]:
    """Read the rows that are new. A table that was written anew with the same first row is read again from there.

    Raises Unreadable, and Replaced where it has another first row.
    """
    path, state = source.place, State.of(position)
    header = header_of(path)
    if header is None:
        return
    rewind = _written_anew(path, header, state)
    if rewind is not None or state.place is None:
        state.place, state.rows = Place(header.size), 0
    told = tuple[str, ...]()
    if header.left_out and not position:
        told = (
            f"{shown(path)} has {len(header.names) + header.left_out:,} columns; the first {MOST_COLUMNS:,} are read.",
        )
    is_known = bool(position)
    for part in whole_lines(path, state.place, settled=settled):
        is_open, rows_before = part.place == state.place, state.rows
        rows, bad = _rows(part.lines, header)
        values, cells = _values(rows, header, source.key, state) if rows else ({}, 0)
        told += tuple(filter(None, [part.trouble]))
        if not is_open:
            before = f"before byte {part.place.offset:,}"
            if bad:
                told += (f"{shown(path)}: {counted(bad, 'row')} {before} left out: another number of columns.",)
            if cells:
                told += (f"{shown(path)}: {counted(cells, 'cell')} {before} left out: no numbers.",)
        state.place = part.place
        if is_open:
            state.rows = rows_before
        facts = None
        if not is_known and values:
            is_known = True
            facts = Facts(source.name, config=_settings(path), started_s=state.started_s)
        yield Piece(state.as_position(), values, facts=facts, rewind=rewind, troubles=told)
        rewind, told = None, ()


def _written_anew(path: Path, header: Header, state: State) -> int | None:
    """The step from which on all is read again, where a table was written anew; None where it is as it was.

    Raises Replaced where it is another table.
    """
    if state.place is None:
        return None
    with opened(path) as descriptor:
        try:
            size_of(descriptor, path, state.place)
        except Replaced:
            lines = next(whole_lines(path, Place(header.size), settled=True), None)
            rows, _ = _rows(lines.lines[:1], header) if lines is not None else ([], 0)
            now = dict(zip(header.names, rows[0], strict=False)) if rows else {}
            if not state.first or any(now.get(name) != cell for name, cell in state.first.items()):
                raise
            return -LARGEST_STEP
    return None


def _rows(lines: Sequence[bytes], header: Header) -> tuple[list[list[str]], int]:
    """(rows as cells, number of those left out, which have another number of columns)."""
    texts = [line.decode("utf-8", "replace").replace("\r", "") for line in lines if line.strip()]
    width = len(header.names) + header.left_out
    try:
        every = list(csv.reader(texts, delimiter=header.separator))
    except csv.Error:  # one of them
        every = [_cells(text, header.separator) for text in texts]
    rows = [row for row in every if len(row) == width]
    return rows, len(every) - len(rows)


def _cells(text: str, separator: str) -> list[str]:
    """The cells of one line; [] where it is none."""
    try:
        return next(csv.reader([text.replace("\r", "")], delimiter=separator), [])
    except csv.Error:
        return []


def _values(rows: list[list[str]], header: Header, run: str, state: State) -> tuple[dict[str, Series], int]:
    """(the values by metric, number of cells left out) of some rows; notes in the state what it has learned."""
    columns = dict(zip(header.names, zip(*rows, strict=True), strict=False))
    if state.step is None:
        state.first = {name: cells[0] for name, cells in list(columns.items())[:MOST_KEPT] if cells[0]}
        state.step = next((name for name in step_names(header.names) if whole_step(columns[name][0]) is not None), "")
        state.time = next((name for name in time_names(header.names) if _is_time(name, columns[name][0], header)), "")
    counted_rows = np.arange(state.rows, state.rows + len(rows))
    state.rows += len(rows)
    step, has_step = counted_rows, np.ones(len(rows), bool)
    if state.step in columns:
        found, places, _ = _numbers(columns[state.step])
        has_step = np.zeros(len(rows), bool)
        whole = (found == np.floor(found)) & (np.abs(found) < LARGEST_STEP)
        step = np.zeros(len(rows), np.int64)
        step[places[whole]] = found[whole].astype(np.int64)
        has_step[places[whole]] = True
    elapsed_s = _elapsed(columns.get(state.time), len(rows), state)
    values, bad = {}, int((~has_step).sum())
    for name, cells in columns.items():
        metric = _metric(name, run)
        if metric is None or name in (state.step, state.time):
            continue
        value, places, wrong = _numbers(cells)
        bad += wrong
        kept = has_step[places]
        if kept.any():
            places = places[kept]
            values[metric] = Series(step[places], elapsed_s[places], value[kept])
    return values, bad


def _metric(name: str, run: str) -> str | None:
    """The metric in a column; None where it belongs to another run or is none of its own."""
    if not run:
        return name or None
    match = EXPORTED.match(name)
    return match[2] if match is not None and match[1] == run and not match[3] else None


def _numbers(cells: Sequence[str]) -> tuple[Floats, Integers, int]:
    """(numbers, their places among the cells, number of cells that are neither a number nor empty).

    A column of texts has no numbers, and none of its cells counts.
    """
    try:
        return np.array(list(map(float, cells))), np.arange(len(cells)), 0
    except ValueError:
        pass  # some are empty or texts
    values: list[float] = []
    places: list[int] = []
    bad = 0
    for place, cell in enumerate(cells):
        try:
            if cell and not cell.isspace():
                values.append(float(cell))
                places.append(place)
        except ValueError:
            bad += 1
            if bad >= TEXTS and not values:
                return np.empty(0), np.empty(0, np.int64), 0
    return np.array(values), np.array(places, np.int64), bad if values else 0


def _is_time(name: str, first: str, header: Header) -> bool:
    """Whether a column is the time, by its first cell; plain seconds where a table begins with epoch and time."""
    return is_time(name, first) or (header.names[:2] == ("epoch", name) and math.isfinite(seconds(first)))


def _elapsed(cells: Sequence[str] | None, count: int, state: State) -> Floats:
    """Seconds since the run's beginning, NaN where the table does not tell."""
    if cells is None:
        return np.full(count, np.nan)
    try:
        times = np.array(list(map(float, cells)))
        if (np.abs(times) >= SMALLER[-1][0]).any():
            raise ValueError("smaller units")
    except ValueError:
        times = np.array([seconds(cell) for cell in cells])
    if state.started_s is None:
        known = times[times >= LEAST_EPOCH]
        state.started_s = float(known[0]) if len(known) else None
    return np.where(times >= LEAST_EPOCH, times - (state.started_s or 0.0), times)


def _settings(path: Path) -> dict[str, object]:
    """The settings of a run in the files beside its table."""
    for name in SETTINGS:
        found = read_flat_yaml(path.parent / name)
        if found:
            return found
    return {}
