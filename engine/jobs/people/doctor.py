"""Doctor: problems of this machine, a store and its workers, each with advice."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from engine.files.program import store_command
from engine.jobs.processes.launch import worker_count
from engine.jobs.processes.liveness import is_alive, is_stopped, judge, silence_s, this_process
from engine.jobs.processes.logs import last_words, log_folder
from engine.jobs.processes.threads import ONE_THREAD
from engine.jobs.processes.workforce import WorkerSeen, workforce
from engine.store import Run, StoreError, Worker, open_for_reading
from engine.store.file.timing import boot_seconds
from engine.store.schema.inspection import Inspection, inspect
from engine.text import counted

LITTLE_ROOM = 100 * 1024 * 1024
LARGE_JOURNAL = 512 * 1024 * 1024

Level = Literal["ok", "note", "problem"]

LOGIND = (
    Path("/etc/systemd/logind.conf"),
    *(Path(f"{root}/systemd/logind.conf.d") for root in ("/usr/lib", "/run", "/etc")),
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One result of the examination; `advice` is what to do about a note or problem."""

    about: str
    level: Level
    found: str
    advice: str = ""


def examine(path: str | os.PathLike[str]) -> Iterator[Finding]:
    """Examine the machine, then the store at `path`, then its workers; changes nothing.

    Raises StoreError if the store cannot be read any more after its inspection.
    """
    yield from _machine()
    if not os.path.lexists(path):
        yield Finding(
            "store", "note", f"there is none at {path} yet", f"{store_command()} or {store_command('run')} makes one"
        )
        return
    try:
        found = inspect(path)
    except StoreError as error:
        yield Finding("store", "problem", str(error))
        return
    yield from _place(found)
    yield from _contents(found)
    with closing(open_for_reading(path)) as reader:
        workers, runs = reader.workers(), reader.runs(limit=1000)
        most, seen = worker_count(reader), workforce(workers, reader.cluster_workers(), reader.running())
    yield from _workers(workers, runs, most)
    yield from _clusters(seen)


def _machine() -> Iterator[Finding]:
    import numpy as np

    blas = np.show_config(mode="dicts")["Build Dependencies"].get("blas", {})
    yield Finding(
        "machine",
        "ok",
        f"{platform.system()} {platform.machine()}, Python {platform.python_version()}, NumPy {np.__version__} with "
        f"{blas.get('name', 'an unknown BLAS')} {blas.get('version', '')}",
    )
    several = {name: os.environ[name] for name in ONE_THREAD if os.environ.get(name, "1") != "1"}
    overrides = (
        f"; your environment says {', '.join(f'{name}={value}' for name, value in several.items())}" if several else ""
    )
    yield Finding(
        "BLAS threads",
        "ok",
        f"each worker computes with one thread{overrides}{', which they do not take over' if overrides else ''}",
    )
    try:
        this_process()
        yield Finding("processes", "ok", "this system tells when a process started, so lost workers are noticed")
    except RuntimeError as error:
        yield Finding("processes", "problem", str(error), "install ps (procps), or run the workers elsewhere")
    folder = log_folder()
    if folder.is_dir() and not os.access(folder, os.W_OK):
        yield Finding(
            "logs", "note", f"{folder} cannot be written: workers keep no log", "give yourself the permission"
        )
    else:
        yield Finding("logs", "ok", f"workers write to {folder}")
    yield _session()


def _session(paths: Iterable[Path] = LOGIND, host: Path = Path("/run/systemd/system")) -> Finding:
    """Whether systemd kills a user's processes at logout (KillUserProcesses of logind)."""
    if not host.is_dir():
        return Finding("logging out", "ok", "workers go on when you log out")
    kills = False
    for path in paths:
        for file in sorted(path.glob("*.conf")) if path.is_dir() else [path]:
            try:
                lines = file.read_text(errors="replace").splitlines()
            except OSError:
                continue
            for line in lines:
                name, _, value = line.strip().partition("=")
                if name.strip() == "KillUserProcesses":
                    kills = value.strip().lower() in ("yes", "true", "on", "1")
    if not kills:
        return Finding("logging out", "ok", "workers go on when you log out (KillUserProcesses is off)")
    return Finding(
        "logging out",
        "problem",
        "this system ends all your processes when you log out (KillUserProcesses=yes)",
        "start Lossboard with `systemd-run --user --scope lossboard` after `loginctl enable-linger`",
    )


def _place(found: Inspection) -> Iterator[Finding]:
    """The store's file, file system, permissions and disk space."""
    yield Finding(
        "store", "ok", f"{found.path}, schema {found.schema}, {_size(found.size)}, {_size(found.free)} of it free"
    )
    where = f"on {found.file_system or 'an unknown file system'}, journal mode {found.journal}"
    if found.on_network and found.journal == "WAL":
        yield Finding(
            "file system", "problem", f"{where}: not safe there", "close every Lossboard on it and open it again"
        )
    elif found.on_network:
        yield Finding(
            "file system", "note", f"{where}: several machines may share it, so writing is slower than on a local disk"
        )
    else:
        yield Finding("file system", "ok", where)
    if not found.writable:
        yield Finding(
            "permissions", "note", "you may read this store but not write to it", "nothing, unless you want to run here"
        )
    elif found.mode & 0o077:
        yield Finding("permissions", "note", f"others may open it ({found.mode:o})", f"chmod 600 {found.path}")
    else:
        yield Finding("permissions", "ok", "it is yours alone")
    room = f"{_size(found.room)} left on its disk"
    if found.room < LITTLE_ROOM:
        yield Finding("room", "problem", room, "make room: runs wait when the disk is full")
    else:
        yield Finding("room", "ok", room)


def _contents(found: Inspection) -> Iterator[Finding]:
    """The store's journal, pages and derived data."""
    if found.journal_size > LARGE_JOURNAL:
        yield Finding(
            "journal", "note", f"{_size(found.journal_size)} long", "a program keeps it open for reading: close it"
        )
    if found.orphans:
        yield Finding(
            "journal", "note", f"a journal of another store was set aside beside it ({', '.join(found.orphans)})",
            "delete it unless you want to rescue that store",
        )  # fmt: skip
    if found.damage:
        yield Finding(
            "integrity", "problem", f"it is damaged: {found.damage}",
            f"copy it and its -wal file away, then try `sqlite3 {found.path.name} .recover`",
        )  # fmt: skip
    else:
        yield Finding("integrity", "ok", "every page is sound")
    if found.inconsistent:
        yield Finding("pyramid", "problem", "; ".join(found.inconsistent[:5]), store_command("doctor --rebuild"))
    else:
        yield Finding("pyramid", "ok", "rows, summaries and buckets agree in every run")


def _workers(workers: list[Worker], runs: list[Run], most: int) -> Iterator[Finding]:
    there = sum(is_alive(worker) is not False for worker in workers if not worker.is_recorder)
    yield Finding("workers", "ok", f"{there} of at most {most} are there")
    waiting = sum(run.state == "queued" for run in runs)
    if waiting and not there:
        told = f"{counted(waiting, 'run')} {'waits' if waiting == 1 else 'wait'} in the queue, and no worker is there"
        yield Finding("runs", "note", told, f"{store_command('work')} takes {'it' if waiting == 1 else 'them'} up")
    for worker in workers:
        silent_s = silence_s(worker, worker.heartbeat_s, boot_seconds())
        if is_stopped(worker):
            yield Finding(
                "workers", "problem", f"worker {worker.worker_id} (process {worker.pid}) is stopped",
                f"kill -CONT {worker.pid} lets it go on, kill -9 {worker.pid} ends it; its run is taken over. "
                f"If it was stopped while it wrote, it holds the store's lock and every other writer waits for it",
            )  # fmt: skip
        elif is_alive(worker) is None:
            since = "" if silent_s is None else f", silent for {silent_s:.0f} s"
            held = [run.run_id for run in runs if run.state == "running" and run.worker_id == worker.worker_id]
            yield Finding(
                "workers",
                "note",
                f"worker {worker.worker_id} is on another machine or in a container{since}: whether it lives cannot "
                f"be told from here",
                " or ".join(f"if it is gone: {store_command(f'doctor --take-over {run_id}')}" for run_id in held),
            )
    for run in runs:
        status = judge(run, workers)
        if status == "lost":
            yield Finding(
                "runs", "problem", f"run {run.run_id} has lost its worker", f"{store_command('work')} takes it up again"
            )
        elif status in ("silent", "waiting"):
            owner = next((worker for worker in workers if worker.worker_id == run.worker_id), None)
            cause = (run.reason or (last_words(owner) if owner else "")).removeprefix(f"{status}: ")
            yield Finding("runs", "problem", f"run {run.run_id} is {status}{f': {cause}' if cause else ''}")


def _clusters(seen: Sequence[WorkerSeen]) -> Iterator[Finding]:
    """The bridges to clusters, and those of their workers that get no runs."""
    for bridge in (each for each in seen if each.role == "bridge"):
        theirs = [each for each in seen if each.role == "cluster worker" and each.worker_id == bridge.worker_id]
        about = f"the bridge to {bridge.cluster} (worker {bridge.worker_id})"
        at_work = sum(not each.trouble for each in theirs)
        lost = f"; {counted(bridge.chunks_lost, 'chunk')} lost and computed again" if bridge.chunks_lost else ""
        if bridge.trouble:
            yield Finding(
                "cluster", "problem", f"{about} waits: {bridge.trouble}",
                "start the scheduler and its workers again; the bridge finds them by itself",
            )  # fmt: skip
        elif not at_work:
            yield Finding(
                "cluster", "problem", f"{about} has no workers{lost}", f"dask worker {bridge.cluster} starts some"
            )
        else:
            yield Finding("cluster", "ok", f"{about} has {counted(at_work, 'worker')}{lost}")
        for each in theirs:
            if each.trouble:
                yield Finding("cluster", "problem", f"{each.cluster} on {each.host} gets no runs: {each.trouble}")


def _size(size: float) -> str:
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.4g} {unit}"
        size /= 1000
    return f"{size:.4g} GB"
