"""Records: what readers of other programs' files give: where a run is, what is said of it, and its values in pieces."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from engine.imports.decoding.gathered import Series

Position = Mapping[str, Any]
"""How far a run was read, as a JSON object that its reader alone understands; {} before its beginning."""

LONGEST_NAME = 200
LARGEST_STEP = 1 << 62

PIECE_VALUES = 1 << 15
"""About as many values at most are in one piece, and stored at once."""


@dataclass(frozen=True, slots=True)
class Source:
    """One run of another program's: `place` is its file or folder, `key` which run of that place, `name` what it is
    called where its file does not say."""

    format: str
    place: Path
    key: str = ""
    name: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a file says of its run; `started_s` is in seconds since the epoch, None: not told."""

    name: str
    project: str = ""
    group: str = ""
    config: Mapping[str, Any] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    note: str = ""
    started_s: float | None = None


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ended, as its file says; `at_s` is in seconds since the epoch, None: not told."""

    state: Literal["finished", "failed", "cancelled"]
    reason: str = ""
    at_s: float | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """What was read next of a run, and the position after it.

    `facts` come once, with the first piece. `config` and `summary` replace what was said before; None: unchanged. What
    was read of steps from `rewind` on is void: its program went back. `troubles` are sentences about what could not be
    read.
    """

    position: Position
    values: Mapping[str, Series] = field(default_factory=dict)
    facts: Facts | None = None
    config: Mapping[str, Any] | None = None
    summary: Mapping[str, Any] | None = None
    rewind: int | None = None
    ending: Ending | None = None
    troubles: tuple[str, ...] = ()


class Reader(Protocol):
    """Reads what is new of a run since a position; no piece where nothing is. Raises Unreadable."""

    def __call__(self, source: Source, position: Position, *, settled: bool = True) -> Iterator[Piece]:
        """`settled`: nobody writes it at this moment, so that a last line without an end is whole."""
