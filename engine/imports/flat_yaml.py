"""Flat YAML: the lines `key: value` of small files that other programs write beside their numbers; nothing is executed.

Tags, anchors, nested values and lists are passed over: they are no settings that can be told on one line.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from engine.imports.decoding.growing import read_whole
from engine.imports.decoding.unreadable import Unreadable

MOST_BYTES = 1 << 20
MOST_KEYS = 1000

LINE = re.compile(r"([\w./-]+|'[^']*'|\"[^\"]*\") *:(?: +(.*))?$")
WORDS: dict[str, object] = {"true": True, "false": False, "null": None, "~": None, "": None}


def flat_yaml(text: str) -> dict[str, object]:
    """The top-level keys with plain values; numbers, truths and null as such, all else as text."""
    found: dict[str, object] = {}
    for line in text.splitlines():
        match = LINE.match(line.rstrip())
        if match is None or len(found) >= MOST_KEYS:
            continue
        key, value = match[1].strip("'\""), (match[2] or "").strip()
        if value and value[0] not in "!&*|>[{%@`" and not value.startswith(("- ", "? ")):
            found[key] = plain_value(value)
    return found


def read_flat_yaml(path: Path) -> dict[str, object]:
    """The same of a file; {} where there is none that can be read."""
    try:
        return flat_yaml(read_whole(path, MOST_BYTES).decode("utf-8", "replace"))
    except Unreadable:
        return {}


def plain_value(value: str) -> object:
    """What a text stands for: a number, a truth, nothing, or the text without its quotes."""
    if value.startswith("'"):
        return value[1:].split("' #")[0].rstrip("'").replace("''", "'")
    if value.startswith('"'):
        try:
            return json.loads(value)
        except ValueError:
            return value.strip('"')
    value = value.split(" #")[0].rstrip()
    if value.lower() in WORDS:
        return WORDS[value.lower()]
    for kind in (int, float):
        try:
            return kind(value)
        except ValueError:
            continue
    return value
