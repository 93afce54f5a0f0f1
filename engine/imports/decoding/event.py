"""Event: one record of TensorBoard's, decoded by itself, with where the bytes of its numbers stand."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from engine.imports.decoding.protobuf import (
    BYTES,
    EIGHT,
    FOUR,
    VARINT,
    FieldAt,
    double_at,
    fields,
    float_at,
    signed,
    text_of,
    varint,
)

FLOAT, DOUBLE, INT32, INT64, BFLOAT16, HALF = 1, 2, 3, 9, 14, 19
"""TensorFlow's types of numbers."""

CONTENT = {FLOAT: "<f", DOUBLE: "<d", INT32: "<i", INT64: "<q", HALF: "<e"}
"""How `tensor_content` has one number of a type."""

SESSION_START = 1


class Layout(NamedTuple):
    """Where the time, the step and the value of a record with one scalar stand; `kind` is NumPy's name of the value's
    type. The time has 8 bytes, the step `step_bytes`."""

    wall_at: int
    step_at: int
    step_bytes: int
    value_at: int
    kind: str

    @property
    def value_bytes(self) -> int:
        """How many bytes the value has."""
        return int(self.kind[-1])


class Scalar(NamedTuple):
    """A number by its name; `place` and `kind` say where its bytes stand, as in a Layout; at -1 they do not."""

    tag: str
    value: float
    place: int = -1
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """What one record says. `plugins` are (name, content) of what plugins of TensorBoard have noted in it."""

    wall_s: float = math.nan
    step: int = 0
    scalars: tuple[Scalar, ...] = ()
    version: str = ""
    starts_session: bool = False
    plugins: tuple[tuple[str, bytes], ...] = ()
    layout: Layout | None = None
    """None where it has not exactly one scalar, or no time."""


def event_of(data: bytes) -> Event:
    """Decode a record's data. Raises Malformed."""
    wall, step, step_at, version, starts = -1, 0, (0, 0), "", False
    scalars: list[Scalar] = []
    plugins: list[tuple[str, bytes]] = []
    for each in fields(data, 0, len(data)):
        match each.number, each.wire:
            case 1, 1:
                wall = each.start
            case 2, 0:
                step, step_at = signed(each.value), (each.start, each.end - each.start)
            case 3, 2:
                version = text_of(data, each)
            case 5, 2:
                for value in fields(data, each.start, each.end):
                    if value.number == 1 and value.wire == BYTES:
                        _take_value(data, value, scalars, plugins)
            case 7, 2:
                starts = any(
                    part.number == 1 and part.wire == VARINT and part.value == SESSION_START
                    for part in fields(data, each.start, each.end)
                )
    layout = None
    if wall >= 0 and len(scalars) == 1 and scalars[0].place >= 0 and not plugins:
        layout = Layout(wall, *step_at, scalars[0].place, scalars[0].kind)
    wall_s = math.nan if wall < 0 else double_at(data, wall)
    return Event(wall_s, step, tuple(scalars), version, starts, tuple(plugins), layout)


def _take_value(data: bytes, at: FieldAt, scalars: list[Scalar], plugins: list[tuple[str, bytes]]) -> None:
    tag, plugin = "", ""
    scalar: Scalar | None = None
    tensor: FieldAt | None = None
    for each in fields(data, at.start, at.end):
        if each.number == 1 and each.wire == BYTES:
            tag = text_of(data, each)
        elif each.number == 2 and each.wire == FOUR:
            scalar = Scalar("", float_at(data, each.start), each.start, "<f4")
        elif each.number == 8 and each.wire == BYTES:
            tensor = each
        elif each.number == 9 and each.wire == BYTES:
            plugin = _note_plugin(data, each, plugins)
    if scalar is None and tensor is not None and plugin in ("", "scalars"):
        scalar = _of_tensor(data, tensor)
    if scalar is not None:
        scalars.append(scalar._replace(tag=tag))


def _note_plugin(data: bytes, at: FieldAt, plugins: list[tuple[str, bytes]]) -> str:
    """The name of the plugin that a value's metadata speak of; what it has noted is kept, too."""
    name, content = "", b""
    for each in fields(data, at.start, at.end):
        if each.number == 1 and each.wire == BYTES:
            for part in fields(data, each.start, each.end):
                if part.number == 1 and part.wire == BYTES:
                    name = text_of(data, part)
                elif part.number == 2 and part.wire == BYTES:
                    content = data[part.start : part.end]
    if name not in ("", "scalars"):
        plugins.append((name, content))
    return name


def _of_tensor(data: bytes, at: FieldAt) -> Scalar | None:
    """The number in a tensor that is one number; None for any other."""
    kind = 0
    found: Scalar | None = None
    for each in fields(data, at.start, at.end):
        if each.number == 1 and each.wire == VARINT:
            kind = each.value
        elif each.number == 2 and each.wire == BYTES and _elements(data, each) != 1:
            return None
        elif each.number == 4 and kind in CONTENT and each.end - each.start == struct.calcsize(CONTENT[kind]):
            value = float(struct.unpack_from(CONTENT[kind], data, each.start)[0])
            plain = {FLOAT: "<f4", DOUBLE: "<f8"}.get(kind, "")
            found = Scalar("", value, each.start if plain else -1, plain)
        elif each.number == 5 and each.end - each.start == 4 and each.wire in (BYTES, FOUR):
            found = Scalar("", float_at(data, each.start), each.start, "<f4")
        elif each.number == 6 and each.end - each.start == 8 and each.wire in (BYTES, EIGHT):
            found = Scalar("", double_at(data, each.start), each.start, "<f8")
        elif each.number in (7, 10, 13):
            whole = each.value if each.wire == VARINT else varint(data, each.start, each.end)[0]
            found = Scalar("", _number(kind, whole))
    return found


def _number(kind: int, whole: int) -> float:
    """The number that a field of whole numbers holds: halves lie in it by their bits."""
    if kind == HALF:
        return float(struct.unpack("<e", (whole & 0xFFFF).to_bytes(2, "little"))[0])
    if kind == BFLOAT16:
        return float(struct.unpack("<f", ((whole & 0xFFFF) << 16).to_bytes(4, "little"))[0])
    return float(signed(whole))


def _elements(data: bytes, shape: FieldAt) -> int:
    """How many elements a tensor of a shape has."""
    count = 1
    for dimension in fields(data, shape.start, shape.end):
        if dimension.number == 2 and dimension.wire == BYTES:
            sizes = [each.value for each in fields(data, dimension.start, dimension.end) if each.number == 1]
            count *= signed(sizes[-1]) if sizes else 0
    return count


def hparams_of(plugins: Iterable[tuple[str, bytes]]) -> tuple[dict[str, object], int | None]:
    """(settings, status) that the plugin for hyperparameters has noted: 1 is success, 2 failure, None: none."""
    settings: dict[str, object] = {}
    status = None
    for name, content in plugins:
        if name != "hparams":
            continue
        for each in fields(content, 0, len(content)):
            if each.number == 3 and each.wire == BYTES:
                for entry in fields(content, each.start, each.end):
                    if entry.number == 1 and entry.wire == BYTES:
                        key, value = _setting(content, entry)
                        settings[key] = value
            elif each.number == 4 and each.wire == BYTES:
                status = next((part.value for part in fields(content, each.start, each.end) if part.number == 1), 0)
    return settings, status


def _setting(content: bytes, at: FieldAt) -> tuple[str, object]:
    key: str = ""
    value: object = None
    for each in fields(content, at.start, at.end):
        if each.number == 1 and each.wire == BYTES:
            key = text_of(content, each)
        elif each.number == 2 and each.wire == BYTES:
            for part in fields(content, each.start, each.end):
                if part.number == 2 and part.wire == EIGHT:
                    value = double_at(content, part.start)
                elif part.number == 3 and part.wire == BYTES:
                    value = text_of(content, part)
                elif part.number == 4 and part.wire == VARINT:
                    value = bool(part.value)
    return key, value
