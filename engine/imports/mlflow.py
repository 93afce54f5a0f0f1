"""MLflow: runs in a folder `mlruns` of text files, and in its SQLite database."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from engine.imports.decoding.foreign_sqlite import MAGIC, Foreign, foreign_database
from engine.imports.decoding.gathered import Gathered
from engine.imports.decoding.growing import Place, read_whole, shown, whole_lines
from engine.imports.decoding.unreadable import Unreadable
from engine.imports.flat_yaml import flat_yaml, plain_value, read_flat_yaml
from engine.imports.records import LONGEST_NAME, PIECE_VALUES, Ending, Facts, Piece, Position, Source
from engine.text import counted

FOLDER, DATABASE = "mlflow-files", "mlflow"
FILE, NAMES = "meta.yaml", (".db", ".sqlite", ".sqlite3")

STATES = {3: "FINISHED", 4: "FAILED", 5: "KILLED"}
ENDINGS = {
    "FINISHED": Ending("finished"),
    "FAILED": Ending("failed", "MLflow says that it failed"),
    "KILLED": Ending("cancelled", "MLflow says that it was killed"),
}
"""What MLflow's words for the end of a run are here; its other words are of runs that go on."""

LARGEST = 1.7976931348623157e308
"""What MLflow's database has for infinity."""

NAME, NOTE = "mlflow.runName", "mlflow.note.content"
OWN = "mlflow."
"""How the tags begin that MLflow itself sets."""

MOST_FILES = 10_000
MOST_BYTES = 1 << 20
MOST_RUNS = 10_000


def claims_folder(path: Path, head: bytes, *, alone: bool) -> list[Source]:
    """The run whose folder has this `meta.yaml`; [] for any other file, and for a run that was deleted."""
    if path.name != FILE:
        return []
    said = flat_yaml(head.decode("utf-8", "replace"))
    is_run = ("run_id" in said or "run_uuid" in said) and "status" in said
    return [Source(FOLDER, path.parent)] if is_run and said.get("lifecycle_stage") != "deleted" else []


def files(source: Source) -> list[Path]:
    """The files of a run: what is said of it, and one for each metric. Raises Unreadable."""
    return [source.place / FILE, *(path for _, path in _metric_files(source.place))]


def _metric_files(run: Path) -> list[tuple[str, Path]]:
    """(name, file) of each metric of a run; the names have the folders that they lie in."""
    found, ahead = list[tuple[str, Path]](), [(run / "metrics", "", 0)]
    while ahead and len(found) < MOST_FILES:
        folder, before, depth = ahead.pop()
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError:
            continue  # none yet
        for entry in entries:
            name = before + entry.name
            if entry.is_dir(follow_symlinks=False) and depth < 16:
                ahead.append((folder / entry.name, f"{name}/", depth + 1))
            elif entry.is_file(follow_symlinks=False):
                found.append((name[:LONGEST_NAME], folder / entry.name))
    return sorted(found)[:MOST_FILES]


def read_folder(source: Source, position: Position, *, settled: bool = True) -> Iterator[Piece]:
    """Read what is new in the files of a run. Raises Unreadable."""
    run = source.place
    said = read_flat_yaml(run / FILE)
    started_s = _seconds(said.get("start_time"))
    status = said.get("status")
    ending = _ending(STATES.get(status, "") if isinstance(status, int) else str(status), said.get("end_time"))
    places = {name: Place(*place) for name, place in position.get("files", {}).items()}
    facts = None if position else _facts_of_folder(source, said, started_s)
    found, troubles = Gathered(), list[str]()
    for name, path in _metric_files(run):
        place = places.get(name, Place())
        for part in whole_lines(path, place, settled=settled):
            bad = sum(not _take_line(line, name, started_s, found) for line in part.lines)
            places[name] = part.place
            if part.trouble or bad:
                told = f"{shown(path)}: {counted(bad, 'line')} before byte {part.place.offset:,} left out: no values."
                troubles.append(part.trouble or told)
            if found.count >= PIECE_VALUES:
                yield Piece(_folder_position(places), found.series(), facts=facts, troubles=tuple(troubles))
                found, facts, troubles = Gathered(), None, []
    if found.count or facts is not None or ending is not None:
        yield Piece(
            _folder_position(places), found.series(), facts=facts, ending=ending, troubles=tuple(troubles),
            config=_settings(_texts(run / "params")),
        )  # fmt: skip


def _folder_position(places: Mapping[str, Place]) -> Position:
    return {"files": {name: place.as_list() for name, place in places.items()}}


def _take_line(line: bytes, name: str, started_s: float | None, found: Gathered) -> bool:
    """Take a line `time value step`; whether it is one, or empty."""
    words = line.split()
    if not words:
        return True
    try:
        value, step = float(words[1]), int(words[2]) if len(words) > 2 else 0
        found.add(name, step, _elapsed_s(float(words[0]), started_s), value)
    except (ValueError, IndexError, OverflowError):
        return False
    return True


def _facts_of_folder(source: Source, said: Mapping[str, object], started_s: float | None) -> Facts:
    tags = _texts(source.place / "tags")
    experiment = read_flat_yaml(source.place.parent / FILE)
    name = said.get("run_name") or tags.get(NAME) or source.place.name
    return Facts(
        str(name), project=str(experiment.get("name", "")), config=_settings(_texts(source.place / "params")),
        tags=_tags(tags), note=tags.get(NOTE, ""), started_s=started_s,
    )  # fmt: skip


def _texts(folder: Path) -> dict[str, str]:
    """The contents of the files in a folder by their names; {} where there is none."""
    try:
        entries = sorted((entry for entry in os.scandir(folder) if entry.is_file()), key=lambda entry: entry.name)
    except OSError:
        return {}
    found = {}
    for entry in entries[:MOST_FILES]:
        try:
            found[entry.name] = read_whole(Path(entry.path), MOST_BYTES).decode("utf-8", "replace").rstrip("\n")
        except Unreadable:
            continue  # too long, or gone
    return found


def claims_database(path: Path, head: bytes, *, alone: bool) -> list[Source]:
    """The runs in a database of MLflow's; [] for any other file."""
    if not head.startswith(MAGIC):
        return []
    try:
        with foreign_database(path) as database:
            if not {"runs", "metrics", "experiments"} <= database.tables:
                return []
            wanted = ("run_uuid", "name", "lifecycle_stage")
            rows = database.rows("runs", wanted, limit=MOST_RUNS)
    except Unreadable:
        return []
    return [Source(DATABASE, path, str(run), str(name or run)) for _, run, name, stage in rows if stage != "deleted"]


def database_files(source: Source) -> list[Path]:
    """The files of a database: itself, and its journal where there is one."""
    journal = Path(f"{source.place}-wal")
    return [source.place, *([journal] if journal.exists() else [])]


def read_database(source: Source, position: Position, *, settled: bool = True) -> Iterator[Piece]:
    """Read what is new of a run in a database of MLflow's. Raises Unreadable."""
    of_run = {"run_uuid": source.key}
    with foreign_database(source.place) as database:
        about = database.rows(
            "runs",
            ("name", "status", "start_time", "end_time", "experiment_id"),
            where=of_run,
            limit=1,
        )
        if not about:
            return
        _, name, status, start, end, experiment = about[0]
        started_s, after = _seconds(start), int(position.get("after", -1))
        facts = None if position else _facts_of_row(database, source, name, experiment, started_s)
        columns = ("key", "value", "timestamp", "step", "is_nan")
        while True:
            rows = database.rows("metrics", columns, where=of_run, after=after, limit=PIECE_VALUES)
            found = Gathered()
            for number, key, value, time_ms, step, is_nan in rows:
                after = number
                if isinstance(step, int) and isinstance(value, int | float):
                    exact = math.nan if is_nan else math.copysign(math.inf, value) if abs(value) >= LARGEST else value
                    elapsed_s = _elapsed_s(time_ms, started_s) if isinstance(time_ms, int) else math.nan
                    found.add(str(key)[:LONGEST_NAME], step, elapsed_s, float(exact))
            is_last = len(rows) < PIECE_VALUES
            ending = _ending(str(status), end) if is_last else None
            if rows or facts is not None or ending is not None:
                config = _settings(_key_values(database, "params", of_run)) if is_last else None
                yield Piece({"after": after}, found.series(), facts=facts, config=config, ending=ending)
            facts = None
            if is_last:
                return


def _facts_of_row(
    database: Foreign, source: Source, name: object, experiment: object, started_s: float | None
) -> Facts:
    tags, params = (_key_values(database, table, {"run_uuid": source.key}) for table in ("tags", "params"))
    projects = database.rows("experiments", ("name",), where={"experiment_id": experiment}, limit=1)
    return Facts(
        str(name or tags.get(NAME) or source.key), project=str(projects[0][1]) if projects else "",
        config=_settings(params), tags=_tags(tags), note=tags.get(NOTE, ""), started_s=started_s,
    )  # fmt: skip


def _key_values(database: Foreign, table: str, of_run: Mapping[str, str]) -> dict[str, str]:
    if table not in database.tables:
        return {}
    return {str(key): str(value or "") for _, key, value in database.rows(table, ("key", "value"), where=of_run)}


def _settings(params: Mapping[str, str]) -> dict[str, object]:
    """Parameters, which MLflow has as texts, with numbers as such."""
    return {key: plain_value(value) for key, value in params.items()}


def _ending(status: str, end_ms: object) -> Ending | None:
    ending = ENDINGS.get(status)
    return None if ending is None else Ending(ending.state, ending.reason, _seconds(end_ms))


def _tags(tags: Mapping[str, str]) -> tuple[str, ...]:
    """The tags that people have set, as words."""
    kept = {key: value for key, value in tags.items() if not key.startswith(OWN)}
    words = (f"{key}={value}" if value else key for key, value in kept.items())
    return tuple(re.sub(r"[\s,]+", "-", word)[:LONGEST_NAME] for word in words)


def _seconds(time_ms: Any) -> float | None:
    return time_ms / 1000 if isinstance(time_ms, int | float) and time_ms > 0 else None


def _elapsed_s(time_ms: float, started_s: float | None) -> float:
    return math.nan if started_s is None else time_ms / 1000 - started_s
