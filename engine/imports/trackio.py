"""Trackio: runs in the SQLite database of a project."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from engine.imports.columns import Clock, flat, number, seconds
from engine.imports.decoding.foreign_sqlite import MAGIC, Foreign, foreign_database
from engine.imports.decoding.gathered import Gathered
from engine.imports.decoding.unreadable import Unreadable
from engine.imports.records import Facts, Piece, Position, Source

FORMAT = "trackio"
NAMES = (".db",)
COLUMNS = {"run_name", "step", "metrics", "timestamp"}
ROWS = 1 << 14
MOST_RUNS = 10_000


def claims(path: Path, head: bytes, *, alone: bool) -> list[Source]:
    """The runs in a database of trackio's; [] for any other file."""
    if not head.startswith(MAGIC):
        return []
    try:
        with foreign_database(path) as database:
            is_one = {"metrics", "configs"} <= database.tables and database.columns("metrics") >= COLUMNS
            runs = _runs(database) if is_one else {}
    except Unreadable:
        return []
    return [Source(FORMAT, path, key, name) for key, name in runs.items()]


def _runs(database: Foreign) -> dict[str, str]:
    """The names of the runs by what they are called in the database: by their id, in older ones by their name."""
    key = _key(database)
    found: dict[str, str] = {}
    for table in ("configs", "metrics"):
        for _, run, name in database.distinct(table, (key, "run_name"), limit=MOST_RUNS):
            found.setdefault(str(run), str(name))
    return found


def _key(database: Foreign) -> str:
    return "run_id" if "run_id" in database.columns("metrics") else "run_name"


def read(source: Source, position: Position, *, settled: bool = True) -> Iterator[Piece]:
    """Read what is new of a run. Raises Unreadable."""
    with foreign_database(source.place) as database:
        of_run = {_key(database): source.key}
        after, clock = int(position.get("after", -1)), Clock(position.get("started_s"))
        facts = None
        if not position:
            settings = _settings(database, of_run)
            created_s = seconds(settings.get("_Created"))
            clock.started_s = None if math.isnan(created_s) else created_s
            facts = Facts(
                source.name, project=source.place.stem, group=str(settings.get("_Group") or ""),
                config={name: value for name, value in settings.items() if not name.startswith("_")},
                started_s=clock.started_s,
            )  # fmt: skip
        while True:
            rows = database.rows("metrics", ("step", "timestamp", "metrics"), where=of_run, after=after, limit=ROWS)
            found = Gathered()
            for row, step, time, text in rows:
                after = row
                elapsed_s = clock.elapsed_s(time)
                for name, value in flat(_object(text)):
                    exact = number(value)
                    if exact is not None and isinstance(step, int):
                        found.add(name, step, elapsed_s, exact)
            if rows or facts is not None:
                yield Piece({"after": after, "started_s": clock.started_s}, found.series(), facts=facts)
            facts = None
            if len(rows) < ROWS:
                return


def _settings(database: Foreign, of_run: Mapping[str, str]) -> dict[str, Any]:
    rows = database.rows("configs", ("config",), where=of_run, limit=1)
    return _object(rows[0][1]) if rows else {}


def _object(text: object) -> dict[str, Any]:
    try:
        found = json.loads(text if isinstance(text, bytes) else str(text))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
