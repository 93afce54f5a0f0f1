"""Files of other programs for the tests: those that real libraries wrote, and how they are imported and read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from engine.imports.detection import FORMATS, find
from engine.imports.records import Position, Source
from engine.jobs.imports.importing import Imported, import_sources
from tests.stores import query

ASSETS = Path(__file__).parents[1] / "assets" / "imports"

Values = dict[str, dict[int, float]]


def imported(store: Path, *paths: Path) -> list[Imported]:
    """Import files into a store, as the command does."""
    return list(import_sources(store, find(paths)))


def stored(store: Path, run_id: int = 1) -> Values:
    """The values of a run by metric and step, as any program sees them."""
    found: Values = {}
    for metric, step, value in query(store, "SELECT metric, step, value FROM logged_values WHERE run_id = ?", run_id):
        found.setdefault(metric, {})[step] = value
    return found


def only_source(path: Path) -> Source:
    """The one run in a file or folder."""
    (source,) = find([path]).sources
    return source


def values_read(source: Source, position: Position, into: Values, *, settled: bool = True) -> Position:
    """Read what is new of a run into values by metric and step; the position after it."""
    for piece in FORMATS[source.format].read(source, position, settled=settled):
        if piece.rewind is not None:
            for name in list(into):
                into[name] = {step: value for step, value in into[name].items() if step < piece.rewind}
        for name, series in piece.values.items():
            into.setdefault(name, {}).update(zip(series.step.tolist(), series.value.tolist(), strict=True))
        position = piece.position
    return position


def whole(path: Path) -> Mapping[str, Mapping[int, float]]:
    """All values of the one run in a file or folder."""
    found: Values = {}
    values_read(only_source(path), {}, found)
    return found
