"""Permalink: the command that opens a moment of a replay again."""

from __future__ import annotations

import shlex
from pathlib import Path

from engine.files.program import program, usual_store
from tui.model.clock import Clock

SUFFIXES = {"iteration": "", "time": "s", "examples": "x", "evaluations": "e"}
"""Unit of `--at` for each kind of clock."""


def permalink(path: Path, run_ids: tuple[int, ...], clock: Clock) -> str:
    """The command, quoted for a shell."""
    store = [] if str(path) == usual_store() else ["--db", str(path.absolute())]
    place = f"{clock.position:.3f}".rstrip("0").rstrip(".") + SUFFIXES[clock.kind]
    speed = f"{clock.speed:g}" if clock.speed >= 1 else f"1/{1 / clock.speed:g}"
    return shlex.join([*program(), *store, "replay", *map(str, run_ids), "--at", place, "--speed", speed])
