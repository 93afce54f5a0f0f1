"""W&B: the file of a run that Weights & Biases writes while it goes on, offline or not (run-ID.wandb)."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from engine.imports.columns import flat, number, whole_step
from engine.imports.decoding.block_log import BLOCK, log_records
from engine.imports.decoding.gathered import Gathered, Series
from engine.imports.decoding.growing import CHUNK, Place, opened, shown, size_of
from engine.imports.decoding.keyed_items import Items, items_of, name_of, plain_items, value_of
from engine.imports.decoding.protobuf import BYTES, VARINT, FieldAt, Malformed, fields, signed, text_of, varint
from engine.imports.records import LONGEST_NAME, Ending, Facts, Piece, Position, Source

FORMAT = "wandb"
NAMES = (".wandb",)
MAGIC = b":W&B"
HEADER_BYTES = 7

KINDS = (2, 3, 5, 17, 18)
"""Numbers of the records that are read: history, summary, settings, run, end."""

SPECIAL = ("_step", "_timestamp", "_runtime")
"""Keys of a history that are no metrics; they stand in its last items."""

SPECIAL_KEYS = frozenset(bytes([0x12, len(name), *name.encode()]) for name in SPECIAL)
SPECIAL_AT_END = 5

COMMON = re.compile(rb"\x08[\x80-\xff]{0,9}[\x00-\x7f][\x12\x1a]")
"""How a record of the history or the summary begins: its number, and which of both it is."""

RUNTIME = b"\x12\x06_wandb\x12\x07runtime"
LONGEST_RUNTIME = 80
"""What is in a summary, that comes with each step, of W&B's own alone, and how short that is."""

LONGEST_RECORD = 64 << 20
MOST_TOLD = 5


def claims(path: Path, head: bytes, *, alone: bool) -> list[Source]:
    """The run of a file of W&B's; [] for any other file."""
    return [Source(FORMAT, path, name=path.stem.removeprefix("run-"))] if head.startswith(MAGIC) else []


@dataclass(slots=True)
class State:
    """How far a file was read, and what it has said of its run by then."""

    place: Place
    is_known: bool = False
    started_s: float | None = None
    config: dict[str, Any] = field(default_factory=dict)
    summary: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, position: Position) -> State:
        """The state that a position holds."""
        return cls(**{**position, "place": Place(*position["place"])}) if position else cls(Place(HEADER_BYTES))

    def as_position(self) -> Position:
        """The state as a position."""
        return {**asdict(self), "place": self.place.as_list()}


def read(source: Source, position: Position, *, settled: bool = True) -> Iterator[Piece]:
    """Read the records that are new. Raises Unreadable."""
    path, state = source.place, State.of(position)
    with opened(path) as descriptor:
        if not position and os.fstat(descriptor).st_size < HEADER_BYTES:
            return
        size_of(descriptor, path, state.place)
        most = CHUNK
        while buffer := os.pread(descriptor, most, state.place.offset):
            taken = Taken(state, source.name)
            begin = stop = state.place.offset
            troubles: list[str] = []
            for data, stop, damage in log_records(buffer, begin):
                try:
                    taken.take(data)
                except Malformed:
                    damage = f"the record before byte {stop:,} is none and left out"
                if damage:
                    troubles.append(f"{shown(path)}: {damage}.")
            if stop == begin and len(buffer) == CHUNK:
                most = LONGEST_RECORD  # a record may be longer than what is read at once
                continue
            if stop == begin and len(buffer) == LONGEST_RECORD:
                stop = (begin // BLOCK + LONGEST_RECORD // BLOCK) * BLOCK
                troubles.append(f"{shown(path)}: the record at byte {begin:,} is too long and left out.")
            elif stop == begin:
                return
            most = CHUNK
            state.place = state.place.at(descriptor, stop)
            yield taken.piece(tuple(troubles[:MOST_TOLD]))


class Taken:
    """What some records say; `state` grows by it."""

    def __init__(self, state: State, name: str) -> None:
        self._state = state
        self._name = name
        self._found = Gathered()
        self._facts: Facts | None = None
        self._ending: Ending | None = None
        self._has_config = self._has_summary = False
        self._alike: dict[tuple[bytes, ...], list[tuple[int, list[bytes]]]] = {}
        self._summary: dict[bytes, bytes] = {}
        self._order = 0

    def piece(self, troubles: tuple[str, ...]) -> Piece:
        """The records as a piece, with the state after them."""
        state = self._state
        self._take_summary()
        for keys, rows in self._alike.items():
            self._take_alike(keys, rows)
        return Piece(
            state.as_position(),
            self._found.series(),
            facts=self._facts,
            config=_own(state.config) if self._has_config else None,
            summary=_own(state.summary) if self._has_summary else None,
            ending=self._ending,
            troubles=troubles,
        )

    def take(self, data: bytes) -> None:
        """Take one record. Raises Malformed."""
        if len(data) < LONGEST_RUNTIME and RUNTIME in data:
            return
        content = content_of(data)
        if content is None:
            return
        match content.number:
            case 2:
                self._order += 1
                plain = plain_items(data, content)
                keys = tuple([key for key, _ in plain or ()])
                if plain is not None and SPECIAL_KEYS.issubset(keys[-SPECIAL_AT_END:]):
                    self._alike.setdefault(keys, []).append((self._order, [value for _, value in plain]))
                else:
                    self._take_history(items_of(data, content), _step_of(data, content), self._order)
            case 3:
                self._has_summary = True
                plain = plain_items(data, content)
                if plain is None:
                    self._take_summary()
                    self._state.summary |= items_of(data, content)
                else:
                    self._summary.update(plain)
            case 5:
                self._state.config |= items_of(data, content)
                self._has_config = True
            case 17:
                self._take_run(data, content)
            case 18:
                code = next((each.value for each in fields(data, content.start, content.end) if each.number == 1), 0)
                reason = f"its program ended with exit code {signed(code)}" if code else ""
                self._ending = Ending("failed" if code else "finished", reason)

    def _take_summary(self) -> None:
        """Take what plain records have set."""
        self._state.summary |= {name_of(key): value_of(value) for key, value in self._summary.items()}
        self._summary.clear()

    def _take_alike(self, keys: tuple[bytes, ...], rows: list[tuple[int, list[bytes]]]) -> None:
        """Take the steps that have the same keys, each as (place in the file, values)."""
        names = [name_of(key) for key in keys]
        try:
            numbers = list(map(float, chain.from_iterable(values for _, values in rows)))
        except ValueError:  # words of JSON
            for order, values in rows:
                items = [(name, value_of(value)) for name, value in zip(names, values, strict=True)]
                self._take_history(items, 0, order)
            return
        columns = dict(zip(names, np.array(numbers).reshape(len(rows), len(keys)).T, strict=True))
        orders = np.array([order for order, _ in rows], np.int64)
        step = columns["_step"].astype(np.int64)
        started_s = self._state.started_s
        elapsed_s = columns["_runtime"] if started_s is None else columns["_timestamp"] - started_s
        for name, column in columns.items():
            if name not in SPECIAL:
                self._found.add_series(name[:LONGEST_NAME], orders, Series(step, elapsed_s, column))

    def _take_history(self, items: Items, step: int, order: int) -> None:
        """Take one step; `step` is what it is without an item that says so."""
        special = {name: value for name, value in items if name in SPECIAL}
        own = whole_step(special.get("_step"))
        step = step if own is None else own
        started_s, wall_s = self._state.started_s, special.get("_timestamp")
        runtime_s = special.get("_runtime")
        elapsed_s = runtime_s if isinstance(runtime_s, float) else math.nan
        if started_s is not None and isinstance(wall_s, float):
            elapsed_s = wall_s - started_s
        for name, value in items:
            if name in special or (isinstance(value, Mapping) and "_type" in value):  # a picture, table or histogram
                continue
            parts = flat(value, f"{name}/") if isinstance(value, Mapping) else [(name, value)]
            for key, part in parts:
                found = number(part)
                if found is not None:
                    self._found.add(key[:LONGEST_NAME], step, elapsed_s, found, order)

    def _take_run(self, data: bytes, at: FieldAt) -> None:
        state, said, tags = self._state, dict[int, str](), list[str]()
        for each in fields(data, at.start, at.end):
            if each.wire != BYTES:
                continue
            if each.number == 4:
                state.config |= items_of(data, each)
                self._has_config = True
            elif each.number == 10:
                tags.append(text_of(data, each))
            elif each.number == 17:
                state.started_s = _timestamp(data, each)
            else:
                said[each.number] = text_of(data, each)
        if not state.is_known:
            state.is_known = True
            self._facts = Facts(
                name=said.get(8) or said.get(1) or self._name, project=said.get(3, ""), group=said.get(6, ""),
                config=_own(state.config), tags=tuple(tags), note=said.get(9, ""), started_s=state.started_s,
            )  # fmt: skip


def content_of(data: bytes) -> FieldAt | None:
    """What a record is of one of the kinds that are read; None for any other. Raises Malformed.

    It mostly is a number, and then what is of the two kinds that come with each step: these are found without a loop.
    """
    match = COMMON.match(data)
    if match is not None:
        length, begin = varint(data, match.end(), len(data))
        if begin + length <= len(data):
            return FieldAt(data[match.end() - 1] >> 3, BYTES, begin, begin + length)
    return next((each for each in fields(data, 0, len(data)) if each.wire == BYTES and each.number in KINDS), None)


def _own(values: Mapping[str, Any]) -> dict[str, Any]:
    """Settings or a summary without the keys that are W&B's own, and whole numbers as such."""
    return {
        name: int(value) if isinstance(value, float) and value.is_integer() else value
        for name, value in values.items()
        if not name.startswith("_")
    }


def _step_of(data: bytes, at: FieldAt) -> int:
    """The step in a history's own field; 0 where it has none."""
    for each in fields(data, at.start, at.end):
        if each.number == 2 and each.wire == BYTES:
            return next((signed(part.value) for part in fields(data, each.start, each.end) if part.number == 1), 0)
    return 0


def _timestamp(data: bytes, at: FieldAt) -> float:
    """A time of protobuf's as seconds since the epoch."""
    parts = {each.number: signed(each.value) for each in fields(data, at.start, at.end) if each.wire == VARINT}
    return parts.get(1, 0) + parts.get(2, 0) * 1e-9
