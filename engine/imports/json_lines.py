"""JSON lines: one object a line, with a step, perhaps a time, and numbers by name."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from engine.imports.columns import Clock, flat, is_time, number, step_names, time_names, whole_step
from engine.imports.decoding.gathered import Gathered, Series
from engine.imports.decoding.growing import Place, shown, whole_lines
from engine.imports.records import LARGEST_STEP, LONGEST_NAME, Facts, Piece, Position, Source
from engine.text import counted

FORMAT = "jsonl"
NAMES = (".jsonl", ".ndjson")

DECODER = json.JSONDecoder(strict=False)
LONG_NAMES = ("metric", "tag", "name", "key")
"""Keys of the name where each line has one value under `value`."""


def claims(path: Path, head: bytes, *, alone: bool) -> list[Source]:
    """A file whose first line with something in it is an object; [] for any other file.

    One that was not named must be called so and have a step or a loss in that line: files of examples are objects, too.
    An empty one is taken by its name.
    """
    source, is_called_so = Source(FORMAT, path, name=path.stem), path.suffix.lower() in NAMES
    first = next((line for line in head.split(b"\n") if line.strip()), b"").strip()
    if not first:
        return [source] if is_called_so and not alone else []
    if not first.startswith(b"{"):
        return []
    values = _object(first.decode("utf-8", "replace"))
    if alone:
        return [source] if values is not None or is_called_so else []
    names = [name for name, _ in flat(values)] if values is not None else [first.decode("utf-8", "replace")]
    is_log = bool(step_names(names)) or any(word in name.lower() for name in names for word in ("loss", "step"))
    return [source] if is_log else []


NUMBERS = frozenset({int, float})
Shape = tuple[tuple[str, ...], str | None, str | None]
"""Lines that look alike: their keys, and which of them is the step and which the time."""


@dataclass(slots=True)
class State:
    """Where a reader is: the keys of step and time, the last step, and when the run began."""

    place: Place
    step: str | None = None
    time: str | None = None
    last: int = -1
    started_s: float | None = None
    is_known: bool = False

    @classmethod
    def of(cls, position: Position) -> State:
        """The state that a position holds."""
        return cls(**{**position, "place": Place(*position["place"])}) if position else cls(Place())

    def as_position(self) -> Position:
        """The state as a position."""
        return {
            "place": self.place.as_list(), "step": self.step, "time": self.time, "last": self.last,
            "started_s": self.started_s, "is_known": self.is_known,
        }  # fmt: skip


def read(source: Source, position: Position, *, settled: bool = True) -> Iterator[Piece]:
    """Read the lines that are new. A line without a step is one after the last. Raises Unreadable."""
    state = State.of(position)
    for part in whole_lines(source.place, state.place, settled=settled):
        before = state.last
        found, config, troubles = Gathered(), {}, [part.trouble] if part.trouble else []
        alike, bad = Alike(), 0
        for order, values in enumerate(_objects(part.lines)):
            if values is None:
                bad += 1
            elif values and not alike.take(values, state, order):
                config.update(_take(values, state, found, order))
        alike.gather(state, found)
        is_open = part.place == state.place  # a last line that is not passed
        if bad and not is_open:
            told = f"{counted(bad, 'line')} before byte {part.place.offset:,} left out: no objects."
            troubles.append(f"{shown(source.place)}: {told}")
        state.place = part.place
        facts = None
        if not state.is_known and (found.count or config):
            state.is_known = True
            facts = Facts(source.name, config=config, started_s=state.started_s)
        if is_open:
            state.last = before
        yield Piece(state.as_position(), found.series(), facts=facts, config=config or None, troubles=tuple(troubles))


class Alike:
    """Lines of numbers alone that have the same keys: as columns, they cost a third of what they do one by one."""

    def __init__(self) -> None:
        self._seen: set[tuple[str, ...]] = set()
        self._rows: dict[Shape, list[tuple[int, Collection[float]]]] = {}

    def take(self, values: Mapping[str, Any], state: State, order: int) -> bool:
        """Take a line, unless it is the first with its keys or has anything but numbers; whether it was taken."""
        keys = tuple(values)
        if keys not in self._seen:
            self._seen.add(keys)
            return False
        step = values.get(state.step or "")
        has_time = state.time is None or (state.started_s is not None and state.time in values)
        if type(step) is not int or abs(step) >= LARGEST_STEP or not has_time or not NUMBERS.issuperset(
            map(type, values.values())
        ):  # fmt: skip
            return False
        state.last = step
        self._rows.setdefault((keys, state.step, state.time), []).append((order, values.values()))
        return True

    def gather(self, state: State, found: Gathered) -> None:
        """Gather the numbers of all lines that were taken."""
        for (keys, step_name, time_name), rows in self._rows.items():
            orders = np.array([order for order, _ in rows], np.int64)
            columns = dict(zip(keys, zip(*(values for _, values in rows), strict=True), strict=True))
            step = np.array(columns.pop(str(step_name)), np.int64)
            elapsed_s = np.full(len(rows), np.nan)
            if time_name is not None:
                clock = Clock(state.started_s)
                elapsed_s = np.array([clock.elapsed_s(time) for time in columns.pop(time_name)])
            for name, column in columns.items():
                values = np.array(
                    [number(value) for value in column] if int in map(type, column) else column, np.float64
                )
                found.add_series(name[:LONGEST_NAME], orders, Series(step, elapsed_s, values))


def _take(values: Mapping[str, Any], state: State, found: Gathered, order: int) -> dict[str, Any]:
    """Take the numbers of one line; returns what it says under `config`."""
    config = values.get("config")
    numbers = dict(flat({key: value for key, value in values.items() if key != "config"}))
    if state.step is None or state.step not in numbers:
        state.step = next((name for name in step_names(list(numbers)) if whole_step(numbers[name]) is not None), None)
    if state.time is None:
        state.time = next((name for name in time_names(list(numbers)) if is_time(name, numbers[name])), None)
    step = whole_step(numbers.pop(state.step, None)) if state.step is not None else None
    state.last = step = state.last + 1 if step is None else step
    clock = Clock(state.started_s)
    elapsed_s = clock.elapsed_s(numbers.pop(state.time, None)) if state.time is not None else math.nan
    state.started_s = clock.started_s
    name = next((numbers[key] for key in LONG_NAMES if isinstance(numbers.get(key), str)), None)
    if name is not None and (value := number(numbers.get("value"))) is not None:
        found.add(name, step, elapsed_s, value, order)
        return {}
    for key, each in numbers.items():
        value = number(each)
        if value is not None:
            found.add(key, step, elapsed_s, value, order)
    return dict(config) if isinstance(config, Mapping) else {}


def _objects(lines: Sequence[bytes]) -> list[dict[str, Any] | None]:
    """The object in each line, {} in an empty one, None where there is none.

    All lines at once take half the time of one after the other.
    """
    texts = [line.decode("utf-8", "replace") or "{}" for line in lines]
    try:
        found = DECODER.decode(f"[{','.join(texts)}]")
    except (ValueError, RecursionError):
        found = []
    if len(found) != len(texts) or not all(type(each) is dict for each in found):
        return [_object(text) for text in texts]
    return list(found)


def _object(text: str) -> dict[str, Any] | None:
    if not text.strip():
        return {}
    try:
        found = DECODER.decode(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
