"""JSON lines: one object a line, with a step, perhaps a time, and numbers by name."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.imports.columns import Clock, flat, is_time, number, step_names, time_names, whole_step
from engine.imports.decoding.gathered import Gathered
from engine.imports.decoding.growing import Place, shown, whole_lines
from engine.imports.records import Facts, Piece, Position, Source
from engine.text import counted

FORMAT = "jsonl"
NAMES = (".jsonl", ".ndjson")

LONG_NAMES = ("metric", "tag", "name", "key")
"""Keys of the name where each line has one value under `value`."""


def claims(path: Path, head: bytes, *, alone: bool) -> list[Source]:
    """A file whose first line with something in it is an object; an empty one by its name."""
    first = next((line for line in head.split(b"\n") if line.strip()), b"").strip()
    if not first:
        return [Source(FORMAT, path, name=path.stem)] if path.suffix.lower() in NAMES and not alone else []
    if not first.startswith(b"{"):
        return []
    is_whole = _object(first) is not None
    return [Source(FORMAT, path, name=path.stem)] if is_whole or path.suffix.lower() in NAMES else []


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
        bad = 0
        for line in part.lines:
            if not line.strip():
                continue
            values = _object(line)
            if values is None:
                bad += 1
            else:
                config.update(_take(values, state, found))
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


def _take(values: Mapping[str, Any], state: State, found: Gathered) -> dict[str, Any]:
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
        found.add(name, step, elapsed_s, value)
        return {}
    for key, each in numbers.items():
        value = number(each)
        if value is not None:
            found.add(key, step, elapsed_s, value)
    return dict(config) if isinstance(config, Mapping) else {}


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(line.decode("utf-8", "replace"), strict=False)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
