"""Workforce: the workers of a store and those of its clusters: where each is, what it does, how fast, what it lost."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from engine.jobs.processes.liveness import is_alive, is_stopped
from engine.store import ClusterWorker, Run, Worker
from engine.text import counted

Role = Literal["worker", "bridge", "cluster worker"]


@dataclass(frozen=True, slots=True)
class WorkerSeen:
    """One worker as people see it. `worker_id` is its number, that of its bridge for a cluster worker.

    `cluster` is where a bridge has its runs computed, or the address of a cluster worker; '' for any other. `run_ids`
    are the runs that it has, `iterations_per_s` is of all of them. `trouble` says why it does nothing, '' where it may.
    """

    worker_id: int
    role: Role
    host: str
    pid: int
    cluster: str
    run_ids: tuple[int, ...]
    iterations_per_s: float
    chunks_lost: int
    trouble: str

    @property
    def does(self) -> str:
        """What it does, in a few words."""
        if self.trouble:
            return self.trouble
        if not self.run_ids:
            return "waits for runs"
        if len(self.run_ids) > 3:
            return counted(len(self.run_ids), "run")
        return f"run{'s' if len(self.run_ids) > 1 else ''} {', '.join(map(str, self.run_ids))}"


def workforce(
    workers: Iterable[Worker], cluster_workers: Sequence[ClusterWorker], running: Sequence[Run]
) -> tuple[WorkerSeen, ...]:
    """Every worker that has not left, a bridge before the workers of its cluster. `running` are the running runs."""
    seen: list[WorkerSeen] = []
    for worker in workers:
        runs = [run for run in running if run.worker_id == worker.worker_id]
        theirs = [each for each in cluster_workers if each.bridge_id == worker.worker_id]
        seen.append(
            WorkerSeen(
                worker_id=worker.worker_id,
                role="bridge" if worker.cluster else "worker",
                host=worker.host,
                pid=worker.pid,
                cluster=worker.cluster,
                run_ids=tuple(sorted(run.run_id for run in runs)),
                iterations_per_s=sum(each.iterations_per_s or 0.0 for each in (theirs if worker.cluster else runs)),
                chunks_lost=worker.chunks_lost,
                trouble=_trouble(worker),
            )
        )
        is_gone = bool(seen[-1].trouble) and not worker.trouble
        seen += [] if is_gone else [_of_cluster(each) for each in theirs]
    return tuple(seen)


def _of_cluster(each: ClusterWorker) -> WorkerSeen:
    return WorkerSeen(
        worker_id=each.bridge_id,
        role="cluster worker",
        host=each.host,
        pid=each.pid,
        cluster=each.address,
        run_ids=each.run_ids,
        iterations_per_s=each.iterations_per_s,
        chunks_lost=each.lost,
        trouble=each.trouble,
    )


def _trouble(worker: Worker) -> str:
    living = is_alive(worker)
    if living is False:
        return "its process has ended"
    if living and is_stopped(worker):
        return "it is stopped"
    return worker.trouble
