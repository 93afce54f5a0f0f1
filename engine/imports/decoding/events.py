"""Events: the scalars in the records of a buffer; records that look alike are decoded together.

Two records look alike when their bytes are the same but for the time, the step and the value, which stand at the same
places. A thousand scalars of one name are then one operation of NumPy each, check sums included.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from engine.imports.decoding.crc32c import crc32c, masked, masked_of_rows
from engine.imports.decoding.event import Event, Layout, event_of
from engine.imports.decoding.event_records import FOOTER_BYTES, Records
from engine.imports.decoding.gathered import Gathered, Integers, Series
from engine.imports.decoding.protobuf import Malformed

LONGEST_ALIKE = 512
"""Records of more bytes are decoded one at a time, and so are fewer than FEWEST_ALIKE."""

FEWEST_ALIKE = 16
MOST_LAYOUTS = 24
"""So many layouts of records of one size are decoded together, and the rest one at a time."""

LONGEST_CHECKED = 1 << 16
"""Of longer data the check sum is not computed: those of scalars are short."""

MIXED = np.uint64(0x9E3779B97F4A7C15)

Bytes = NDArray[np.uint8]
Words = NDArray[np.uint64]


@dataclass(slots=True)
class Events:
    """What the records of a buffer say.

    `columns` are the values by name with the number of each one's record; their times count from 1970. `begun` are
    (record, step) of sessions that begin, `plugins` what plugins have noted, `damaged` the numbers of the records whose
    data do not fit their check sum, or are no event.
    """

    columns: dict[str, tuple[Integers, Series]] = field(default_factory=dict)
    begun: list[tuple[int, int]] = field(default_factory=list)
    plugins: list[tuple[str, bytes]] = field(default_factory=list)
    damaged: list[int] = field(default_factory=list)


def events_in(buffer: bytes, records: Records) -> Events:
    """What the records of a buffer say."""
    found, scalars = Events(), Gathered()
    content = np.frombuffer(buffer, np.uint8)
    alone: list[int] = []
    short = np.where(records.size <= LONGEST_ALIKE, records.size, 0)
    for size in np.flatnonzero(np.bincount(short)).tolist():
        numbers = np.flatnonzero(short == size)
        if size and len(numbers) >= FEWEST_ALIKE:
            rows = sliding_window_view(content, size + FOOTER_BYTES)[records.start[numbers]]
            numbers = _decode_alike(rows, numbers, scalars, found)
        alone += numbers.tolist()
    for number in sorted(alone):
        begin, size = int(records.start[number]), int(records.size[number])
        event = _checked(buffer, begin, size)
        if event is None:
            found.damaged.append(number)
            continue
        if event.starts_session:
            found.begun.append((number, event.step))
        found.plugins += event.plugins
        for scalar in event.scalars:
            scalars.add(scalar.tag, event.step, event.wall_s, scalar.value, number)
    found.columns = scalars.ordered()
    found.damaged.sort()
    return found


def _checked(buffer: bytes, begin: int, size: int) -> Event | None:
    """The event at a place; None where its data do not fit their check sum, or are none."""
    data = buffer[begin : begin + size]
    footer = int.from_bytes(buffer[begin + size : begin + size + FOOTER_BYTES], "little")
    try:
        event = event_of(data)
    except Malformed:
        return None
    says = event.scalars or event.plugins or event.starts_session
    return event if not says or size > LONGEST_CHECKED or masked(crc32c(data)) == footer else None


def _decode_alike(rows: Bytes, numbers: Integers, scalars: Gathered, found: Events) -> Integers:
    """Decode those rows (n, size + 4) of data and check sum that look alike; returns the numbers of the others."""
    alone: list[Integers] = []
    for _ in range(MOST_LAYOUTS):
        if not len(numbers):
            break
        layout = _layout_of(rows[0])
        taken = np.zeros(len(numbers), bool)
        if layout is None:
            alone.append(numbers[:1])
            taken[0] = True
        else:
            same = _without_numbers(rows[:, :-FOOTER_BYTES], layout)
            for members in _groups(same):
                if _layout_of(rows[members[0]]) == layout:
                    members = members[_are_as(same[members], same[members[0]])]
                    every = len(members) == len(rows)
                    _decode(rows if every else rows[members], numbers[members], layout, scalars, found)
                    taken[members] = True
        rows, numbers = rows[~taken], numbers[~taken]
    return np.concatenate([*alone, numbers])


def _layout_of(row: Bytes) -> Layout | None:
    try:
        return event_of(row[:-FOOTER_BYTES].tobytes()).layout
    except Malformed:
        return None


def _without_numbers(rows: Bytes, layout: Layout) -> Words:
    """The rows as words of 8 bytes, with zeros where time, step and value stand; of each byte of the step the bit is
    kept that says whether another one follows."""
    padded = np.zeros((len(rows), -(-rows.shape[1] // 8) * 8), np.uint8)
    padded[:, : rows.shape[1]] = rows
    padded[:, layout.wall_at : layout.wall_at + 8] = 0
    padded[:, layout.value_at : layout.value_at + layout.value_bytes] = 0
    padded[:, layout.step_at : layout.step_at + layout.step_bytes] &= 0x80
    return padded.view(np.uint64)


def _are_as(rows: Words, one: Words) -> NDArray[np.bool_]:
    """Which rows are the same as one."""
    same: NDArray[np.bool_] = rows[:, 0] == one[0]
    for place in range(1, rows.shape[1]):
        same &= rows[:, place] == one[place]
    return same


def _groups(rows: Words) -> Iterable[Integers]:
    """The places of rows that are probably the same, in groups, each in order."""
    if _are_as(rows, rows[0]).all():
        return [np.arange(len(rows))]
    key = np.zeros(len(rows), np.uint64)
    for column in rows.T:
        key = (key ^ column) * MIXED
        key ^= key >> np.uint64(29)
    order = np.argsort(key, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(key[order])) + 1)


def _decode(rows: Bytes, numbers: Integers, layout: Layout, scalars: Gathered, found: Events) -> None:
    """Decode rows that look alike."""
    data = rows[:, :-FOOTER_BYTES]
    sample = data[0].tobytes()
    varying = [
        *range(layout.wall_at, layout.wall_at + 8),
        *range(layout.step_at, layout.step_at + layout.step_bytes),
        *range(layout.value_at, layout.value_at + layout.value_bytes),
    ]
    stored = np.ascontiguousarray(rows[:, -FOOTER_BYTES:]).view("<u4")[:, 0]
    whole = masked_of_rows(sample, data, varying) == stored
    if not whole.all():
        found.damaged += numbers[~whole].tolist()
        data, numbers = data[whole], numbers[whole]
    step = np.zeros(len(data), np.uint64)
    for place in range(layout.step_bytes):
        step |= (data[:, layout.step_at + place].astype(np.uint64) & np.uint64(0x7F)) << np.uint64(7 * place)
    value = np.ascontiguousarray(data[:, layout.value_at : layout.value_at + layout.value_bytes])
    wall_s = np.ascontiguousarray(data[:, layout.wall_at : layout.wall_at + 8])
    (scalar,) = event_of(sample).scalars
    values = value.view(layout.kind)[:, 0].astype(np.float64)
    scalars.add_series(scalar.tag, numbers, Series(step.view(np.int64), wall_s.view("<f8")[:, 0], values))
