"""Recovery: runs whose worker has ended or is stopped too long are queued again, to resume from their checkpoint."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from engine.files.program import store_command
from engine.jobs.processes.groups import end_all, is_elsewhere, process_of
from engine.jobs.processes.liveness import is_alive, is_stopped, silence_s
from engine.store import NoRun, Ownership, Reader, Refused, Run, Store, Worker
from engine.store.file.timing import boot_seconds

TAKE_OVER_AFTER_S = 60.0
"""Seconds of silence after which a stopped worker's run is taken over; a computing worker keeps it however long."""

UNSEEN_FACTOR = 10
"""Factor on that time for a worker in another container, of which only heartbeats are visible here."""

TAKE_OVER_AFTER = "take_over_after_s"
"""The setting that overrides TAKE_OVER_AFTER_S."""


def take_over_after_s(reader: Reader) -> float:
    """Seconds of silence after which a stopped worker's run is taken over: the setting, else TAKE_OVER_AFTER_S."""
    try:
        return float(reader.setting(TAKE_OVER_AFTER) or TAKE_OVER_AFTER_S)
    except ValueError:
        return TAKE_OVER_AFTER_S


def lost_attempts(runs: Iterable[Run], workers: Iterable[Worker], after_s: float) -> frozenset[tuple[int, int | None]]:
    """(run id, worker id) of the running runs that `recover_lost_runs` would queue again now.

    `workers` are those that have not left, read after the runs: a worker not among them has ended its run since.
    """
    by_id, now_s = {worker.worker_id: worker for worker in workers}, boot_seconds()
    return frozenset(
        (run.run_id, run.worker_id)
        for run in runs
        if run.worker_id in by_id
        and _why_lost(Ownership(run.run_id, run.attempt, run.heartbeat_s, by_id[run.worker_id]), now_s, after_s)
    )


def recover_lost_runs(store: Store, now_s: float | None = None, *, at_once: Collection[int] = ()) -> list[int]:
    """Queue every running run again whose worker has ended or is stopped too long; returns the runs' ids.

    For the runs `at_once`, which are about to get a command, any stop is too long: a stopped worker obeys nothing.
    Workers that have ended are marked as left. A stopped one that continues gets FencedOff at its next write.
    """
    now_s = boot_seconds() if now_s is None else now_s
    after_s = take_over_after_s(store.reader())
    recovered = []
    for owned in store.queue.owned():
        reason = _why_lost(owned, now_s, after_s, at_once=owned.run_id in at_once)
        if reason and _has_ended(owned) and store.queue.requeue(owned, reason):
            recovered.append(owned.run_id)
    for worker in store.reader().workers():
        if is_alive(worker) is False:
            store.leave(worker.worker_id)
    return recovered


def take_over(store: Store, run_id: int) -> str:
    """Queue a run again whose user says that its worker, which cannot be judged from here, is gone.

    Returns a sentence. Safe if the user is wrong: the worker gets FencedOff at its next write. Raises NoRun for an
    unknown run, Refused if the run is not running or its worker is alive on this machine.
    """
    owned = next((owned for owned in store.queue.owned() if owned.run_id == run_id), None)
    if owned is None:
        if store.reader().run(run_id) is None:
            raise NoRun(run_id)
        raise Refused(f"Run {run_id} is not running; there is nothing to take over. Nothing was changed.")
    worker = owned.worker
    if worker is not None and is_alive(worker) is True:
        raise Refused(
            f"Run {run_id} is being computed by worker {worker.worker_id} (process {worker.pid}) on this machine. "
            f"Nothing was changed; {store_command('stop')} or pause ends that."
        )
    if not store.queue.requeue(owned, "its worker was said to be gone; its run was taken over"):
        raise Refused(f"Run {run_id} has moved on in this moment. Nothing was changed; look again.")
    return f"run {run_id} waits in the queue again; {store_command('work')} takes it up from its last checkpoint"


def _has_ended(owned: Ownership) -> bool:
    """Whether nothing of a lost run goes on: the processes of a script are ended first, so that it never runs twice."""
    leader = process_of(owned.process)
    return leader is None or (not is_elsewhere(leader) and end_all(leader))


def _why_lost(owned: Ownership, now_s: float, after_s: float, *, at_once: bool = False) -> str:
    worker = owned.worker
    if worker is None:
        return "an unknown worker was lost (its process ended without a word)"
    living = is_alive(worker)
    if living is False:
        return f"worker {worker.worker_id} was lost (its process ended without a word)"
    silent_s = silence_s(worker, owned.heartbeat_s, now_s)
    if silent_s is None:
        return ""
    if (at_once or silent_s > after_s) and is_stopped(worker):
        return f"worker {worker.worker_id} was stopped and silent for {silent_s:.0f} s; its run was taken over"
    if living is None and silent_s > UNSEEN_FACTOR * after_s:
        return f"worker {worker.worker_id} in another container was silent for {silent_s:.0f} s; its run was taken over"
    return ""
