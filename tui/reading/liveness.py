"""LivenessReader: finds runs whose status differs from their stored state, and counts the workers."""

from __future__ import annotations

import time
from collections.abc import Mapping

from engine.jobs.processes.launch import worker_count
from engine.jobs.processes.liveness import at_work, judge
from engine.jobs.processes.recovery import lost_attempts, take_over_after_s
from engine.jobs.processes.workforce import WorkerSeen, workforce
from engine.store import Reader

JUDGE_S = 2.0
"""Interval in seconds at which running runs are judged even if nothing was written."""


class LivenessReader:
    """Judges every JUDGE_S, because a process that has died writes nothing.

    `judged` maps run ids to 'lost', 'silent' or 'waiting'; `lost_attempts` are (run, worker) ids to be taken over.
    """

    def __init__(self) -> None:
        self.judged: Mapping[int, str] = {}
        self.lost_attempts: frozenset[tuple[int, int | None]] = frozenset()
        self.workers = 0
        self.most_workers = 0
        self.workforce: tuple[WorkerSeen, ...] = ()
        self._judged_at = float("-inf")

    def revise(self, reader: Reader) -> bool:
        """Judge every running run if it is due; return True if a result changed."""
        if time.monotonic() - self._judged_at < JUDGE_S:
            return False
        self._judged_at = time.monotonic()
        before = self._found
        workers, running = reader.workers(), reader.running()
        statuses = {run.run_id: judge(run, workers) for run in running}
        self.judged = {run_id: status for run_id, status in statuses.items() if status != "running"}
        self.lost_attempts = lost_attempts(running, workers, take_over_after_s(reader))
        self.workers, self.most_workers = at_work(workers), worker_count(reader)
        self.workforce = workforce(workers, reader.cluster_workers(), running)
        return before != self._found

    @property
    def _found(self) -> tuple[object, ...]:
        return self.judged, self.lost_attempts, self.workers, self.most_workers, self.workforce
