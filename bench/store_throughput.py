"""Eight processes that write at once and a reader that looks ten times a second: slow commits, and what is lost."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator
from multiprocessing.synchronize import Barrier, Event
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from bench.report import Row
from bench.stores import block
from engine.spec import defaults
from engine.store import Process, StoreError, open_for_reading, open_for_writing

WRITERS = 8
ROWS_PER_S = 20_000
COMMIT_EVERY_S = 0.1
SECONDS = 10.0
READ_EVERY_S = 0.1
COMMIT_LIMIT_MS = 50.0

WrappedLines = tuple[list[float], int, float, str]
"""Commit times in ms, rows written, seconds taken, the error if there was one."""

Looks = "multiprocessing.SimpleQueue[tuple[list[float], str]]"


def rows() -> Iterator[Row]:
    """Rows per second of each writer, the slow commits, and what came of it."""
    context = multiprocessing.get_context("spawn")
    with TemporaryDirectory() as folder:
        path = Path(folder) / "runs.db"
        with open_for_writing(path) as store:
            store.queue.add([defaults()] * WRITERS)
        barrier, done, told = context.Barrier(WRITERS + 2), context.Event(), context.SimpleQueue()
        writers = [context.Process(target=_write, args=(path, n, barrier, told)) for n in range(WRITERS)]
        looks = context.SimpleQueue()
        looker = context.Process(target=_look, args=(path, barrier, done, looks))
        for process in (*writers, looker):
            process.start()
        barrier.wait()
        answers: list[WrappedLines] = [told.get() for _ in writers]
        done.set()
        reads_ms, read_error = looks.get()
        for process in (*writers, looker):
            process.join()
        reader = open_for_reading(path)
        stored = sum(run.iterations_done for run in reader.runs())
        held = sum(reader.curve(run.run_id, 1).count.sum() for run in reader.runs())
        reader.close()
    commits_ms = np.concatenate([answer[0] for answer in answers])
    written = sum(answer[1] for answer in answers)
    errors = [error for error in (*(answer[3] for answer in answers), read_error) if error]
    slowest = min(answer[1] / answer[2] for answer in answers)
    yield Row(
        f"{WRITERS} writers at once, the slowest of them",
        f"{slowest:,.0f}/s",
        f"asked for {ROWS_PER_S:,} rows/s each",
        slowest / ROWS_PER_S,
        0.99,
        at_most=False,
    )
    p99 = float(np.percentile(commits_ms, 99))
    yield Row(
        "99 of 100 commits take at most",
        f"{p99:.1f} ms",
        f"median {np.median(commits_ms):.1f}, longest {commits_ms.max():.0f} ms",
        p99 / COMMIT_LIMIT_MS,
        1.0,
        at_most=True,
    )
    yield Row(
        "rows lost, errors ('database is locked')",
        f"{written - stored}, {len(errors)}",
        f"of {written:,}; {len(reads_ms)} reads, p99 {np.percentile(reads_ms, 99):.1f} ms",
        float(written - stored + len(errors)),
        0.0,
        at_most=True,
        also=int(held) == stored,
    )


def _write(path: Path, number: int, barrier: Barrier, told: multiprocessing.SimpleQueue[WrappedLines]) -> None:
    generator, commits_ms, done, error = np.random.default_rng(number), [], 0, ""
    count = round(ROWS_PER_S * COMMIT_EVERY_S)
    with open_for_writing(path) as store:
        claim = store.queue.claim(store.register_worker(Process("bench", "bench", number, 0)))
        if claim is None:
            raise RuntimeError("the queue was empty")
        writer = store.writer(claim)
        barrier.wait()
        # Writers come as they come: not all at the same instant.
        time.sleep(generator.uniform(0, COMMIT_EVERY_S))
        began = time.perf_counter()
        due = began
        while time.perf_counter() - began < SECONDS:
            made = block(done, count, COMMIT_EVERY_S, generator)
            started = time.perf_counter()
            try:
                writer.write(made)
            except StoreError as trouble:
                error = str(trouble)
                break
            commits_ms.append((time.perf_counter() - started) * 1e3)
            done += count
            due += COMMIT_EVERY_S
            time.sleep(max(0.0, due - time.perf_counter()))
        told.put((commits_ms, done, max(due, time.perf_counter()) - began, error))


def _look(
    path: Path, barrier: Barrier, done: Event, looks: multiprocessing.SimpleQueue[tuple[list[float], str]]
) -> None:
    reads_ms, error = [], ""
    reader = open_for_reading(path)
    barrier.wait()
    while not done.wait(READ_EVERY_S):
        started = time.perf_counter()
        try:
            for run in reader.runs():
                reader.curve(run.run_id, 240)
        except StoreError as trouble:
            error = str(trouble)
            break
        reads_ms.append((time.perf_counter() - started) * 1e3)
    reader.close()
    looks.put((reads_ms, error))
