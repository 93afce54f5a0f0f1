"""Keyed items: names and JSON values as Weights & Biases writes them in messages of protobuf, mostly short numbers."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from itertools import chain

from engine.imports.decoding.protobuf import BYTES, FieldAt, fields, text_of

LONGEST_VALUE = 1 << 20
"""Longer values are left out."""

PLAIN = re.compile(rb"\n[\x00-\x7f]((?:\n[\x00-\x7f]|\x12[\x00-\x7f])[^\x82]*?)\x82\x01[\x00-\x7f]([-+.\w]*)")
"""An item whose value is a number: its length, its key of one or several texts, the value with its length."""

STEP = 0x12
"""How field 2 begins, which may follow the items: the step."""

AROUND = 5
"""Bytes of a plain item that are neither key nor value."""

Items = list[tuple[str, object]]
Plain = list[tuple[bytes, bytes]]


def plain_items(data: bytes, at: FieldAt) -> Plain | None:
    """(key, value) as bytes of each item of a message, its fields 1, where all values are short numbers or words; else
    None. They are found by their pattern: field after field would take ten times as long."""
    found: Plain = PLAIN.findall(data, at.start, at.end)
    stop = at.start + AROUND * len(found) + sum(map(len, chain.from_iterable(found)))
    if stop == at.end or (stop + 1 < at.end and data[stop] == STEP and stop + 2 + data[stop + 1] == at.end):
        return found
    return None


def items_of(data: bytes, at: FieldAt) -> Items:
    """(name, value) of each item of a message, its fields 1; nested keys are joined by `/`. Raises Malformed."""
    return [_item(data, each) for each in fields(data, at.start, at.end) if each.number == 1 and each.wire == BYTES]


@lru_cache(maxsize=1 << 14)
def name_of(key: bytes) -> str:
    """The name in the key of a plain item. Raises Malformed."""
    return _item(key, FieldAt(1, BYTES, 0, len(key)))[0]


def _item(data: bytes, at: FieldAt) -> tuple[str, object]:
    key, nested, value = "", list[str](), None
    for each in fields(data, at.start, at.end):
        if each.wire != BYTES:
            continue
        if each.number == 1:
            key = text_of(data, each)
        elif each.number == 2:
            nested.append(text_of(data, each))
        elif each.number == 16:
            value = value_of(data[each.start : each.end])
    return key or "/".join(nested), value


def value_of(content: bytes) -> object:
    """A value of JSON; None where it is none, or too long."""
    try:
        return float(content)
    except ValueError:
        pass  # no number, but another value of JSON
    try:
        return json.loads(content.decode("utf-8", "replace")) if len(content) <= LONGEST_VALUE else None
    except (ValueError, RecursionError):
        return None
