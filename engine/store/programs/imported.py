"""Imported runs: which run a file's is, how a reader begins or takes over one, and its writes to it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import replace

from engine.store.file.connection import Connection
from engine.store.file.timing import utc_now
from engine.store.programs import measurements
from engine.store.programs.logged import FENCE, SPEC, LoggedWriter
from engine.store.records import NoRun, RunState
from engine.store.records.imported import ImportedClaim, ImportedFacts, ImportedNews, ImportedSource, SourceKey
from engine.store.records.logged import LoggedNews, Measured
from engine.store.write.catalogue import storable
from engine.store.write.tags import tags_to_text

SOURCE = "FROM sources JOIN runs USING (run_id) WHERE format = ? AND place = ? AND key = ?"

TAKE = """
    UPDATE runs SET state = 'running', worker_id = ?, attempt = attempt + 1, heartbeat_s = ?, reason = '',
                    ended_at = NULL WHERE run_id = ? RETURNING attempt, elapsed_s, iterations_done
"""


class Imported:
    """Runs that were read from files of other programs, as their readers begin them."""

    def __init__(self, connection: Connection, boot_clock: Callable[[], float]) -> None:
        self._connection = connection
        self._boot_clock = boot_clock

    def known(self, source: SourceKey) -> ImportedSource | None:
        """The run that was read from a source; None: none was."""
        rows = self._connection.rows(
            f"SELECT run_id, position, state, deleted_at IS NOT NULL {SOURCE}", _values(source)
        )
        return ImportedSource(source, *rows[0]) if rows else None

    def begin(self, worker_id: int, source: SourceKey, facts: ImportedFacts) -> ImportedClaim:
        """Claim a new run for a source that none was read from."""
        with self._connection.transaction() as raw:
            now = utc_now()
            cursor = raw.execute(
                "INSERT INTO runs (kind, name, state, spec, created_at, started_at, worker_id, attempt, heartbeat_s, "
                "project, run_group, config, tags, note) "
                "VALUES ('imported', ?, 'running', ?, ?, ?, ?, 1, ?, ?, ?, ?, ?, ?)",
                (storable(facts.name), SPEC, now, facts.started_at or now, worker_id, self._boot_clock(),
                 storable(facts.project), storable(facts.group), facts.config, tags_to_text(map(storable, facts.tags)),
                 storable(facts.note)),
            )  # fmt: skip
            run_id = int(cursor.lastrowid or 0)
            raw.execute(
                "INSERT INTO sources (format, place, key, run_id, imported_at, read_at) VALUES (?, ?, ?, ?, ?, ?)",
                (*_values(source), run_id, now, now),
            )
            return ImportedClaim(run_id, worker_id, 1)

    def take(self, worker_id: int, known: ImportedSource) -> ImportedClaim:
        """Claim the run of a source again, to go on with it; whoever has it loses it. Raises NoRun for a purged one."""
        with self._connection.transaction() as raw:
            row = raw.execute(TAKE, (worker_id, self._boot_clock(), known.run_id)).fetchone()
            if row is None:
                raise NoRun(known.run_id)
            attempt, elapsed_s, done = row
            (position,) = raw.execute("SELECT position FROM sources WHERE run_id = ?", (known.run_id,)).fetchone()
            return ImportedClaim(known.run_id, worker_id, attempt, 0, elapsed_s, done, position=position)

    def set_aside(self, source: SourceKey) -> None:
        """Let what is in a source now be another run: its file was replaced. The run before keeps what it has."""
        with self._connection.transaction() as raw:
            raw.execute(
                "UPDATE sources SET key = key || '#' || source_id WHERE format = ? AND place = ? AND key = ?",
                _values(source),
            )


class ImportedWriter(LoggedWriter):
    """The only writer of an imported run, as long as its claim holds."""

    def leave(self, state: RunState, reason: str, batch: dict[str, Measured], news: ImportedNews) -> None:
        """Store a last batch, and the run as ended or as paused: nobody reads it any more."""
        self._commit(state, reason, batch, news)

    @property
    def metric_names(self) -> list[str]:
        """The names of the metrics that the run has."""
        return list(self._metrics.states)

    def rewind(self, step: int) -> None:
        """Remove what was read of steps from `step` on: its program went back, and nothing of it counts."""
        with self._connection.transaction() as raw:
            if raw.execute(f"SELECT 1 FROM runs WHERE {FENCE}", self._fence).fetchone() is None:
                raise self._fenced()
            measurements.remove_from(raw, self.claim.run_id, step)
            newest = "SELECT coalesce(max(last_step) + 1, 0) FROM metrics WHERE run_id = ?"
            (done,) = raw.execute(newest, (self.claim.run_id,)).fetchone()
            raw.execute(
                "UPDATE runs SET iterations_done = max(?, 0), revision = revision + 1 WHERE run_id = ?",
                (done, self.claim.run_id),
            )
        again = type(self)(self._connection, replace(self.claim, next_step=done), self._boot_clock)
        self._metrics, self._steps = again._metrics, again._steps

    def _store_news(self, raw: sqlite3.Connection, news: LoggedNews, steps: int) -> None:
        super()._store_news(raw, news, steps)
        if isinstance(news, ImportedNews):
            if news.ended_at is not None:
                raw.execute("UPDATE runs SET ended_at = ? WHERE run_id = ?", (news.ended_at, self.claim.run_id))
            raw.execute(
                "UPDATE sources SET position = ?, read_at = ? WHERE run_id = ?",
                (news.position, utc_now(), self.claim.run_id),
            )


def _values(source: SourceKey) -> tuple[str, str, str]:
    return source.format, storable(source.place), storable(source.key)
