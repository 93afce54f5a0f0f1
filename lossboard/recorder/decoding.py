"""Decoding: from the frames of a program's stream to columns for the store, thousands of rows at a time."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from engine.store import LoggedNews, Measured, Printed
from lossboard.wire import HEAD, HELLO, NEWS, ROW, ROW_HEAD, SHAPE, Damaged, content_of, head_at, row_size, shape_of

Ended = Literal["finished", "failed", "cancelled"]
ENDINGS: Mapping[str, Ended] = {"finished": "finished", "failed": "failed", "cancelled": "cancelled"}

SAME_HEAD = 9
"""Bytes in which rows of one shape agree: length, kind and shape."""

AT_ONCE = 4096
"""Rows that are looked at together for being of one shape."""


@dataclass
class Gathered:
    """What was decoded and is not stored yet; `received` is the position in the stream after it."""

    received: int = 0
    elapsed_s: float = 0.0
    rows: dict[tuple[str, ...], list[tuple[int, int, bytes]]] = field(default_factory=dict)
    """By shape: (position of the first, how many, their bytes)."""
    marks: list[tuple[int, str]] = field(default_factory=list)
    evaluations: list[tuple[int, str, float, float]] = field(default_factory=list)
    applied: list[tuple[int, int | None, str]] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    """What else is new, as LoggedNews has it."""
    output: list[Printed] = field(default_factory=list)
    end: tuple[Ended, str] | None = None
    """State and reason, once the program has said that it ends."""

    def measured(self, base_s: float) -> dict[str, Measured]:
        """The measurements by metric in the order in which they were logged; times are after `base_s` seconds."""
        parts: dict[str, list[tuple[NDArray[np.int64], ...]]] = {}
        values: dict[str, list[NDArray[np.float64]]] = {}
        for names, pieces in self.rows.items():
            table = np.frombuffer(b"".join(each for _, _, each in pieces), dtype=_row_type(len(names)))
            size = row_size(len(names))
            places = np.concatenate([first + size * np.arange(count) for first, count, _ in pieces])
            elapsed_us = np.rint((table["elapsed_s"] + base_s) * 1e6).astype(np.int64)
            for column, name in enumerate(names):
                parts.setdefault(name, []).append((places, table["step"], elapsed_us))
                values.setdefault(name, []).append(table["values"][:, column])
        return {name: _in_order(parts[name], values[name]) for name in parts}

    def news(self, base_s: float) -> LoggedNews:
        """What else is new."""
        return LoggedNews(
            received=self.received,
            elapsed_s=base_s + self.elapsed_s,
            marks=tuple(self.marks),
            evaluations=tuple(self.evaluations),
            applied=tuple(self.applied),
            output=tuple(self.output),
            **self.facts,
        )


class Decoder:
    """Decodes one segment from its first byte on; what the store has received already is passed over."""

    def __init__(self, start: int, received: int) -> None:
        self.position = start
        self.hello: dict[str, Any] = {}
        self._received = received
        self._shapes: dict[int, tuple[str, ...]] = {}

    def feed(self, buffer: bytes, into: Gathered) -> int:
        """Decode the whole frames of a buffer, which begins at `position`; returns how many bytes they are.

        Stops after the frame that ends the run. Raises Damaged.
        """
        place = 0
        while into.end is None and (head := head_at(buffer, place)) is not None:
            size, kind = head
            position = self.position + place
            if kind == ROW:
                place += self._take_rows(buffer, place, size, position, into)
                continue
            payload = buffer[place + HEAD.size : place + size]
            place += size
            if kind == SHAPE:
                number, names = shape_of(payload)
                self._shapes[number] = names
            elif kind == HELLO:
                self.hello = content_of(payload)
            elif kind == NEWS and position >= self._received:
                take_news(content_of(payload), into)
        self.position += place
        into.received = max(into.received, self.position)
        return place

    def _take_rows(self, buffer: bytes, place: int, size: int, position: int, into: Gathered) -> int:
        """Take the rows of one shape that follow each other; returns how many bytes they are."""
        _, _, number, _, _ = ROW_HEAD.unpack_from(buffer, place)
        names = self._shapes.get(number)
        if names is None or size != row_size(len(names)):
            raise Damaged(f"a row of shape {number}, which has another size or no names")
        count = _count_same(buffer, place, size)
        begin = place
        if position < self._received:
            skipped = min(-(-(self._received - position) // size), count)
            begin += skipped * size
        rest = (place + count * size - begin) // size
        if rest:
            piece = buffer[begin : place + count * size]
            into.rows.setdefault(names, []).append((position + begin - place, rest, piece))
            into.elapsed_s = max(into.elapsed_s, ROW_HEAD.unpack_from(piece, len(piece) - size)[4])
        return count * size


def take_news(news: Any, into: Gathered) -> None:
    """Take what is rare. Raises Damaged where it is not as `Run` tells it."""
    try:
        for what, content in news.items():
            if what == "mark":
                into.marks.append((int(content[0]), str(content[1])))
            elif what == "evaluation":
                step, split, loss, share = content
                into.evaluations.append(
                    (int(step), str(split), float(loss), math.nan if share is None else float(share))
                )
            elif what == "applied":
                into.applied.append((int(content[0]), int(content[1]), str(content[2])))
            elif what in ("config", "summary", "knobs"):
                into.facts[what] = json_text(content)
            elif what in ("name", "note"):
                into.facts[what] = str(content)
            elif what == "tags":
                into.facts[what] = tuple(map(str, content))
            elif what in ("listens", "waits"):
                into.facts[what] = bool(content)
            elif what == "end":
                into.end = ENDINGS[content["state"]], str(content["reason"])
                into.facts["exit_code"] = None if content.get("code") is None else int(content["code"])
    except (AttributeError, KeyError, IndexError, TypeError, ValueError) as error:
        raise Damaged(f"news that are none: {error}") from None


def json_text(content: Any) -> str:
    """A value as JSON that any reader takes: numbers that JSON does not know are written as text."""
    return json.dumps(_plain(content), ensure_ascii=False).encode("utf-8", "replace").decode()


def _plain(content: Any) -> Any:
    if isinstance(content, Mapping):
        return {str(key): _plain(value) for key, value in content.items()}
    if isinstance(content, (list, tuple)):
        return [_plain(value) for value in content]
    return str(content) if isinstance(content, float) and not math.isfinite(content) else content


def _count_same(buffer: bytes, place: int, size: int) -> int:
    """How many whole rows of the same shape follow each other from a place on."""
    head, count = buffer[place : place + SAME_HEAD], 1
    there = (len(buffer) - place) // size
    while count < there and buffer[place + count * size : place + count * size + SAME_HEAD] == head:
        many = min(AT_ONCE, there - count)
        rows = np.frombuffer(buffer, np.uint8, many * size, place + count * size).reshape(many, size)[:, :SAME_HEAD]
        same = (rows == np.frombuffer(head, np.uint8)).all(axis=1)
        if not same.all():
            return count + int(same.argmin())
        count += many
    return count


@lru_cache
def _row_type(metrics: int) -> np.dtype[Any]:
    return np.dtype([("head", "V9"), ("step", "<i8"), ("elapsed_s", "<f8"), ("values", "<f8", (metrics,))])


def _in_order(parts: list[tuple[NDArray[np.int64], ...]], values: list[NDArray[np.float64]]) -> Measured:
    """The rows of one metric by their place in the stream, whichever shape they came in."""
    places, step, elapsed_us = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    value = np.concatenate(values)
    if len(parts) > 1:
        order = np.argsort(places, kind="stable")
        step, elapsed_us, value = step[order], elapsed_us[order], value[order]
    return Measured(step.astype(np.int64), elapsed_us, value.astype(np.float64))
