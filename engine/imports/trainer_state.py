"""Trainer state: the `trainer_state.json` that Hugging Face's Trainer writes at checkpoints: all it has logged."""

from __future__ import annotations

import json
import math
import os
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine.imports.columns import number, whole_step
from engine.imports.decoding.gathered import Gathered
from engine.imports.decoding.growing import read_whole, shown
from engine.imports.decoding.unreadable import Replaced, Unreadable
from engine.imports.records import LONGEST_NAME, Ending, Facts, Piece, Position, Source

FORMAT = "trainer"
FILE = "trainer_state.json"
CHECKPOINT = re.compile(r"checkpoint-\d+")
SETTINGS = ("max_steps", "num_train_epochs", "train_batch_size", "logging_steps", "eval_steps")
MOST_BYTES = 64 << 20


def claims(path: Path, head: bytes, *, alone: bool) -> list[Source]:
    """The run of a folder with checkpoints, or of the file that was named; [] for any other file."""
    if path.name != FILE and not (head.lstrip().startswith(b"{") and b'"log_history"' in head):
        return []
    folder = path.parent.parent if CHECKPOINT.fullmatch(path.parent.name) else path.parent
    return [Source(FORMAT, path if alone else folder, name=folder.name if alone else "")]


def files(source: Source) -> list[Path]:
    """The newest file of a run: each has all that was logged before it. Raises Unreadable."""
    if not source.place.is_dir():
        return [source.place]
    try:
        folders = [
            source.place,
            *(Path(entry.path) for entry in os.scandir(source.place) if CHECKPOINT.fullmatch(entry.name)),
        ]
        dated = [((folder / FILE).stat().st_mtime_ns, folder / FILE) for folder in folders if (folder / FILE).is_file()]
    except OSError as error:
        raise Unreadable(f"{shown(source.place)} cannot be read: {error.strerror}.") from None
    return [max(dated)[1]] if dated else []


def read(source: Source, position: Position, *, settled: bool = True) -> Iterator[Piece]:
    """Read what was logged since. Raises Unreadable, and Replaced where the log begins otherwise."""
    for path in files(source):
        state = _state(path)
        if state is None:
            return  # it is being written
        log = [each for each in state.get("log_history") or () if isinstance(each, dict)]
        done, first = int(position.get("entries", 0)), zlib.crc32(json.dumps(log[:1]).encode())
        if done and (len(log) < done or position.get("first") != first):
            raise Replaced(f"{shown(path)} has another log than the one that was read.")
        found = Gathered()
        for entry in log[done:]:
            step = whole_step(entry.get("step"))
            for name, value in entry.items():
                exact = number(value)
                if name != "step" and step is not None and exact is not None:
                    found.add(str(name)[:LONGEST_NAME], step, math.nan, exact)
        facts = None
        if not position:
            facts = Facts(source.name, config={name: state[name] for name in SETTINGS if state.get(name) is not None})
        planned, reached = whole_step(state.get("max_steps")) or 0, whole_step(state.get("global_step")) or 0
        ending = Ending("finished") if 0 < planned <= reached else None
        if found.count or facts is not None or ending is not None:
            yield Piece({"entries": len(log), "first": first}, found.series(), facts=facts, ending=ending)


def _state(path: Path) -> dict[str, Any] | None:
    """What a file says; None where it is not whole. Raises Unreadable where it is too large, or something else."""
    try:
        found = json.loads(read_whole(path, MOST_BYTES).decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or not isinstance(found.get("log_history"), list):
        raise Unreadable(f"{shown(path)} has no log of a trainer in it.")
    return found
