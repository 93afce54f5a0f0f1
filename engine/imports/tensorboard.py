"""TensorBoard: event files, which TensorFlow, PyTorch, tensorboardX, JAX and Keras write; a folder of them is a run."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from engine.imports.decoding.event import event_of, hparams_of
from engine.imports.decoding.event_records import HEADER, Records, header_of, records_in
from engine.imports.decoding.events import Events, events_in
from engine.imports.decoding.gathered import Integers, Series
from engine.imports.decoding.growing import Place, opened, shown, size_of
from engine.imports.decoding.protobuf import Malformed
from engine.imports.decoding.unreadable import Unreadable
from engine.imports.records import Ending, Facts, Piece, Position, Source

FORMAT = "tensorboard"
NAMES = re.compile(r"tfevents\.")
"""What is in the name of an event file."""

VERSION = b"brain.Event:"

CHUNK = 1 << 20
"""Bytes that are read at once: some 20,000 scalars, so that they are decoded while those before are stored."""

MOST_TOLD = 5
"""So many damaged records are told one by one."""

Columns = Mapping[str, tuple[Integers, Series]]

LONGEST_READ = 64 << 20
"""A longer record is passed over: it holds pictures or a graph."""

ENDINGS = {1: Ending("finished"), 2: Ending("failed", "its file says that it failed")}
"""By the status that the plugin for hyperparameters notes."""


def claims(path: Path, head: bytes, *, alone: bool) -> list[Source]:
    """The run of an event file: its folder, or the file alone where that was named; [] for any other file."""
    begins = head[: HEADER.size] == header_of(int.from_bytes(head[:8], "little")) and VERSION in head[:64]
    if begins or (not head and NAMES.search(path.name)):
        return [Source(FORMAT, path if alone else path.parent)]
    return []


def read(source: Source, position: Position, *, settled: bool = True) -> Iterator[Piece]:
    """Read what is new in the event files of a folder, in the order of their names. Raises Unreadable."""
    state = State({name: Place(*place) for name, place in position.get("files", {}).items()}, position.get("started_s"))
    is_known = "started_s" in position
    for path in files(source):
        for piece in _read_file(path, state):
            facts = None if is_known or state.started_s is None else Facts(source.name, started_s=state.started_s)
            is_known = is_known or facts is not None
            yield replace(piece, position=state.as_position(), facts=facts)


@dataclass(slots=True)
class State:
    """How far the files of a run were read, by their names, and when its first event was."""

    places: dict[str, Place]
    started_s: float | None = None

    def as_position(self) -> Position:
        """The same as a position."""
        files = {name: place.as_list() for name, place in self.places.items()}
        return {"files": files, "started_s": self.started_s}


def files(source: Source) -> list[Path]:
    """The event files of a run by name. Raises Unreadable."""
    place = source.place
    try:
        if not place.is_dir():
            return [place]
        names = sorted(entry.name for entry in os.scandir(place) if NAMES.search(entry.name))
    except OSError as error:
        raise Unreadable(f"{shown(place)} cannot be read: {error.strerror}.") from None
    return [place / name for name in names]


def _read_file(path: Path, state: State) -> Iterator[Piece]:
    """Pieces, without positions, of what is new in one file; `state` has how far it was read, each time."""
    with opened(path) as descriptor:
        place, most = state.places.get(path.name, Place()), CHUNK
        size = size_of(descriptor, path, place)
        while len(buffer := os.pread(descriptor, most, place.offset)) >= HEADER.size:
            records, most = records_in(buffer), CHUNK
            begin = place.offset
            if len(records.start):
                for stop, piece in _pieces(buffer, records, state, path, begin):
                    state.places[path.name] = place = place.at(descriptor, begin + stop)
                    yield piece
            elif records.damage:
                yield Piece(
                    {}, troubles=(f"{shown(path)}: {records.damage}, at byte {begin:,}; the rest is not read.",)
                )
                return
            elif records.wanted <= len(buffer) or begin + records.wanted > size:
                return
            elif records.wanted <= LONGEST_READ:
                most = records.wanted
            else:
                state.places[path.name] = place = place.at(descriptor, begin + records.wanted)


def _pieces(buffer: bytes, records: Records, state: State, path: Path, begin: int) -> Iterator[tuple[int, Piece]]:
    """(place in the buffer after it, piece) of the records of a buffer: one, and another from each session on."""
    events = events_in(buffer, records)
    if state.started_s is None:
        state.started_s = _earliest(buffer, records, events)
    damaged = [begin + int(records.start[number]) - HEADER.size for number in events.damaged]
    troubles = tuple(
        f"{shown(path)}: the record at byte {place:,} is damaged and left out." for place in damaged[:MOST_TOLD]
    )
    if len(events.damaged) > MOST_TOLD:
        troubles += (f"{shown(path)}: {len(events.damaged) - MOST_TOLD:,} more records are damaged.",)
    settings, status = _noted(events)
    ending = ENDINGS.get(status or 0)
    count = len(records.start)
    cuts = [(number, step) for number, step in events.begun if number]
    rewind = next((step for number, step in events.begun if not number), None)
    for first, stop, next_rewind in zip(
        [0, *(number for number, _ in cuts)],
        [*(number for number, _ in cuts), count],
        [*(step for _, step in cuts), None],
        strict=True,
    ):
        is_last = stop == count
        yield (
            records.stop if is_last else int(records.start[stop]) - HEADER.size,
            Piece(
                {},
                values=_between(events.columns, first, stop, state.started_s or 0.0),
                config=settings if is_last else None,
                rewind=rewind,
                ending=ending if is_last else None,
                troubles=troubles if is_last else (),
            ),
        )
        rewind = next_rewind


def _between(columns: Columns, first: int, stop: int, started_s: float) -> dict[str, Series]:
    """The values of the records from one number to before another."""
    found = {}
    for name, (number, series) in columns.items():
        low, high = np.searchsorted(number, [first, stop]).tolist()
        if low < high:
            part = series.taken(slice(low, high))
            found[name] = Series(part.step, part.elapsed_s - started_s, part.value)
    return found


def _earliest(buffer: bytes, records: Records, events: Events) -> float | None:
    """The time of the first record, or of an earlier one: a program may give the times itself."""
    start = int(records.start[0])
    try:
        first = [event_of(buffer[start : start + int(records.size[0])]).wall_s]
    except Malformed:
        first = []
    walls = [*first, *(float(series.elapsed_s.min(initial=math.inf)) for _, series in events.columns.values())]
    return min((wall_s for wall_s in walls if math.isfinite(wall_s)), default=None)


def _noted(events: Events) -> tuple[dict[str, object] | None, int | None]:
    """(settings, status) that the plugin for hyperparameters has noted; None where it has none."""
    try:
        settings, status = hparams_of(events.plugins)
    except Malformed:
        return None, None
    return settings or None, status
