"""The two doors to a store: one for those who write, one for those who only look."""

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
from engine.store.read.reader import Reader
from engine.store.records import WORKER_COLUMNS, Claim, Process, Worker
from engine.store.schema.opening import connect_for_reading, connect_for_writing
from engine.store.write import pyramid
from engine.store.write.catalogue import Catalogue
from engine.store.write.queue import Queue
from engine.store.write.settings import Settings
from engine.store.write.writer import RunWriter


@dataclass(frozen=True, slots=True)
class WorkerDemand:
    """Workers that have not left, runs that wait, how many of these are paced, and runs that are worked on."""

    present: list[Worker]
    queued: int
    paced: int
    running: int


Enrol = Callable[[WorkerDemand], Sequence[tuple[Process, str]]]
"""From what there is to do to (process, log path) of new workers."""


class Store:
    """A store open for writing: queue, catalogue, settings, the workers' register and the writer of a claimed run."""

    def __init__(self, connection: Connection, boot_clock: Callable[[], float] = boot_seconds) -> None:
        self._connection = connection
        self._boot_clock = boot_clock
        self.queue = Queue(connection, boot_clock)
        self.catalogue = Catalogue(connection)
        self.settings = Settings(connection)

    @property
    def path(self) -> Path:
        """The store's file, absolute, links followed."""
        return self._connection.path

    @property
    def notice(self) -> str:
        """What was done on opening that people should know: a sentence, '' mostly."""
        return self._connection.notice

    def writer(self, claim: Claim) -> RunWriter:
        """The writer of a claimed run. Raises Fenced when the claim no longer holds."""
        return RunWriter(self._connection, claim, self._boot_clock)

    def reader(self) -> Reader:
        """Read over this connection; it sees what this store has just written and need not be closed."""
        return Reader(self._connection)

    def register_worker(self, process: Process, log_path: str = "") -> int:
        """The id of the worker that this process is; entered now unless its launcher has done so."""
        with self._connection.transaction() as raw:
            row = raw.execute(
                "SELECT worker_id FROM workers WHERE host = ? AND boot_id = ? AND pid = ? AND start_ticks = ? "
                "AND left_at IS NULL",
                (process.host, process.boot_id, process.pid, process.start_ticks),
            ).fetchone()
            if row is not None:
                return int(row[0])
            cursor = raw.execute(ENROL, self._worker_values(process, log_path))
            return int(cursor.lastrowid or 0)

    def enrol_workers(self, enrol: Enrol) -> list[int]:
        """Let `enrol` start processes and enter them, under the write lock: of two who do so at once, the
        second sees what the first has started."""
        with self._connection.transaction() as raw:
            started = enrol(WorkerDemand(_present(raw), *raw.execute(DEMAND).fetchone()))
            entered = [raw.execute(ENROL, self._worker_values(process, log_path)) for process, log_path in started]
            return [int(cursor.lastrowid or 0) for cursor in entered]

    def leave_if_idle(self, worker_id: int) -> bool:
        """Note that a worker leaves, unless a run has been queued: then False, and it should claim again.

        One transaction, so that whoever queues a run either is served by this worker or sees that it has left.
        """
        with self._connection.transaction() as raw:
            if raw.execute(WAITING).fetchone()[0]:
                return False
            raw.execute(LEAVE, (utc_now(), worker_id))
            return True

    def leave_if_surplus(self, worker_id: int, enough: Callable[[list[Worker]], bool]) -> bool:
        """Note that a worker leaves if the others present are `enough`; of several who ask at once, one at a time."""
        with self._connection.transaction() as raw:
            if not enough([worker for worker in _present(raw) if worker.worker_id != worker_id]):
                return False
            raw.execute(LEAVE, (utc_now(), worker_id))
            return True

    def leave(self, worker_id: int) -> None:
        """Note that a worker is gone, whatever waits in the queue.

        One that leaves a running run behind is not noted: its process will be found dead, and the run lost.
        """
        with self._connection.transaction() as raw:
            raw.execute(
                "UPDATE workers SET left_at = ? WHERE worker_id = ? AND left_at IS NULL AND NOT EXISTS "
                "(SELECT 1 FROM runs WHERE runs.worker_id = workers.worker_id AND state = 'running')",
                (utc_now(), worker_id),
            )

    def fold_journal(self) -> None:
        """Bring what is committed from the -wal file into the store's file, so that a copy of that one has it all."""
        self._connection.rows("PRAGMA wal_checkpoint(PASSIVE)")

    def rebuild_pyramid(self, run_id: int) -> None:
        """Make a run's buckets again from its iterations. Its writer, if it has one, must not go on."""
        with self._connection.transaction() as raw:
            pyramid.rebuild(raw, run_id)

    def close(self) -> None:
        """Close the file; twice is harmless."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _worker_values(self, process: Process, log_path: str) -> tuple[object, ...]:
        return (
            process.host, process.boot_id, process.pid, process.start_ticks, utc_now(), self._boot_clock(), log_path,
        )  # fmt: skip


WAITING = "SELECT count(*) FROM runs WHERE state = 'queued' AND deleted_at IS NULL"

DEMAND = """
    SELECT count(*) FILTER (WHERE state = 'queued'),
           count(*) FILTER (WHERE state = 'queued'
                            AND iif(json_valid(spec), json_extract(spec, '$.pace'), NULL) IS NOT NULL),
           count(*) FILTER (WHERE state = 'running')
    FROM runs WHERE state IN ('queued', 'running') AND deleted_at IS NULL
"""

ENROL = """
    INSERT INTO workers (host, boot_id, pid, start_ticks, started_at, heartbeat_s, log_path)
    VALUES (?, ?, ?, ?, ?, ?, ?)
"""


LEAVE = "UPDATE workers SET left_at = ? WHERE worker_id = ?"


def _present(raw: sqlite3.Connection) -> list[Worker]:
    """The workers that have not left."""
    rows = raw.execute(f"SELECT {WORKER_COLUMNS} FROM workers w WHERE left_at IS NULL").fetchall()
    return [Worker(*row) for row in rows]


def open_for_writing(path: str | os.PathLike[str], *, create: bool = True) -> Store:
    """The store at `path`, made if there is none and `create` holds, brought up to date if it is older.

    Raises StoreError, having changed nothing.
    """
    return Store(connect_for_writing(path, create=create))


def open_for_reading(path: str | os.PathLike[str]) -> Reader:
    """The store at `path`, never written. Raises StoreError when there is none."""
    return Reader(connect_for_reading(path))
