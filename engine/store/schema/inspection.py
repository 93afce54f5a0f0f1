"""Inspection: the health of a store: its pages, its pyramid, its file and disk. Never writes."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from engine.store.file.connection import Connection
from engine.store.file.filesystem import NETWORK, kind_of
from engine.store.records import readable_spec
from engine.store.schema.journal import orphans
from engine.store.schema.opening import connect_for_reading, located
from engine.store.write.pyramid import LEVELS
from engine.text import clean

MOST_FAULTS = 5


@dataclass(frozen=True, slots=True)
class Inspection:
    """Result of an inspection; sizes in bytes. `damage` (pages) and `inconsistent` (runs whose summary or pyramid
    disagrees with their rows) are in words, empty when all is well."""

    path: Path
    schema: int
    journal: str
    file_system: str
    on_network: bool
    mode: int
    writable: bool
    size: int
    journal_size: int
    free: int
    room: int
    damage: str
    inconsistent: tuple[str, ...]
    orphans: tuple[str, ...]


def inspect(path: str | os.PathLike[str]) -> Inspection:
    """Inspect a store, reading every page. Raises StoreError when it cannot be opened."""
    place = located(path)
    connection = connect_for_reading(place)
    try:

        def number(name: str) -> int:
            return int(connection.rows(f"PRAGMA {name}")[0][0])

        kind = kind_of(place)
        status, journal = place.stat(), Path(f"{place}-wal")
        room = os.statvfs(place.parent)
        return Inspection(
            path=place,
            schema=number("user_version"),
            journal=str(connection.rows("PRAGMA journal_mode")[0][0]).upper(),
            file_system=kind,
            on_network=kind in NETWORK,
            mode=stat.S_IMODE(status.st_mode),
            writable=os.access(place, os.W_OK) and os.access(place.parent, os.W_OK),
            size=status.st_size,
            journal_size=journal.stat().st_size if journal.exists() else 0,
            free=number("freelist_count") * number("page_size"),
            room=room.f_bavail * room.f_frsize,
            damage=_damage(connection),
            inconsistent=_inconsistent_runs(connection),
            orphans=tuple(orphan.name for orphan in orphans(place)),
        )
    finally:
        connection.close()


def _damage(connection: Connection) -> str:
    faults = [str(row[0]) for row in connection.rows(f"PRAGMA quick_check({MOST_FAULTS})")]
    return "" if faults == ["ok"] else "; ".join(faults)


BEFORE_LEVELS = 11
"""Number of columns of COMPARE before those of a pyramid level."""

COMPARE = """
    SELECT r.iterations_done, coalesce(r.parent_iteration, 0), r.best_loss, r.train_loss,
           (SELECT min(e.loss) FROM evaluations e
            WHERE e.run_id = r.run_id AND e.split = 'train' AND abs(e.loss) < 9e999),
           (SELECT e.loss FROM evaluations e WHERE e.run_id = r.run_id AND e.split = 'train'
            ORDER BY e.iteration DESC LIMIT 1),
           r.spec, r.best_before, i.rows, i.finite, i.low, b.level, b.held, b.n, b.low
    FROM runs r,
         (SELECT count(*) AS rows, total(abs(loss) < 9e999) AS finite, min(iif(abs(loss) < 9e999, loss, NULL)) AS low
          FROM iterations WHERE run_id = :run_id) i LEFT JOIN
         (SELECT level, count(*) AS held, sum(n) AS n, min(low) AS low
          FROM buckets WHERE run_id = :run_id GROUP BY level) b
    WHERE r.run_id = :run_id
"""


def _inconsistent_runs(connection: Connection) -> tuple[str, ...]:
    """A sentence per run whose rows, summary and pyramid disagree; one statement reads each, so it is consistent."""
    faults = []
    for (run_id,) in connection.rows(
        "SELECT run_id FROM runs WHERE kind = 'engine' AND iterations_done > 0 AND deleted_at IS NULL"
    ):
        fault = _fault(connection, run_id)
        if fault:
            faults.append(f"run {run_id}: {fault}")
    faults += [f"run {run_id}: {name!r} does not agree with its measurements" for run_id, name in _strange(connection)]
    return tuple(faults)


STRANGE = """
    SELECT m.run_id, m.name FROM metrics m JOIN runs USING (run_id),
           (SELECT run_id, metric_id, count(*) AS held, total(abs(value) < 9e999) AS finite,
                   min(iif(abs(value) < 9e999, value, NULL)) AS low
            FROM measurements GROUP BY run_id, metric_id) v
    WHERE deleted_at IS NULL AND v.run_id = m.run_id AND v.metric_id = m.metric_id
      AND (m.n <> v.held OR m.low IS NOT v.low OR EXISTS
           (SELECT level FROM metric_buckets b WHERE b.run_id = m.run_id AND b.metric_id = m.metric_id
            GROUP BY level HAVING sum(n) <> finite OR min(low) IS NOT v.low))
"""


def _strange(connection: Connection) -> list[tuple[int, str]]:
    """(run id, metric) of those whose summary or pyramid disagrees with their measurements."""
    return [(run_id, clean(name, 60)) for run_id, name in connection.rows(STRANGE)]


def _fault(connection: Connection, run_id: int) -> str:
    found = connection.rows(COMPARE, {"run_id": run_id})
    if not found:
        return ""
    done, first, best, train, lowest, newest, spec, best_before, rows, finite, low = found[0][:BEFORE_LEVELS]
    if rows != done - first:
        return f"{rows} iterations are stored, {done - first} are told of"
    levels = {row[BEFORE_LEVELS]: row[BEFORE_LEVELS + 1 :] for row in found if row[BEFORE_LEVELS] is not None}
    for level in LEVELS if rows else ():
        expected = (((done - 1) >> level) - (first >> level) + 1, finite, low)
        if levels.get(level) != expected:
            return f"level {level} of its pyramid does not agree with its iterations"
    known = readable_spec(spec)
    if known is not None and known.searches:
        lowest = min((loss for loss in (low, best_before) if loss is not None), default=None)
    if known is not None and (best, train) != (lowest, newest):
        return "its train losses do not agree with its evaluations"
    return ""
