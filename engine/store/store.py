"""Store: the two ways to open one, for writing (`open_for_writing`) and read-only (`open_for_reading`)."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from engine.store.file.connection import Connection
from engine.store.file.timing import boot_seconds, utc_now
from engine.store.programs import measurements
from engine.store.programs.attached import AttachedWriter
from engine.store.programs.imported import Imported, ImportedWriter
from engine.store.programs.logged import Logged, LoggedWriter
from engine.store.programs.scripts import Scripts, ScriptWriter
from engine.store.programs.slots import startable
from engine.store.read.reader import Reader
from engine.store.records import (
    WORKER_COLUMNS,
    Claim,
    ClusterWorker,
    ImportedClaim,
    LoggedClaim,
    Process,
    ScriptClaim,
    Worker,
)
from engine.store.schema.opening import connect_for_reading, connect_for_writing
from engine.store.write import pyramid
from engine.store.write.catalogue import Catalogue
from engine.store.write.queue import OWNED, Queue
from engine.store.write.settings import Settings
from engine.store.write.writer import RunWriter


@dataclass(frozen=True, slots=True)
class WorkerDemand:
    """Supply and demand: `present` workers have not left; `queued`, `paced` and `scripts` (of these) and `running` are
    run counts."""

    present: list[Worker]
    queued: int
    paced: int
    running: int
    scripts: int = 0


Enrol = Callable[[WorkerDemand], Sequence[tuple[Process, str]]]
"""Starts workers for a demand; returns (process, log path) of each."""


class Store:
    """A store open for writing: queue, runs of other programs, catalogue, settings, workers, writers of its runs."""

    def __init__(self, connection: Connection, boot_clock: Callable[[], float] = boot_seconds) -> None:
        self._connection = connection
        self._boot_clock = boot_clock
        self.queue = Queue(connection, boot_clock)
        self.logged = Logged(connection, boot_clock)
        self.imported = Imported(connection, boot_clock)
        self.scripts = Scripts(connection, boot_clock)
        self.catalogue = Catalogue(connection)
        self.settings = Settings(connection)

    @property
    def path(self) -> Path:
        """The store's file: absolute path, links resolved."""
        return self._connection.path

    @property
    def notice(self) -> str:
        """A sentence about a repair made on opening; usually ''."""
        return self._connection.notice

    def writer(self, claim: Claim) -> RunWriter:
        """The writer of a claimed run. Raises FencedOff when the claim no longer holds."""
        return RunWriter(self._connection, claim, self._boot_clock)

    def logged_writer(self, claim: LoggedClaim) -> LoggedWriter:
        """The writer of a logged run that was begun or taken over."""
        writer = AttachedWriter if claim.is_attached else LoggedWriter
        return writer(self._connection, claim, self._boot_clock)

    def script_writer(self, claim: ScriptClaim) -> ScriptWriter:
        """The writer of a claimed script."""
        return ScriptWriter(self._connection, claim, self._boot_clock)

    def claim(self, worker_id: int) -> Claim | ScriptClaim | None:
        """Claim the oldest queued run that may start now for a worker, of the engine or a script; None without any."""
        script_id = self.scripts.next_id()
        claimed = self.queue.claim(worker_id, script_id)
        return claimed if claimed is not None or script_id is None else self.scripts.claim(worker_id)

    def imported_writer(self, claim: ImportedClaim) -> ImportedWriter:
        """The writer of an imported run that was begun or taken over."""
        return ImportedWriter(self._connection, claim, self._boot_clock)

    def reader(self) -> Reader:
        """A reader on this connection: sees this store's latest writes, need not be closed."""
        return Reader(self._connection)

    def register_worker(
        self, process: Process, log_path: str = "", cluster: str = "", *, is_recorder: bool = False
    ) -> int:
        """Worker id of this process; registers it unless its launcher already has. `cluster` and `is_recorder` as in
        Worker."""
        with self._connection.transaction() as raw:
            row = raw.execute(
                "SELECT worker_id FROM workers WHERE host = ? AND boot_id = ? AND pid = ? AND start_ticks = ? "
                "AND left_at IS NULL",
                (process.host, process.boot_id, process.pid, process.start_ticks),
            ).fetchone()
            if row is not None:
                return int(row[0])
            cursor = raw.execute(ENROL, (*self._worker_values(process, log_path, cluster), is_recorder))
            return int(cursor.lastrowid or 0)

    def tell_cluster(self, worker_id: int, workers: Sequence[ClusterWorker], trouble: str, chunks_lost: int) -> None:
        """Store what a bridge knows of its cluster, in place of what it knew before, with a heartbeat."""
        with self._connection.transaction() as raw:
            raw.execute(
                "UPDATE workers SET heartbeat_s = ?, trouble = ?, chunks_lost = ? WHERE worker_id = ?",
                (self._boot_clock(), trouble, chunks_lost, worker_id),
            )
            raw.execute("DELETE FROM cluster_workers WHERE worker_id = ?", (worker_id,))
            raw.executemany(TELL, [_cluster_values(worker_id, each) for each in workers])

    def enrol_workers(self, enrol: Enrol) -> list[int]:
        """Start workers with `enrol` and register them under the write lock, so that a concurrent caller counts them.

        Returns their worker ids.
        """
        with self._connection.transaction() as raw:
            queued, paced, running = raw.execute(DEMAND).fetchone()
            scripts = startable(raw.execute)
            started = enrol(WorkerDemand(_present(raw), queued + scripts, paced, running, scripts))
            entered = [
                raw.execute(ENROL, (*self._worker_values(process, log_path), False)) for process, log_path in started
            ]
            return [int(cursor.lastrowid or 0) for cursor in entered]

    def leave_if_idle(self, worker_id: int, *, scripts: bool = True) -> bool:
        """Mark a worker as left and return True; False when a run is queued, which the worker should claim; `scripts`
        count unless it takes none.

        One transaction: a run queued concurrently is either served by this worker or sees that it has left.
        """
        with self._connection.transaction() as raw:
            if raw.execute(WAITING).fetchone()[0] or (scripts and startable(raw.execute)):
                return False
            raw.execute(LEAVE, (utc_now(), worker_id))
            return True

    def leave_if_surplus(self, worker_id: int, enough: Callable[[list[Worker]], bool]) -> bool:
        """Mark a worker as left if the others present are `enough`; returns whether. Concurrent calls take turns."""
        with self._connection.transaction() as raw:
            if not enough([worker for worker in _present(raw) if worker.worker_id != worker_id]):
                return False
            raw.execute(LEAVE, (utc_now(), worker_id))
            return True

    def leave(self, worker_id: int) -> None:
        """Mark a worker as left, whatever the queue holds.

        A worker that still owns a running run is not marked: its dead process is how the run is found to be lost.
        """
        with self._connection.transaction() as raw:
            raw.execute(
                "UPDATE workers SET left_at = ? WHERE worker_id = ? AND left_at IS NULL AND NOT EXISTS "
                f"(SELECT 1 FROM runs r WHERE r.worker_id = workers.worker_id AND {OWNED})",
                (utc_now(), worker_id),
            )

    def limit_cache(self, kilobytes: int) -> None:
        """Bound the memory in which this connection keeps pages."""
        self._connection.rows(f"PRAGMA cache_size = -{int(kilobytes)}")

    def fold_journal(self) -> None:
        """Checkpoint the -wal file into the store's file, so that a copy of that file alone is complete."""
        self._connection.rows("PRAGMA wal_checkpoint(PASSIVE)")

    def rebuild_pyramid(self, run_id: int) -> None:
        """Recompute a run's buckets from its iterations and measurements. The run must have no active writer."""
        with self._connection.transaction() as raw:
            pyramid.rebuild(raw, run_id)
            measurements.rebuild(raw, run_id)

    def close(self) -> None:
        """Close the file; idempotent."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _worker_values(self, process: Process, log_path: str, cluster: str = "") -> tuple[object, ...]:
        return (
            process.host, process.boot_id, process.pid, process.start_ticks, utc_now(), self._boot_clock(), log_path,
            cluster,
        )  # fmt: skip


WAITING = "SELECT count(*) FROM runs WHERE state = 'queued' AND kind = 'engine' AND deleted_at IS NULL"

DEMAND = """
    SELECT count(*) FILTER (WHERE state = 'queued'),
           count(*) FILTER (WHERE state = 'queued'
                            AND iif(json_valid(spec), json_extract(spec, '$.pace'), NULL) IS NOT NULL),
           count(*) FILTER (WHERE state = 'running' OR kind = 'script')
    FROM runs WHERE deleted_at IS NULL AND (state = 'running' AND kind IN ('engine', 'script')
                                            OR state = 'queued' AND kind = 'engine')
"""

ENROL = """
    INSERT INTO workers (host, boot_id, pid, start_ticks, started_at, heartbeat_s, log_path, cluster, is_recorder)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""

TELL = """
    INSERT INTO cluster_workers
      (worker_id, address, host, pid, cpu, kind, run_ids, iterations_per_s, busy, chunks, lost, trouble)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


LEAVE = "UPDATE workers SET left_at = ? WHERE worker_id = ?"


def _cluster_values(worker_id: int, each: ClusterWorker) -> tuple[object, ...]:
    run_ids = " ".join(map(str, each.run_ids))
    return (
        worker_id, each.address, each.host, each.pid, each.cpu, each.kind, run_ids, each.iterations_per_s,
        each.busy, each.chunks, each.lost, each.trouble,
    )  # fmt: skip


def _present(raw: sqlite3.Connection) -> list[Worker]:
    """Workers that have not left, recorders aside: those have their run, and take no other."""
    rows = raw.execute(f"SELECT {WORKER_COLUMNS} FROM workers w WHERE left_at IS NULL AND NOT is_recorder").fetchall()
    return [Worker(*row) for row in rows]


def open_for_writing(path: str | os.PathLike[str], *, create: bool = True) -> Store:
    """Open the store at `path` for writing; creates a missing one if `create`, migrates an older one.

    Raises StoreError when that is impossible; nothing is changed then.
    """
    return Store(connect_for_writing(path, create=create))


def open_for_reading(path: str | os.PathLike[str]) -> Reader:
    """Open the store at `path` read-only. Raises StoreError when there is none or it cannot be read."""
    return Reader(connect_for_reading(path))
